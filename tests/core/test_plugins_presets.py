"""preset.toml: a region brings settings for what it requires, and the place has the last word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.config import PluginError
from linli.plugins.manager import Plugins, load_plugins
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site

SETTINGS = """
from pydantic import BaseModel
class Settings(BaseModel, extra="forbid", frozen=True):
    limit: int = 5
    words: tuple[str, ...] = ()
@hookimpl
def linli_settings():
    return Settings
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        site.plugin("lantern", SETTINGS)
        yield site


def region(site: Site, name: str, preset: str, *requires: str) -> None:
    (site.plugin(name, requires=requires) / "preset.toml").write_text(preset, encoding="utf-8")


def load(folder: Path, *enabled: str, text: str = "") -> Plugins:
    return load_plugins(enabled, loaded(folder, text, **ENGLISH))


def refused(folder: Path, *enabled: str) -> list[str]:
    with pytest.raises(PluginError) as caught:
        load(folder, *enabled)
    return refusals(caught, folder)


def test_one_line_of_a_region_brings_its_plugins_and_their_settings(tmp_path: Path, site: Site) -> None:
    region(site, "riverside", '[lantern]\nlimit = 7\nwords = ["友邻"]', "lantern")
    plugins = load(tmp_path, "riverside")
    assert plugins.names == ("lantern", "riverside")
    assert plugins["lantern"].settings is not None
    assert plugins["lantern"].settings.model_dump() == {"limit": 7, "words": ("友邻",)}


def test_the_place_has_the_last_word_key_by_key(tmp_path: Path, site: Site) -> None:
    region(site, "riverside", '[lantern]\nlimit = 7\nwords = ["友邻"]', "lantern")
    settings = load(tmp_path, "riverside", text="[plugins.lantern]\nlimit = 9").settings("lantern")
    assert settings is not None
    assert settings.model_dump() == {"limit": 9, "words": ("友邻",)}


def test_a_faulty_preset_is_told_where_it_stands(tmp_path: Path, site: Site) -> None:
    region(site, "riverside", '[lantern]\nlimit = "x"', "lantern")
    assert refused(tmp_path, "riverside") == [
        'site/riverside/preset.toml, line 2: "lantern.limit" must be a whole number, not text in quotes.'
    ]


def test_a_preset_for_what_is_not_required_is_refused(tmp_path: Path, site: Site) -> None:
    region(site, "riverside", "[lantern]\nlimit = 7")
    (sentence,) = refused(tmp_path, "riverside")
    assert "presets" in sentence
    assert "preset.toml, line 1" in sentence


def test_two_regions_that_set_the_same_key_are_refused_in_either_order(tmp_path: Path, site: Site) -> None:
    region(site, "riverside", "[lantern]\nlimit = 7", "lantern")
    region(site, "hillside", "[lantern]\nlimit = 7", "lantern")
    for enabled in (("riverside", "hillside"), ("hillside", "riverside")):
        (sentence,) = refused(tmp_path, *enabled)
        assert "limit" in sentence


def test_a_preset_for_a_plugin_without_settings_is_refused(tmp_path: Path, site: Site) -> None:
    site.plugin("plain")
    region(site, "riverside", "[plain]\nlimit = 7", "plain")
    (sentence,) = refused(tmp_path, "riverside")
    assert "takes no settings" in sentence
