"""The committed SDL is the code's, and keeps the rules that front-end teams rely on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Visitor,
    build_schema,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
    is_specified_scalar_type,
    parse,
    print_ast,
    visit,
)

from linli.verbs import core_verbs
from scripts.write_schema import CHINESE, ENGLISH, texts

FIELD: Final = re.compile(r"[a-z][a-zA-Z0-9]*")
TYPE: Final = re.compile(r"[A-Z][a-zA-Z0-9]*")
VALUE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
DEPRECATED: Final = re.compile(r".+; removed after \d{4}-\d{2}-\d{2}\.?")
HAN: Final = re.compile(r"[\u4e00-\u9fff]")
ANSWERS: Final = frozenset(verb.name for verb in core_verbs() if verb.answer is not None)
PAGE: Final = {"first", "after", "last", "before", "within"}
# Lists that are short by their nature; every other list of objects is a connection.
SHORT: Final = {
    "Query.accessStatistics",
    "Query.consentPurposes",
    "Query.processingRegister",
    "Grid.ancestors",
    "Grid.successors",
    "Grid.covers",
    "PartyBranch.coverage",
    "PartyBranch.hosts",
    "Project.grids",
    "Resident.residences",
    "Dwelling.occupancies",
    "Viewer.roles",
    "Query.nodes",
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The committed schema in English."""
    return build_schema(ENGLISH.read_text(encoding="utf-8"))


def declared(schema: GraphQLSchema) -> Iterator[Any]:
    """Yield the schema's own types."""
    for one in schema.type_map.values():
        if not is_introspection_type(one) and not is_specified_scalar_type(one):
            yield one


def objects(schema: GraphQLSchema) -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    return (one for one in declared(schema) if isinstance(one, GraphQLObjectType | GraphQLInterfaceType))


