"""What is installed, and plug-ins that do not fit."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from engine.errors import PluginError
from engine.hookspecs import hookimpl
from engine.processors.http import HttpMaker
from engine.processors.registry import load_processors


@pytest.fixture
def plugin() -> Iterator[ModuleType]:
    module = ModuleType("a_plugin_of_this_test")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def points(name: str = "a_plugin_of_this_test") -> list[EntryPoint]:
    return [EntryPoint(name="extra", value=name, group="interlock")]


def bring(module: ModuleType, *makers: object) -> None:
    @hookimpl
    def interlock_processors() -> list[object]:
        return list(makers)

    module.interlock_processors = interlock_processors  # type: ignore[attr-defined]


def test_the_built_in_ones() -> None:
    makers = load_processors()
    assert {"http", "jira"} <= set(makers)
    assert makers["jira"].worker_names == ("atlassian",)
    for maker in makers.values():
        assert set(maker.defaults) <= set(maker.settings)


def test_a_plugin_adds_its_own(plugin: ModuleType) -> None:
    class Own(HttpMaker):
        name = "own"

    bring(plugin, Own())
    assert set(load_processors(points())) == {"http", "jira", "own"}


def test_a_plugin_without_processors_is_fine(plugin: ModuleType) -> None:
    assert set(load_processors(points())) == {"http", "jira"}


def test_what_cannot_be_imported_is_named() -> None:
    with pytest.raises(
        PluginError, match=r"the plug-in extra \(no_such_module\) cannot be loaded: No module"
    ):
        load_processors(points("no_such_module"))


def test_a_name_that_is_taken_is_named(plugin: ModuleType) -> None:
    bring(plugin, HttpMaker())
    with pytest.raises(
        PluginError, match=r'extra .* brings a processor named "http", which is there already'
    ):
        load_processors(points())


def test_what_is_no_maker_is_named(plugin: ModuleType) -> None:
    bring(plugin, object())
    with pytest.raises(PluginError, match="without name, worker_names, settings, defaults, check, connect"):
        load_processors(points())


def test_a_plugin_that_fails_is_named(plugin: ModuleType) -> None:
    @hookimpl
    def interlock_processors() -> list[object]:
        raise RuntimeError("no licence")

    plugin.interlock_processors = interlock_processors  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="failed to name its processors: no licence"):
        load_processors(points())


def test_a_hook_that_does_not_exist_is_named(plugin: ModuleType) -> None:
    @hookimpl
    def interlock_procesors() -> list[object]:
        return []

    plugin.interlock_procesors = interlock_procesors  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="interlock_procesors"):
        load_processors(points())
