"""Registers the jira processor; loads no HTTP library before a worker connects."""

from collections.abc import Mapping, Sequence

from engine.processors.jira.request import ARGUMENTS
from engine.processors.jira.site import make_site, problems_of
from engine.processors.processor import Argument, Processor, Settings


class JiraMaker:
    """Registers `JiraProcessor`, also under the predecessor's worker name."""

    name = "jira"
    worker_names: Sequence[str] = ("atlassian",)
    settings: Mapping[str, str] = {
        "url": "Jira's address; https:// is added if it has no scheme.",
        "email": "The e-mail of the token's owner; without it the token is sent as a bearer token (Data Center).",
        "token": "The API token, or the personal access token of a Data Center.",
        "api_version": "2 or 3; 3 where there is an e-mail or the host is Atlassian's, else 2.",
        "timeout": 'Seconds for one exchange, as a number or "10s"; 10 if missing.',
    }
    defaults: Mapping[str, str] = {
        "url": "ATLASSIAN_URL",
        "email": "ATLASSIAN_EMAIL",
        "token": "ATLASSIAN_API_KEY",
    }

    arguments: Mapping[str, Argument] = ARGUMENTS
    transitions_only = True

    def check(self, settings: Settings) -> Sequence[str]:
        """What is missing or wrong in the settings."""
        return problems_of(settings.values, self.defaults)

    def connect(self, settings: Settings) -> Processor:
        """Make the processor; the HTTP library is loaded now."""
        from engine.processors.http_transport import HttpTransport
        from engine.processors.jira.processor import JiraProcessor

        site = make_site(settings.values)
        return JiraProcessor(site, HttpTransport(secrets=site.secrets))
