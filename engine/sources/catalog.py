"""Every source there is, by its name."""

from collections.abc import Mapping

from engine.sources.github import GITHUB
from engine.sources.source import Source

SOURCES: Mapping[str, Source] = {source.name: source for source in (GITHUB,)}
