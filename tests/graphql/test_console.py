"""GraphiQL is served whole from the package, under headers that keep the page at home."""

import os
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from linli_graphql.console import console_routes
from linli_graphql.console.page import STATIC, ConsoleFiles, choose_words

SCRIPTS = ("console.js", "graphiql.js", "react.js", "react-dom.js")
FILES = (*SCRIPTS, "console.css", "graphiql.css", "LICENSES.txt")
CHINESE, ENGLISH = "zh-CN,zh;q=0.9,en;q=0.8", "en-GB,en;q=0.9,zh;q=0.1"


def client_of(routes: Sequence[BaseRoute]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(console_routes()) as client:
        yield client


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


def addresses(html: str) -> list[str]:
    return re.findall(r'(?:src|href|action|data)\s*=\s*"([^"]*)"', html)


@pytest.mark.parametrize(
    ("accept", "lang", "title"), [(CHINESE, "zh-CN", "控制台"), (ENGLISH, "en", "console")]
)
async def test_page_speaks_the_callers_language(
    client: httpx.AsyncClient, accept: str, lang: str, title: str
) -> None:
    answer = await client.get("/graphiql", headers={"Accept-Language": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept-Language" in answer.headers["vary"]
    assert f'<html lang="{lang}">' in answer.text
    assert re.search(f"<title>.*{title}</title>", answer.text)


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("", "en"),
        ("*", "en"),
        ("fr", "en"),
        ("zh", "zh-CN"),
        ("ZH-hans-CN", "zh-CN"),
        ("fr, zh;q=0.3", "zh-CN"),
        ("en;q=0.8, zh; q=0.9", "zh-CN"),
        ("en, zh", "en"),
        ("zh, en", "zh-CN"),
        ("zh;q=0, en;q=0", "en"),
        ("zh;q=much", "en"),
    ],
)
def test_language_follows_the_preferences(accept: str, lang: str) -> None:
    assert choose_words(accept).lang == lang


@pytest.mark.case(127)
async def test_policy_of_the_page_allows_nothing_inline_and_nothing_from_elsewhere(
    client: httpx.AsyncClient,
) -> None:
    found = policy(await client.get("/graphiql"))
    assert re.fullmatch(r"'self' 'nonce-[A-Za-z0-9_-]{22}'", found.pop("style-src"))
    assert found == {
        "default-src": "'none'",
        "script-src": "'self'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_nonce_is_fresh_and_never_stored(client: httpx.AsyncClient) -> None:
    first, second = await client.get("/graphiql"), await client.get("/graphiql")
    assert policy(first)["style-src"] != policy(second)["style-src"]
    for answer in (first, second):
        (nonce,) = re.findall(r'nonce="([^"]+)"', answer.text)
        assert policy(answer)["style-src"].endswith(f"'nonce-{nonce}'")
        assert answer.headers["cache-control"] == "no-store"


async def test_page_is_not_sniffed_and_tells_nobody_its_address(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/graphiql")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_page_loads_only_its_own_files(client: httpx.AsyncClient) -> None:
    html = (await client.get("/graphiql")).text
    assert "//" not in html
    loaded = [address for address in addresses(html) if address != "data:,"]
    assert {Path(address).name for address in loaded} == {*SCRIPTS, "console.css", "graphiql.css"}
    for address in loaded:
        assert address.startswith("graphiql/static/")
        assert (await client.get(f"/{address}")).status_code == 200


async def test_page_has_no_inline_script_or_style(client: httpx.AsyncClient) -> None:
    html = (await client.get("/graphiql")).text
    assert set(re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)) == {""}
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)


async def test_query_in_the_address_is_not_written_into_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphiql", params={"query": '"></script><script>alert(1)</script>'})
    assert "alert" not in answer.text


def test_styles_reach_for_nothing_outside() -> None:
    for sheet in STATIC.glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.search(r"@import|@font-face", text) is None, sheet.name
        targets = re.findall(r"url\(\s*[\"']?([^\"')]*)", text)
        assert [target for target in targets if not target.startswith("data:image/")] == [], sheet.name


def test_scripts_name_no_source_map_and_compile_no_text() -> None:
    for script in STATIC.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"sourceMappingURL|\beval\(|new Function\(|importScripts", text), script.name


def test_files_are_complete_and_small() -> None:
    assert {file.name for file in STATIC.iterdir()} == set(FILES)
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < 3_000_000


@pytest.mark.parametrize("holder", ["graphiql", "graphql-ws", "react-dom", "codemirror", "@react-aria/utils"])
def test_licence_texts_lie_beside_the_files(holder: str) -> None:
    licences = (STATIC / "LICENSES.txt").read_text(encoding="utf-8")
    rule = "=" * 80
    sections = re.findall(
        rf"^{rule}\n(.*?)\n{rule}\n\n(.*?)(?=\n{rule}|\Z)", licences, re.DOTALL | re.MULTILINE
    )
    (text,) = [text for holders, text in sections if holder in holders.split(", ")]
    assert "Permission is hereby granted" in text or "Apache License" in text


@pytest.mark.parametrize("name", FILES)
async def test_file_is_served_whole_with_its_headers(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/graphiql/static/{name}")
    kind = {".js": "javascript", ".css": "text/css", ".txt": "text/plain"}[Path(name).suffix]
    assert answer.status_code == 200
    assert answer.content == (STATIC / name).read_bytes()
    assert kind in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert policy(answer) == {"default-src": "'none'", "frame-ancestors": "'none'"}


async def test_unchanged_file_is_not_sent_again(client: httpx.AsyncClient) -> None:
    etag = (await client.get("/graphiql/static/graphiql.js")).headers["etag"]
    again = await client.get("/graphiql/static/graphiql.js", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await client.get("/graphiql/static/graphiql.js", headers={"If-None-Match": '"old"'})
    assert other.status_code == 200


async def test_etag_follows_the_content(tmp_path: Path) -> None:
    """Same name, size and time, other bytes: an installer may give every release one time."""
    tags = [await etag_of(release(tmp_path, content)) for content in ("one", "two", "one")]
    assert tags[0] == tags[2] != tags[1]


def release(folder: Path, content: str) -> Path:
    (folder / "console.js").write_text(content)
    os.utime(folder / "console.js", (0, 0))
    return folder


async def etag_of(folder: Path) -> str:
    async with client_of([Mount("/", ConsoleFiles(directory=folder))]) as client:
        return str((await client.get("/console.js")).headers["etag"])


@pytest.mark.case(134)
@pytest.mark.parametrize(
    "path",
    [
        "..%2fpage.py",
        "%2e%2e/page.html",
        "%2e%2e%2f%2e%2e%2f__init__.py",
        "..%5cpage.py",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "graphiql.js%00.css",
        "",
        "missing.js",
        "x" * 5000,
    ],
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/graphiql/static/{path}")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/static/console.js"])
async def test_only_reading_is_allowed(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 405
    assert (await client.head(path)).status_code == 200


async def test_console_works_below_a_prefix() -> None:
    async with client_of([Mount("/pinghu", routes=console_routes())]) as client:
        html = (await client.get("/pinghu/graphiql")).text
        assert [address for address in addresses(html) if address.startswith("/")] == []
        assert (await client.get("/pinghu/graphiql/static/console.js")).status_code == 200
