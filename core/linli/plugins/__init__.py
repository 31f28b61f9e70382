"""Plugins: what a plugin's author imports. Light on purpose: the kernel imports it too."""

from linli.plugins.contributions import Check, Filling, Indicator, Reaction, RelationshipType
from linli.plugins.markers import hookimpl, hookspec

__all__ = ["Check", "Filling", "Indicator", "Reaction", "RelationshipType", "hookimpl", "hookspec"]
