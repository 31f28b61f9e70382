"""The whole way: commands, a server in production and a real provider, each a process of its own."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from typer.testing import CliRunner

from linli.commands.main import application
from tests.graphql.serving import Place
from tests.security.signing import MEANT, VIEWER
from tests.support.provider import agree, running_provider
from tests.support.server import ServerProcess, write_config

BROWSER = httpx.Client(timeout=60)  # many others may want the processor


def command(config: Path, *arguments: str) -> str:
    done = CliRunner().invoke(application(), [*arguments, "--config", str(config)], env={"LINLI_LANG": "en"})
    assert done.exit_code == 0, done.output
    return done.output.strip().splitlines()[-1]


def cookies(answer: httpx.Response) -> dict[str, str]:
    """What a browser keeps; on this machine it sends secure cookies over http too."""
    pairs = (one.partition(";")[0].partition("=") for one in answer.headers.get_list("set-cookie"))
    return {name: value for name, _, value in pairs if value}


def sent(kept: dict[str, str]) -> dict[str, str]:
    return MEANT | {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}


def test_a_place_in_production_signs_in_by_provider_and_by_code(sqlite_copy: Place, tmp_path: Path) -> None:
    with running_provider() as issuer:
        config = write_config(tmp_path, sqlite_copy.url)
        server = ServerProcess(config)
        here = f"http://127.0.0.1:{server.port}"
        table = (
            f'\n[sign_in]\nissuer = "{issuer}"\nclient_id = "a"\nclient_secret = "b"\npublic_url = "{here}"\n'
        )
        config.write_text(config.read_text() + table)
        command(config, "user", "link", "north", "--subject", "s-north")
        server.start()
        try:
            secrets = [by_provider(here), by_code(here, command(config, "user", "code", "south"))]
        finally:
            server.stop()
    assert not [one for found in secrets for one in found if one in server.log]


def by_provider(here: str) -> list[str]:
    left = BROWSER.get(f"{here}/sign-in?return=/front")
    back = agree(left.headers["location"], "s-north")
    came = BROWSER.get(back, headers=sent(cookies(left)))
    assert (came.status_code, came.headers["location"]) == (303, "/front")
    session = cookies(came)
    assert list(session) == ["__Host-linli"]
    assert named(here, session) == "north"
    assert BROWSER.post(f"{here}/sign-out", headers=sent(session)).status_code == 200
    assert named(here, session) is None
    query = parse_qs(urlsplit(back).query)
    return [*session.values(), *query["code"], *query["state"], *cookies(left).values()]


def by_code(here: str, code: str) -> list[str]:
    body = {"name": "south", "code": code}
    session = cookies(BROWSER.post(f"{here}/sign-in/code", json=body, headers=MEANT))
    assert named(here, session) == "south"
    return [code, *session.values()]


def named(here: str, session: dict[str, str]) -> str | None:
    """Who a browser is taken for; nobody where its session has ended."""
    answer = BROWSER.post(f"{here}/graphql", json={"query": VIEWER}, headers=sent(session)).json()
    return str(answer["data"]["viewer"]["name"]) if "data" in answer else None
