"""What a plugin's folder brings beside its hooks: settings, policy lines, messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from linli.config import PluginError
from linli.plugins.manager import Plugins, load_plugins
from tests.support.configs import ENGLISH, loaded, refusals
from tests.support.distributions import Site, installed_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with installed_site(tmp_path / "site") as site:
        yield site


SETTINGS = """
from pydantic import BaseModel, field_validator
class Settings(BaseModel, extra="forbid", frozen=True):
    limit: int = 5
    @field_validator("limit")
    @classmethod
    def judged(cls, limit):
        return limit // (limit - 13)
@hookimpl
def linli_settings():
    return Settings
"""


def load(folder: Path, *enabled: str, text: str = "", **environ: str) -> Plugins:
    return load_plugins(enabled, loaded(folder, text, **ENGLISH, **environ))


def refused(folder: Path, *enabled: str, text: str = "", **environ: str) -> list[str]:
    with pytest.raises(PluginError) as caught:
        load(folder, *enabled, text=text, **environ).policy_lines()
    return refusals(caught, folder)


def test_settings_come_from_table_and_variables(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", SETTINGS)
    site.plugin("plain")
    plugins = load(
        tmp_path, "lantern", "plain", text="[plugins.lantern]\nlimit = 12", LINLI_PLUGINS__LANTERN__LIMIT="14"
    )
    settings = plugins.settings("lantern")
    assert isinstance(settings, BaseModel)
    assert settings.model_dump() == {"limit": 14}
    assert plugins.settings("plain") is None


def test_faults_in_settings_are_told_with_their_line(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", SETTINGS)
    found = refused(tmp_path, "lantern", text='[plugins.lantern]\nlimit = "x"\nlimt = 3')
    assert found == [
        'linli.toml, line 2: "plugins.lantern.limit" must be a whole number, not text in quotes.',
        'linli.toml, line 3: there is no key "plugins.lantern.limt"; did you mean "plugins.lantern.limit"?',
    ]


def test_a_validator_that_breaks_is_the_plugins_fault(tmp_path: Path, site: Site) -> None:
    site.plugin("lantern", SETTINGS)
    (sentence,) = refused(tmp_path, "lantern", text="[plugins.lantern]\nlimit = 13")
    assert sentence.startswith("site/lantern/__init__.py, line 9: ")
    assert sentence.endswith(
        'the settings of plugin "lantern" could not be judged: ZeroDivisionError: '
        "integer division or modulo by zero."
    )


@pytest.mark.parametrize(
    ("text", "environ"), [("[plugins.plain]\nx = 1", {}), ("", {"LINLI_PLUGINS__PLAIN__X": "1"})]
)
def test_a_plugin_without_settings_takes_none(
    tmp_path: Path, site: Site, text: str, environ: dict[str, str]
) -> None:
    site.plugin("plain")
    (sentence,) = refused(tmp_path, "plain", text=text, **environ)
    assert sentence.endswith('the plugin "plain" takes no settings; remove them.')


def test_policy_lines_come_from_the_file_and_then_from_the_hook(tmp_path: Path, site: Site) -> None:
    filed = site.plugin("filed")
    (filed / "policy.csv").write_text("\ufeffp, a, b, read, unit, allow\n# why\n", encoding="utf-8")
    hook = (
        "@hookimpl\ndef linli_policy_lines(settings):\n    return [f'p, c, d, read, all, {settings.limit}']"
    )
    hooked = site.plugin("hooked", SETTINGS + hook)
    (hooked / "policy.csv").write_text("p, e, f, read, all, deny", encoding="utf-8")
    site.plugin("silent")
    lines = {
        plugin.name: lines for plugin, lines in load(tmp_path, "filed", "hooked", "silent").policy_lines()
    }
    assert lines == {
        "filed": ("p, a, b, read, unit, allow", "# why"),
        "hooked": ("p, e, f, read, all, deny", "p, c, d, read, all, 5"),
        "silent": (),
    }


def test_policy_lines_that_are_not_utf8_name_the_plugin(tmp_path: Path, site: Site) -> None:
    folder = site.plugin("lantern")
    (folder / "policy.csv").write_bytes("p, 网格员".encode("gb18030"))
    (sentence,) = refused(tmp_path, "lantern")
    assert 'the policy lines of plugin "lantern" cannot be read (UnicodeDecodeError' in sentence


def test_messages_of_plugins_join_those_of_the_core(tmp_path: Path, site: Site) -> None:
    folder = site.plugin("lantern")
    (folder / "locale").mkdir()
    (folder / "locale/en.toml").write_text('lantern.lit = "Lit"', encoding="utf-8")
    (sentence,) = refused(tmp_path, "lantern")
    assert sentence.endswith("zh-CN.toml lacks the key lantern.lit.")
    assert 'the messages of plugin "lantern" cannot be used' in sentence
    messages = load(tmp_path, "lantern", text='profile = "production"').messages
    assert messages.text("lantern.lit", "zh-CN") == "Lit"
    (folder / "locale/zh-CN.toml").write_text('lantern.lit = "亮"', encoding="utf-8")
    messages = load(tmp_path, "lantern").messages
    assert messages.text("lantern.lit", "zh-CN") == "亮"
    assert messages.text("config.kind.list", "en") == "a list"
