"""Phone, identity number and date of birth: masked for those who may read them, hidden from all others."""

import pytest
from sqlalchemy import Connection, select
from stdnum.cn import ric

from linli import model as t
from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.ids import split_public_id
from tests.graphql.serving import Served

PHONE, BIRTH_DATE = "12055501234", "1990-03-07"
CREATE = (
    "mutation ($i: CreateResidentInput!) { createResident(input: $i) { resident { id } errors { code } } }"
)
READ = """query ($id: ID!) { node(id: $id) { ... on Resident {
  name phone { value state } idNumber { value state } birthDate { value state } } } }"""
FIELDS = ("phone", "idNumber", "birthDate")


def id_number(index: int) -> str:
    """A number that is well formed; nobody is entered twice in one place."""
    text = f"11010119900307{index:03}"
    return text + ric.calc_check_digit(f"{text}?")


async def entered(served: Served, **more: str) -> str:
    sent = {"grid": served.place.ids["north"], "name": "钱小萌", **more}
    made = (await served.data(CREATE, "north", i=sent))["createResident"]
    assert made["errors"] == []
    ident: str = made["resident"]["id"]
    return ident


async def token_for(served: Served, role: str) -> dict[str, str]:
    """Return the headers of a new account that holds a role at the community in the north."""

    def work(connection: Connection) -> str:
        parts = split_public_id(served.place.ids["north"])
        assert parts is not None
        grid = connection.execute(select(t.grid).where(t.grid.c.id == parts[1])).one()
        known = select(t.account.c.id).where(t.account.c.name == role)
        account = connection.execute(known).scalar_one_or_none()
        if account is None:
            account = insert_account(connection, role, role)
            insert_role(connection, account, role, grid)
        return create_token(connection, account, "test", 1)

    return {"Authorization": f"Bearer {await served.database.run(work)}"}


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("micro_grid_leader", ()),
        ("grid_worker", ("phone", "birthDate")),
        ("community_worker", ("phone", "idNumber", "birthDate")),
    ],
)
async def test_each_role_is_shown_what_its_lines_name_and_never_the_number(
    served_twice: Served, role: str, shown: tuple[str, ...]
) -> None:
    served = served_twice
    number = id_number(len(shown))
    ident = await entered(served, phone=PHONE, idNumber=number, birthDate=BIRTH_DATE)
    answer = await served.post(READ, headers=await token_for(served, role), id=ident)
    node = answer.json()["data"]["node"]
    assert node["name"] == "钱小萌"
    assert {name: node[name]["state"] for name in FIELDS} == {
        name: "MASKED" if name in shown else "HIDDEN" for name in FIELDS
    }
    assert [name for name in FIELDS if node[name]["value"] is not None] == [n for n in FIELDS if n in shown]
    for secret in (PHONE, number, BIRTH_DATE):
        assert secret not in answer.text


async def test_hidden_says_nothing_of_whether_there_is_a_value(served: Served) -> None:
    headers = await token_for(served, "micro_grid_leader")
    without = await entered(served)
    with_all = await entered(served, phone=PHONE, idNumber=id_number(9), birthDate=BIRTH_DATE)
    answers = [(await served.post(READ, headers=headers, id=ident)).text for ident in (without, with_all)]
    assert answers[0] == answers[1]


async def test_who_may_read_is_told_that_there_is_none(served: Served) -> None:
    node = (await served.data(READ, "north", id=await entered(served)))["node"]
    assert [node[name] for name in FIELDS] == [None, None, None]
