"""The console in a real browser: it works, stays at home, and runs nothing that the data says."""

import contextlib
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import uvicorn
from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from linli_graphql.console import console_routes

pytestmark = pytest.mark.judge

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 20_000  # milliseconds until a step that never happens is given up
QUIET = ("disable-background-networking", "disable-component-update", "disable-sync", "disable-gpu")
HOSTILE = (
    "![x](http://elsewhere.invalid/x.png) <svg onload=window.pwned=1> <img src=x onerror=window.pwned=1>"
)
SCHEMA = f'''
type Query {{
  """{HOSTILE}"""
  motto(grid: String = "1"): String
}}
type Subscription {{ ticked: Int }}
'''
LISTEN = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""


@dataclass(slots=True)
class Endpoint:
    """A GraphQL endpoint just large enough for the console, and what it was sent."""

    authorization: list[str | None] = field(default_factory=list)
    meant: list[tuple[str | None, ...]] = field(default_factory=list)
    socket_tokens: list[Any] = field(default_factory=list)

    async def answer(self, request: Request) -> JSONResponse:
        self.authorization.append(request.headers.get("authorization"))
        self.meant.append(tuple(request.headers.get(name) for name in ("x-linli-request", "cookie")))
        body = await request.json()
        result = graphql_sync(
            build_schema(SCHEMA),
            body["query"],
            {"motto": lambda _info, grid: f"邻里 {grid}"},
            variable_values=body.get("variables"),
            operation_name=body.get("operationName"),
        )
        return JSONResponse(result.formatted)

    async def tick(self, websocket: WebSocket) -> None:
        await websocket.accept("graphql-transport-ws")
        opening = await websocket.receive_json()
        self.socket_tokens.append(opening["payload"])
        await websocket.send_json({"type": "connection_ack"})
        asked = await websocket.receive_json()
        await websocket.send_json({"id": asked["id"], "type": "next", "payload": {"data": {"ticked": 7}}})
        await websocket.send_json({"id": asked["id"], "type": "complete"})
        with contextlib.suppress(Exception):
            await websocket.receive_text()


@dataclass
class Visit:
    """One page in the browser, and everything it asked for or complained about."""

    page: Any
    base: str
    requests: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("request", self.on_request)
        self.page.on("console", self.on_console)
        self.page.on("pageerror", self.on_error)

    def on_request(self, request: Any) -> None:
        self.requests.append(request)

    def on_console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def on_error(self, error: Any) -> None:
        self.complaints.append(str(error))

    def refused(self) -> list[str]:
        return list(self.page.evaluate("window.refused"))

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.base}/graphiql" + (f"?query={quote(query)}" if query else ""))
        self.page.wait_for_selector(".graphiql-query-editor .CodeMirror-code")

    def editor(self, area: str) -> str:
        return str(self.page.evaluate(f"document.querySelector('{area} .CodeMirror').CodeMirror.getValue()"))

    def write_headers(self, headers: dict[str, str]) -> None:
        editor = "document.querySelector('.graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror')"
        self.page.evaluate(f"text => {editor}.CodeMirror.setValue(text)", json.dumps(headers))

    def run_and_expect(self, text: str) -> None:
        self.page.click(".graphiql-execute-button")
        self.page.wait_for_selector(f".result-window :text('{text}')")

    def assert_stayed_at_home(self) -> None:
        home = urlsplit(self.base).netloc
        sent = {request.url for request in self.requests if request.failure != "csp"}
        assert {url for url in sent if urlsplit(url).netloc != home and url != "data:,"} == set()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="The console's browser test needs the Python package playwright."
    )
    if CHROMIUM is None:
        pytest.skip("The console's browser test needs Chromium: on Debian, apt-get install chromium.")
    with playwright.sync_playwright() as play:
        args = ["--no-sandbox", *(f"--{flag}" for flag in QUIET)]
        chromium = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=args)
        yield chromium
        chromium.close()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def base(endpoint: Endpoint) -> Iterator[str]:
    graphql = [
        Route("/graphql", endpoint.answer, methods=["POST"]),
        WebSocketRoute("/graphql", endpoint.tick),
    ]
    app = Starlette(routes=[*console_routes(), *graphql])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def visit(browser: Any, base: str) -> Iterator[Visit]:
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(LISTEN)
    visit = Visit(context.new_page(), base)
    visit.listen()
    yield visit
    context.close()


def test_console_runs_a_query_and_stays_at_home(visit: Visit) -> None:
    visit.open()
    assert visit.page.title() == "邻里 · GraphiQL 控制台"
    visit.open("{ motto }")
    assert visit.editor(".graphiql-query-editor") == "{ motto }"
    visit.run_and_expect("邻里 1")
    visit.page.click("button[aria-label='Open settings dialog']")
    visit.page.wait_for_selector("[role=dialog]")
    visit.page.keyboard.press("Escape")
    visit.page.click("button[aria-label='Show History']")
    assert (visit.refused(), visit.complaints) == ([], [])
    visit.assert_stayed_at_home()


def test_token_of_the_header_editor_is_sent_and_forgotten(visit: Visit, endpoint: Endpoint) -> None:
    visit.open("{ motto }")
    visit.run_and_expect("邻里")
    assert set(endpoint.authorization) == {None}
    visit.write_headers({"Authorization": "Bearer abc"})
    visit.run_and_expect("邻里")
    assert endpoint.authorization[-1] == "Bearer abc"
    visit.page.wait_for_timeout(1_500)
    kept = visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "motto" in kept
    assert "abc" not in kept
    visit.page.reload()
    visit.page.wait_for_selector(".graphiql-editor-tool :text('Bearer')")
    assert visit.complaints == []


def test_who_has_signed_in_needs_no_token(visit: Visit, endpoint: Endpoint) -> None:
    cookie = {"name": "linli", "value": "abc", "url": visit.base, "httpOnly": True, "sameSite": "Lax"}
    visit.page.context.add_cookies([cookie])
    visit.open("{ motto }")
    visit.run_and_expect("邻里")
    assert endpoint.authorization[-1] is None
    assert endpoint.meant[-1] == ("console", "linli=abc")


def test_subscription_carries_the_token(visit: Visit, endpoint: Endpoint) -> None:
    visit.open("subscription { ticked }")
    visit.write_headers({"Authorization": "Bearer abc"})
    visit.run_and_expect("7")
    assert endpoint.socket_tokens == [{"Authorization": "Bearer abc"}]
    assert (visit.refused(), visit.complaints) == ([], [])


def test_description_neither_runs_nor_calls_home(visit: Visit) -> None:
    visit.open("{ motto }")
    visit.page.click("button[aria-label='Show Documentation Explorer']")
    visit.page.click(".graphiql-doc-explorer :text-is('Query')")
    visit.page.wait_for_selector(".graphiql-doc-explorer :text('svg onload')")
    visit.page.wait_for_function("window.refused.length > 0")
    assert set(visit.refused()) == {"img-src http://elsewhere.invalid/x.png"}
    assert visit.page.evaluate("window.pwned") is None
    visit.assert_stayed_at_home()
