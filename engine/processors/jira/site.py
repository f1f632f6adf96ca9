"""Where a Jira is and how one signs in there: from settings to a base URL, an API version and a header. Pure."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from engine.processors.http_request import DEFAULT_SECONDS, UnusableError, seconds_of

#: Hosts of Jira Cloud: API version 3, and basic auth with the e-mail of the token's owner on the sites themselves.
_CLOUD_SITES = (".atlassian.net", ".jira.com")
#: The host for scoped tokens and OAuth: ``https://api.atlassian.com/ex/jira/{cloudId}``.
_CLOUD_GATEWAY = "api.atlassian.com"
VERSIONS = (2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A Jira."""

    #: Without a slash at the end; a path before ``/rest`` is kept.
    base: str
    #: 2 or 3.
    version: int
    #: The headers of every request.
    headers: Mapping[str, str] = field(repr=False)
    #: What must not show anywhere.
    secrets: frozenset[str] = field(repr=False)
    #: Seconds for one exchange.
    timeout: float

    def issue(self, key: str, tail: str = "") -> str:
        """The URL of an issue, or of what is below it."""
        return f"{self.base}/rest/api/{self.version}/issue/{quote(key, safe='')}{tail}"


def make_site(values: Mapping[str, Any]) -> Site:
    """The site for settings that `problems_of` found nothing wrong with."""
    base = base_url(values["url"])
    email, token = values.get("email") or "", values["token"]
    pair = base64.b64encode(f"{email}:{token}".encode()).decode()
    version = values.get("api_version") or (3 if email or _is_cloud(base) else 2)
    return Site(
        base=base,
        version=int(version),
        headers={
            "authorization": f"Basic {pair}" if email else f"Bearer {token}",
            "accept": "application/json",
        },
        secrets=frozenset({token, pair}),
        timeout=seconds_of(values.get("timeout") or DEFAULT_SECONDS),
    )


def problems_of(values: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    """What is missing or wrong, one sentence each, beginning with the setting's name; never a value of one."""
    problems = [
        f"{name} is missing: give it in the worker's settings or set {variables[name]}"
        for name in ("url", "token")
        if values.get(name) in (None, "")
    ]
    problems += [
        f"{name} must be text without spaces and control characters"
        for name in ("url", "email", "token")
        if values.get(name) not in (None, "") and not _is_word(values[name])
    ]
    if values.get("api_version") not in (None, "") and str(values["api_version"]) not in map(str, VERSIONS):
        problems.append("api_version must be 2 or 3")
    if ":" in str(values.get("email") or ""):
        problems.append("email must not hold a colon")
    if values.get("timeout") is not None:
        try:
            seconds_of(values["timeout"])
        except UnusableError as error:
            problems.append(str(error))
    if not problems and not values.get("email") and not values["token"].isascii():
        problems.append("token must be ASCII where it is sent as a bearer token")
    if not problems:
        problems += _problems_of_url(values, variables)
    return problems


def _problems_of_url(values: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    try:
        base = base_url(values["url"])
    except UnusableError as error:
        return [str(error)]
    host = urlsplit(base).hostname or ""
    if host.endswith(_CLOUD_SITES) and not values.get("email"):
        where = f"give it in the worker's settings or set {variables['email']}"
        return [f"email is missing: {host} wants the e-mail of the token's owner; {where}"]
    return []


def base_url(url: str) -> str:
    """The URL with a scheme (``https`` if it says none) and without a slash at the end. Raises `UnusableError`."""
    full = (url if "://" in url else f"https://{url}").rstrip("/")
    try:
        parts = urlsplit(full)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UnusableError("url cannot be read as a URL") from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise UnusableError("url must be Jira's address, like https://example.atlassian.net")
    if "@" in parts.netloc:
        raise UnusableError("url must not hold a user or password; there are settings for them")
    if parts.query or parts.fragment:
        raise UnusableError("url must end before ? and #")
    return full


def _is_cloud(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    return host == _CLOUD_GATEWAY or host.endswith(_CLOUD_SITES)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and not any(c.isspace() for c in value)
