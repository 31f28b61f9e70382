"""Mottos: residents propose them, communities adopt them. This file is the table of contents."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import Table
from typer import Typer

from linli.plugins import Check, Filling, Indicator, Reaction, RelationshipType, hookimpl
from linli.policy import Resource
from linli.verbs.verb import Verb

from . import checks, commands, events, graphql, models, service
from .demo import fill
from .settings import MottoSettings


@hookimpl
def linli_settings() -> type[BaseModel]:
    return MottoSettings


@hookimpl
def linli_tables() -> Sequence[Table]:
    return [models.motto]


@hookimpl
def linli_resources() -> Sequence[Resource]:
    return [models.MOTTO]


@hookimpl
def linli_policy_lines(settings: MottoSettings) -> Sequence[str]:
    return [f"p, {settings.adopted_by}, motto, adopt, subtree, allow"]


@hookimpl
def linli_verbs() -> Sequence[Verb]:
    return service.VERBS


@hookimpl
def linli_reactions() -> Sequence[Reaction]:
    return [Reaction("resident.closed", "withdraw_proposals", events.withdraw_proposals)]


@hookimpl
def linli_relationship_types() -> Sequence[RelationshipType]:
    supporters = ("resident", "organization")
    return [RelationshipType("motto__supports", "supports", "支持", supporters, ("motto",))]


@hookimpl
def linli_indicators() -> Sequence[Indicator]:
    return [Indicator("mottos", "Mottos in force", "在用格言数", service.COUNTED)]


@hookimpl
def linli_checks() -> Sequence[Check]:
    return [Check("adopted", checks.verify_adopted)]


@hookimpl
def linli_demo() -> Sequence[Filling]:
    return [Filling("first_motto", fill)]


@hookimpl
def linli_commands() -> Sequence[Typer]:
    return [commands.app]


@hookimpl
def linli_graphql() -> graphql.PluginSchema:
    return graphql.SCHEMA
