"""The credit bank: points for what neighbours do, joined by consent, spent on what a place offers."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import Table
from typer import Typer

from linli.plugins import Check, Reaction, hookimpl
from linli.policy import Resource
from linli.verbs.verb import Verb

from . import checks, commands, events, graphql, models, service
from .settings import CreditBankSettings


@hookimpl
def linli_settings() -> type[BaseModel]:
    return CreditBankSettings


@hookimpl
def linli_tables() -> Sequence[Table]:
    return models.TABLES


@hookimpl
def linli_resources() -> Sequence[Resource]:
    return models.RESOURCES


@hookimpl
def linli_verbs() -> Sequence[Verb]:
    return service.VERBS


@hookimpl
def linli_reactions() -> Sequence[Reaction]:
    return [
        Reaction("resident.closed", "leave", events.leave),
        Reaction("organization.closed", "leave_as_organization", events.leave),
        Reaction("consent.withdrawn", "leave_without_consent", events.leave_without_consent),
        Reaction("resident.moved", "follow", events.follow),
    ]


@hookimpl
def linli_checks() -> Sequence[Check]:
    return [Check("booked", checks.verify_booked), Check("held", checks.verify_held)]


@hookimpl
def linli_commands() -> Sequence[Typer]:
    return [commands.app]


@hookimpl
def linli_graphql() -> graphql.PluginSchema:
    return graphql.SCHEMA
