"""The kernel: entities, territory, plugins, configuration, database, events and the command shell."""

__version__ = "0.1.0"
