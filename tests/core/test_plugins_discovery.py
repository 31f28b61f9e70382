"""Plugins are found by their entry points, read before they run, and ordered by what they require."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.config import Config, ConfigError, PluginError
from linli.plugins.manager import Plugins, installed, load_plugins
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site, plugin_toml


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


def place(folder: Path, *enabled: str, tables: str = "", **environ: str) -> Config:
    """Return a configuration that enables plugins, each in a line of its own from line 3 on."""
    names = "".join(f'"{name}",\n' for name in enabled)
    return loaded(folder, f"[plugins]\nenabled = [\n{names}]\n{tables}", **ENGLISH, **environ)


def load(folder: Path, *enabled: str, tables: str = "", **environ: str) -> Plugins:
    config = place(folder, *enabled, tables=tables, **environ)
    return load_plugins(config.plugins.enabled, config)


def refused(folder: Path, *enabled: str, tables: str = "", **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, *enabled, tables=tables, **environ)
    return refusals(caught, folder)


def test_no_plugin_is_a_sound_choice(tmp_path: Path) -> None:
    assert load(tmp_path).names == ()


def test_a_strangers_plugin_is_found_and_loaded(tmp_path: Path, site: Site) -> None:
    folder = site.plugin("lantern")
    plugins = load(tmp_path, "lantern")
    assert plugins.names == ("lantern",)
    plugin = plugins["lantern"]
    assert (plugin.package, plugin.folder, plugin.settings) == ("lantern", folder, None)
    assert (plugin.manifest.title.text("zh-CN"), plugin.manifest.title.text("en")) == ("灯笼", "Lantern")
    assert [one.distribution for one in installed()["lantern"]] == ["stranger-lantern 1.0"]


def test_a_plugin_that_is_not_enabled_is_not_imported(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern")
    site.plugin("bystander", "raise RuntimeError('imported')")
    assert load(tmp_path, "lantern").names == ("lantern",)
    assert "bystander" not in sys.modules


def test_what_a_plugin_requires_is_enabled_and_loaded_before_it(tmp_path: Path, site: Site) -> None:
    site.plugin("riverside", requires=("credits>=1", "lantern"))
    site.plugin("credits", requires=("letters",))
    site.plugin("letters")
    site.plugin("lantern", requires=("letters >= 0.9, < 2",))
    names = load(tmp_path, "riverside").names
    assert sorted(names) == ["credits", "lantern", "letters", "riverside"]
    assert names.index("letters") < names.index("credits") < names.index("riverside")
    assert names.index("letters") < names.index("lantern") < names.index("riverside")
    assert load(tmp_path, "riverside").names == names


def test_a_missing_plugin_names_the_nearest_installed(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern")
    assert refused(tmp_path, "lantern", "lantrn", "xyz") == [
        'linli.toml, line 4: the plugin "lantrn" is not installed; did you mean "lantern"?',
        'linli.toml, line 5: the plugin "xyz" is not installed.',
    ]


def test_a_missing_plugin_that_a_variable_enabled(tmp_path: Path) -> None:
    assert refused(tmp_path, "x", LINLI_PLUGINS__ENABLED="nowhere") == [
        'Environment variable LINLI_PLUGINS__ENABLED: the plugin "nowhere" is not installed.'
    ]


def test_a_missing_requirement_names_both(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", requires=("leters", "xyz"))
    site.plugin("letters")
    site.plugin("other", requires=("xyz",))
    assert sorted(refused(tmp_path, "lantern", "other")) == [
        (
            'site/lantern/plugin.toml, line 5: the plugin "lantern" requires "leters", '
            'which is not installed; the nearest is "letters".'
        ),
        'site/lantern/plugin.toml, line 5: the plugin "lantern" requires "xyz", which is not installed.',
        'site/other/plugin.toml, line 5: the plugin "other" requires "xyz", which is not installed.',
    ]


def test_a_name_that_two_distributions_bring_names_both(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", "raise RuntimeError('imported')")
    site.entry_point("lantern", "other_lantern", "pirate-lantern")
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.startswith(
        'linli.toml, line 3: the plugin "lantern" is brought by more than one distribution'
    )
    assert "stranger-lantern 1.0" in sentence
    assert "pirate-lantern 1.0" in sentence


def test_a_name_that_two_distributions_bring_does_no_harm_until_it_is_enabled(
    tmp_path: Path, site: Site
) -> None:
    site.entry_point("lantern", "one", "one")
    site.entry_point("lantern", "two", "two")
    assert load(tmp_path).names == ()


@pytest.mark.parametrize("core", [">=99", "<0.1"])
def test_another_core_is_needed(tmp_path: Path, site: Site, core: str) -> None:
    site.plugin("lantern", "raise RuntimeError('imported')", manifest=plugin_toml("lantern", core=core))
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.startswith("site/lantern/plugin.toml, line 4: ")
    assert f'the plugin "lantern" 1.0 needs a core of version {core}; this is 0.' in sentence


def test_another_version_of_a_requirement_is_needed(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", "raise RuntimeError('imported')", requires=("letters>=2",))
    site.plugin("letters", version="1.4")
    (sentence,) = refused(tmp_path, "lantern")
    place = "site/lantern/plugin.toml, line 5: "
    assert sentence == f'{place}the plugin "lantern" requires letters>=2; installed is letters 1.4.'


def test_a_circle_of_requirements_is_told_once(tmp_path: Path, site: Site) -> None:
    site.plugin("a", requires=("b",))
    site.plugin("b", requires=("c",))
    site.plugin("c", requires=("a",))
    site.plugin("narcissus", requires=("narcissus",))
    site.plugin("onlooker", "raise RuntimeError('imported')", requires=("a",))
    circle, self_love = refused(tmp_path, "a", "onlooker", "narcissus")
    assert "require each other in a circle" in circle
    ring = circle.rstrip(".").rpartition(": ")[2].split(" → ")
    assert ring[0] == ring[-1]
    needs = {"a": "b", "b": "c", "c": "a"}
    assert [needs[name] for name in ring[:-1]] == ring[1:]
    assert self_love.endswith("narcissus → narcissus.")


def test_the_name_is_one_in_manifest_folder_and_entry_point(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", manifest=plugin_toml("lamp"))
    assert refused(tmp_path, "lantern") == [
        (
            "site/lantern/plugin.toml, line 1: the plugin has three names and needs one: "
            '"lamp" in plugin.toml, "lantern" as its folder, "lantern" as its entry point.'
        )
    ]


@pytest.mark.parametrize("package", ["nowhere", "lone_module", "bare_folder", "lantern:hooks", "json.tool"])
def test_an_entry_point_must_name_a_package(tmp_path: Path, site: Site, package: str) -> None:
    (site.folder / "lone_module.py").touch()
    (site.folder / "bare_folder").mkdir()
    site.package("lantern")
    site.entry_point("lantern", package, "stranger")
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.endswith(
        f'the entry point of plugin "lantern" in stranger 1.0 must name a package with an __init__.py; '
        f'"{package}" is none.'
    )


def test_a_plugin_inside_a_package_that_breaks(tmp_path: Path, site: Site) -> None:
    outer = site.package("outer", "raise SystemExit('stop')")
    (outer / "lantern").mkdir()
    site.entry_point("lantern", "outer.lantern", "stranger")
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.endswith('the plugin "lantern" cannot be imported: SystemExit: stop.')


def test_all_faults_of_all_plugins_are_told_at_once(tmp_path: Path, site: Site) -> None:
    site.plugin("broken", "import nowhere_at_all")
    site.plugin("needy", requires=("missing_one",))
    site.plugin("future", manifest=plugin_toml("future", core=">=99"))
    site.plugin("sound")
    found = refused(tmp_path, "broken", "needy", "future", "sound", "absent", tables="[plugins.sound]\nx = 1")
    assert len(found) == 5
    for part in ("nowhere_at_all", "missing_one", ">=99", '"absent"', '"sound" takes no settings'):
        assert sum(part in sentence for sentence in found) == 1


def test_a_plugin_whose_requirement_fails_is_not_imported(tmp_path: Path, site: Site) -> None:
    site.plugin("letters", "raise RuntimeError('no paper')")
    site.plugin("credits", "import letters", requires=("letters",))
    (sentence,) = refused(tmp_path, "credits")
    assert sentence == (
        'site/letters/__init__.py, line 2: the plugin "letters" cannot be imported: RuntimeError: no paper.'
    )


def test_settings_of_a_plugin_that_is_not_installed(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern")
    site.plugin("asleep")
    tables = "[plugins.lantrn]\nx = 1\n[plugins.asleep]\nx = 1\n"
    assert refused(tmp_path, "lantern", tables=tables, LINLI_PLUGINS__XYZ__A="1") == [
        (
            'linli.toml, line 5: there are settings for "lantrn", and no such plugin is installed; '
            'did you mean "lantern"?'
        ),
        (
            "Environment variable LINLI_PLUGINS__XYZ__A: "
            'there are settings for "xyz", and no such plugin is installed.'
        ),
    ]


def test_the_refusal_is_a_plugin_error_and_speaks_chinese(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern")
    config = loaded(tmp_path, '[plugins]\nenabled = ["lantrn"]', LINLI_LANG="zh")
    with pytest.raises(PluginError) as caught:
        load_plugins(config.plugins.enabled, config)
    assert refusals(caught, tmp_path) == ["linli.toml 第 2 行：没有安装插件“lantrn”，是否想写“lantern”？"]
