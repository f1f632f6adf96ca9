"""Jira: webhooks that an administrator made, on Cloud or on Data Center 10 and up."""

from engine.sources.json_body import json_payload
from engine.sources.signatures import SCHEMES
from engine.sources.source import Source

JIRA = Source(
    name="jira",
    title="Jira",
    schemes=(SCHEMES["websub"],),
    type_members=("webhookEvent",),
    id_headers=("x-atlassian-webhook-identifier",),
    payload_of=json_payload,
)
