"""The hook of the GraphQL room. Its docstring is its reference page."""

from pydantic import BaseModel

from linli.plugins.markers import hookspec
from linli_graphql.declare.registry import PluginSchema


@hookspec
def linli_graphql(settings: BaseModel | None) -> PluginSchema:
    """Return the types, root fields and extensions of other types that the plugin brings.

    Every field is declared, not resolved: a column, a relation, an expression in SQL, or a value that
    Python grafts onto the answer. A type with a table names its resource, so that the policy is part of
    every read; one without is refused at the start. `settings` are the plugin's own, None where it has no
    `linli_settings`; they may fill a field, and never decide which types and fields there are.
    """
    raise NotImplementedError
