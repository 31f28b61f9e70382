"""`linli serve`: the API over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment
from linli_graphql.app import run
from linli_graphql.composition import compose


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port, in place of the file's.")] = None,
) -> None:
    """Serve the GraphQL API of the place."""
    with deployment(config) as opened:
        compose(opened)  # a fault of a plugin is told here, in one sentence, and not by each worker
        port = port or opened.config.server.port
        workers = opened.config.server.workers
        host = opened.config.server.host
        proxies = opened.config.server.proxies
        opened.database.engine.dispose()
    run(Path(config), host, port, workers, proxies)
