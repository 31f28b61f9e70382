"""The marks of a hook: `@hookspec` declares one, `@hookimpl` answers one."""

from typing import Final

import pluggy

PROJECT: Final = "linli"
PREFIX: Final = "linli_"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)
