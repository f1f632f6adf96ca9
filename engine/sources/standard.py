"""Whoever sends after Standard Webhooks 1.0.0: signed identifier, time and body, and an envelope that says the type."""

from engine.sources.json_body import json_payload
from engine.sources.signatures import SCHEMES
from engine.sources.source import Source

STANDARD = Source(
    name="standard",
    title="Standard Webhooks",
    schemes=(SCHEMES["standard"],),
    type_members=("type",),
    id_headers=("webhook-id",),
    payload_of=json_payload,
)
