"""GitLab: a secret token that is sent along, or, in newer versions, a signature after Standard Webhooks.

The form of the hook's secret decides: with one that begins with ``whsec_`` only signed deliveries are accepted.
"""

from engine.sources.json_body import json_payload
from engine.sources.signatures import SCHEMES
from engine.sources.source import Source

GITLAB = Source(
    name="gitlab",
    title="GitLab",
    schemes=(SCHEMES["gitlab token"], SCHEMES["standard"]),
    # Members of groups, projects and system hooks have no object_kind.
    type_members=("object_kind", "event_name"),
    type_header="x-gitlab-event",
    # Idempotency-Key came with 17.4.
    id_headers=("webhook-id", "idempotency-key", "x-gitlab-event-uuid"),
    payload_of=json_payload,
)
