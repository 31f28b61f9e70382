"""Input models of verbs, and the types their fields are made of."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from linli.ids import split_public_id


class Input(BaseModel):
    """Base of every verb's input: closed, frozen, camelCase outside."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        str_strip_whitespace=True,
    )


@dataclass(frozen=True, slots=True)
class RefTo:
    """Marks a field as the id of a node of one of these types; none means any type."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeRef:
    """A node that an input names: its type and its uuid."""

    type: str
    id: str


def _reference(types: tuple[str, ...]) -> BeforeValidator:
    def parse(value: object) -> NodeRef:
        if isinstance(value, NodeRef):
            return value
        parts = split_public_id(value) if isinstance(value, str) else None
        if parts is None or (types and parts[0] not in types):
            named = {"types": ", ".join(types) or "node"}
            raise PydanticCustomError("error.bad_id", "not an id of {types}", named)
        return NodeRef(*parts)

    return BeforeValidator(parse)


def printable(value: str) -> str:
    """Return the text, or refuse control characters, lone surrogates and text direction overrides."""
    for char in value:
        control = unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t"
        if control or char in "\u202a\u202b\u202d\u202e":
            raise PydanticCustomError("error.bad_character", "holds a character that cannot be stored")
    return value


def one_line(value: str) -> str:
    """Return the text, or refuse line breaks too."""
    if any(char in "\n\t\u2028\u2029" for char in value):
        raise PydanticCustomError("error.one_line", "must be one line")
    return printable(value)


Ref = NodeRef
GridRef = Annotated[NodeRef, _reference(("grid",)), RefTo(("grid",))]
ResidentRef = Annotated[NodeRef, _reference(("resident",)), RefTo(("resident",))]
HouseholdRef = Annotated[NodeRef, _reference(("household",)), RefTo(("household",))]
DwellingRef = Annotated[NodeRef, _reference(("dwelling",)), RefTo(("dwelling",))]
BranchRef = Annotated[NodeRef, _reference(("party_branch",)), RefTo(("party_branch",))]
OrganizationRef = Annotated[NodeRef, _reference(("organization",)), RefTo(("organization",))]
ProjectRef = Annotated[NodeRef, _reference(("project",)), RefTo(("project",))]
AccountRef = Annotated[NodeRef, _reference(("account",)), RefTo(("account",))]
AnchorRef = Annotated[
    NodeRef,
    _reference(("grid", "party_branch", "organization")),
    RefTo(("grid", "party_branch", "organization")),
]
AnyRef = Annotated[NodeRef, _reference(()), RefTo(())]


def ref_to(*types: str) -> tuple[BeforeValidator, RefTo]:
    """Return the two marks of `Annotated[NodeRef, *ref_to("assignment")]`, for types not named above."""
    return _reference(types), RefTo(types)


Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(one_line)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(one_line)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(one_line)]
Prose = Annotated[str, StringConstraints(max_length=4000), AfterValidator(printable)]
Version = Annotated[
    int, Field(ge=1, description="The version that was read; a row changed since is refused as CONFLICT.")
]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
