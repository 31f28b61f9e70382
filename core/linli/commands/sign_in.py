"""`linli user first`, `code` and `link`: how people come in before there is a provider, and with one."""

from typing import Annotated

import typer
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from linli import model as t
from linli.access import sessions
from linli.access.actors import create_token
from linli.access.codes import make_code
from linli.clock import now
from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say, translator
from linli.commands.users import active_account, audited, insert_account, insert_role, new_login
from linli.deployment import Deployment

FIRST = "first_administrator"
ROLE = "city_admin"
TOKEN_DAYS = 30


def first_user(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    grid_code: Annotated[str, typer.Argument(help="Code of the grid that is administered.")],
    title: Annotated[str, typer.Option(help="Name that others see.")] = "管理员",
    token: Annotated[bool, typer.Option("--token", help="Show a token in place of a sign-in code.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make the first administrator: once, while nobody has held any role yet."""
    with deployment(config) as opened:
        vault, told = opened.vault, translator(opened)
        with opened.database.begin() as connection:
            if not _first_time(connection):
                fail(told.text("command.first_is_over"))
            login = new_login(opened, connection, name)
            grid = connection.execute(
                select(t.grid).where(t.grid.c.code == grid_code, t.grid.c.valid_to.is_(None))
            ).one_or_none()
            if grid is None:
                fail(told.text("command.account_or_grid_missing", name=name, code=grid_code))
            account = insert_account(connection, login, title)
            insert_role(connection, account, ROLE, grid)
            audited(connection, "user.first", "account", account, role=ROLE)
            if token:
                audited(connection, "token.create", "account", account, days=TOKEN_DAYS)
                shown = create_token(connection, account, "first", TOKEN_DAYS)
            else:
                shown = make_code(connection, vault, account)
        say(told.text("command.role_assigned", name=login, role=ROLE, grid=grid.name))
        say(told.text("command.token_shown" if token else "command.code_shown"))
        say(shown)


def sign_in_code(
    name: Annotated[str, typer.Argument(help="Name of the account.")], config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Make a sign-in code and show it once: it is good for 15 minutes, one sign-in and 5 tries."""
    with deployment(config) as opened:
        vault = opened.vault
        with opened.database.begin() as connection:
            account = active_account(opened, connection, name)
            code = make_code(connection, vault, account.id)
            audited(connection, "user.code", "account", account.id)
        say(translator(opened).text("command.code_shown"))
        say(code)


def link_user(
    name: Annotated[str, typer.Argument(help="Name of the account.")],
    subject: Annotated[str, typer.Option(help="Who it is at the provider: the claim `sub`.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a subject of the provider sign in to an account, in place of the one that could before."""
    with deployment(config) as opened:
        issuer = opened.config.sign_in.issuer
        if issuer is None:
            fail(translator(opened).text("command.no_issuer"))
        _link(opened, name, issuer, subject)
        say(translator(opened).text("command.linked", name=name))


def _link(opened: Deployment, name: str, issuer: str, subject: str) -> None:
    try:
        with opened.database.begin() as connection:
            account = active_account(opened, connection, name)
            sessions.link(connection, account.id, issuer, subject)
            audited(connection, "user.link", "account", account.id, issuer=issuer)
    except IntegrityError:
        fail(translator(opened).text("command.subject_taken"))


def _first_time(connection: Connection) -> bool:
    """Whether there never was an administrator; from now on there was."""
    if connection.execute(select(t.assignment.c.id).limit(1)).first() is not None:
        return False
    try:
        with connection.begin_nested():
            connection.execute(insert(t.milestone).values(name=FIRST, at=now()))
    except IntegrityError:
        return False
    return True


def join(users: typer.Typer) -> None:
    """Add the commands to `linli user`."""
    users.command("first")(first_user)
    users.command("code")(sign_in_code)
    users.command("link")(link_user)
