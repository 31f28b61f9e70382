"""Whether the process lives, whether it may be sent requests, and its figures; no personal data in any."""

import asyncio
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Service
from linli_graphql.transport.arrival import Arrival, arrival_of
from linli_graphql.transport.failures import places
from linli_graphql.transport.metrics import Metrics
from linli_graphql.transport.options import AppOptions

PATIENCE: Final = 3.0
FORWARDED: Final = (b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip")

Check = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Health:
    """The pages that machines read."""

    service: Service
    metrics: Metrics
    options: AppOptions
    log: Any

    def routes(self) -> list[BaseRoute]:
        """Return `/healthz`, `/readyz` and `/metrics`."""
        return [
            Route("/healthz", self.lives, name="healthz"),
            Route("/readyz", self.ready, name="readyz"),
            Route("/metrics", self.figures, name="metrics"),
        ]

    async def lives(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        checks: Mapping[str, Check] = {
            "database": self._database,
            "migrations": self._migrations,
            "policy": self._policy,
        }
        results = await asyncio.gather(*(self._passes(name, check) for name, check in checks.items()))
        good = all(results)
        words = {name: "ok" if passed else "failed" for name, passed in zip(checks, results, strict=True)}
        return JSONResponse({"status": "ok" if good else "failed", "checks": words}, 200 if good else 503)

    async def figures(self, request: Request) -> Response:
        if refused := self._refusal(arrival_of(request.scope), request):
            return refused
        return Response(self.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def _passes(self, name: str, check: Check) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                return await check()
        except Exception as error:  # noqa: BLE001 - whatever it is, the deployment is not ready
            self.log.warning("not ready", check=name, fault=type(error).__name__, at=places(error)[-3:])
            return False

    async def _database(self) -> bool:
        row = await self.service.database.fetch("SELECT epoch, 1 FROM core_policy_epoch", ())
        return bool(row[1] == 1)

    async def _migrations(self) -> bool:
        return await asyncio.to_thread(self.options.ready)

    async def _policy(self) -> bool:
        return bool(self.service.deeds.policy.roles)

    def _refusal(self, arrival: Arrival, request: Request) -> Response | None:
        wanted = self.options.metrics_token
        if wanted is None:
            if _is_here(request) and not any(name in arrival.headers for name in FORWARDED):
                return None
            return _refused(403, "FORBIDDEN", "The figures are for this machine only.", {})
        try:
            token = arrival.token or ""
        except RequestError:
            token = ""
        if hmac.compare_digest(token.encode(), wanted.encode()):
            return None
        return _refused(
            401, "UNAUTHENTICATED", "The figures need their token.", {"www-authenticate": "Bearer"}
        )


def _is_here(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _refused(status: int, code: str, message: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"errors": RequestError.of(status, code, message).errors}, status, headers)
