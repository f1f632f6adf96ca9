"""Bitbucket: Cloud and Data Center, which sign alike and name different things."""

from engine.sources.json_body import json_payload
from engine.sources.signatures import SCHEMES
from engine.sources.source import Source

BITBUCKET = Source(
    name="bitbucket",
    title="Bitbucket",
    schemes=(SCHEMES["websub"],),
    # Data Center says it in the signed body, too.
    type_members=("eventKey",),
    type_header="x-event-key",
    id_headers=("x-request-uuid", "x-request-id"),
    payload_of=json_payload,
    greetings=frozenset({"diagnostics:ping"}),
)
