"""What a person is told of everything that is stored about them."""

import base64
from typing import Literal

from pydantic import Field

from linli.context import Context
from linli.errors import Invalid
from linli.policy import Facts
from linli.privacy.own_data import as_json, as_zip, own_data
from linli.verbs.answers import Answer
from linli.verbs.inputs import Input
from linli.verbs.verb import verb


class ExportMyData(Input):
    """The wish to have all of one's own data."""

    form: Literal["json", "csv"] = Field(
        "json", description="How it is written: JSON, or CSV files in a zip."
    )


class OwnData(Answer):
    """All of a person's own data."""

    data: str = Field(description="Everything that is stored, by table: JSON text, or a zip in Base64.")


@verb("resident", answer=OwnData)
def export_my_data(ctx: Context, data: ExportMyData) -> OwnData:
    """Give everything that is stored about the caller, of all plugins; nothing of anybody else."""
    me = ctx.actor.resident_id
    if me is None:
        raise Invalid("error.nobodys_data")
    ctx.require("resident", "read", Facts(resident_ids=frozenset({me})))
    found = own_data(ctx.connection, ctx.vault, me)
    if data.form == "csv":
        return OwnData(data=base64.b64encode(as_zip(found)).decode())
    return OwnData(data=as_json(found))
