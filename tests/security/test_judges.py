"""Judged from outside: compilers, a generator of requests, and a browser that meets hostile names."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import print_schema
from starlette.types import Message, Receive, Scope, Send

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import Place, listening, made_place, serving
from tests.graphql.test_console_browser import LISTEN, PATIENCE, Visit, browser
from tests.policies.seeds import seeded
from tests.support.server import ServerProcess, running, write_config

__all__ = ["browser"]

pytestmark = pytest.mark.judge

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "graphql" / "schema.graphql"
OPERATIONS = ROOT / "tests" / "support" / "judges" / "src"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SECONDS = 40
CANARY = "金丝雀"
HOSTILE = (
    "<svg onload=window.pwned=1>",
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "javascript:window.pwned=1",
    "[x](javascript:window.pwned=1)",
    "![x](http://elsewhere.invalid/x.png)",
    "{{constructor.constructor('window.pwned=1')()}}",
)


@pytest.fixture
def compilers(tmp_path: Path) -> Path:
    """A folder with the compilers' packages, and operations to compile."""
    found = Path(os.environ.get("LINLI_JUDGES", "")).absolute()
    if not (found / "node_modules" / "relay-compiler").is_dir():
        pytest.skip("LINLI_JUDGES names no folder with relay-compiler in its node_modules.")
    (tmp_path / "node_modules").symlink_to(found / "node_modules")
    shutil.copytree(OPERATIONS, tmp_path / "src")
    shutil.copy(SCHEMA, tmp_path)
    return tmp_path


def compiled(folder: Path, program: str, config: str, settings: dict[str, Any]) -> None:
    (folder / config).write_text(json.dumps(settings), encoding="utf-8")
    arguments = ["--config", config] if "codegen" in config else [config]
    command = ["node", f"node_modules/{program}", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_relay_compiles_the_schema(compilers: Path) -> None:
    (compilers / "artifacts").mkdir()
    settings = {"src": "./src", "schema": SCHEMA.name, "language": "typescript"}
    settings["artifactDirectory"] = "./artifacts"
    compiled(compilers, "relay-compiler/cli.js", "relay.config.json", settings)
    assert len(list((compilers / "artifacts").iterdir())) == 5


def test_codegen_compiles_the_schema(compilers: Path) -> None:
    plugins = ["typescript", "typescript-operations"]
    settings = {
        "schema": SCHEMA.name,
        "documents": "src/*.ts",
        "pluckConfig": {"globalGqlIdentifierName": ["graphql"]},
        "generates": {"types.ts": {"plugins": plugins}},
    }
    compiled(compilers, ".bin/graphql-codegen", "codegen.json", settings)
    assert "JudgePageQuery" in (compilers / "types.ts").read_text("utf-8")


class Overheard:
    """An application, and every status and byte that it answers with."""

    def __init__(self, app: Any) -> None:
        self.statuses: list[int] = []
        self.heard = bytearray()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def overheard(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
                self.heard += str(message["headers"]).encode()
            elif message["type"] == "http.response.body":
                self.heard += message.get("body", b"")
            await send(message)

        await self._app(scope, receive, overheard)


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Place]:
    """A place of this test's own; on SQLite, for the minute that a judge has."""
    with made_place(f"sqlite:///{tmp_path / 'judged.db'}") as place:
        yield place


async def test_generated_requests_meet_no_fault_and_no_secret(tmp_path: Path, judged: Place) -> None:
    if not SCHEMATHESIS.exists():
        pytest.skip("schemathesis is not installed: make judges installs it.")
    chance = seeded("schemathesis")
    async with serving(judged, AppOptions()) as served:
        (tmp_path / "schema.graphql").write_text(print_schema(served.service.schema), encoding="utf-8")
        hidden = [await served.new_resident("south", "south", CANARY) for _ in range(5)]
        await served.new_resident("north", "north")
        overheard = Overheard(served.app)
        async with listening(overheard) as port:
            judge = await asyncio.create_subprocess_exec(
                *(str(SCHEMATHESIS), "run", "schema.graphql", "--url", f"http://127.0.0.1:{port}/graphql"),
                *("--header", f"Authorization: Bearer {judged.tokens['north']}"),
                *("--checks", "not_a_server_error", "--max-examples", "3", "--max-time", str(SECONDS)),
                *("--seed", str(chance.getrandbits(30)), "--suppress-health-check", "all", "--no-color"),
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await judge.communicate()
    assert judge.returncode == 0, output.decode()
    assert len(overheard.statuses) > 50
    assert max(overheard.statuses) < 500, output.decode()
    for secret in (CANARY.encode(), json.dumps(CANARY)[1:-1].encode(), *(one.encode() for one in hidden)):
        assert secret not in overheard.heard


@pytest.fixture
def console(tmp_path: Path) -> Iterator[tuple[int, Place]]:
    """A server with the console, over a place where everything has a hostile name."""
    config = write_config(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}")
    text = config.read_text("utf-8").replace('"production"', '"development"')
    config.write_text(text, encoding="utf-8")
    with made_place(f"sqlite:///{tmp_path / 'linli.db'}") as place, running(ServerProcess(config)) as server:
        for name in HOSTILE:
            _make(server.port, place, "createResident", name=name)
            _make(server.port, place, "createProject", name=name, description=name)
        yield server.port, place


def _make(port: int, place: Place, verb: str, **inputs: str) -> None:
    kind = f"{verb[0].upper()}{verb[1:]}Input"
    query = f"mutation ($i: {kind}!) {{ {verb}(input: $i) {{ errors {{ code }} }} }}"
    variables = {"i": {"grid": place.ids["north"], **inputs}}
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {place.tokens['north']}"}
    answer = httpx.post(f"http://127.0.0.1:{port}/graphql", content=body, headers=headers, trust_env=False)
    assert answer.json()["data"][verb]["errors"] == [], (verb, inputs)


QUERY = "{residents {nodes {name}} projects {nodes {name description}} events(last: 20) {nodes {topic}}}"


@pytest.mark.case(140)
def test_the_console_shows_hostile_names_as_text(browser: Any, console: tuple[int, Place]) -> None:
    port, place = console
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(LISTEN)
    visit = Visit(context.new_page(), f"http://127.0.0.1:{port}")
    visit.listen()
    visit.open(QUERY)
    visit.page.click("[data-name=headers]")
    visit.write_headers({"Authorization": f"Bearer {place.tokens['north']}"})
    visit.run_and_expect("onerror")
    shown = visit.editor(".result-window")
    for name in HOSTILE:
        assert json.dumps(name, ensure_ascii=False)[1:-1] in shown
    visit.page.hover(".result-window .cm-string >> nth=0")
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("window.pwned") is None
    assert (
        visit.page.evaluate("document.querySelectorAll('.result-window svg[onload], img[onerror]').length")
        == 0
    )
    assert visit.refused() == []
    visit.assert_stayed_at_home()
    context.close()
