"""The first administrator, codes, links and tokens, at the keyboard."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import make_url
from typer.testing import CliRunner, Result

from linli import model as t
from linli.access.actors import actor_of_token
from linli.access.codes import CodeTry, try_code
from linli.access.sessions import account_of_identity
from linli.clock import now
from linli.commands.main import application
from linli.database.database import Database, open_database
from linli.vault import Vault
from tests.graphql.serving import Place

ISSUER = "https://id.example"


@dataclass(frozen=True)
class Keyboard:
    """A place and its commands."""

    folder: Path
    database: Database

    def run(self, *arguments: str) -> Result:
        config = ["--config", str(self.folder / "linli.toml")]
        return CliRunner().invoke(application(), [*arguments, *config], env={"LINLI_LANG": "en"})

    def done(self, *arguments: str) -> list[str]:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output.strip().splitlines()

    def refused(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        return result.output

    def rows(self, statement: Any) -> Sequence[Any]:
        with self.database.begin() as connection:
            found = connection.execute(statement)
            return found.all() if found.returns_rows else []

    @property
    def vault(self) -> Vault:
        return Vault(bytes.fromhex((self.folder / "var" / "linli.key").read_text().strip()))


@pytest.fixture
def keyboard(sqlite_copy: Place, tmp_path: Path) -> Keyboard:
    folder = tmp_path / "place"
    assert CliRunner().invoke(application(), ["init", str(folder)]).exit_code == 0
    text = (folder / "linli.toml").read_text()
    table = f'[sign_in]\nissuer = "{ISSUER}"\nclient_id = "x"\npublic_url = "https://linli.example"\n'
    (folder / "linli.toml").write_text(f"{text}\n{table}")
    file = folder / "var" / "linli.db"
    shutil.copyfile(str(make_url(sqlite_copy.url).database), file)
    return Keyboard(folder, open_database(f"sqlite:///{file}"))


@pytest.fixture
def fresh(keyboard: Keyboard) -> Keyboard:
    """A place in which nobody has held a role."""
    keyboard.rows(delete(t.assignment))
    return keyboard


def grid_code(keyboard: Keyboard) -> str:
    """Give the city its code and return it."""
    keyboard.rows(update(t.grid).where(t.grid.c.name == "city").values(code="330482"))
    return "330482"


def test_the_first_administrator_is_made_exactly_once(fresh: Keyboard) -> None:
    code = grid_code(fresh)
    assert "no open grid" in fresh.refused("user", "first", "chief", "nowhere")
    lines = fresh.done("user", "first", "Chief", code, "--token")
    with fresh.database.begin() as connection:
        actor = actor_of_token(connection, lines[-1])
    assert actor is not None
    assert (actor.name, {one.role for one in actor.holdings}) == ("chief", {"public", "city_admin"})
    over = "There has been an administrator already"
    assert over in fresh.refused("user", "first", "second", code)
    fresh.rows(update(t.assignment).values(until=now().date()))
    assert over in fresh.refused("user", "first", "second", code), "nobody holds it any more"
    fresh.rows(delete(t.assignment))
    assert over in fresh.refused("user", "first", "second", code), "nothing is left of it"
    assert not fresh.rows(select(t.account).where(t.account.c.name == "second"))
    audited = select(t.audit.c.action).where(t.audit.c.action.in_(("user.first", "token.create")))
    assert [row.action for row in fresh.rows(audited)] == ["user.first", "token.create"]


def test_where_somebody_holds_a_role_there_is_no_first(keyboard: Keyboard) -> None:
    refused = keyboard.refused("user", "first", "chief", grid_code(keyboard))
    assert "There has been an administrator already" in refused


def test_the_first_administrator_signs_in_by_the_code_that_is_shown(fresh: Keyboard) -> None:
    shown = fresh.done("user", "first", "chief", grid_code(fresh))[-1]
    with fresh.database.begin() as connection:
        verdict = try_code(connection, fresh.vault, CodeTry("chief", shown, 8))
    assert verdict.opened is not None


def test_a_code_is_made_for_who_is_there(keyboard: Keyboard) -> None:
    shown = keyboard.done("user", "code", "north")[-1]
    with keyboard.database.begin() as connection:
        assert try_code(connection, keyboard.vault, CodeTry("north", shown, 8)).opened is not None
    assert "no active account" in keyboard.refused("user", "code", "nobody")
    keyboard.rows(update(t.account).where(t.account.c.name == "south").values(state="closed"))
    assert "no active account" in keyboard.refused("user", "code", "south")


def test_a_subject_is_linked_to_one_account(keyboard: Keyboard) -> None:
    keyboard.done("user", "link", "north", "--subject", "s-1")
    assert "another account" in keyboard.refused("user", "link", "south", "--subject", "s-1")
    keyboard.done("user", "link", "north", "--subject", "s-2")
    with keyboard.database.begin() as connection:
        assert account_of_identity(connection, ISSUER, "s-1") is None
        found = account_of_identity(connection, ISSUER, "s-2")
        assert found is not None
        assert found.name == "north"
        assert account_of_identity(connection, "https://other.example", "s-2") is None


@pytest.mark.case(17)
@pytest.mark.parametrize(
    "double", ["NORTH", "Ｎｏｒｔｈ", "no\u200brth", "n\u00adorth", "\ufeffnorth\u2060", " north "]
)
def test_a_name_that_looks_like_another_is_that_other(keyboard: Keyboard, double: str) -> None:
    assert "There is an account north already" in keyboard.refused("user", "create", double, "--title", "x")
    assert len(keyboard.rows(select(t.account).where(t.account.c.name == "north"))) == 1


@pytest.mark.case(17)
@pytest.mark.parametrize("double", ["nοrth", "nоrth", "ɴorth", "north\u0301", "北", "n", "_north", "a b"])
def test_a_name_is_of_plain_letters(keyboard: Keyboard, double: str) -> None:
    assert "lower-case letters" in keyboard.refused("user", "create", double, "--title", "x")


def test_a_token_is_for_known_permissions_and_for_a_year_at_most(keyboard: Keyboard) -> None:
    scopes = ["--scope", "resident:read", "--scope", "project:*", "--scope", "role.grid_worker:grant"]
    token = keyboard.done("token", "create", "city", *scopes)[-1]
    with keyboard.database.begin() as connection:
        actor = actor_of_token(connection, token)
    assert actor is not None
    assert set(actor.scopes or ()) == {"resident:read", "project:*", "role.grid_worker:grant"}
    assert "project:* resident:read" in "\n".join(keyboard.done("token", "list", "city"))
    for scope, told in (
        ("residnet:read", "did you mean resident:read"),
        ("resident.phon:reveal", "did you mean resident.phone"),
        ("everything", "There is no permission everything"),
    ):
        assert told in keyboard.refused("token", "create", "city", "--scope", scope)
    assert "365 days at most" in keyboard.refused("token", "create", "city", "--days", "366")


def test_sessions_are_listed_beside_tokens_and_revoked_alike(keyboard: Keyboard) -> None:
    shown = keyboard.done("user", "code", "north")[-1]
    with keyboard.database.begin() as connection:
        opened = try_code(connection, keyboard.vault, CodeTry("north", shown, 8)).opened
    assert opened is not None
    session = next(line for line in keyboard.done("token", "list", "north") if " session " in line)
    assert "code" in session
    keyboard.done("token", "revoke", session.split()[0])
    with keyboard.database.begin() as connection:
        assert actor_of_token(connection, opened.token) is None


def test_a_second_first_meets_the_mark_of_the_first(fresh: Keyboard) -> None:
    """Two at once: whoever comes second finds the mark, though no role is there yet."""
    fresh.rows(insert(t.milestone).values(name="first_administrator", at=now()))
    assert "already" in fresh.refused("user", "first", "chief", grid_code(fresh))
