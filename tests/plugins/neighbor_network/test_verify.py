"""What a hand in the database has changed is refused by it, or found by `linli verify`."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.verify.findings import Finding
from linli_plugins.neighbor_network.checks import verify_matters, verify_networks
from tests.plugins.ledger_place import unguarded
from tests.plugins.motto_place import Place, linli_here
from tests.plugins.neighbor_network.place import ACCEPT, UP, entered, lanes, raised

P = "neighbor_network__"


async def settle(place: Place) -> None:
    """Two matters: one passed up and accepted, one where it was raised."""
    await lanes(place)
    first = (await raised(place))["id"]
    await place.done("li", UP, matter=first, version=1)
    await place.done("north", ACCEPT, matter=first, version=2)
    await raised(place, title="停车")


def findings(place: Place) -> list[Finding]:
    with place.deployment.database.begin() as connection:
        return [*verify_matters(connection), *verify_networks(connection)]


def meddle(place: Place, table: str, change: str) -> None:
    """Change rows as a table's owner can, who takes its guards away first."""
    with place.deployment.database.begin() as connection:
        for statement in unguarded(connection.dialect.name, f"{P}{table}"):
            connection.execute(text(statement))
        connection.execute(text(change))


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE {P}matter SET text = 'x'",
        f"UPDATE {P}matter_step SET note = 'x'",
        f"UPDATE {P}matter_step SET number = number + 1",
        f"DELETE FROM {P}matter_step",
        f"DELETE FROM {P}matter",
        f"UPDATE {P}member SET consent = 'x'",
        f"UPDATE {P}network SET kind = 'x'",
    ],
)
@pytest.mark.case(67)
async def test_the_database_refuses_that_what_was_said_is_changed(place: Place, change: str) -> None:
    await settle(place)
    with pytest.raises(DBAPIError, match="stay as they are"), place.deployment.database.begin() as connection:
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("table", "change", "found"),
    [
        ("matter_step", f"DELETE FROM {P}matter_step WHERE number = 2", "trace_gap"),
        ("matter_step", f"DELETE FROM {P}matter_step", "trace_gap"),
        ("matter", f"UPDATE {P}matter SET state = 'replied' WHERE state = 'raised'", "state_differs"),
        ("matter_step", f"UPDATE {P}matter_step SET action = 'step' WHERE number = 3", "state_differs"),
        (
            "matter",
            f"UPDATE {P}matter SET network_id = (SELECT id FROM {P}network WHERE parent_id IS NULL)",
            "place_differs",
        ),
        ("network", f"UPDATE {P}network SET valid_to = updated_at WHERE parent_id IS NULL", "open_in_closed"),
    ],
)
async def test_what_a_hand_has_changed_is_found(place: Place, table: str, change: str, found: str) -> None:
    await settle(place)
    assert findings(place) == []
    meddle(place, table, change)
    assert f"neighbor_network.{found}" in {one.key for one in findings(place)}


async def test_a_count_that_was_changed_is_found(place: Place) -> None:
    await settle(place)
    with place.deployment.database.begin() as connection:
        connection.execute(
            text("UPDATE core_rollup_delta SET amount = 2 WHERE metric LIKE 'neighbor_network__%'")
        )
        connection.execute(text("UPDATE core_rollup SET value = 9 WHERE metric LIKE 'neighbor_network__%'"))
    found = [one for one in findings(place) if one.key == "verify.count"]
    assert len(found) == 2


async def test_hook_checks_linli_verify_tells_it(place: Place, tmp_path: Path) -> None:
    await settle(place)
    await entered(place, "居委会", "chen")
    sound = await linli_here(tmp_path, "verify")
    assert sound.exit_code == 0, sound.stdout
    for title in ("Matters: in order", "Networks: in order", "References: in order"):
        assert title in sound.stdout
    meddle(place, "matter", f"UPDATE {P}matter SET state = 'closed' WHERE state = 'raised'")
    told = await linli_here(tmp_path, "verify")
    assert told.exit_code == 1
    assert "is closed, and its trace tells something else" in told.stdout
