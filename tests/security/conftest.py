"""The places of tests/graphql serve here too."""

from tests.graphql.conftest import (
    line,
    own_place,
    own_served,
    own_town,
    postgres_copy,
    postgres_place,
    served,
    served_twice,
    settled_postgres,
    settled_sqlite,
    sqlite_copy,
    sqlite_place,
)
from tests.plugins.conftest import motto_site, templates

__all__ = [
    "line",
    "motto_site",
    "own_place",
    "own_served",
    "own_town",
    "postgres_copy",
    "postgres_place",
    "served",
    "served_twice",
    "settled_postgres",
    "settled_sqlite",
    "sqlite_copy",
    "sqlite_place",
    "templates",
]
