"""Deliveries of the shape, size and signature that GitHub's have, for practice and tests."""

from engine.practice.github.deliveries import (
    create_delivery,
    ping_delivery,
    pull_request_delivery,
    release_delivery,
)
from engine.practice.github.signing import SignedDelivery

__all__ = ["SignedDelivery", "create_delivery", "ping_delivery", "pull_request_delivery", "release_delivery"]
