"""A request as a value, and what its parts mean: bodies, lists, numbers, credentials."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from engine.practice.jira import answers
from engine.practice.jira.answers import Answer
from engine.practice.jira.bodies import Bodies
from engine.practice.jira.world import Deployment, JiraWorld

#: ``latest`` has meant version 2 since version 3 came.
VERSIONS: Mapping[str, int] = {"2": 2, "3": 3, "latest": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to the practice Jira."""

    method: str
    path: str
    #: Where the site is, without a slash at the end.
    site: str
    #: What the route's placeholders stand for.
    parts: Mapping[str, str] = field(default_factory=dict)
    #: Query parameters, each with all its values.
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: The raw body.
    raw: bytes = b""

    @property
    def version(self) -> int:
        """2 or 3."""
        return VERSIONS[self.parts.get("version", "latest")]

    def bodies(self, world: JiraWorld) -> Bodies:
        """Makes bodies for the answer."""
        return Bodies(world=world, site=self.site, version=self.version)

    def data(self) -> dict[str, Any]:
        """The JSON object in the body; refuses anything else as Jira does."""
        if not self.raw.strip():
            raise answers.unusable_body(answers.NO_BODY)
        try:
            data = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise answers.unusable_body(answers.UNPARSABLE) from None
        if not isinstance(data, dict):
            raise answers.unusable_body(answers.UNUSABLE)
        return data

    def word(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return self.query.get(name, (default,))[0]

    def words(self, name: str) -> list[str]:
        """A query parameter that is a list: given several times, or with commas, or both."""
        return words(self.query.get(name, ()))

    def number(self, name: str, default: int) -> int:
        """A query parameter that counts something."""
        return number(self.query.get(name, (default,))[0], name)


def words(value: object) -> list[str]:
    """A list of words from a list or from text with commas."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Sequence):
        return []
    return [part.strip() for one in value for part in str(one).split(",")]


def number(value: object, name: str) -> int:
    """A number that counts something, as JSON or text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise answers.refused(400, f"The value of '{name}' must be a number that is not negative.")


def authenticate(world: JiraWorld, header: str | None, site: str) -> Answer | None:
    """What is answered to credentials: nothing if they are right, else a 401."""
    realm = quote(site, safe="")
    if not header:
        return answers.anonymous(realm=realm)
    scheme, _, given = header.partition(" ")
    bearer = scheme.casefold() == "bearer"
    account = world.account
    wanted = account.token if bearer else f"{account.email}:{account.token}"
    if scheme.casefold() == "basic":
        try:
            given = base64.b64decode(given.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    elif not bearer:
        given = ""
    if hmac.compare_digest(given.strip().encode(), wanted.encode()):
        return None
    return answers.unauthenticated(cloud=world.deployment is Deployment.CLOUD, bearer=bearer, realm=realm)
