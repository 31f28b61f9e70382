"""`linli demo`: the real city of Pinghu with made-up people, in one command."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from linli import model as t
from linli.access.actors import create_token
from linli.commands.place import bring_up_to_date, write_place
from linli.commands.shared import Advance, deployment, progress, say
from linli.commands.users import audited, insert_account, insert_role
from linli.demo import build_demo
from linli.deployment import Deployment
from linli_graphql.app import run

FOLDER = Path("var")
DAYS = 365
QUERIES = (
    '{ grid(code: "330482001") { name ancestors { name } statistics { residents partyBranches projects } } }',
    '{ residents(first: 5, search: "王") { totalCount nodes { name grid { name } phone { value state } } } }',
    "{ projects(first: 5, where: { state: RUNNING }) { totalCount nodes { name state grid { name } } } }",
)


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Serve it once it is built.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve on.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = FOLDER,
) -> None:
    """Build the demo of Pinghu: real division, made-up people. A second start keeps the data."""
    config = folder / "linli.toml"
    write_place(
        config, name="pinghu", title="平湖市（演示数据，非真实情况）", data=".", profile="development"
    )
    with deployment(config, migrated=False) as opened:
        bring_up_to_date(opened)
        with progress() as advance:
            tokens = _known_tokens(folder) or _build(opened, advance)
        opened.database.engine.dispose()
    _show(folder, f"http://127.0.0.1:{port}/graphql", tokens)
    if serve:
        run(config, "127.0.0.1", port, 1)


def _known_tokens(folder: Path) -> dict[str, str] | None:
    file = folder / "demo.json"
    if not file.exists():
        return None
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["tokens"]
    return found


def _build(opened: Deployment, advance: Advance) -> dict[str, str]:
    made = build_demo(opened.database, opened.vault, advance)
    worker = ("第一网格专职网格员", made.worker_grid_id, made.worker_resident_id)
    with opened.database.begin() as connection:
        return {
            "city_admin": _account(connection, "city_admin", "平湖市管理员", made.city_grid_id, None),
            "grid_worker": _account(connection, "grid_worker", *worker),
            "resident": _account(connection, "resident", "居民", None, made.resident_id),
        }


def _account(
    connection: Connection, name: str, title: str, grid_id: str | None, resident_id: str | None
) -> str:
    account = insert_account(connection, name, title, resident_id)
    if grid_id is not None:
        insert_role(
            connection, account, name, connection.execute(select(t.grid).where(t.grid.c.id == grid_id)).one()
        )
    audited(connection, "demo.account", "account", account)
    return create_token(connection, account, "demo", DAYS)


def _show(folder: Path, url: str, tokens: dict[str, str]) -> None:
    file = folder / "demo.json"
    notice = "演示数据，非真实情况 / Demo data, not a real situation"
    text = json.dumps({"url": url, "notice": notice, "tokens": tokens}, ensure_ascii=False, indent=2)
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as opened:
        opened.write(text + "\n")
    say(f"{notice}\n\nAPI      {url}\nConsole  {url.removesuffix('graphql')}graphiql\n")
    for name, token in tokens.items():
        say(f"{name:12} Authorization: Bearer {token}")
    say("\nThree queries to begin with / 三个可直接运行的查询:\n")
    for query in QUERIES:
        say(f"  {query}\n")
    say(f"The same address and tokens stand in {file}.")
