"""A plugin's own sealed value: masked, looked up, revealed and rotated as those of residents are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from pydantic import Field
from sqlalchemy import Column, MetaData, String, Table, select

from linli import model as t
from linli.access.resources import CORE_RESOURCES, by_name
from linli.context import Context
from linli.keys import KeyRing, MasterKey
from linli.model.types import Id, Instant, PathText
from linli.personal import Sealed, key_of, seal
from linli.policy import Resource
from linli.revealing import Look, reveal
from linli.rotation import renew, uses
from linli.vault import Vault
from linli.verbs.answers import Answer
from linli.verbs.inputs import Input, Name, NodeRef, ResidentRef, ref_to
from linli.verbs.verb import verb
from linli_graphql.declare.fields import Connection, ObjectType, PublicId, Sensitive
from linli_graphql.declare.registry import Contribution
from linli_graphql.transport.app import AppOptions
from linli_policies.engine import load_policy
from linli_policies.lines import PolicySource
from tests.graphql.serving import Place, Served, serving
from tests.security.personal import account_of, entered

BANK = Sealed("thanks__thanks", "bank_account", lambda text: f"****{text[-4:]}")
ACCOUNT = "6222020200112230ABC"
THANKS = Table(
    "thanks__thanks",
    MetaData(),  # not that of the core, whose tables other tests compare
    Column("id", Id, primary_key=True),
    Column("created_at", Instant),
    Column("updated_at", Instant),
    Column("grid_id", Id),
    Column("path", PathText),
    Column("resident_id", Id),
    Column("note", String(80)),
    *BANK.columns(),
)
RESOURCE = Resource(
    "thanks",
    THANKS,
    path=THANKS.c.path,
    grid=THANKS.c.grid_id,
    resident=THANKS.c.resident_id,
    fields=("bank_account",),
    actions=frozenset({"read", "create"}),
)
LINES = (
    "p, community_worker, thanks, create, subtree, allow",
    "p, grid_worker, thanks, read, subtree, allow",
    "p, grid_worker, thanks.bank_account, read, subtree, allow",
    "p, community_worker, thanks.bank_account, reveal, subtree, allow",
)


ThanksRef = Annotated[NodeRef, *ref_to("thanks")]


class GiveThanks(Input):
    """Thanks to somebody."""

    resident: ResidentRef = Field(description="To whom.")
    bank_account: Name = Field(description="Where they are sent.")


class SeeThanks(Input):
    """Where thanks are sent."""

    nodes: tuple[ThanksRef, ...] = Field(description="Which.")
    purpose: Name = Field(description="Why.")


class Seen(Answer):
    """What was seen."""

    accounts: tuple[str, ...] = Field(description="One by one.")


@verb("thanks")
def give_thanks(ctx: Context, data: GiveThanks) -> NodeRef:
    """Give thanks."""
    row = ctx.see("resident", data.resident, "resident")
    ctx.require_at("thanks", "create", row.grid_id, "resident")
    sealed = seal(ctx, key_of(ctx, row.id), BANK, data.bank_account)
    return ctx.place("thanks", row.grid_id, {"resident_id": row.id, "note": "", **sealed})


@verb("thanks", answer=Seen)
def see_thanks(ctx: Context, data: SeeThanks) -> Seen:
    """See where thanks are sent."""
    shown = reveal(ctx, Look("thanks", data.nodes, ("bank_account",), data.purpose), "nodes")
    return Seen(accounts=tuple(one.value or "" for one in shown))


TYPE = ObjectType(
    name="Thanks",
    description="Thanks.",
    table=THANKS,
    resource="thanks",
    node_type="thanks",
    fields={
        "id": PublicId(description="Id."),
        "bankAccount": Sensitive(
            masked=lambda rows: rows.c.bank_account_masked,
            permission="thanks.bank_account",
            sealed=BANK,
            description="Masked.",
        ),
    },
)
CONTRIBUTION = Contribution(
    "thanks",
    (TYPE,),
    (),
    {"thanks": Connection(target="Thanks", description="All.")},
    (give_thanks, see_thanks),
)
GIVE = "mutation ($i: GiveThanksInput!) { giveThanks(input: $i) { thanks { id } errors { code } } }"
SEE = "mutation ($i: SeeThanksInput!) { seeThanks(input: $i) { accounts errors { code } } }"
FIND = "query ($a: String) { thanks(where: {bankAccount: $a}) { nodes { id bankAccount { value state } } } }"


@asynccontextmanager
async def thankful(place: Place) -> AsyncIterator[Served]:
    policy = load_policy(by_name((*CORE_RESOURCES, RESOURCE)), [PolicySource.from_lines("thanks.csv", LINES)])
    async with serving(place, AppOptions(), policy, CONTRIBUTION) as served:
        with served.database.begin() as connection:
            THANKS.create(connection)
        yield served


@pytest.mark.case(47, 49)
async def test_a_plugin_seals_masks_finds_and_reveals_a_value_of_its_own(own_place: Place) -> None:
    async with thankful(own_place) as served:
        person = await entered(served)
        sent: dict[str, Any] = {"resident": person, "bankAccount": ACCOUNT}
        made = (await served.data(GIVE, "north", i=sent))["giveThanks"]["thanks"]["id"]
        masked = {"id": made, "bankAccount": {"value": "****0ABC", "state": "MASKED"}}
        assert (await served.data(FIND, "north", a=ACCOUNT.lower()))["thanks"]["nodes"] == [masked]
        reader = await account_of(served, "reader", "grid_worker", "north")
        for who in (served.signed("south"), reader):
            found = await served.post(FIND, headers=who, a=ACCOUNT)
            assert found.json()["data"]["thanks"]["nodes"] == []
            seen = await served.post(SEE, headers=who, i={"nodes": [made], "purpose": "发放慰问"})
            assert seen.json()["data"]["seeThanks"]["accounts"] is None
        seen = await served.data(SEE, "north", i={"nodes": [made], "purpose": "发放慰问"})
        assert seen["seeThanks"] == {"accounts": [ACCOUNT], "errors": []}
        with served.database.begin() as connection:
            (look,) = connection.execute(select(t.data_access)).all()
        assert (look.fields, f"resident_{look.resident_id}") == (["thanks.bank_account"], person)


async def test_a_rotation_reaches_the_values_of_a_plugin_that_is_off(own_place: Place) -> None:
    async with thankful(own_place) as served:
        sent = {"resident": await entered(served), "bankAccount": ACCOUNT}
        await served.data(GIVE, "north", i=sent)
        old = served.service.deeds.vault.ring
        ring = KeyRing((MasterKey(b"n" * 32), *old.keys))
        renew(served.database, Vault(lambda: ring), lambda *_: None)
        with served.database.begin() as connection:
            assert set(uses(connection)) == {ring.newest.id.hex()}
            blind = connection.execute(select(THANKS.c.bank_account_blind)).scalar_one()
        assert blind == BANK.blind(Vault(lambda: ring), ACCOUNT)
