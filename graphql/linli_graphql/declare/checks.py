"""What is wrong with the declarations of a type: one sentence each, before anything is served."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from linli.policy import Resource
from linli_graphql.declare import fields as f
from linli_graphql.declare.expressions import faults_of


@dataclass(frozen=True)
class Declared:
    """Everything that was declared, by name; `owner` says whose a type or a field is."""

    types: Mapping[str, f.ObjectType]
    roots: Mapping[str, f.Field]
    resources: Mapping[str, Resource]
    owners: Mapping[str, str]

    def owner(self, type_name: str, field_name: str | None = None) -> str:
        """Return which plugin declared a field, or else its type; what is nobody else's is the core's."""
        of_type = self.owners.get(f"GraphQL type {type_name}", "core")
        if type_name == "Query":
            return self.owners.get(f"root field {field_name}", "core")
        return self.owners.get(f"field {type_name}.{field_name}", of_type) if field_name else of_type


def faults(declared: Declared) -> Iterator[str]:
    """Yield a sentence for each fault of the types and their fields, naming the plugin."""
    for one in declared.types.values():
        where = f"Plugin {declared.owner(one.name)!r}, type {one.name!r}:"
        yield from (f"{where} {sentence}" for sentence in _of_type(one, declared.resources))
        for name, field in one.fields.items():
            place = f"Plugin {declared.owner(one.name, name)!r}, field {one.name}.{name}:"
            yield from (f"{place} {sentence}" for sentence in _of_field(one, field, declared))
    for name, field in declared.roots.items():
        place = f"Plugin {declared.owner('Query', name)!r}, field Query.{name}:"
        yield from (f"{place} {sentence}" for sentence in _of_target(None, field, declared))


def _of_type(one: f.ObjectType, resources: Mapping[str, Resource]) -> Iterator[str]:
    resource = resources.get(one.resource or "")
    if one.table is not None and one.resource is None and one.part_of is None:
        yield "it has a table and no resource; name the resource that policies decide on."
    if one.resource is not None and resource is None:
        yield f"the resource {one.resource!r} is not declared; return it from linli_resources."
    if resource is not None and resource.table is not one.table:
        yield f"the resource {one.resource!r} is of another table; its policy would not fit these rows."
    if resource is not None and not resource.reaches - {"all"}:
        yield f"the resource {one.resource!r} has no scope; name the columns of its reaches."
    if one.node_type is not None and not any(isinstance(field, f.PublicId) for field in one.fields.values()):
        yield "it is a node and has no id field; declare `id` as PublicId."
    if one.node_type is not None and (one.table is None or one.own or one.part_of is not None):
        yield "it is a node, so it needs a table, and rows that anybody may be allowed to see."
    if one.part_of is not None and (one.orderings or one.resource is not None):
        yield "its rows are parts of another's, so it has no resource and no orderings of its own."
    yield from (sentence for name in _ordered(one) if (sentence := _missing_column(one, name)))


def _ordered(one: f.ObjectType) -> list[str]:
    if one.part_of is not None:
        return [one.part_of.key]
    return [name for ordering in one.orderings.values() for name in ordering.columns]


def _of_field(one: f.ObjectType, field: f.Field, declared: Declared) -> Iterator[str]:
    yield from (sentence for name in _columns(field) if (sentence := _missing_column(one, name)))
    yield from faults_of(one, field)
    yield from _of_permission(one, field, declared.resources)
    yield from _of_target(one, field, declared)


def _columns(field: f.Field) -> tuple[str, ...]:
    match field:
        case f.Column():
            return (field.column,)
        case f.Grafted():
            return field.needs
        case f.ToAny():
            return (field.type_column, field.id_column)
        case _:
            return ()


def _missing_column(one: f.ObjectType, name: str) -> str | None:
    if one.table is None or name in one.table.c:
        return None
    return f"the table {one.table.name} has no column {name!r}{_near(name, one.table.c)}."


def _of_permission(one: f.ObjectType, field: f.Field, resources: Mapping[str, Resource]) -> Iterator[str]:
    resource = resources.get(one.resource or "")
    if isinstance(field, f.Sensitive):
        base, _, name = field.permission.partition(".")
        if resource is None or base != resource.name or name not in resource.fields:
            yield f"the permission {field.permission!r} is not declared on the type's resource."
    if isinstance(field, f.Part) and field.action and resource and field.action not in resource.actions:
        yield f"the permission {f'{one.resource}:{field.action}'!r} is not declared on its resource."


def _of_target(one: f.ObjectType | None, field: f.Field, declared: Declared) -> Iterator[str]:
    name = getattr(field, "target", None)
    if name is None:
        return
    target = declared.types.get(name)
    if target is None:
        yield f"there is no type {name!r}{_near(name, declared.types)}."
        return
    if isinstance(field, f.ToOne | f.ToMany | f.Connection | f.RootOne | f.RootSelf) and target.table is None:
        yield f"the type {name!r} has no table, so no rows can be read as it."
    if target.own and not isinstance(field, f.RootSelf) and not (one is not None and one.own):
        yield f"{name!r} is reached only from the caller's own account: no policy would stand before it here."
    yield from _of_part(one, field, target)


def _of_part(one: f.ObjectType | None, field: f.Field, target: f.ObjectType) -> Iterator[str]:
    whole = target.part_of
    if whole is None:
        return
    reached = isinstance(field, f.Connection) and field.on is not None
    if not reached or one is None or one.name != whole.type_name:
        yield (
            f"{target.name!r} is reached only through a connection of {whole.type_name!r}: "
            "no policy would stand before it here."
        )


def _near(name: str, known: Any) -> str:
    close = get_close_matches(name, list(map(str, known.keys())), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
