"""The page, its files, and the headers that keep both at home."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, PathLike, StaticFiles
from starlette.types import Scope

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says around GraphiQL, in one language."""

    lang: str
    title: str
    loading: str
    noscript: str
    welcome: str


ENGLISH: Final = Words(
    "en",
    "Linli · GraphiQL console",
    "Loading…",
    "The console needs JavaScript: switch it on for this site.",
    "# Paste your token after Bearer below,\n# then run with Ctrl-Enter.\n\n{\n  __typename\n}\n",
)
CHINESE: Final = Words(
    "zh-CN",
    "邻里 · GraphiQL 控制台",
    "正在载入…",
    "控制台需要 JavaScript：请为本站启用。",
    "# 请在下方 Bearer 之后粘贴令牌，\n# 再按 Ctrl-Enter 运行。\n\n{\n  __typename\n}\n",
)


def console_routes() -> list[BaseRoute]:
    """Routes for `GET /graphiql` and its files; the page talks to `graphql` beside it, by HTTP and WebSocket.

    Every address in the page is relative, so the console also works below a prefix.
    """
    files = ConsoleFiles(directory=STATIC)
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))

    async def page(request: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        words = choose_words(request.headers.get("accept-language", ""))
        return HTMLResponse(render(template, words, nonce), headers=page_headers(nonce))

    return [Route("/graphiql", page, name="console"), Mount("/graphiql/static", files, name="console_files")]


def render(template: Template, words: Words, nonce: str) -> str:
    return template.substitute(
        nonce=nonce,
        lang=words.lang,
        title=escape(words.title),
        loading=escape(words.loading),
        noscript=escape(words.noscript),
        welcome=escape(words.welcome),
    )


def page_headers(nonce: str) -> dict[str, str]:
    """No `unsafe-inline`: the one style element GraphiQL makes itself carries the nonce of this answer."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
        "X-Content-Type-Options": "nosniff",
    }


def file_headers(etag: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-cache",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }


class ConsoleFiles(StaticFiles):
    """Static files whose ETag is their content: an installer may give every release the same times."""

    def __init__(self, *, directory: Path) -> None:
        super().__init__(directory=directory)
        self._etags = {os.path.realpath(file): _etag(file) for file in directory.iterdir() if file.is_file()}

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        headers = file_headers(self._etags[os.fspath(full_path)])
        response = FileResponse(full_path, status_code=status_code, headers=headers, stat_result=stat_result)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response


def _etag(file: Path) -> str:
    return f'"{hashlib.sha256(file.read_bytes()).hexdigest()[:32]}"'


def choose_words(accept_language: str) -> Words:
    """Chinese when an Accept-Language header prefers any `zh` to English, else English."""
    weights = {"zh": 0.0, "en": 0.0}
    for position, item in enumerate(accept_language.lower().replace(" ", "").split(",")):
        tag, _, quality = item.partition(";q=")
        language = tag.partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _weight(quality) - position / 1e6)
    return CHINESE if weights["zh"] > weights["en"] else ENGLISH


def _weight(quality: str) -> float:
    try:
        return float(quality or "1")
    except ValueError:
        return 0.0
