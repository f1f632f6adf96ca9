"""Awkwardness on demand: which calls go wrong next, and how. Pure: the app obeys."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.errors import SettingError
from engine.practice.jira.answers import Answer, page

#: What a call is about; every route of the REST API belongs to one.
RequestClass = Literal[
    "transition", "transitions", "issue", "comment", "create", "edit", "delete", "search", "site"
]

#: Words for several classes at once.
GROUPS: Mapping[str, frozenset[str]] = {
    "any": frozenset(
        {"transition", "transitions", "issue", "comment", "create", "edit", "delete", "search", "site"}
    ),
    "read": frozenset({"transitions", "issue", "search", "site"}),
    "write": frozenset({"transition", "comment", "create", "edit", "delete"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way for a call to go wrong."""

    #: What it is, for the documentation.
    means: str
    #: The answer's status, if Jira's own answer is not given.
    status: int | None = None
    #: Whether the call does what it asks for.
    happens: bool = False
    #: When the trouble's seconds pass: before the call does anything, or after.
    waits: Literal["", "before", "after"] = ""
    #: What becomes of the answer.
    ends: Literal["answer", "hang", "drop"] = "answer"
    #: What somebody else does just before.
    meanwhile: Literal["", "move", "delete"] = ""


#: Every kind of trouble, by name.
KINDS: Mapping[str, Kind] = {
    "rate_limited": Kind(
        status=429, means="429, with `Retry-After` of the given seconds and Jira's rate limit headers"
    ),
    "conflict": Kind(status=409, means="409, as if another transition of the issue were being executed"),
    "error": Kind(status=500, means="500, nothing happened"),
    "unavailable": Kind(status=503, means="503, with `Retry-After` of the given seconds"),
    "unauthorized": Kind(status=401, means="401, as if the token had expired"),
    "forbidden": Kind(status=403, means="403, as if the account had been blocked"),
    "login_page": Kind(
        status=200, means="200 with an HTML page: a proxy in front wants a login; nothing happened"
    ),
    "gateway_timeout": Kind(status=504, happens=True, means="it happens, and a proxy in front answers 504"),
    "slow": Kind(
        happens=True, waits="after", means="it happens at once and is answered after the given seconds"
    ),
    "late": Kind(
        happens=True,
        waits="before",
        means="it happens only after the given seconds; until then the issue is locked",
    ),
    "answer_hangs": Kind(
        happens=True, ends="hang", means="it happens and is never answered; the connection stays open"
    ),
    "answer_lost": Kind(
        happens=True, ends="drop", means="it happens and the connection is closed without an answer"
    ),
    "request_hangs": Kind(
        ends="hang", means="nothing happens and nothing is answered; the connection stays open"
    ),
    "request_lost": Kind(ends="drop", means="nothing happens and the connection is closed without an answer"),
    "moved_meanwhile": Kind(
        happens=True, meanwhile="move", means="somebody else moves the issue just before"
    ),
    "deleted_meanwhile": Kind(
        happens=True, meanwhile="delete", means="somebody else deletes the issue just before"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Trouble that waits for its calls."""

    #: A key of `KINDS`.
    kind: str
    #: A request class, or one of `GROUPS`.
    on: str = "any"
    #: How many calls are still to meet it.
    times: int = 1
    #: For Retry-After and waiting.
    seconds: float = 1
    #: Only calls about this issue, by key; empty = about any.
    issue: str = ""
    #: For ``moved_meanwhile``: the status to move to; empty = wherever the first available transition leads.
    to: str = ""

    def __post_init__(self) -> None:
        """Refuse, with a SettingError, what no call could ever meet."""
        if self.kind not in KINDS:
            raise SettingError(f"No trouble {self.kind!r}. There are: {', '.join(KINDS)}.")
        if self.on not in GROUPS["any"] and self.on not in GROUPS:
            raise SettingError(
                f"No request class {self.on!r}. There are: {', '.join(sorted({*GROUPS, *GROUPS['any']}))}."
            )
        if self.times < 1 or not 0 <= self.seconds <= 86_400:  # noqa: PLR2004  a day
            raise SettingError("Trouble comes at least once, and waits from 0 to 86400 seconds.")

    def meets(self, request_class: str, issue: str) -> bool:
        """Whether a call of that class about that issue meets this trouble."""
        return (self.on == request_class or request_class in GROUPS.get(self.on, ())) and self.issue in {
            "",
            issue,
        }


class Troubles:
    """The troubles that wait, in order; and, if asked for, random ones from a seed."""

    def __init__(
        self, *, chances: Mapping[str, float] | None = None, seed: int = 0, seconds: float = 0.1
    ) -> None:
        """`chances` gives kinds of trouble and how likely each call meets them (0 to 1, together at most 1)."""
        self.chances = dict(chances or {})
        for kind in self.chances:
            Trouble(kind=kind, seconds=seconds)
        if min(self.chances.values(), default=0) < 0 or sum(self.chances.values()) > 1:
            raise SettingError("The chances of trouble must lie between 0 and 1, together too.")
        self._seconds = seconds
        self._random = random.Random(seed)  # noqa: S311  reproducible on purpose
        self._waiting: list[Trouble] = []

    def next(
        self, kind: str, *, on: str = "any", times: int = 1, seconds: float = 1, issue: str = "", to: str = ""
    ) -> Trouble:
        """Let the next `times` calls of class `on` (about `issue`, if given) meet trouble."""
        trouble = Trouble(kind=kind, on=on, times=times, seconds=seconds, issue=issue.upper(), to=to)
        self._waiting.append(trouble)
        return trouble

    def waiting(self) -> Sequence[Trouble]:
        """The troubles that have not met all their calls."""
        return tuple(self._waiting)

    def clear(self) -> None:
        """Forget what waits; chances stay."""
        self._waiting.clear()

    def take(self, request_class: str, issue: str) -> Trouble | None:
        """The trouble that this call meets; it counts down by one."""
        for index, trouble in enumerate(self._waiting):
            if trouble.meets(request_class, issue):
                if trouble.times > 1:
                    self._waiting[index] = replace(trouble, times=trouble.times - 1)
                else:
                    del self._waiting[index]
                return trouble
        return self._drawn()

    def _drawn(self) -> Trouble | None:
        if not self.chances:
            return None
        point = self._random.random()
        for kind, chance in self.chances.items():
            if point < chance:
                return Trouble(kind=kind, seconds=self._seconds)
            point -= chance
        return None


def instead(kind: Kind, seconds: float, reset: str) -> Answer | None:
    """The answer that is given instead of Jira's own; `reset` is when a rate limit ends, ISO 8601."""
    if kind.status is None:
        return None
    headers: Mapping[str, str] = {}
    whole = str(
        max(0, -int(-seconds // 1))
    )  # Retry-After counts whole seconds: never less than was asked for
    if kind.status == 429:  # noqa: PLR2004  Too Many Requests
        headers = {
            "Retry-After": whole,
            "RateLimit-Reason": "jira-burst-based",
            "X-RateLimit-Limit": "350",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": reset,
        }
    if kind.status == 503:  # noqa: PLR2004  Service Unavailable
        headers = {"Retry-After": whole}
    body, html = _BODIES[kind.status]
    return Answer(status=kind.status, body=body, headers=headers, media="html" if html else "json")


#: Status -> body, and whether it is a page.
_BODIES: Mapping[int, tuple[object, bool]] = {
    200: (page("Log in", "Your session has expired. Log in to continue."), True),
    401: ({"code": 401, "message": "Unauthorized"}, False),
    403: ({"errorMessages": ["You do not have permission to access this resource."], "errors": {}}, False),
    409: (
        {
            "errorMessages": ["Another transition of this issue is being executed. Please try again."],
            "errors": {},
        },
        False,
    ),
    429: ({"errorMessages": ["Rate limit exceeded."], "errors": {}}, False),
    500: ({"errorMessages": ["Internal server error"], "errors": {}}, False),
    503: (page("503 Service Unavailable", "The site is temporarily unavailable."), True),
    504: (page("504 Gateway Time-out", "The server did not respond in time."), True),
}
