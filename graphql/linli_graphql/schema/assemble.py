"""The schema: every declaration of core and plugins, assembled once at start."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    print_schema,
    validate_schema,
)
from pydantic.alias_generators import to_camel

from linli.verbs.verb import Verb
from linli_graphql.declare.kinds import Choice
from linli_graphql.declare.registry import DeclarationError, Registry
from linli_graphql.nodes import choices
from linli_graphql.schema.inputs import InputBuilder
from linli_graphql.schema.types import Describe, TypeBuilder

ERROR_CODES = (
    ("not_found", "There is no such thing, or none that the caller may know of."),
    ("forbidden", "The caller may not do this there."),
    ("unauthenticated", "Nobody has signed in."),
    ("invalid_input", "The input cannot be right."),
    ("conflict", "Somebody else has changed it meanwhile."),
    ("already_exists", "There is one already."),
    ("limit_exceeded", "More than is allowed."),
    ("closed", "It is closed or over."),
    ("too_early", "It has not begun."),
    ("insufficient_balance", "There is not enough on the account."),
    ("idempotency_mismatch", "The same key came with another input."),
    ("rate_limited", "Too many requests."),
    ("quota_exceeded", "As much as may be had for now; the message says when there is more."),
)


def assemble(registry: Registry, describe: Describe) -> GraphQLSchema:
    """Return the schema of a registry.

    Raises:
        DeclarationError: the schema breaks a rule of GraphQL; one sentence a fault.
    """
    types = TypeBuilder(registry, describe)
    query = GraphQLObjectType(
        "Query",
        lambda: {name: types.field("Query", name, one) for name, one in registry.roots.items()},
        description=describe("Query", "Everything that can be read."),
    )
    schema = GraphQLSchema(
        query=query,
        mutation=_mutations(registry, types),
        subscription=_subscriptions(types),
        types=[types.object(one.name) for one in registry.nodes],
    )
    if faults := validate_schema(schema):
        raise DeclarationError([fault.message for fault in faults])
    return schema


def sdl(schema: GraphQLSchema) -> str:
    """Return the schema's text, as it is committed."""
    return print_schema(schema) + "\n"


def payload_field(verb: Verb) -> str:
    """Return the name of the field in which a verb's payload carries its node."""
    return to_camel(verb.returns)


def payload_name(verb: Verb) -> str:
    """Return the name of a verb's payload type."""
    return f"{verb.name[0].upper()}{verb.name[1:]}Payload"


def _shown(registry: Registry) -> Iterator[Choice]:
    """Yield the enums of declared fields: an input that takes the same values has the same enum."""
    for declared in registry.types.values():
        for field in declared.fields.values():
            kind = getattr(field, "kind", None)
            if isinstance(kind, Choice):
                yield kind


def _mutations(registry: Registry, types: TypeBuilder) -> GraphQLObjectType:
    shared = [one for one in vars(choices).values() if isinstance(one, Choice)]
    inputs = InputBuilder(types, (*shared, *_shown(registry)))
    error = _user_error(types)
    return GraphQLObjectType(
        "Mutation",
        {verb.name: _mutation(registry, types, inputs, error, verb) for verb in registry.verbs.values()},
        description=types.describe(
            "Mutation", "Everything that can be done; each field is a transaction of its own."
        ),
    )


def _mutation(
    registry: Registry, types: TypeBuilder, inputs: InputBuilder, error: GraphQLObjectType, verb: Verb
) -> GraphQLField:
    why = types.describe("Payload.errors", "Why it was refused; empty if it was done.")
    fields = _things(registry, types, inputs, verb)
    fields["errors"] = GraphQLField(_required_list(error), description=why)
    told = types.describe("Payload", "What came of a mutation.")
    payload = GraphQLObjectType(payload_name(verb), fields, description=told)
    input_name = f"{verb.name[0].upper()}{verb.name[1:]}Input"
    argument = GraphQLArgument(
        GraphQLNonNull(inputs.verb_input(verb, input_name)),
        description=types.describe("argument.input", "What to do."),
    )
    description = types.describe(f"Mutation.{verb.name}", verb.description)
    return GraphQLField(GraphQLNonNull(payload), args={"input": argument}, description=description)


def _things(
    registry: Registry, types: TypeBuilder, inputs: InputBuilder, verb: Verb
) -> dict[str, GraphQLField]:
    """Return the fields of a payload that tell what came of a verb: its node, or those of its answer."""
    if verb.answer is not None:
        return inputs.payload_fields(verb.answer, payload_name(verb))
    target = registry.node(verb.returns)
    if target is None:
        raise DeclarationError([f"The mutation {verb.name!r} returns {verb.returns!r}, which no type is."])
    text = types.describe("Payload.thing", "What came of it; null if it was refused.")
    return {payload_field(verb): GraphQLField(types.object(target.name), description=text)}


def _user_error(types: TypeBuilder) -> GraphQLObjectType:
    code = types.enum(Choice("UserErrorCode", "Why something was refused, for programs.", ERROR_CODES))
    texts: dict[str, tuple[Any, str]] = {
        "code": (GraphQLNonNull(code), "Why, for programs."),
        "message": (GraphQLNonNull(GraphQLString), "Why, and what to do, in the caller's language."),
        "path": (_required_list(GraphQLString), "Where in the input."),
    }
    fields = {
        name: GraphQLField(kind, description=types.describe(f"UserError.{name}", said))
        for name, (kind, said) in texts.items()
    }
    text = "A refusal: something that the caller can mend."
    return GraphQLObjectType("UserError", fields, description=types.describe("UserError", text))


def _subscriptions(types: TypeBuilder) -> GraphQLObjectType:
    within = GraphQLArgument(
        GraphQLNonNull(GraphQLID),
        description=types.describe("argument.within", "Only rows at this grid or below it."),
    )
    text = "Events at a grid and below it, as they happen and as far as the caller may see them."
    events = GraphQLField(
        types.object("Event"),
        args={"within": within},
        description=types.describe("Subscription.events", text),
    )
    return GraphQLObjectType(
        "Subscription",
        {"events": events},
        description=types.describe("Subscription", "Everything that can be followed."),
    )


def _required_list(kind: Any) -> GraphQLNonNull[Any]:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))
