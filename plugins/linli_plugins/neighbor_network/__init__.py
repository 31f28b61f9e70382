"""Networks of neighbours: tiers, members, spaces, matters that go up and down, mutual help and its rota.

The kinds of network, their roles and their procedure are settings: a place's own words, none of ours.
This file is the table of contents.
"""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import Table

from linli.plugins import Check, Indicator, Reaction, hookimpl
from linli.policy import Resource
from linli.verbs.verb import Verb

from . import checks, events, graphql, models, rights, service
from .service.shared import MATTERS, NETWORKS
from .settings import NeighborNetworkSettings


@hookimpl
def linli_settings() -> type[BaseModel]:
    return NeighborNetworkSettings


@hookimpl
def linli_tables() -> Sequence[Table]:
    return models.TABLES


@hookimpl
def linli_resources() -> Sequence[Resource]:
    return rights.RESOURCES


@hookimpl
def linli_verbs() -> Sequence[Verb]:
    return service.VERBS


@hookimpl
def linli_reactions() -> Sequence[Reaction]:
    return [
        Reaction("resident.closed", "part_with_resident", events.part_with_resident),
        Reaction("resident.moved", "part_with_neighbors", events.part_with_neighbors),
        Reaction("consent.withdrawn", "part_without_consent", events.part_without_consent),
        Reaction("household.closed", "part_with_household", events.part_with_household),
        Reaction("organization.closed", "part_with_organization", events.part_with_organization),
        Reaction("party_branch.closed", "part_with_branch", events.part_with_branch),
    ]


@hookimpl
def linli_indicators() -> Sequence[Indicator]:
    return [
        Indicator("neighbor_networks", "Networks of neighbours", "邻里网络数", NETWORKS),
        Indicator("open_matters", "Matters that are not closed", "未办结事项数", MATTERS),
    ]


@hookimpl
def linli_checks() -> Sequence[Check]:
    return [Check("matters", checks.verify_matters), Check("networks", checks.verify_networks)]


@hookimpl
def linli_graphql(settings: NeighborNetworkSettings) -> graphql.PluginSchema:
    return graphql.schema(settings)
