"""Loading plugins: the one door from enabled names to hooks that answer."""

from collections.abc import Iterable, Sequence
from types import ModuleType

import pluggy
from packaging.version import Version
from pydantic import BaseModel

from linli import __version__
from linli.config import Config, ConfigError, FaultList, PluginError, plugin_settings
from linli.messages import CatalogueError, Messages
from linli.plugins import hookspecs as core_hookspecs
from linli.plugins.checks import check_contributions, check_owners, settings_fault, settings_owners
from linli.plugins.claims import Claim, check_clashes, core_claims
from linli.plugins.discovery import Found, installed
from linli.plugins.failures import failure
from linli.plugins.hooks import Hooks
from linli.plugins.loaded import LoadedPlugin, Plugins
from linli.plugins.markers import PROJECT
from linli.plugins.personal_checks import check_personal
from linli.plugins.presets import Presets, read_presets
from linli.plugins.registration import register
from linli.plugins.resolution import resolve

__all__ = ["Claim", "LoadedPlugin", "Plugins", "check_clashes", "installed", "load_plugins"]


def load_plugins(
    enabled: Sequence[str],
    config: Config,
    *,
    hookspecs: Iterable[ModuleType] = (),
    claims: Iterable[Claim] = (),
    messages: Messages | None = None,
) -> Plugins:
    """Return the enabled plugins and those that they require, loaded in order.

    `hookspecs` are modules of further hook specifications (a room's), `claims` the names that rooms keep
    for themselves, `messages` what plugins' locale folders are added to. Nothing that is neither
    enabled nor required is imported. Raises PluginError with one fault for each thing to mend.
    """
    faults, source, candidates = FaultList(), config.source, installed()
    order, unfit = resolve(enabled, candidates, Version(__version__), source, faults)
    faults.attempt(check_owners, config, (*enabled, *candidates))
    presets = read_presets(order, faults)
    hooks = Hooks(_manager(hookspecs), source)
    texts = messages or source.translator.messages
    loaded: dict[str, LoadedPlugin] = {}
    for found in order:
        needs = {requirement.name for requirement in found.manifest.requires}
        if found.manifest.name not in unfit and needs <= loaded.keys():  # the rest would fail less clearly
            texts = faults.attempt(_with_locale, texts, found, config) or texts
            plugin = faults.attempt(_load, found, config, hooks, presets.speaking(texts))
            if plugin is not None:
                loaded[plugin.name] = plugin
    hooks.manager.check_pending()
    plugins = Plugins(tuple(loaded.values()), texts, source, hooks)
    faults.attempt(check_contributions, plugins, (*core_claims(), *claims))
    faults.attempt(check_personal, plugins)
    faults.raise_any(PluginError)
    return plugins


def _manager(hookspecs: Iterable[ModuleType]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    for module in (core_hookspecs, *hookspecs):
        manager.add_hookspecs(module)
    return manager


def _load(found: Found, config: Config, hooks: Hooks, presets: Presets) -> LoadedPlugin:
    register(hooks.manager, found)
    settings = _settings(found, config, hooks, presets)
    return LoadedPlugin(found.manifest, found.candidate.package, found.folder, settings)


def _settings(found: Found, config: Config, hooks: Hooks, presets: Presets) -> BaseModel | None:
    name = found.manifest.name
    if not hooks.answers(name, "linli_settings"):
        if presets.of(name):
            raise PluginError(
                [
                    preset.source.fault((name,), "plugins.no_settings", plugin=name)
                    for preset in presets.of(name)
                ]
            )
        if name in settings_owners(config):
            raise PluginError([settings_fault(config, name, "plugins.no_settings")])
        return None
    model: type[BaseModel] = hooks.ask(name, found.folder, "linli_settings", {})
    try:
        return plugin_settings(config, name, model, presets.of(name), presets.messages)
    except ConfigError:
        raise
    except Exception as error:  # a validator's own mistake
        fault = failure(error, found.folder, found.source, "plugins.settings_failed", plugin=name)
        raise PluginError([fault]) from error


def _with_locale(messages: Messages, found: Found, config: Config) -> Messages:
    try:
        return messages.extended(found.folder / "locale", strict=config.profile == "development")
    except CatalogueError as error:
        sentence = config.source.translator.text("plugins.locale", plugin=found.manifest.name, reason=error)
        raise PluginError([config.source.fault_at(None, sentence)]) from error