def fields(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    """Yield every output field by its coordinate."""
    for one in objects(schema):
        for name, field in one.fields.items():
            yield f"{one.name}.{name}", field


def inputs(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Yield every argument and input field by its coordinate."""
    for place, field in fields(schema):
        yield from ((f"{place}({name}:)", one) for name, one in field.args.items())
    for kind in declared(schema):
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", one) for name, one in kind.fields.items())


def described(schema: GraphQLSchema) -> Mapping[str, str]:
    """Return the description of everything that can have one."""
    found = {one.name: one.description or "" for one in declared(schema)}
    found |= {place: one.description or "" for place, one in (*fields(schema), *inputs(schema))}
    for kind in declared(schema):
        if isinstance(kind, GraphQLEnumType):
            found |= {f"{kind.name}.{name}": one.description or "" for name, one in kind.values.items()}
    return found


def test_the_committed_files_are_what_the_code_says() -> None:
    for file, text in texts().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run make schema"


class Undescribed(Visitor):
    """Takes the descriptions from a document."""

    def leave(self, node: Any, *_: Any) -> Any:
        return replace(node, description=None) if getattr(node, "description", None) else None


def test_both_files_say_the_same_and_differ_in_language_alone() -> None:
    bare = [print_ast(visit(_parsed(file), Undescribed())) for file in (ENGLISH, CHINESE)]
    assert bare[0] == bare[1]


def _parsed(file: Any) -> DocumentNode:
    return parse(file.read_text(encoding="utf-8"), no_location=True)


@pytest.mark.parametrize("file", [ENGLISH, CHINESE], ids=["en", "zh-CN"])
def test_everything_is_described(file: Any) -> None:
    found = described(build_schema(file.read_text(encoding="utf-8")))
    assert len(found) > 1_000
    assert not [place for place, text in found.items() if not text.strip()]
    if file == CHINESE:
        assert not [place for place, text in found.items() if not HAN.search(text)]


def test_names_have_the_forms_of_graphql(schema: GraphQLSchema) -> None:
    assert not [one.name for one in declared(schema) if not TYPE.fullmatch(one.name)]
    places = [*(place for place, _ in fields(schema)), *(place for place, _ in inputs(schema))]
    names = {place: re.split(r"[.(]", place.removesuffix(":)"))[-1] for place in places}
    assert not [place for place, name in names.items() if not FIELD.fullmatch(name)]
    values = [name for one in declared(schema) if isinstance(one, GraphQLEnumType) for name in one.values]
    assert values
    assert not [name for name in values if not VALUE.fullmatch(name)]


def test_a_mutation_takes_one_input_and_returns_its_payload(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        title = f"{name[0].upper()}{name[1:]}"
        assert list(field.args) == ["input"], name
        assert str(field.args["input"].type) == f"{title}Input!"
        assert str(field.type) == f"{title}Payload!"
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType)
        *things, errors = payload.fields
        assert errors == "errors", name
        assert str(payload.fields["errors"].type) == "[UserError!]!"
        assert len(things) == 1, name
        assert not isinstance(payload.fields[things[0]].type, GraphQLNonNull), "null where it was refused"
        key = schema.type_map[f"{title}Input"]
        assert isinstance(key, GraphQLInputObjectType)
        if name in ANSWERS:
            assert "idempotencyKey" not in key.fields, f"{name} tells something, and does nothing twice"
        else:
            assert str(key.fields["idempotencyKey"].type) == "String"


def test_lists_of_objects_are_connections(schema: GraphQLSchema) -> None:
    found = set()
    for place, field in fields(schema):
        kind = get_named_type(field.type)
        parent = place.partition(".")[0]
        if is_leaf_type(kind) or parent.endswith(("Connection", "Payload")):
            continue
        if kind.name.endswith("Connection"):
            assert isinstance(field.type, GraphQLNonNull), f"{place}: a page may be empty, never null"
            assert set(field.args) >= PAGE, place
        elif "[" in str(field.type):
            found.add(place)
    assert found == SHORT


def test_a_connection_has_the_parts_of_a_page(schema: GraphQLSchema) -> None:
    pages = [one for one in objects(schema) if one.name.endswith("Connection")]
    assert len(pages) >= 13
    for one in pages:
        name = one.name.removesuffix("Connection")
        kinds = {key: str(field.type) for key, field in one.fields.items()}
        expected = {"nodes": f"[{name}!]!", "edges": f"[{name}Edge!]!"}
        assert kinds == expected | {"pageInfo": "PageInfo!", "totalCount": "Int!"}
        edge = schema.type_map[f"{name}Edge"]
        assert isinstance(edge, GraphQLObjectType)
        assert {key: str(field.type) for key, field in edge.fields.items()} == {
            "cursor": "String!",
            "node": f"{name}!",
        }


def test_no_number_loses_its_last_digits(schema: GraphQLSchema) -> None:
    for place, one in (*fields(schema), *inputs(schema)):
        kind = get_named_type(one.type).name
        assert kind != "Float", place
        if re.search(r"(?i)fen|amount|balance|price|area|hours|points", place.rpartition(".")[2]):
            assert kind in ("String", "BigInt", "Decimal"), f"{place}: an amount is a string"


def test_what_a_scope_may_hide_may_be_null(schema: GraphQLSchema) -> None:
    """Another row may be hidden from the caller; a null there must not take its neighbours away."""
    rows = {one.name for one in objects(schema) if "id" in one.fields or one.name == "Statistics"}
    assert {"Resident", "Grid", "Node", "Event"} <= rows
    for place, field in fields(schema):
        kind, parent = get_named_type(field.type).name, place.partition(".")[0]
        whole = isinstance(field.type, GraphQLNonNull) and not isinstance(field.type.of_type, GraphQLList)
        if kind in rows and not parent.endswith("Edge"):
            assert not whole, place
        if kind == "Sensitive":
            assert not isinstance(field.type, GraphQLNonNull), place
    nodes = schema.query_type and schema.query_type.fields["nodes"].type
    assert str(nodes) == "[Node]!", "null stands in the place of what is hidden"


def test_ids_stand_in_the_field_id_alone(schema: GraphQLSchema) -> None:
    for place, field in fields(schema):
        name = place.partition(".")[2]
        # What an answer tells is not read as a graph: it names a node where it cannot be the node.
        answered = place == "RevealedValue.node"
        assert (get_named_type(field.type).name == "ID") == (name == "id" or answered), place
        assert not name.endswith(("Id", "Ids")), f"{place}: refer to the object"
    for place, one in inputs(schema):
        assert not re.search(r"Ids?(:\))?$", place), f"{place}: name the thing, its type is ID"
        assert one.type


def test_every_node_has_an_id_and_says_so(schema: GraphQLSchema) -> None:
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    implementing = {one.name for one in schema.get_implementations(node).objects}
    assert implementing == {one.name for one in objects(schema) if "id" in one.fields} - {"Node"}


def test_what_is_deprecated_says_until_when_it_is_there(schema: GraphQLSchema) -> None:
    for place, one in (*fields(schema), *inputs(schema)):
        if one.deprecation_reason is not None:
            assert DEPRECATED.fullmatch(one.deprecation_reason), place
    assert DEPRECATED.fullmatch("use name; removed after 2027-01-31")
    assert not DEPRECATED.fullmatch("use name")
