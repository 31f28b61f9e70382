"""The distribution as pip installs it: all its files, what a place can set, what the keyboard offers."""

from importlib.metadata import distributions
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from linli.commands.contributed import add_contributed, config_of
from linli.commands.main import application
from linli.config.faults import EX_CONFIG, ConfigError
from linli.deployment import open_deployment
from tests.plugins.faulty import LANTERN
from tests.plugins.motto_place import ADOPT, PROPOSE, importable, linli, opened, write_config
from tests.plugins.templates import Template
from tests.support.distributions import installed_site

Settled = tuple[Path, Template]


def set_to(settled: Settled, site: Path, settings: str) -> Path:
    """Write settings of the plugin into the configuration of a settled place."""
    config, _ = settled
    with importable(site):
        url = open_deployment(config, {}).config.database.url
    return write_config(config.parent, url, "motto", more=f"[plugins.motto]\n{settings}")


def test_pip_has_installed_all_that_the_folder_holds(motto_site: Path) -> None:
    (found,) = [one for one in distributions(path=[str(motto_site)]) if one.name == "linli-motto"]
    (entry,) = found.entry_points.select(group="linli.plugins")
    assert (entry.name, entry.value) == ("motto", "motto")
    files = {str(path) for path in found.files or () if "__pycache__" not in str(path)}
    for name in ("plugin.toml", "policy.csv", "policy_cases.toml", "locale/schema.zh-CN.toml", "README.md"):
        assert f"motto/{name}" in files
    assert "motto/migrations/versions/0001_motto.py" in files


async def test_hook_settings_the_longest_motto_is_the_places_own(
    motto_site: Path, place_config: Settled
) -> None:
    config, template = set_to(place_config, motto_site, "max_length = 5"), place_config[1]
    with importable(motto_site):
        async with opened(config, dict(template.ids), template.tokens) as place:
            given = {"grid": place.ids["n1"], "text": "远亲不如近邻"}
            assert await place.refusal("wang", PROPOSE, **given) == ("INVALID_INPUT", ["text"])
            payload = await place.deed("wang", PROPOSE, **given)
            assert payload["errors"][0]["message"] == "A motto has at most 5 characters here."
            await place.propose("wang", "n1", "远亲近邻")


def test_hook_settings_faults_are_told_with_their_lines(motto_site: Path, tmp_path: Path) -> None:
    more = "[plugins.motto]\nmax_length = 500\nopen_proposal = 1"
    config = write_config(tmp_path, "sqlite:///linli.db", "motto", more=more)
    with importable(motto_site), pytest.raises(ConfigError) as caught:
        open_deployment(config, {"LINLI_LANG": "en"})
    assert [one.line for one in caught.value.faults] == [10, 11]
    assert '"plugins.motto.max_length" must be 80 or less.' in str(caught.value)
    assert 'did you mean "plugins.motto.open_proposals"?' in str(caught.value)


async def test_hook_policy_lines_who_adopts_is_the_places_own(
    motto_site: Path, place_config: Settled
) -> None:
    config, template = place_config
    with importable(motto_site):
        async with opened(config, dict(template.ids), template.tokens) as place:
            made = await place.propose("wang", "n1", "和为贵")
            given = {"motto": made["id"], "version": made["version"]}
            assert await place.refusal("n1", ADOPT, **given) == ("FORBIDDEN", ["motto"])
    config = set_to(place_config, motto_site, 'adopted_by = "grid_worker"')
    with importable(motto_site):
        async with opened(config, dict(template.ids), template.tokens) as place:
            assert (await place.done("n1", ADOPT, **given))["state"] == "ADOPTED"
    done = linli(config.parent, "policy", "test", site=motto_site)
    assert done.returncode == 1
    assert "grid_worker may, but should not, motto:adopt of in_micro_grid" in done.stdout


async def test_hook_commands_the_operator_lists_mottos(motto_site: Path, place_config: Settled) -> None:
    config, template = place_config
    with importable(motto_site):
        async with opened(config, dict(template.ids), template.tokens) as place:
            await place.adopted("north", "n1", "守望相助", "wang")
            await place.propose("zhao", "s1", "和为贵")
    done = linli(config.parent.parent, "motto", "list", "-c", str(config), site=motto_site)
    assert (done.returncode, done.stdout.split()) == (0, ["n1", "守望相助"]), done.stderr


def run(*arguments: str) -> tuple[int, str]:
    """Run `linli` in this process; return its exit code and all that it says."""
    app = application()
    try:
        add_contributed(app, arguments)
    except typer.Exit as refused:
        return refused.exit_code, ""
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output


def test_hook_commands_stand_in_the_help_of_a_place_that_has_them(
    motto_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "motto" not in run("--help")[1]
    write_config(tmp_path, "sqlite:///linli.db", "motto")
    with importable(motto_site):
        assert "motto" in run("--help")[1]
        assert "list" in run("motto", "--help")[1]
    write_config(tmp_path, "sqlite:///linli.db")
    code, said = run("motto", "list")
    assert code == 2
    assert "motto" in said


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_hook_commands_are_those_of_the_configuration_that_is_named(
    motto_site: Path, tmp_path: Path, option: str
) -> None:
    config = write_config(tmp_path, "sqlite:///linli.db", "motto")
    assert config_of(["motto", "list", option, str(config)]) == config
    assert config_of(["motto", "list", f"--config={config}"]) == config
    with importable(motto_site):
        assert run("motto", "list", option, str(config), "--help")[0] == 0


def test_hook_commands_cannot_take_the_place_of_linlis_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINLI_LANG", "en")
    write_config(tmp_path, "sqlite:///linli.db", "lantern")
    with installed_site(tmp_path / "site") as site:
        site.plugin("lantern", LANTERN.replace('name="lamps"', 'name="serve"'))
        assert run("lantern")[0] == EX_CONFIG
    told = 'the plugin "lantern" and linli itself both have the command "serve"'
    assert told in capsys.readouterr().err.replace("\n", " ")


def test_help_is_had_even_where_a_plugin_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINLI_LANG", "en")
    write_config(tmp_path, "sqlite:///linli.db", "lantern")
    with installed_site(tmp_path / "site") as site:
        site.plugin("lantern", "raise RuntimeError('out of oil')")
        assert run("--help")[0] == 0
        assert run("lamps")[0] == EX_CONFIG
    assert 'the plugin "lantern" cannot be imported: RuntimeError' in capsys.readouterr().err
