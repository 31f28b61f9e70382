"""The hooks of the core. Each docstring is the hook's reference page.

A plugin answers a hook with a function of the same name in its `__init__.py`, marked `@hookimpl`. Every
hook is called once at the start, plugin by plugin in the order of `requires`; an error names the plugin.
Types named here are imported while running: answers are checked against them.
"""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import Table
from typer import Typer

from linli.plugins.contributions import Check, Filling, Indicator, Reaction, RelationshipType
from linli.plugins.markers import hookspec
from linli.policy import Resource
from linli.verbs.verb import Verb


@hookspec
def linli_settings() -> type[BaseModel]:
    """Return the pydantic model of the plugin's table [plugins.<name>] in linli.toml.

    Faults in the table are told with file and line, in the words of the model's validators. Without this
    hook the plugin has no settings and a table is refused. A secret can come from a file:
    set the variable `LINLI_PLUGINS__<NAME>__<KEY>_FILE` to its path.
    """
    raise NotImplementedError


@hookspec
def linli_tables() -> Sequence[Table]:
    """Return the plugin's tables, each named `<plugin>__<table>` and created by its own migrations."""
    raise NotImplementedError


@hookspec
def linli_resources() -> Sequence[Resource]:
    """Return what policies may speak of: each table that people see, with the columns of its reaches.

    A resource with a table and no such column is refused, since no line could limit it to a place.
    """
    raise NotImplementedError


@hookspec
def linli_policy_lines(settings: BaseModel | None) -> Sequence[str]:
    """Return further policy lines, such as `p, grid_worker, motto, read, subtree, allow`.

    The lines of the plugin's `policy.csv` are in force in any case; this hook is for those that depend on
    the place. `settings` are the plugin's own, None where it has no `linli_settings`.
    """
    raise NotImplementedError


@hookspec
def linli_verbs() -> Sequence[Verb]:
    """Return the plugin's verbs; each becomes a mutation and asks the policy itself."""
    raise NotImplementedError


@hookspec
def linli_reactions() -> Sequence[Reaction]:
    """Return the plugin's answers to events; each is retried by itself until it succeeds or is set aside."""
    raise NotImplementedError


@hookspec
def linli_relationship_types() -> Sequence[RelationshipType]:
    """Return the types of relationship that the plugin brings."""
    raise NotImplementedError


@hookspec
def linli_indicators() -> Sequence[Indicator]:
    """Return the figures by grid that the plugin counts."""
    raise NotImplementedError


@hookspec
def linli_checks() -> Sequence[Check]:
    """Return what `linli verify` has to look at in the plugin's own rows.

    A check tells what it finds by sentences of the plugin's locale files; one that fails is a finding itself.
    """
    raise NotImplementedError


@hookspec
def linli_demo() -> Sequence[Filling]:
    """Return what the plugin shows in the demo: functions that are given a `Demo` by `linli demo`.

    They are called once, after the place and its people have been made, in the order of `requires`;
    `demo.do(who, verb, …)` does a deed in somebody's name. Everything is made up: no real person, no
    identity number, telephone numbers from ranges that nobody has.
    """
    raise NotImplementedError


@hookspec
def linli_commands() -> Sequence[Typer]:
    """Return Typer applications; `linli <name> …` runs them, by the plugin's name where one has none.

    The person at the keyboard is the operator: commands read rows without asking the policy.
    """
    raise NotImplementedError
