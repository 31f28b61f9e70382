"""The application: one process that serves a deployment. `create_app` is the composition root."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from starlette.types import ASGIApp

from linli.config import LimitSettings
from linli.database.migrate import pending
from linli.deployment import Deployment, open_deployment
from linli.traces.hub import EventHub
from linli.traces.reactions import reaction_consumers
from linli.workers import Workers
from linli_graphql.composition import compose
from linli_graphql.sign_in.desk import sign_in_of
from linli_graphql.transport.app import AppOptions, build_app
from linli_graphql.transport.cookies import Cookies
from linli_graphql.transport.options import Limits
from linli_graphql.transport.orphans import end_with_parent
from linli_graphql.transport.server import serve

CONFIG_VARIABLE = "LINLI_CONFIG"
SWITCH_SECONDS = 0.0005


def create_app() -> ASGIApp:
    """Return the application of the configuration that LINLI_CONFIG names, as uvicorn's factory."""
    return application(open_deployment(Path(os.environ.get(CONFIG_VARIABLE, "linli.toml")), os.environ))


def application(deployment: Deployment) -> ASGIApp:
    """Return the application of a deployment."""
    composition = compose(deployment)
    hub = EventHub()
    consumers = tuple(reaction_consumers(deployment.plugins))
    workers = Workers(deployment.database, consumers, hub, deployment.heads, erased=deployment.erased)
    service = composition.service(workers.wake)
    service.strangers = workers.strangers

    async def start() -> None:
        end_with_parent()
        await deployment.database.open()
        workers.start()
        yield_soon()

    async def stop() -> None:
        await workers.stop()
        await deployment.database.close()

    config = deployment.config
    # Over http a browser of development has no secure cookies; in production there is no other way.
    secure = config.profile != "development" or (config.sign_in.public_url or "").startswith("https:")
    options = AppOptions(
        console=config.serves_console,
        introspection=config.introspects,
        hosts=frozenset(config.server.hosts),
        origins=frozenset(config.server.origins),
        metrics_token=config.server.metrics_token,
        cookies=Cookies(secure=secure),
        sign_in=sign_in_of(deployment.database, deployment.vault, config.sign_in),
        limits=limits_of(config.limits),
        start=start,
        stop=stop,
        ready=lambda: not pending(deployment.database, deployment.migrations),
    )
    return build_app(service, hub, options)


def yield_soon() -> None:
    """Keep this process answering while it plans: who plans gives way soon, and nothing old is searched.

    A thread that computes holds up the others by 5 ms at each turn otherwise, and a search for garbage in all
    that was loaded at the start by many times as much.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()


def limits_of(settings: LimitSettings) -> Limits:
    """Return what one client may take, as the configuration has it."""
    return Limits(
        requests_per_second=settings.requests_per_second,
        request_burst=settings.request_burst,
        answer_seconds=settings.answer_seconds,
        subscriptions=settings.subscriptions,
        streams=settings.streams,
        streams_per_address=settings.streams_per_address,
    )


def run(config: Path, host: str, port: int, workers: int, proxies: Sequence[str] = ()) -> None:
    """Serve until told to stop; only `proxies` are believed whom they speak for."""
    os.environ[CONFIG_VARIABLE] = str(config)
    serve("linli_graphql.app:create_app", host, port, workers, proxies)
