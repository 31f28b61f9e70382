"""The deeds of the core: one module a noun, one function a verb."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linli.verbs.verb import Verb


def core_verbs() -> "tuple[Verb, ...]":
    """Return every verb of the core."""
    from linli.verbs.listing import VERBS  # noqa: PLC0415 - verbs need the context, which needs this package

    return VERBS
