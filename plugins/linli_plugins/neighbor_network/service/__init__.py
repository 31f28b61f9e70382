"""The deeds, by what they are about."""

from typing import Final

from linli.verbs.verb import Verb

from . import helping, matters, members, networks, passing, rota, spaces

VERBS: Final[tuple[Verb, ...]] = (
    *networks.VERBS,
    *members.VERBS,
    *spaces.VERBS,
    *matters.VERBS,
    *passing.VERBS,
    *helping.VERBS,
    *rota.VERBS,
)
