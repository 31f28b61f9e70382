"""What people write never gets into the audit, nor can it look like an entry of its own."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from linli import model as t
from linli.policy import Actor, Anchor, AnchorType, Holding
from linli.traces.addresses import KEYBOARD, kept_address
from linli.verbs import core_verbs
from tests.core.deed_cases import CASES
from tests.core.worlds import World

CANARIES = ("金丝雀\n{} done closeGrid root", "13900009999", "110101194912310021", "金丝雀甲")
MARKS = ("金丝雀", "13900009999", "110101194912310021", "\n")
VERBS = {verb.name: verb for verb in core_verbs()}
STAFF = Actor("a", holdings=(Holding("public"), Holding("grid_worker", Anchor(AnchorType.GRID, "g", "/1/"))))
RESIDENT = Actor("a", holdings=(Holding("public"), Holding("resident", Anchor(AnchorType.GRID, "g", "/1/"))))


@pytest.mark.case(229)
def test_nothing_that_people_write_reaches_the_audit(world: World) -> None:
    """Every deed with a canary in each text that takes one, done by who may and by who may not."""
    planted = 0
    for deed in CASES:
        for data in _with_canaries(deed.verb, deed.filled(world.ids)):
            planted += 1
            for who in ("reader", "north_admin"):
                before = _number(world)
                with world.connection.begin_nested() as savepoint:
                    world.attempt(who, deed.verb, data)
                    rows = list(world.connection.execute(select(t.audit).order_by(t.audit.c.id)))[before:]
                    savepoint.rollback()
                assert len(rows) <= 1
                told = " ".join(str(tuple(row)) for row in rows)
                assert not [mark for mark in MARKS if mark in told], (deed.verb, told)
                assert "\\n" not in told
    assert planted > 40


def _number(world: World) -> int:
    return len(world.connection.execute(select(t.audit.c.id)).all())


def _with_canaries(verb: str, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    model = VERBS[verb].input
    for name, field in model.model_fields.items():
        for canary in CANARIES:
            spoilt = {**data, field.alias or name: canary}
            try:
                model.model_validate(spoilt)
            except ValidationError:
                continue
            yield spoilt
            break


@pytest.mark.case(229)
@pytest.mark.parametrize(
    ("address", "actor", "kept"),
    [
        ("192.0.2.7", STAFF, "192.0.2.7"),
        ("192.0.2.7", RESIDENT, "192.0.2.0/24"),
        ("192.0.2.7", Actor(), "192.0.2.0/24"),
        ("2001:db8:1:2::7", STAFF, "2001:db8:1:2::7"),
        ("2001:db8:1:2::7", RESIDENT, "2001:db8:1::/48"),
        ("fe80::1%eth0", STAFF, "fe80::1"),
        ("王小明 13900009999", STAFF, None),
        ("192.0.2.7\nroot", STAFF, None),
        (KEYBOARD, Actor(name="os:root"), KEYBOARD),
        (None, STAFF, None),
    ],
)
def test_of_an_address_only_what_is_needed_is_kept(
    address: str | None, actor: Actor, kept: str | None
) -> None:
    assert kept_address(address, actor) == kept
