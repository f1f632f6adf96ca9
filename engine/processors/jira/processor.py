"""The jira processor: moves an issue to a status, through a transition that its workflow offers now."""

import re
from collections.abc import Collection

from engine.model import Attempt, EffectKind, Entity, Observation, Outcome
from engine.processors.http_request import UnusableError
from engine.processors.http_transport import HttpTransport
from engine.processors.jira.choose import Offer, choose, same
from engine.processors.jira.conversation import Conversation, Trouble
from engine.processors.jira.request import make_edits
from engine.processors.jira.site import Site
from engine.processors.processor import Call

#: Letters, digits and underscores, a dash, a number: what Cloud and Data Center agree on.
_KEY = re.compile(r"[^\W\d_]\w{0,254}-[0-9]{1,18}\Z")


class JiraProcessor:
    """Reads an issue's status, and moves it. Nothing is cached: what a workflow offers depends on the status."""

    observes = True

    def __init__(self, site: Site, transport: HttpTransport) -> None:
        self._site = site
        self._transport = transport

    async def observe(self, entity: Entity) -> Observation:
        """Read the issue's status now."""
        if not _KEY.match(entity.id):
            return Observation(outcome=Outcome.REFUSED, detail=self._no_key(entity), missing=True)
        conversation = Conversation(self._site, self._transport, entity.id)
        return conversation.observation(await conversation.status())

    async def perform(self, call: Call) -> Attempt:
        """Move the issue to the effect's status once, and read the status back."""
        target = call.effect.target_status or call.effect.target
        if call.effect.kind is not EffectKind.TRANSITION or not target:
            return Attempt(
                outcome=Outcome.REFUSED,
                detail=f"the jira processor makes transition calls only, not the action {call.effect.name}",
            )
        if not _KEY.match(call.entity.id):
            return Attempt(outcome=Outcome.REFUSED, detail=self._no_key(call.entity))
        conversation = Conversation(self._site, self._transport, call.entity.id)
        if call.read_back and (settled := await _read_back(conversation, call, target)):
            return settled
        return await self._move(conversation, call, target)

    async def close(self) -> None:
        """Release the connections."""
        await self._transport.close()

    async def _move(self, conversation: Conversation, call: Call, target: str) -> Attempt:
        try:
            edits = make_edits(call.effect.arguments, self._site.version)
        except UnusableError as error:
            return conversation.attempt(Outcome.REFUSED, f"the request block cannot be sent: {error}")
        given = {name for part in edits.values() for name in part}
        offers = await conversation.offers()
        if isinstance(offers, Trouble):
            return conversation.failed(offers)
        offer = choose(offers, target, given)
        if offer is None:
            return await _none_leads_there(conversation, call, target, offers)
        if missing := offer.missing(given):
            return conversation.attempt(
                Outcome.REFUSED,
                f'Jira\'s transition "{offer.name}" to "{target}" has a screen that asks for {", ".join(missing)}; '
                "give values in the transition's request block",
            )
        try:
            trouble = await conversation.move(offer, edits, call.idempotency_key)
        except UnusableError as error:
            return conversation.attempt(Outcome.REFUSED, f"the request block cannot be sent: {error}")
        if trouble is not None:
            return await _after_trouble(conversation, trouble, target)
        return await _confirm(conversation, call, offer, target)

    def _no_key(self, entity: Entity) -> str:
        return self._transport.said(f"{entity.id!r} is no issue key, so Jira was not asked")


async def _read_back(conversation: Conversation, call: Call, target: str) -> Attempt | None:
    """Whether an earlier attempt, or somebody else, settled it; None if the issue still waits where it was."""
    status = await conversation.status()
    if isinstance(status, Trouble):
        return conversation.failed(status)
    if same(status, target):
        return conversation.attempt(Outcome.ALREADY_THERE, f'{call.entity} is in "{status}" already', status)
    source = call.effect.source_status
    if source is not None and not same(status, source):
        return conversation.attempt(
            Outcome.REFUSED,
            f'{call.entity} is in "{status}" now; the move to "{target}" was decided for "{source}"',
            status,
        )
    return None


async def _none_leads_there(
    conversation: Conversation, call: Call, target: str, offers: Collection[Offer]
) -> Attempt:
    status = await conversation.status()
    if isinstance(status, Trouble):
        return conversation.failed(status)
    if same(status, target):
        return conversation.attempt(Outcome.ALREADY_THERE, f'{call.entity} is in "{status}" already', status)
    offered = ", ".join(f'"{offer.name}" to "{offer.to_name}"' for offer in offers)
    return conversation.attempt(
        Outcome.REFUSED,
        f'transition_state_not_defined: Jira offers no transition of {call.entity} to "{target}": the account may lack '
        f'the permission "Transition issues", or the workflow does not allow it from "{status}"; '
        f"it offers: {offered or 'nothing'}",
        status,
    )


async def _after_trouble(conversation: Conversation, trouble: Trouble, target: str) -> Attempt:
    """A 400 may only mean that another call was faster."""
    if trouble.code == 400:  # noqa: PLR2004
        status = await conversation.status()
        if isinstance(status, str) and same(status, target):
            return conversation.attempt(Outcome.ALREADY_THERE, f'the issue is in "{status}" already', status)
        if isinstance(status, str):
            return conversation.failed(trouble, status)
    return conversation.failed(trouble)


async def _confirm(conversation: Conversation, call: Call, offer: Offer, target: str) -> Attempt:
    did = f'{call.entity}: transition "{offer.name}"'
    status = await conversation.status()
    if isinstance(status, Trouble):
        return conversation.attempt(Outcome.DONE, f"{did} was accepted; the status could not be read back")
    if same(status, target):
        return conversation.attempt(Outcome.DONE, f'{did}, now in "{status}"', status)
    return conversation.attempt(Outcome.DONE, f'{did} was accepted, and the issue is in "{status}"', status)
