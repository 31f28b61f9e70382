"""All declarations of a deployment, core's and plugins', checked against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from linli.policy import Resource
from linli.verbs.verb import Verb
from linli_graphql.declare import checks
from linli_graphql.declare.blame import contained
from linli_graphql.declare.checks import Declared
from linli_graphql.declare.fields import Field, ObjectType


class DeclarationError(Exception):
    """Declarations that cannot stand together; one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Extension:
    """Fields that a plugin adds to a type that is not its own."""

    type_name: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class PluginSchema:
    """What a plugin adds to the schema; its mutations come from its verbs.

    Attributes:
        types: new types.
        extensions: fields added to types of others.
        roots: fields of Query.
    """

    types: Sequence[ObjectType] = ()
    extensions: Sequence[Extension] = ()
    roots: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one owner (the core, or a plugin) declares."""

    owner: str
    types: Sequence[ObjectType] = ()
    extensions: Sequence[Extension] = ()
    roots: Mapping[str, Field] = field(default_factory=dict)
    verbs: Sequence[Verb] = ()


@dataclass(frozen=True)
class Registry:
    """Every type, root field and verb, by name, and the resources they stand on."""

    types: Mapping[str, ObjectType]
    roots: Mapping[str, Field]
    verbs: Mapping[str, Verb]
    resources: Mapping[str, Resource]
    owners: Mapping[str, str]

    def node(self, node_type: str) -> ObjectType | None:
        """Return the type whose public ids have this prefix."""
        return next((one for one in self.types.values() if one.node_type == node_type), None)

    @property
    def nodes(self) -> tuple[ObjectType, ...]:
        """The types that implement `Node`."""
        return tuple(one for one in self.types.values() if one.node_type is not None)


def collect(contributions: Sequence[Contribution], resources: Mapping[str, Resource]) -> Registry:
    """Return the registry of all contributions.

    Raises:
        DeclarationError: names clash, or a type stands without policy; all faults at once.
    """
    faults: list[str] = []
    types: dict[str, ObjectType] = {}
    roots: dict[str, Field] = {}
    verbs: dict[str, Verb] = {}
    owners: dict[str, str] = {}

    def claim(what: str, name: str, owner: str) -> bool:
        first = owners.setdefault(f"{what} {name}", owner)
        if first is not owner:
            faults.append(
                f"Plugins {first!r} and {owner!r} both declare the {what} {name!r}; rename one of them."
            )
        return first is owner

    for one in contributions:
        types |= {t.name: t for t in one.types if claim("GraphQL type", t.name, one.owner)}
        roots |= {name: root for name, root in one.roots.items() if claim("root field", name, one.owner)}
        verbs |= {v.name: v for v in one.verbs if claim("mutation", v.name, one.owner)}
    for one in contributions:
        for extension in one.extensions:
            _extend(types, extension, one.owner, owners, faults)
    declared = Declared(types, roots, resources, owners)
    faults += checks.faults(declared)
    if faults:
        raise DeclarationError(faults)
    return Registry(contained(declared), roots, verbs, resources, owners)


def _extend(
    types: dict[str, ObjectType], extension: Extension, owner: str, owners: dict[str, str], faults: list[str]
) -> None:
    base = types.get(extension.type_name)
    if base is None:
        faults.append(
            f"Plugin {owner!r} adds fields to the type {extension.type_name!r}, which does not exist."
        )
        return
    for name in extension.fields:
        if name in base.fields:
            other = owners.get(f"field {base.name}.{name}", owners.get(f"GraphQL type {base.name}", "core"))
            faults.append(
                f"Plugins {other!r} and {owner!r} both declare the field {base.name}.{name}; rename one."
            )
        owners[f"field {base.name}.{name}"] = owner
    types[base.name] = replace(base, fields={**base.fields, **extension.fields})
