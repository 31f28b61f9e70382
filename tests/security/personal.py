"""People with a phone, an identity number and a date of birth, and who may look at them."""

from typing import Any

from sqlalchemy import Connection, select
from stdnum.cn import ric

from linli import model as t
from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.ids import split_public_id
from tests.graphql.serving import Served

BIRTH_DATE = "1990-03-07"
REVEAL = """mutation ($i: RevealSensitiveInput!) { revealSensitive(input: $i) {
  revealed { node field value } errors { code message path } } }"""
ENTER = (
    "mutation ($i: CreateResidentInput!) { createResident(input: $i) { resident { id } errors { code } } }"
)


def id_number(index: int) -> str:
    """A number that is well formed; nobody is entered twice in one place."""
    text = f"11010119900307{index:03}"
    return text + ric.calc_check_digit(f"{text}?")


async def entered(served: Served, who: str = "north", grid: str = "north", **more: Any) -> str:
    """Have a resident entered at a grid; return the resident's id."""
    sent = {"grid": served.place.ids[grid], "name": "钱小萌", **more}
    made = (await served.data(ENTER, who, i=sent))["createResident"]
    assert made["errors"] == []
    ident: str = made["resident"]["id"]
    return ident


async def account_of(
    served: Served, name: str, role: str, grid: str, resident: str | None = None
) -> dict[str, str]:
    """Return the headers of a new account that holds a role at a grid."""

    def work(connection: Connection) -> str:
        _, uuid = split_public_id(served.place.ids[grid]) or ("", "")
        place = connection.execute(select(t.grid).where(t.grid.c.id == uuid)).one()
        person = split_public_id(resident) if resident else None
        account = insert_account(connection, name, f"{name}的名字", person[1] if person else None)
        insert_role(connection, account, role, place)
        return create_token(connection, account, "test", 1)

    return {"Authorization": f"Bearer {await served.database.run(work)}"}


async def reveal(
    served: Served, headers: dict[str, str], nodes: list[str], *fields: str, purpose: str = "核对联系电话"
) -> tuple[Any, list[dict[str, Any]]]:
    """Ask to see values in clear text; return what was revealed, and the errors."""
    sent = {"nodes": nodes, "fields": list(fields or ("PHONE",)), "purpose": purpose}
    payload = (await served.post(REVEAL, headers=headers, i=sent)).json()["data"]["revealSensitive"]
    assert (payload["revealed"] is None) == bool(payload["errors"]), payload
    return payload["revealed"], payload["errors"]
