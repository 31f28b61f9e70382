"""The configuration: linli.toml, LINLI_* variables, and every fault in them at once."""

from linli.config.faults import ConfigError, Fault, FaultList, PluginError, nearest
from linli.config.load import load_config, plugin_settings
from linli.config.model import (
    Config,
    DatabaseSettings,
    LimitSettings,
    Place,
    PluginSettings,
    SecuritySettings,
    ServerSettings,
    TerritorySettings,
)
from linli.config.source import Source

__all__ = [
    "Config",
    "ConfigError",
    "DatabaseSettings",
    "Fault",
    "FaultList",
    "LimitSettings",
    "Place",
    "PluginError",
    "PluginSettings",
    "SecuritySettings",
    "ServerSettings",
    "Source",
    "TerritorySettings",
    "load_config",
    "nearest",
    "plugin_settings",
]
