"""Configuration: the tables of plugins, judged by the plugins' own models and told the same way."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import TypedDict

from linli.config import Config, ConfigError, load_config, plugin_settings
from tests.support.configs import ENGLISH, loaded, written


class Season(StrEnum):
    SPRING = "spring"


class Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    per_day: int = Field(default=5, ge=1)


class Shift(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc] # so pydantic's docs write it
    hour: int


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    token: str
    rate: Decimal = Decimal(1)
    open: bool = False
    season: Season = Season.SPRING
    limits: Limits | None = None
    words: tuple[str, ...] = ()
    by_grid: dict[str, int] = {}
    shifts: tuple[Shift, ...] = ()
    either: int | bool = 1

    @field_validator("token")
    @classmethod
    def long_enough(cls, token: str) -> str:
        if len(token) < 3:
            raise ValueError("a token has three letters or more")
        return token


def test_settings_of_a_plugin_are_judged_by_its_own_model(tmp_path: Path) -> None:
    text = """
    [plugins.sms]
    token = "abc"
    rate = 0.1
    season = "spring"
    words = ["a"]
    [plugins.sms.limits]
    per_day = 2
    """
    settings = plugin_settings(loaded(tmp_path, text), "sms", Settings)
    assert settings == Settings(token="abc", rate=Decimal("0.1"), limits=Limits(per_day=2), words=("a",))


def test_variables_reach_the_settings_of_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from file\n", encoding="utf-8")
    config = loaded(
        tmp_path,
        '[plugins.sms]\ntoken = "abc"',
        LINLI_PLUGINS__SMS__TOKEN_FILE="token",
        LINLI_PLUGINS__SMS__OPEN="True",
        LINLI_PLUGINS__SMS__LIMITS__PER_DAY="7",
        LINLI_PLUGINS__SMS__BY_GRID__G1="3",
        LINLI_PLUGINS__SMS__WORDS="a,b",
        LINLI_PLUGINS__OTHER__X="1",
    )
    settings = plugin_settings(config, "sms", Settings)
    assert settings == Settings(
        token="from file", open=True, limits=Limits(per_day=7), by_grid={"g1": 3}, words=("a", "b")
    )


PLUGIN_FAULTS = [
    ("rate = 2", 'line 1: the key "plugins.sms.token" is missing.'),
    ('token = "x"', 'line 2: "plugins.sms.token" is refused: a token has three letters or more.'),
    (
        'token = "abc"\ntokn = 1',
        'line 3: there is no key "plugins.sms.tokn"; did you mean "plugins.sms.token"?',
    ),
    (
        'token = "abc"\nlimits = { per_dya = 2 }',
        'line 3: there is no key "plugins.sms.limits.per_dya"; did you mean "plugins.sms.limits.per_day"?',
    ),
    ('token = "abc"\nlimits.per_day = 0', 'line 3: "plugins.sms.limits.per_day" must be 1 or more.'),
    ('token = "abc"\nseason = "sprng"', 'must be one of spring; did you mean "spring"?'),
    (
        'token = "abc"\neither = "x"',
        'line 3: "plugins.sms.either" must be a whole number, not text in quotes.',
    ),
    (
        'token = "abc"\nshifts = [\n{ hour = 1, hor = 1 }]',
        'line 4: there is no key "plugins.sms.shifts[0].hor".',
    ),
    (
        'token = "abc"\nby_grid = { g = "x" }',
        '"plugins.sms.by_grid.g" must be a whole number, not text in quotes.',
    ),
]


@pytest.mark.parametrize(("table", "told"), PLUGIN_FAULTS)
def test_faults_of_a_plugins_settings_are_told_the_same_way(tmp_path: Path, table: str, told: str) -> None:
    config = load_config(written(tmp_path, f"[plugins.sms]\n{table}"), ENGLISH)
    with pytest.raises(ConfigError) as caught:
        plugin_settings(config, "sms", Settings)
    (fault,) = caught.value.faults
    assert fault.message.endswith(told)
    assert fault.file == tmp_path / "linli.toml"


def test_a_fault_of_a_plugins_variable_names_it(tmp_path: Path) -> None:
    environ = {**ENGLISH, "LINLI_PLUGINS__SMS__TOKN": "x", "LINLI_PLUGINS__SMS__LIMITS__PER_DAY": "0"}
    config = load_config(written(tmp_path, '[plugins.sms]\ntoken = "abc"'), environ)
    with pytest.raises(ConfigError) as caught:
        plugin_settings(config, "sms", Settings)
    wrong, low = caught.value.faults
    assert wrong.message.endswith("did you mean LINLI_PLUGINS__SMS__TOKEN?")
    assert low.message.startswith("Environment variable LINLI_PLUGINS__SMS__LIMITS__PER_DAY: ")


def test_a_configuration_made_in_memory_needs_no_file() -> None:
    config = Config()
    with pytest.raises(ConfigError) as caught:
        plugin_settings(config, "sms", Settings)
    assert [fault.message for fault in caught.value.faults] == ["缺少“plugins.sms.token”这个键。"]
