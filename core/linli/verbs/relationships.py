"""Deeds about relationships: typed ties between two nodes, their types declared by plugins."""

from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints, ValidationError
from sqlalchemy import Row, select

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.plugins.contributions import RelationshipType
from linli.policy import Facts
from linli.verbs.edits import ended_on
from linli.verbs.input_faults import refusals_of
from linli.verbs.inputs import AnyRef, Day, Input, NodeRef, Version, ref_to
from linli.verbs.verb import verb


class Relate(Input):
    """A typed tie from one node to another."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = Field(
        description="Name of a type of relationship that an enabled plugin declares."
    )
    subject: AnyRef = Field(
        description="The node that has the relationship; it stands where this one stands."
    )
    object: AnyRef = Field(description="The node that it leads to.")
    terms: dict[str, JsonValue] | None = Field(
        None, description="What is agreed, in the form the type declares."
    )
    since: Day | None = Field(None, description="First day; today if left out.")


class EndRelationship(Input):
    """The end of a relationship."""

    relationship: Annotated[NodeRef, *ref_to("relationship")] = Field(description="The relationship to end.")
    version: Version | None = None
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("relationship")
def relate(ctx: Context, data: Relate) -> NodeRef:
    """Tie two nodes by a relationship of a declared type."""
    declared = ctx.relationship_types.get(data.type)
    if declared is None:
        raise Invalid("error.unknown_relationship", "type", type=data.type)
    subject = _end(ctx, data.subject, declared.subject_types, "subject")
    target = _end(ctx, data.object, declared.object_types, "object")
    grid_id = subject.id if data.subject.type == "grid" else subject.grid_id
    ctx.require("relationship", "create", Facts(path=subject.path, grid_id=grid_id), "subject")
    if data.subject == data.object:
        raise Invalid("error.related_to_itself", "object")
    ends = {
        "type": data.type,
        "subject_type": data.subject.type,
        "subject_id": subject.id,
        "object_type": data.object.type,
        "object_id": target.id,
    }
    same = [t.relationship.c[name] == value for name, value in ends.items()]
    if ctx.connection.execute(
        select(t.relationship.c.id).where(*same, t.relationship.c.until.is_(None))
    ).first():
        raise AlreadyExists("error.relationship_exists", "object")
    values = {"terms": _terms(declared, data.terms), "since": data.since or today()}
    ref = ctx.place("relationship", grid_id, ends | values)
    ctx.record("relationship.created", ref, subject, type=data.type)
    return ref


@verb("relationship")
def end_relationship(ctx: Context, data: EndRelationship) -> NodeRef:
    """End a relationship."""
    row = ctx.load("relationship", data.relationship, "close", "relationship")
    ctx.change("relationship", row, {"until": ended_on(row, data.until)}, data.version)
    ctx.record("relationship.ended", data.relationship, row, type=row.type)
    return data.relationship


def _end(ctx: Context, ref: NodeRef, types: tuple[str, ...], path: str) -> Row[Any]:
    if ref.type not in types:
        raise Invalid("error.bad_id", path, types=", ".join(types))
    return ctx.load(ref.type, ref, "read", path)


def _terms(declared: RelationshipType, terms: dict[str, JsonValue] | None) -> dict[str, Any] | None:
    """Return what is agreed in the shape that the type declares."""
    if declared.terms is None:
        if terms:
            raise Invalid("error.no_terms", "terms", type=declared.name)
        return None
    try:
        agreed = declared.terms.model_validate(terms or {})
    except ValidationError as error:
        raise refusals_of(error, "terms")[0] from None
    return agreed.model_dump(mode="json", by_alias=True)
