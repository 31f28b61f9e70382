"""What design and law forbid cannot be said: no penalty, no rank, no figure of a person or of a few."""

from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType
from sqlalchemy import CheckConstraint, insert

from linli.clock import now, today
from linli.config import ConfigError
from linli.deployment import open_deployment
from linli.ids import uuid7
from linli.messages import core_messages
from linli.plugins.manifest import read_manifest
from linli_plugins import credit_bank
from linli_plugins.credit_bank import models
from tests.plugins.credit_bank.place import MORE, CreditPlace
from tests.plugins.motto_place import write_config

FOLDER = Path(str(credit_bank.__file__)).parent
RANKING = ("rank", "score", "level", "grade", "colour", "star", "penalt", "fine", "deduct", "balance")
FIGURES = """query ($bank: ID!, $month: Date!) {
    creditFigures(bank: $bank, month: $month) {
        members activeMembers activities earned redemptions redeemed } }"""


@pytest.mark.case(290)
async def test_nothing_in_the_schema_ranks_persons_or_takes_points_away(bank: CreditPlace) -> None:
    schema = bank.place.composition.schema
    own = {name for name in schema.type_map if name.startswith(("Credit", "CheckIn", "Redemption"))}
    assert own
    for name in own:
        kind = schema.type_map[name]
        words: list[str] = []
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            words = list(kind.fields)
        elif isinstance(kind, GraphQLEnumType):
            words = list(kind.values)
        assert [word for word in words if any(bad in word.lower() for bad in RANKING)] == [], name


async def test_accounts_and_members_are_never_ordered_or_found_by_what_they_hold(bank: CreditPlace) -> None:
    schema = bank.place.composition.schema
    for name in ("CreditMember", "BookAccount"):
        where = schema.type_map[f"{name}Where"]
        assert isinstance(where, GraphQLInputObjectType)
        assert {"balance", "points"}.isdisjoint(where.fields)
        order = schema.type_map.get(f"{name}OrderField")
        assert order is None or set(getattr(order, "values", {})) <= {"CREATED_AT"}


def test_points_are_positive_in_every_table() -> None:
    for table in (models.measure, models.activity, models.award_line, models.offer):
        checks = [str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint)]
        assert "points > 0" in checks, table.name


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('activity = "petition"', "activity"),
        ("points = -5", "points"),
        ("points = 0", "points"),
        ('title_zh = "劝返信访"', "信访"),
        ("penalty = 3", "penalty"),
    ],
)
def test_settings_cannot_say_it_either(tmp_path: Path, line: str, told: str) -> None:
    name = line.partition(" ")[0]
    kept = [one for one in MORE.splitlines() if not one.startswith(f"{name} =")]
    more = "\n".join(kept).replace('code = "patrol"', f'code = "patrol"\n{line}')
    config = write_config(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}", "credit_bank", more=more)
    with pytest.raises(ConfigError) as refused:
        open_deployment(config, {})
    assert told in str(refused.value)


@pytest.mark.case(292)
async def test_a_balance_is_seen_by_its_owner_and_by_no_staff(bank: CreditPlace) -> None:
    await bank.join("wang")
    await bank.earn("wang", 3)
    query = "{ creditMembers { nodes { number account { balance } } } bookAccounts { nodes { balance } } }"
    for who in ("north", "n1", "social", "street", "city"):
        data = await bank.place.data(who, query)
        assert data["creditMembers"]["nodes"] == [{"number": 1, "account": None}], who
        assert data["bookAccounts"]["nodes"] == []
    for stranger in ("zhao", "south", None):
        data = await bank.place.data(stranger, query)
        assert data["creditMembers"]["nodes"] == []


async def test_figures_of_fewer_than_five_are_withheld(bank: CreditPlace) -> None:
    asked = {"bank": bank.bank, "month": str(today())}
    for who in ("wang", "n1", "south", None):
        assert (await bank.place.data(who, FIGURES, **asked))["creditFigures"] is None
    told = (await bank.place.data("north", FIGURES, **asked))["creditFigures"]
    assert set(told.values()) == {0}
    await bank.join("wang")
    await bank.earn("wang", 3)
    told = (await bank.place.data("north", FIGURES, **asked))["creditFigures"]
    assert [told[name] for name in ("members", "activeMembers", "activities", "earned")] == [None] * 4
    _add_members(bank, 4)
    told = (await bank.place.data("north", FIGURES, **asked))["creditFigures"]
    assert (told["members"], told["earned"]) == (5, None)


def test_every_personal_field_says_why_it_is_kept_and_how_long() -> None:
    manifest, _ = read_manifest(FOLDER, core_messages().speaking("en"))
    declared = {field for one in manifest.personal_data for field in one.field}
    personal = {
        f"{table.name}.{column.name}"
        for table in models.TABLES
        for column in table.c
        if column.name in ("resident_id", "note", "text")
    }
    assert personal <= declared


def _add_members(bank: CreditPlace, count: int) -> None:
    with bank.place.deployment.database.begin() as connection:
        (one,) = connection.execute(models.member.select()).all()
        rows = [
            one._asdict() | {"id": uuid7(), "number": 100 + number, "resident_id": None, "created_at": now()}
            for number in range(count)
        ]
        connection.execute(insert(models.member), rows)
