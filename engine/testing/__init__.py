"""Tests of definitions in Python: strategies, a stateful test of any definition, fixtures, signed deliveries.

``engine.testing`` needs Hypothesis and pytest, which the daemon does not: it is imported by tests only.
"""

from engine.practice.github import (
    SignedDelivery,
    create_delivery,
    ping_delivery,
    pull_request_delivery,
    release_delivery,
)
from engine.sources.recorded import Recorded
from engine.testing.clock import FrozenClock
from engine.testing.load import load_definition, load_provisioner
from engine.testing.recorded import recorded_delivery, replay_delivery, stored_delivery
from engine.testing.sources import payloads, sign_again, signed_deliveries, signed_delivery
from engine.testing.stateful import DefinitionMachine, state_machine_for
from engine.testing.strategies import answers, deliveries, events, waits, walks

__all__ = [
    "DefinitionMachine",
    "FrozenClock",
    "Recorded",
    "SignedDelivery",
    "answers",
    "create_delivery",
    "deliveries",
    "events",
    "load_definition",
    "load_provisioner",
    "payloads",
    "ping_delivery",
    "pull_request_delivery",
    "recorded_delivery",
    "release_delivery",
    "replay_delivery",
    "sign_again",
    "signed_deliveries",
    "signed_delivery",
    "state_machine_for",
    "stored_delivery",
    "waits",
    "walks",
]
