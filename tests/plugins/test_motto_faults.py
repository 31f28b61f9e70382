"""What a plugin's author gets wrong stops the start: exit code 78, and a sentence that names the plugin."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from linli.commands.main import application
from linli.config.faults import EX_CONFIG
from tests.plugins.faulty import COMPOSING, LANTERN, LOADING, MISTAKES, TORCH, Mistake
from tests.plugins.motto_place import linli, write_config
from tests.plugins.templates import Template
from tests.support.distributions import Site, installed_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


def install(site: Site, folder: Path, code: str) -> Path:
    """Install a lantern beside a sound torch and enable both."""
    site.plugin("torch", TORCH)
    site.plugin("lantern", code)
    return write_config(folder, "sqlite:///linli.db", "torch", "lantern")


def export(config: Path) -> Result:
    given = {"LINLI_LANG": "en", "COLUMNS": "300"}
    return CliRunner().invoke(application(), ["schema", "export", "--config", str(config)], env=given)


def test_what_the_mistakes_are_made_in_is_sound(site: Site, tmp_path: Path) -> None:
    done = export(install(site, tmp_path, LANTERN))
    assert done.exit_code == 0, done.stderr
    for text in ("type Lamp implements Node", "type Flame implements Node", "lamps("):
        assert text in done.stdout


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_schema_is_not_exported(site: Site, tmp_path: Path, mistake: Mistake) -> None:
    done = export(install(site, tmp_path, mistake.code))
    assert (done.exit_code, done.stdout) == (EX_CONFIG, ""), done.stderr
    for part in mistake.told:
        assert part in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("mistake", [LOADING[0], *COMPOSING[3:4], *COMPOSING[6:7]], ids=lambda one: one.name)
def test_the_server_does_not_start(tmp_path: Path, sqlite_place: Template, mistake: Mistake) -> None:
    with installed_site(tmp_path / "site") as site:
        install(site, tmp_path, mistake.code)
    shutil.copy(sqlite_place.folder / sqlite_place.name, tmp_path)  # migrated, or that would be the fault
    with socket.create_server(("127.0.0.1", 0)) as taken:  # if it did start, it would fail otherwise
        done = linli(tmp_path, "serve", "--port", str(taken.getsockname()[1]), site=site.folder)
    assert (done.returncode, done.stdout) == (EX_CONFIG, ""), done.stderr
    for part in mistake.told:
        assert part in done.stderr


def test_every_mistake_is_told_at_once(site: Site, tmp_path: Path) -> None:
    code = LANTERN.replace('column="colour"', 'column="color"').replace('target="Grid"', 'target="Gird"')
    done = export(install(site, tmp_path, code))
    assert done.exit_code == EX_CONFIG
    assert len(done.stderr.strip().splitlines()) == 2
