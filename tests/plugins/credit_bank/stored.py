"""What a bank's rows say, in the terms of the model."""

from dataclasses import dataclass, fields
from typing import Any, Self

from sqlalchemy import Table, select

from linli.ids import public_id, split_public_id
from linli_plugins.credit_bank import models
from linli_plugins.ledger.models import account
from tests.plugins.credit_bank.model import Model
from tests.plugins.credit_bank.place import CreditPlace

OWN = ("issued", "redeemed", "expired")
WAITING = ("claimed", "recorded")


@dataclass(frozen=True)
class Picture:
    """Members by number with state, points to spend, and whether somebody is bound; all else by public id."""

    members: dict[int, tuple[str, int, bool]]
    states: dict[str, str]
    points: dict[str, int]
    recorded_by_nobody: set[str]
    stock: dict[str, int | None]
    own: dict[str, int]

    @classmethod
    def of(cls, model: Model) -> Self:
        kinds = (model.activities, model.awards, model.redemptions, model.appeals)
        own = (-model.issued, model.redeemed, model.expired)
        return cls(
            {one.number: (one.state, one.balance, one.who is not None) for one in model.members},
            {one.ident: one.state for rows in kinds for one in rows},
            {one.ident: one.points for rows in (model.activities, model.redemptions) for one in rows},
            {one.ident for one in model.activities if one.by is None},
            dict(model.stock),
            dict(zip(OWN, own, strict=True)) | {"held": model.held},
        )

    def unlike(self, due: Self) -> str:
        """Name what differs."""
        pairs = ((one.name, getattr(self, one.name), getattr(due, one.name)) for one in fields(self))
        return "; ".join(f"{name} {found}, not {wanted}" for name, found, wanted in pairs if found != wanted)


def stored(place: CreditPlace, bank_id: str) -> Picture:
    """Read what is stored of one bank; amounts come from the accounts, not from what the bank says."""
    parts = split_public_id(bank_id)
    assert parts is not None
    with place.place.deployment.database.begin() as connection:

        def rows(table: Table) -> Any:
            statement = select(table)
            if table is models.appeal:
                statement = statement.join(models.activity).where(models.activity.c.bank_id == parts[1])
            else:
                statement = statement.where(table.c.bank_id == parts[1])
            return connection.execute(statement.order_by(table.c.id)).all()

        book = select(models.bank.c.book_id).where(models.bank.c.id == parts[1]).scalar_subquery()
        accounts = connection.execute(select(account).where(account.c.book_id == book)).all()
        found = {name: rows(table) for name, table in TABLES.items()}
    balances = {row.id: row.balance - row.held for row in accounts}
    named = {public_id(name, row.id): row for name in PUBLIC for row in found[name]}
    bound = {row.id: row.resident_id or row.organization_id for row in accounts}
    return Picture(
        {
            row.number: (
                row.state,
                balances[row.account_id],
                bool(row.resident_id or row.organization_id or bound[row.account_id]),
            )
            for row in found["credit_member"]
        },
        {ident: row.state for ident, row in named.items()},
        {
            ident: row.points
            for ident, row in named.items()
            if not ident.startswith(("credit_award", "credit_appeal"))
        },
        {public_id("credit_activity", row.id) for row in found["credit_activity"] if row.recorded_by is None},
        {row.title_en: row.stock for row in found["credit_offer"]},
        {row.kind: row.balance for row in accounts if row.kind in OWN}
        | {"held": sum(row.held for row in accounts)},
    )


TABLES = {
    "credit_member": models.member,
    "credit_activity": models.activity,
    "credit_award": models.award,
    "credit_redemption": models.redemption,
    "credit_appeal": models.appeal,
    "credit_offer": models.offer,
}
PUBLIC = ("credit_activity", "credit_award", "credit_redemption", "credit_appeal")
