"""Asking plugins, one by one: pluggy alone would stop all of them at the first that fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from linli.config.faults import PluginError
from linli.config.source import Source
from linli.plugins.answers import AnswerError, checked
from linli.plugins.failures import failure


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks that plugins answer; a failure is told as a fault of its plugin."""

    manager: pluggy.PluginManager = field(repr=False)
    source: Source = field(repr=False)

    def answers(self, plugin: str, hook: str) -> bool:
        """Say whether a plugin implements a hook."""
        return self._implementation(plugin, hook) is not None

    def ask(self, plugin: str, folder: Path, hook: str, arguments: Mapping[str, object]) -> Any:
        """Return the checked answer of one plugin; raises PluginError where it fails."""
        implementation = self._implementation(plugin, hook)
        if implementation is None:
            raise LookupError(f"plugin {plugin} does not implement {hook}")
        given = [arguments[name] for name in implementation.argnames]
        spec = getattr(self.manager.hook, hook).spec
        try:
            return checked(spec.function, implementation.function(*given))
        except AnswerError as error:
            due = {"plugin": plugin, "hook": hook, "found": error.found, "wanted": error.wanted}
            raise PluginError([failure(error, folder, self.source, "plugins.hook_answer", **due)]) from error
        except Exception as error:
            fault = failure(error, folder, self.source, "plugins.hook_failed", plugin=plugin, hook=hook)
            raise PluginError([fault]) from error

    def _implementation(self, plugin: str, hook: str) -> pluggy.HookImpl | None:
        caller: pluggy.HookCaller = getattr(self.manager.hook, hook)
        return next((one for one in caller.get_hookimpls() if one.plugin_name == plugin), None)
