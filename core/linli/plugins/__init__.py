"""Plugins: what a plugin's author imports. Light on purpose: the kernel imports it too."""

from linli.plugins.contributions import Indicator, Reaction, RelationshipType
from linli.plugins.markers import hookimpl, hookspec

__all__ = ["Indicator", "Reaction", "RelationshipType", "hookimpl", "hookspec"]
