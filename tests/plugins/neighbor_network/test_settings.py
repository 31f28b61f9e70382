"""What a place sets up wrongly stops the start with a sentence; what it leaves out is there all the same."""

from pathlib import Path

import pytest

from linli.config.faults import ConfigError
from linli.deployment import open_deployment
from linli_plugins.neighbor_network.settings import NeighborNetworkSettings
from tests.plugins.motto_place import write_config
from tests.plugins.neighbor_network.schemes import ALL, CHENGHUA, JIANGGAN, PINGHU, WUMA

WORD = 'title = { zh-CN = "词", en = "Word" }'
KIND = f'[[plugins.neighbor_network.kinds]]\nname = "k"\n{WORD}\nlevels = ["grid"]\n'
FAULTS = {
    "a key that is unknown": (KIND + "tiers = 2", "tier"),
    "a level that is unknown": (KIND.replace('"grid"', '"gird"'), 'did you mean "grid"?'),
    "no level": (KIND.replace('"grid"', ""), "must have 1 entries or more"),
    "a name that is none": (KIND.replace('"k"', '"K 1"'), "must be lower-case letters, digits and _"),
    "a title in one language": (KIND.replace(', en = "Word"', ""), '.en" is missing'),
    "two kinds of one name": (KIND + KIND, "names k more than once"),
    "two steps of one name": (
        KIND + f"procedure = [{{ name = 's', {WORD}, days = 1 }}, {{ name = 's', {WORD}, days = 2 }}]",
        "names s more than once",
    ),
    "no step": (KIND + "procedure = []", "must have 1 entries or more"),
    "a step of no days": (KIND + f"procedure = [{{ name = 's', {WORD}, days = 0 }}]", "must be 1 or more"),
    "a step without days": (KIND + f"procedure = [{{ name = 's', {WORD} }}]", '.days" is missing'),
    "an end that does not come": (KIND + "accept_days = 121", "must be 120 or less"),
    "a tier that is none": (KIND + "tier = 0", "must be 1 or more"),
    "a kind above that is none": (
        KIND + 'above = "x"',
        'passes matters up to "x", and there is no such kind',
    ),
    "itself above": (KIND + 'above = "k"', "whose tier must have a smaller number"),
    "two that convene": (
        KIND
        + "roles = [{}]".format(", ".join(f"{{ name = '{one}', {WORD}, convenes = true }}" for one in "ab")),
        "has more than one role that convenes",
    ),
    "nobody but who convenes": (
        KIND + f"roles = [{{ name = 'a', {WORD}, convenes = true }}]",
        "needs a role that does not convene",
    ),
    "no kinds": ("[plugins.neighbor_network]\nkinds = []", "must have 1 entries or more"),
}


def settings_of(folder: Path, toml: str) -> NeighborNetworkSettings:
    config = write_config(folder, "sqlite:///linli.db", "neighbor_network", more=toml)
    settings = open_deployment(config, {}).plugins.settings("neighbor_network")
    assert isinstance(settings, NeighborNetworkSettings)
    return settings


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("LINLI_LANG", "en")
    toml, told = FAULTS[name]
    with pytest.raises(ConfigError) as refused:
        settings_of(tmp_path, toml)
    (fault,) = refused.value.faults
    assert told in fault.message
    assert "plugins.neighbor_network" in fault.message
    assert fault.line is not None


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        (PINGHU, ["community_neighbors", "grid_neighbors", "doorstep_neighbors"]),
        (JIANGGAN, ["committee", "lane"]),
        (WUMA, ["aid_group"]),
        (CHENGHUA, ["special_committee", "care"]),
    ],
    ids=["Pinghu", "Jianggan", "Wuma", "Chenghua"],
)
def test_each_scheme_stands_by_itself(tmp_path: Path, toml: str, names: list[str]) -> None:
    assert [kind.name for kind in settings_of(tmp_path, toml).kinds] == names


def test_without_settings_there_is_one_plain_kind(tmp_path: Path) -> None:
    (kind,) = settings_of(tmp_path, "").kinds
    assert (kind.name, kind.above, kind.core_household) == ("neighbor_group", None, False)
    assert kind.joining.name == "member"
    assert [step.name for step in kind.procedure] == ["handle"]
    assert len(settings_of(tmp_path, ALL).kinds) == 8
