"""`linli token`: what services call the API with, each narrowed to the permissions that it needs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select, update

from linli import model as t
from linli.access.actors import create_token, renew
from linli.clock import now
from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say, translator
from linli.commands.users import active_account, audited, find_account
from linli.config.faults import nearest
from linli.messages import Translator
from linli.policy import Resource
from linli_policies.cli import loaded

READ = "read"
EVERY_READ = "*:read"

tokens = typer.Typer(name="token", help="Tokens to call the API with.", no_args_is_help=True)


@tokens.command("create")
def make_token(
    name: Annotated[str, typer.Argument(help="Name of the account.")],
    label: Annotated[str, typer.Option(help="What the token is for.")] = "api",
    days: Annotated[int, typer.Option(min=1, help="Days until it expires.")] = 90,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="A permission that it keeps: resident:read, credit_activity:*, or read for every read. "
            "To be repeated; without one it may all that the account may."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a token and show it once; only its hash is stored."""
    with deployment(config) as opened:
        told, most = translator(opened), opened.config.sign_in.token_days
        if days > most:
            fail(told.text("command.token_too_long", most=most))
        scopes = known_scopes(scope, loaded(opened).resources, told) if scope else None
        with opened.database.begin() as connection:
            account = active_account(opened, connection, name)
            clear = create_token(connection, account.id, label, days, scopes)
            audited(connection, "token.create", "account", account.id, days=days, scopes=scopes)
        say(clear)


@tokens.command("list")
def list_tokens(name: str, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List an account's tokens and sessions: id, kind, label, scopes, expiry."""
    with deployment(config) as opened, opened.database.begin() as connection:
        account = find_account(connection, name)
        if account is None:
            fail(translator(opened).text("command.account_missing", name=name))
        rows = connection.execute(
            select(t.token).where(t.token.c.account_id == account.id).order_by(t.token.c.id)
        )
        for row in rows.all():
            scopes = "*" if row.scopes is None else " ".join(row.scopes)
            ends = _state(row.revoked_at, row.expires_at)
            say(f"{row.id}\t{row.kind}\t{row.label}\t{scopes}\t{ends}")


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as `linli token list` shows it.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a token or a session at once, on every worker."""
    with deployment(config) as opened, opened.database.begin() as connection:
        row = connection.execute(select(t.token).where(t.token.c.id == token_id)).one_or_none()
        if row is None:
            fail(translator(opened).text("command.token_missing"))
        connection.execute(update(t.token).where(t.token.c.id == token_id).values(revoked_at=now()))
        renew(connection, [row.account_id])
        audited(connection, "token.revoke", "account", row.account_id)
        say(translator(opened).text("command.token_revoked"))


def known_scopes(written: Iterable[str], resources: Mapping[str, Resource], told: Translator) -> list[str]:
    """Return scopes as they are stored; end the command where one means no permission."""
    found = []
    for one in written:
        if one == READ:
            found.append(EVERY_READ)
            continue
        name, _, action = one.partition(":")
        resource = resources.get(name)
        if resource is None:
            near = nearest(name, resources)
            _unknown(told, one, f"{near}:{action}" if near and action else near)
        elif action != "*" and action not in resource.actions:
            near = nearest(action, resource.actions)
            _unknown(told, one, f"{name}:{near}" if near else None)
        found.append(one)
    return sorted(set(found))


def _unknown(told: Translator, scope: str, near: str | None) -> None:
    key = "command.scope_unknown_near" if near else "command.scope_unknown"
    fail(told.text(key, scope=scope, near=near))


def _state(revoked: datetime | None, expires: datetime) -> str:
    return "revoked" if revoked else f"until {expires.date()}"
