"""Importing a plugin and registering its hooks; nothing that is misspelt or unmarked passes in silence."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pluggy

from linli.config.faults import Fault, PluginError, nearest
from linli.plugins.discovery import Found
from linli.plugins.failures import failure
from linli.plugins.markers import PREFIX

WRAPPERS: Final = ("wrapper", "hookwrapper")


def register(manager: pluggy.PluginManager, plugin: Found) -> None:
    """Import a plugin and register its hooks; raises PluginError with every fault of them."""
    name = plugin.manifest.name
    try:
        module = import_module(plugin.candidate.package)
    except (Exception, SystemExit) as error:
        fault = failure(error, plugin.folder, plugin.source, "plugins.import_failed", plugin=name)
        raise PluginError([fault]) from error
    faults = [fault for hook in _hooks(manager, module) for fault in _faults(manager, plugin, hook)]
    if faults:
        raise PluginError(faults)
    manager.register(module, name)


@dataclass(frozen=True, slots=True)
class _Hook:
    """A function that looks like a hook, or is marked as one; `marks` are pluggy's options."""

    name: str
    function: Callable[..., Any]
    marks: Mapping[str, Any] | None


def _hooks(manager: pluggy.PluginManager, module: ModuleType) -> Iterator[_Hook]:
    for name, value in sorted(vars(module).items()):
        if inspect.isroutine(value):
            marks = manager.parse_hookimpl_opts(module, name)
            if marks is not None:
                yield _Hook(marks.get("specname") or name, value, dict(marks))
            elif name.startswith(PREFIX):
                yield _Hook(name, value, None)


def _faults(manager: pluggy.PluginManager, plugin: Found, hook: _Hook) -> Iterator[Fault]:
    spec = getattr(getattr(manager.hook, hook.name, None), "spec", None)
    if spec is not None:
        for message, params in _complaints(hook, spec.argnames):
            yield _told(plugin, hook, message, **params)
    elif not (hook.marks or {}).get("optionalhook"):
        near = nearest(hook.name.removeprefix(PREFIX), _nouns(manager))
        message = "plugins.unknown_hook_near" if near else "plugins.unknown_hook"
        yield _told(plugin, hook, message, near=f"{PREFIX}{near}")


def _nouns(manager: pluggy.PluginManager) -> Iterator[str]:
    """Yield the names of all hooks without the prefix, which would make any two of them look alike."""
    for name, caller in vars(manager.hook).items():
        if getattr(caller, "spec", None):
            yield name.removeprefix(PREFIX)


def _complaints(hook: _Hook, offered: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, object]]]:
    if hook.marks is None:
        yield "plugins.unmarked_hook", {}
    elif any(hook.marks.get(kind) for kind in WRAPPERS):
        yield "plugins.wrapper_hook", {}
    if inspect.iscoroutinefunction(hook.function) or inspect.isasyncgenfunction(hook.function):
        yield "plugins.async_hook", {}
    extra = [name for name in _needed(hook.function) if name not in offered]
    if extra:
        yield "plugins.hook_arguments", {"extra": ", ".join(extra), "offered": ", ".join(offered) or "–"}


def _needed(function: Callable[..., Any]) -> Iterator[str]:
    open_ended = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is inspect.Parameter.empty and parameter.kind not in open_ended:
            yield name


def _told(plugin: Found, hook: _Hook, message: str, **params: object) -> Fault:
    code = getattr(hook.function, "__code__", None)
    file, line = (Path(code.co_filename), code.co_firstlineno) if code else (plugin.folder, None)
    params |= {"plugin": plugin.manifest.name, "hook": hook.name}
    sentence = plugin.source.translator.text(message, **params)
    return replace(plugin.source, file=file).fault_at(line, sentence, hook.name)
