"""The distribution, installed by pip as a stranger's would be: what its owner sets, and what the keyboard offers."""

from importlib.metadata import distributions
from pathlib import Path

import pytest

from linli.config.faults import EX_CONFIG
from linli.deployment import open_deployment
from tests.plugins.conftest import Template
from tests.plugins.faulty import LANTERN
from tests.plugins.motto_place import ADOPT, PROPOSE, importable, linli, opened, write_config
from tests.support.distributions import Site, installed_site

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


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            "max_lenght = 5",
            'there is no key "plugins.motto.max_lenght"; did you mean "plugins.motto.max_length"?',
        ),
        ("max_length = 500", '"plugins.motto.max_length" must be at most 80'),
    ],
)
def test_hook_settings_a_fault_is_told_with_its_line(
    motto_site: Path, tmp_path: Path, settings: str, told: str
) -> None:
    write_config(tmp_path, "sqlite:///linli.db", "motto", more=f"[plugins.motto]\n{settings}")
    done = linli(tmp_path, "schema", "export", site=motto_site)
    assert done.returncode == EX_CONFIG
    assert told in done.stderr
    assert "linli.toml, line " in done.stderr


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
    assert "grid_worker may, but should not, motto:adopt of in_micro_grid: motto/policy.csv:" in done.stdout


async def test_hook_commands_the_operator_lists_mottos(motto_site: Path, place_config: Settled) -> None:
    config, template = place_config
    with importable(motto_site):
        async with opened(config, dict(template.ids), template.tokens) as place:
            await place.adopted("north", "n1", "守望相助", "wang")
            await place.propose("zhao", "s1", "和为贵")
    done = linli(config.parent.parent, "motto", "list", "-c", str(config), site=motto_site)
    assert (done.returncode, done.stdout.split()) == (0, ["n1", "守望相助"]), done.stderr


def test_hook_commands_stand_in_the_help_of_a_place_that_has_them(motto_site: Path, tmp_path: Path) -> None:
    write_config(tmp_path, "sqlite:///linli.db", "motto")
    assert "motto" in linli(tmp_path, "--help", site=motto_site).stdout
    write_config(tmp_path, "sqlite:///linli.db")
    assert "motto" not in linli(tmp_path, "--help", site=motto_site).stdout
    off = linli(tmp_path, "motto", "list", site=motto_site)
    assert (off.returncode, off.stdout) == (2, "")
    assert "motto" in off.stderr


def test_hook_commands_cannot_take_the_place_of_linlis_own(tmp_path: Path) -> None:
    with installed_site(tmp_path / "site") as site:
        install_command(site, "serve")
    write_config(tmp_path, "sqlite:///linli.db", "lantern")
    done = linli(tmp_path, "lantern", site=site.folder)
    assert (done.returncode, done.stdout) == (EX_CONFIG, "")
    assert 'the plugin "lantern" and linli itself both have the command "serve"' in done.stderr


def install_command(site: Site, name: str) -> None:
    site.plugin("lantern", LANTERN.replace('name="lamps"', f'name="{name}"'))


def test_help_is_had_even_where_a_plugin_is_broken(tmp_path: Path) -> None:
    with installed_site(tmp_path / "site") as site:
        site.plugin("lantern", "raise RuntimeError('out of oil')")
    write_config(tmp_path, "sqlite:///linli.db", "lantern")
    assert linli(tmp_path, "--help", site=site.folder).returncode == 0
    broken = linli(tmp_path, "lamps", site=site.folder)
    assert broken.returncode == EX_CONFIG
    assert 'the plugin "lantern" cannot be imported: RuntimeError: out of oil.' in broken.stderr
