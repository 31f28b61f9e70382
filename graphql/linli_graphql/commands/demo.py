"""`linli demo`: the real city of Pinghu with made-up people, in one command."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from linli import model as t
from linli.access.actors import create_token
from linli.commands.place import bring_up_to_date, write_place
from linli.commands.shared import Advance, deployment, fail, progress, say, translator
from linli.commands.users import audited, insert_account, insert_role
from linli.config.faults import EX_CONFIG
from linli.demo import build_demo
from linli.demo.build import COMMUNITY, WORKER_GRID
from linli.demo.filling import Demo
from linli.deployment import Deployment
from linli_graphql.app import run
from linli_graphql.composition import compose

FOLDER = Path("var")
SHOWN = ("city_admin", "community_worker", "grid_worker", "resident")
DAYS = 365
QUERIES = (
    '{ grid(code: "330482001") { name ancestors { name } statistics { residents partyBranches projects } } }',
    '{ residents(first: 5, search: "王") { totalCount nodes { name grid { name } phone { value state } } } }',
    "{ projects(first: 5, where: { state: RUNNING }) { totalCount nodes { name state grid { name } } } }",
    (
        "{ creditBanks { nodes { name measures(first: 5) { totalCount nodes { titleZh points } }"
        " offers(first: 5) { totalCount nodes { titleZh points stock } } members { totalCount } } } }"
    ),
    (
        "{ networks { totalCount nodes { name kind grid { name } members { totalCount }"
        " spaces { nodes { name } } matters { nodes { title state } } } } }"
    ),
)


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody with an account in the demo, and the role that they hold at a grid."""

    name: str
    title: str
    role: str | None
    grid_id: str | None
    resident_id: str | None = None


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Serve it once it is built.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve on.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = FOLDER,
) -> None:
    """Build the demo of Pinghu: real division, made-up people. A second start keeps the data."""
    config = folder / "linli.toml"
    write_place(
        config,
        name="pinghu",
        title="平湖市（演示数据，非真实情况）",
        data=".",
        profile="development",
        enabled=("pinghu",),
    )
    with deployment(config, migrated=False) as opened:
        if opened.config.profile == "production":
            fail(translator(opened).text("command.no_demo", file=config), EX_CONFIG)
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
    people = (
        _Person("city_admin", "平湖市管理员", "city_admin", made.city_grid_id),
        _Person("community_worker", "水洞埭社区工作者", "community_worker", made.community_grid_id),
        _Person("colleague", "水洞埭社区另一名工作者", "community_worker", made.community_grid_id),
        _Person(
            "grid_worker", "第一网格专职网格员", "grid_worker", made.worker_grid_id, made.worker_resident_id
        ),
        _Person("resident", "居民", None, None, made.resident_id),
    )
    with opened.database.begin() as connection:
        accounts = {one.name: _account(connection, one) for one in people}
        tokens = {name: create_token(connection, accounts[name], "demo", DAYS) for name in SHOWN}
    composed = compose(opened)
    places = {"community": COMMUNITY, "grid": WORKER_GRID}
    demo = Demo(opened.database, composed.deeds, composed.registry.verbs, accounts, **places)
    for _, fillings in opened.plugins.each("linli_demo"):
        for one in fillings:
            one.fill(demo)
    return tokens


def _account(connection: Connection, person: _Person) -> str:
    account = insert_account(connection, person.name, person.title, person.resident_id)
    if person.role is not None:
        at = select(t.grid).where(t.grid.c.id == person.grid_id)
        insert_role(connection, account, person.role, connection.execute(at).one())
    audited(connection, "demo.account", "account", account)
    return account


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
    say("\nFive queries to begin with / 五个可直接运行的查询:\n")
    for query in QUERIES:
        say(f"  {query}\n")
    say(f"The same address and tokens stand in {file}.")
