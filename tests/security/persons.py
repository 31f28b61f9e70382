"""A place in which every built-in plugin runs and wang, zhao and a town's staff have accounts; with CLI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from linli import model as t
from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.ids import split_public_id
from linli.plugins.discovery import installed
from linli.privacy.declared import read_personal
from tests.plugins.credit_bank.place import MORE as BANK
from tests.plugins.motto_place import Place, settled, write_config
from tests.plugins.neighbor_network.schemes import ALL
from tests.security.person_rows import Grower

PLUGINS = sorted(name for name, (one, *_) in installed().items() if one.package.startswith("linli_plugins."))
PHONE = "13900001234"
MORE = BANK + ALL


def deed(verb: str, node: str, fields: str = "id version") -> str:
    """Return the document of a mutation that shows its node."""
    kind = f"{verb[0].upper()}{verb[1:]}Input!"
    return (
        f"mutation ($input: {kind}) {{ {verb}(input: $input) {{ {node} {{ {fields} }}"
        " errors { code message path } } }"
    )


UPDATE = deed("updateResident", "resident")
GIVE = deed("giveConsent", "consent", "id purpose termsVersion onPaper withdrawnAt")
WITHDRAW = deed("withdrawConsent", "consent", "id purpose withdrawnAt")
ASK_CORRECTION = deed("requestCorrection", "dataRequest", "id version state decideBy decision")
DECIDE = deed("decideCorrection", "dataRequest", "id version state decision")
ASK_ERASURE = deed("requestErasure", "dataRequest", "id version state decideBy")
REFUSE = deed("refuseErasure", "dataRequest", "id version state decision")
ERASE = deed("eraseResident", "dataRequest", "id state")
MY_DATA = "mutation ($input: ExportMyDataInput!) { exportMyData(input: $input) { data errors { code } } }"


def uuid_of(public: str) -> str:
    """Return the uuid of a public id."""
    parts = split_public_id(public)
    assert parts is not None
    return parts[1]


@asynccontextmanager
async def persons(folder: Path, url: str) -> AsyncIterator[Place]:
    """Settle the place: wang has a phone, and street and north2 are further staff."""
    async with settled(write_config(folder, url, *PLUGINS, more=MORE)) as place:
        await place.done("city", UPDATE, resident=place.ids["wang"], version=1, phone=PHONE)
        with place.deployment.database.begin() as connection:
            for name, role, grid in (
                ("north2", "community_worker", "north"),
                ("street", "street_admin", "town"),
                ("auditor", "auditor", "city"),
            ):
                account = insert_account(connection, name, name)
                at = connection.execute(select(t.grid).where(t.grid.c.id == uuid_of(place.ids[grid]))).one()
                insert_role(connection, account, role, at)
                place.tokens[name] = create_token(connection, account, "test", 10)
        yield place


def grown(place: Place) -> None:
    """Put a row about wang into every table about persons, and rows that wang shares with zhao."""
    with place.deployment.database.begin() as connection:
        Grower(
            connection,
            read_personal(connection),
            _rows_of(connection, place, "wang"),
            _rows_of(connection, place, "zhao"),
        ).grow()


def _rows_of(connection: Any, place: Place, who: str) -> dict[str, Any]:
    r, a = t.resident, t.account
    ident = uuid_of(place.ids[who])
    person = connection.execute(select(r).where(r.c.id == ident)).mappings().one()
    account = connection.execute(select(a).where(a.c.resident_id == ident)).mappings().one()
    return {"core_resident": dict(person), "core_account": dict(account)}


def born(place: Place, who: str, day: Any, household: str | None = None) -> None:
    """Give somebody a birth date and a household, as an import would."""
    r = t.resident
    values = {"birth_date": day} | ({"household_id": household} if household else {})
    with place.deployment.database.begin() as connection:
        connection.execute(update(r).where(r.c.id == uuid_of(place.ids[who])).values(values))
