"""The shipped machines, hammered: each is made into a stateful test in one line."""

from pathlib import Path

from hypothesis import settings

from engine.testing import state_machine_for

SHIPPED = Path(__file__).resolve().parents[2] / "statemachines" / "jira.hcl"

TestSoc = state_machine_for(SHIPPED, "soc").TestCase
TestDevhop = state_machine_for(SHIPPED, "devhop").TestCase

TestSoc.settings = TestDevhop.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
