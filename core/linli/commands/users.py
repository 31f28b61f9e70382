"""`linli user`: accounts and the roles that are given at the keyboard."""

from dataclasses import replace
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, Row, insert, select

from linli import model as t
from linli.access.actors import renew
from linli.access.names import account_name, is_login
from linli.clock import now, today
from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, operator, say, translator
from linli.deployment import Deployment
from linli.ids import uuid7
from linli.operating import REASON
from linli.territory import place_row
from linli.traces.addresses import KEYBOARD
from linli.traces.audit import AuditEntry, write_audit

users = typer.Typer(name="user", help="Accounts and their roles.", no_args_is_help=True)


@users.command("create")
def create_user(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    title: Annotated[str, typer.Option(help="Name that others see.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Create an account; it can do nothing until it is given a role and a token."""
    with deployment(config) as opened, opened.database.begin() as connection:
        login = new_login(opened, connection, name)
        account = insert_account(connection, login, title)
        audited(connection, "user.create", "account", account)
        say(translator(opened).text("command.account_created", name=login))


@users.command("assign")
def assign_user(
    name: Annotated[str, typer.Argument(help="Name of the account.")],
    role: Annotated[str, typer.Argument(help="Role, such as city_admin.")],
    grid_code: Annotated[str, typer.Argument(help="Code of the grid where the role is held.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give an account a role at a grid: how the auditor comes to be."""
    with deployment(config) as opened, opened.database.begin() as connection:
        account = find_account(connection, name)
        grid = connection.execute(
            select(t.grid).where(t.grid.c.code == grid_code, t.grid.c.valid_to.is_(None))
        ).one_or_none()
        if account is None or grid is None:
            fail(translator(opened).text("command.account_or_grid_missing", name=name, code=grid_code))
        insert_role(connection, account.id, role, grid)
        audited(connection, "user.assign", "assignment", account.id, role=role)
        say(translator(opened).text("command.role_assigned", name=name, role=role, grid=grid.name))


@users.command("list")
def list_users(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List accounts and the roles they hold."""
    a = t.assignment.c
    with deployment(config) as opened, opened.database.begin() as connection:
        for account in connection.execute(select(t.account).order_by(t.account.c.name)):
            held = select(a.role, t.grid.c.name).outerjoin(t.grid, t.grid.c.id == a.anchor_grid_id)
            rows = connection.execute(held.where(a.account_id == account.id, a.until.is_(None)))
            roles = ", ".join(f"{row.role}@{row.name or '-'}" for row in rows)
            say(f"{account.name}\t{account.state}\t{account.display_name}\t{roles}")


def find_account(connection: Connection, name: str) -> Row[Any] | None:
    """Return an account by its name, however it is written."""
    own = t.account.c.name == account_name(name)
    return connection.execute(select(t.account).where(own)).one_or_none()


def active_account(opened: Deployment, connection: Connection, name: str) -> Row[Any]:
    """Return an account that can sign in; end the command where there is none of the name."""
    account = find_account(connection, name)
    if account is None or account.state != "active":
        fail(translator(opened).text("command.account_missing", name=name))
    return account


def new_login(opened: Deployment, connection: Connection, name: str) -> str:
    """Return the name for a new account; end the command where it cannot be one, or is taken."""
    if find_account(connection, name) is not None:
        fail(translator(opened).text("command.account_exists", name=account_name(name)))
    if not is_login(account_name(name)):
        fail(translator(opened).text("command.account_name"))
    return account_name(name)


def insert_account(connection: Connection, name: str, title: str, resident_id: str | None = None) -> str:
    """Insert an active account and return its id."""
    account = uuid7()
    values = {"id": account, "created_at": now(), "updated_at": now(), "name": name, "display_name": title}
    connection.execute(insert(t.account).values(values | {"resident_id": resident_id, "state": "active"}))
    return account


def insert_role(connection: Connection, account_id: str, role: str, grid: Row[Any]) -> None:
    """Give an account a role at a grid, from today."""
    values = {
        "id": uuid7(),
        "created_at": now(),
        "updated_at": now(),
        "account_id": account_id,
        "role": role,
        "anchor_type": "grid",
        "anchor_grid_id": grid.id,
        "since": today(),
    }
    place_row(connection, t.assignment, grid.id, values)
    renew(connection, [account_id])


def audited(
    connection: Connection, action: str, object_type: str, object_id: str | None, **detail: object
) -> None:
    """Write down what was done at the keyboard."""
    told = AuditEntry(operator(), action, "done", object_type, object_type, object_id, detail=dict(detail))
    write_audit(connection, replace(told, basis=REASON, address=KEYBOARD))
