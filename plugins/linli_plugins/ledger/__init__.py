"""The ledger: books of points, hours or money in double entry. A kernel plugin: schemes post through it.

It brings no mutation of its own. What may be booked is for the plugins to say that require it, such as the
credit bank; what they share is here: `accounts`, `posting`, `holds`.
"""

from collections.abc import Sequence

from sqlalchemy import Table
from typer import Typer

from linli.plugins import Check, hookimpl
from linli.policy import Resource

from . import commands, graphql, models, verifying


@hookimpl
def linli_tables() -> Sequence[Table]:
    return models.TABLES


@hookimpl
def linli_resources() -> Sequence[Resource]:
    return [models.BOOK, models.ACCOUNT]


@hookimpl
def linli_checks() -> Sequence[Check]:
    return [Check("books", verifying.verify_books)]


@hookimpl
def linli_graphql() -> graphql.PluginSchema:
    return graphql.SCHEMA


@hookimpl
def linli_commands() -> Sequence[Typer]:
    return [commands.app]
