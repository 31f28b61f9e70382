"""The deed of looking at personal values in clear text."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from linli.context import Context
from linli.revealing import Look, reveal
from linli.verbs.answers import Answer
from linli.verbs.inputs import Input, NodeRef, ResidentRef, one_line
from linli.verbs.verb import verb

SensitiveField = Literal["phone", "id_number", "birth_date"]
Purpose = Annotated[str, StringConstraints(min_length=4, max_length=200), AfterValidator(one_line)]


class RevealSensitive(Input):
    """Whose values are to be seen in clear text, which, and what for."""

    nodes: tuple[ResidentRef, ...] = Field(
        min_length=1, max_length=50, description="The residents, 50 at most."
    )
    fields: tuple[SensitiveField, ...] = Field(min_length=1, max_length=3, description="The fields.")
    purpose: Purpose = Field(description="What for; the residents can read it.")


class RevealedValue(Answer):
    """A personal value in clear text."""

    node: NodeRef = Field(description="Whose it is.")
    field: SensitiveField = Field(description="Which field.")
    value: str | None = Field(None, description="The value; null if there is none.")


class Revealed(Answer):
    """What was revealed."""

    revealed: tuple[RevealedValue, ...] = Field(
        description="Each field of each resident; null if it was refused."
    )


@verb("resident", answer=Revealed)
def reveal_sensitive(ctx: Context, data: RevealSensitive) -> Revealed:
    """See personal values of residents in clear text; all of them or none."""
    fields = tuple(dict.fromkeys(data.fields))
    shown = reveal(ctx, Look("resident", data.nodes, fields, data.purpose), "nodes")
    values = [{"node": one.node, "field": one.field, "value": one.value} for one in shown]
    return Revealed(revealed=tuple(RevealedValue.model_validate(one) for one in values))
