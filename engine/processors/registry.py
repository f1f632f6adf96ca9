"""Every processor that is installed, by name: the built-in ones and those of plug-ins."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from engine import hookspecs
from engine.errors import PluginError
from engine.processors import builtin
from engine.processors.processor import Argument, ProcessorMaker

#: What `ProcessorMaker` asks for, and how to tell that it is there.
_WANTED: Mapping[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and bool(value),
    "worker_names": lambda value: isinstance(value, Iterable) and not isinstance(value, str),
    "settings": lambda value: isinstance(value, Mapping),
    "defaults": lambda value: isinstance(value, Mapping),
    "check": callable,
    "connect": callable,
}


def load_processors(plugins: Iterable[EntryPoint] | None = None) -> Mapping[str, ProcessorMaker]:
    """The makers, by name. `plugins` are the entry points to load; None = all installed ones.

    Raises `PluginError` that names the plug-in which cannot be loaded or takes a name that is taken.
    """
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, name="builtin")
    makers = _makers_of(manager, builtin, "Interlock itself", {})
    for plugin in entry_points(group=hookspecs.GROUP) if plugins is None else plugins:
        owner = f"the plug-in {plugin.name} ({plugin.value})"
        try:
            module = plugin.load()
            manager.register(module, name=plugin.name)
            manager.check_pending()
        except Exception as error:
            raise PluginError(f"{owner} cannot be loaded: {error}; upgrade or remove it") from error
        makers |= _makers_of(manager, module, owner, makers)
    return makers


def _makers_of(
    manager: pluggy.PluginManager, module: object, owner: str, taken: Mapping[str, ProcessorMaker]
) -> dict[str, ProcessorMaker]:
    others = [plugin for plugin in manager.get_plugins() if plugin is not module]
    caller = manager.subset_hook_caller("interlock_processors", others)
    try:
        brought = [maker for makers in caller() for maker in makers]
    except Exception as error:
        raise PluginError(f"{owner} failed to name its processors: {error}; upgrade or remove it") from error
    found: dict[str, ProcessorMaker] = {}
    for maker in brought:
        lacks = [name for name, is_right in _WANTED.items() if not is_right(getattr(maker, name, None))]
        if lacks:
            raise PluginError(f"{owner} brings a processor without {', '.join(lacks)}; upgrade or remove it")
        if not _is_right(getattr(maker, "arguments", {})):
            raise PluginError(
                f"{owner} brings a processor whose arguments are no mapping of names to Argument; upgrade or remove it"
            )
        if maker.name in taken or maker.name in found:
            raise PluginError(
                f'{owner} brings a processor named "{maker.name}", which is there already; remove one'
            )
        found[maker.name] = maker
    return found


def _is_right(arguments: Any) -> bool:
    return isinstance(arguments, Mapping) and all(isinstance(each, Argument) for each in arguments.values())
