"""The application: routes, what surrounds them, and its life from start to stop."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from linli.traces.hub import EventHub
from linli_graphql.console import console_routes
from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Service
from linli_graphql.service.subscriptions import Subscriptions
from linli_graphql.transport.admission import Admission
from linli_graphql.transport.budget import Budget
from linli_graphql.transport.edge import Edge
from linli_graphql.transport.health import Health
from linli_graphql.transport.http import GraphQLEndpoint
from linli_graphql.transport.metrics import Metrics
from linli_graphql.transport.options import AppOptions, Hook
from linli_graphql.transport.session import Desk
from linli_graphql.transport.sign_in import sign_in_routes
from linli_graphql.transport.sse import EventStreams
from linli_graphql.transport.websocket import SocketEndpoint

__all__ = ["AppOptions", "build_app"]

CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def build_app(service: Service, hub: EventHub, options: AppOptions) -> ASGIApp:
    """Return the application that serves a deployment.

    `options.start` must have opened the service's database by the time it returns.
    """
    log = structlog.get_logger("linli.http")
    subscriptions = Subscriptions(service, hub, options.limits.subscriptions)
    budget = Budget(service.callers, options.limits)
    admission = Admission(options.limits)
    metrics = _metrics(service, subscriptions, admission)
    streams = EventStreams(service, subscriptions, admission, metrics, options.limits, log)
    desk = Desk(service, subscriptions, metrics, budget, log)
    app = Starlette(
        routes=[
            WebSocketRoute("/graphql", SocketEndpoint(desk, admission, options), name="socket"),
            *Health(service, metrics, options, log).routes(),
            *sign_in_routes(options),
            *(console_routes() if options.console else ()),
        ],
        exception_handlers={HTTPException: _told, Exception: _left_to_the_edge},
        lifespan=_life(options),
    )
    # A redirect to or from a slash would be built from the Host header.
    app.router.redirect_slashes = False
    endpoint = GraphQLEndpoint(service, streams, metrics, budget, options, log)
    return Edge(app, {"/graphql": endpoint}, options, log)


def _metrics(service: Service, subscriptions: Subscriptions, admission: Admission) -> Metrics:
    totals = {
        "linli_plans_compiled": ("Plans compiled.", lambda: service.planner.compiled),
        "linli_fallbacks": ("Root fields that no plan answers.", lambda: service.fallbacks),
    }
    gauges = {
        "linli_streams": ("Open sockets and event streams.", lambda: len(admission)),
        "linli_subscriptions": ("Subscriptions followed now.", lambda: len(subscriptions)),
    }
    return Metrics(totals, gauges)


def _life(options: AppOptions) -> Any:
    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        await _call(options.start)
        try:
            yield
        finally:
            await _call(options.stop)

    return life


async def _call(hook: Hook | None) -> None:
    result = hook() if hook is not None else None
    if inspect.isawaitable(result):
        await result


async def _told(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    code, message = CODES.get(status, "BAD_REQUEST"), "There is no such page, or not by this method."
    return JSONResponse({"errors": RequestError.of(status, code, message).errors}, status, headers)


class _Unsent(Response):
    """An answer that somebody else gives."""

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        return


async def _left_to_the_edge(_request: Request, _error: Exception) -> Response:
    # Starlette raises the exception again once it has answered.
    return _Unsent()
