"""Every source there is, by its name."""

from collections.abc import Mapping

from engine.sources.bitbucket import BITBUCKET
from engine.sources.github import GITHUB
from engine.sources.gitlab import GITLAB
from engine.sources.jira import JIRA
from engine.sources.source import Source
from engine.sources.standard import STANDARD

SOURCES: Mapping[str, Source] = {
    source.name: source for source in (GITHUB, GITLAB, BITBUCKET, JIRA, STANDARD)
}
