"""Plugins that run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from linli.config.faults import FaultList, PluginError
from linli.config.source import Source
from linli.messages import Messages
from linli.plugins.failures import failure
from linli.plugins.hooks import Hooks
from linli.plugins.manifest import Manifest

POLICY_FILE: Final = "policy.csv"


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that is imported and registered; `settings` are valid, None where it has none."""

    manifest: Manifest
    package: str
    folder: Path
    settings: BaseModel | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The plugin's name, which is its folder's too."""
        return self.manifest.name


@dataclass(frozen=True, slots=True)
class Plugins:
    """The loaded plugins, each after those that it requires; `messages` hold theirs too."""

    loaded: tuple[LoadedPlugin, ...]
    messages: Messages = field(repr=False)
    source: Source = field(repr=False)
    hooks: Hooks = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of loading."""
        return tuple(plugin.name for plugin in self.loaded)

    def __getitem__(self, name: str) -> LoadedPlugin:
        """Return the plugin of that name; KeyError where it is not loaded."""
        return {plugin.name: plugin for plugin in self.loaded}[name]

    def settings(self, name: str) -> BaseModel | None:
        """Return the settings of a plugin, None where it has no `linli_settings`."""
        return self[name].settings

    def each(self, hook: str, /, **arguments: object) -> list[tuple[LoadedPlugin, Any]]:
        """Return the answer of every plugin that implements the hook; lists come as tuples.

        Each plugin is asked by itself, with `arguments` and its own settings as far as the hook takes them.
        Raises PluginError with one fault for each that fails or returns something else than the hook's
        specification says.
        """
        faults = FaultList()
        answers = []
        for plugin in self.loaded:
            if self.hooks.answers(plugin.name, hook):
                before = len(faults.faults)
                given = {"settings": plugin.settings, **arguments}
                answer = faults.attempt(self.hooks.ask, plugin.name, plugin.folder, hook, given)
                if len(faults.faults) == before:
                    answers.append((plugin, answer))
        faults.raise_any(PluginError)
        return answers

    def policy_lines(self) -> list[tuple[LoadedPlugin, tuple[str, ...]]]:
        """Return the policy lines of each plugin: of its policy.csv, and then of its hook."""
        told = {plugin.name: lines for plugin, lines in self.each("linli_policy_lines")}
        return [(plugin, (*self._file_lines(plugin), *told.get(plugin.name, ()))) for plugin in self.loaded]

    def _file_lines(self, plugin: LoadedPlugin) -> tuple[str, ...]:
        file = plugin.folder / POLICY_FILE
        try:
            return tuple(file.read_text(encoding="utf-8-sig").splitlines())
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            fault = failure(
                error, file, self.source, "plugins.policy_unreadable", plugin=plugin.name, file=file
            )
            raise PluginError([fault]) from error
