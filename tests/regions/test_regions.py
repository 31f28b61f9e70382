"""What holds for every region: its name alone sets a place up, and its words keep the house's promises."""

import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from graphql import print_schema

from linli.config import PluginError
from linli.deployment import open_deployment
from linli.plugins.discovery import installed
from linli_plugins.credit_bank.settings import CreditBankSettings
from linli_plugins.neighbor_network.settings import NeighborNetworkSettings
from tests.conftest import BACKENDS
from tests.plugins.credit_bank.place import mutation
from tests.plugins.motto_place import Place, linli_here, opened, settled, write_config

REGIONS = [
    name for name, (candidate, *_) in installed().items() if candidate.package.startswith("linli_regions.")
]
SOURCES = {
    "pinghu": {"N1", "C5", "C1", "C2", "C3"},
    "lanxi": {"C4", "C1", "C2"},
    "jianggan": {"A4", "N2", "C1", "C2"},
    "wuma": {"A3", "N3", "C1", "C2"},
}
NAMES = {
    "pinghu": ("三级友邻", "“432”", "五大要素", "三网六事法", "一积分"),
    "lanxi": ("爱心银行", "微公益超市", "示范小区", "社区党建综合体", "我来当家"),
    "jianggan": ("一委N坊", "邻里坊", "居民委员会", "上城区", "330102"),
    "wuma": ("党员邻里互助组", "党员中心户", "入党积极分子", "居民小组长", "楼幢"),
}
# No word of a score of persons, of a penalty, or of what credit is not.
FORBIDDEN = re.compile(
    "信用|学分|信贷|扣分|罚|排名|排行|等级|红榜|黑榜|身份证|宗教|民族|信访|人脸|摄像"
    r"|\bscore|leaderboard|penalt|\bdeduct|blacklist",
    re.IGNORECASE,
)


@pytest.fixture(params=REGIONS)
def region(request: pytest.FixtureRequest) -> str:
    """A region, each in turn."""
    return str(request.param)


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, on each in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'linli.db'}"
    fresh: str = request.getfixturevalue("fresh_postgres")
    return fresh


@pytest.fixture
async def place(region: str, tmp_path: Path, url: str) -> AsyncIterator[Place]:
    """A small place whose configuration enables the region and nothing else."""
    async with settled(write_config(tmp_path, url, region)) as opened_place:
        yield opened_place


def folder(name: str) -> Path:
    (candidate,) = installed()[name]
    return Path(__file__).parents[2] / "regions" / candidate.package.replace(".", "/")


def texts(name: str) -> dict[str, str]:
    """Return what a region's files say, by their names."""
    files = [file for file in folder(name).rglob("*") if file.suffix in {".py", ".toml", ".md"}]
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def test_there_are_the_four() -> None:
    assert SOURCES.keys() == NAMES.keys() == set(REGIONS)


async def test_its_name_alone_sets_a_place_up(place: Place, region: str, tmp_path: Path, url: str) -> None:
    manifest = place.deployment.plugins[region].manifest
    required = {need.name for need in manifest.requires}
    assert {region, *required} <= set(place.deployment.plugins.names)
    bank, network = (place.deployment.plugins.settings(name) for name in sorted(required))
    assert isinstance(bank, CreditBankSettings)
    assert isinstance(network, NeighborNetworkSettings)
    assert len(bank.measures) >= 12
    assert len(bank.offers) >= 6
    others = [name for name in place.deployment.plugins.names if name != region]  # in the same order
    async with opened(write_config(tmp_path, url, *others), place.ids, place.tokens) as plain:
        assert print_schema(plain.composition.schema) == print_schema(place.composition.schema)


async def test_a_bank_opens_with_its_tables_and_a_network_of_each_kind(place: Place) -> None:
    open_bank = mutation("openCreditBank", "creditBank")
    await place.done("north", open_bank, grid=place.ids["north"])
    tables = "{ creditMeasures { totalCount } creditOffers { totalCount } networkKinds { name levels } }"
    shown = await place.data(None, tables)
    bank = place.deployment.plugins.settings("credit_bank")
    assert isinstance(bank, CreditBankSettings)
    assert shown["creditMeasures"]["totalCount"] == len(bank.measures)
    assert shown["creditOffers"]["totalCount"] == len(bank.offers)
    assert shown["networkKinds"]


async def test_its_rights_are_those_of_what_it_requires(place: Place, tmp_path: Path) -> None:
    assert place.deployment.plugins.names
    done = await linli_here(tmp_path, "policy", "test")
    assert done.exit_code == 0, done.stdout


def test_a_place_overrides_what_it_sets(region: str, tmp_path: Path) -> None:
    more = '[plugins.credit_bank]\nname = "本地积分"\nfour_eyes_above = 7'
    config = write_config(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}", region, more=more)
    bank = open_deployment(config, {}).plugins.settings("credit_bank")
    assert isinstance(bank, CreditBankSettings)
    assert (bank.name, bank.four_eyes_above) == ("本地积分", 7)
    assert len(bank.measures) >= 12


def test_two_regions_in_one_place_are_refused(tmp_path: Path) -> None:
    config = write_config(tmp_path, f"sqlite:///{tmp_path / 'linli.db'}", "pinghu", "wuma")
    with pytest.raises(PluginError) as caught:
        open_deployment(config, {})
    assert "measures" in str(caught.value) or "name" in str(caught.value)


def test_its_readme_names_its_source_rows_and_the_places_own_words(region: str) -> None:
    readme = texts(region)["README.md"]
    named = set(re.findall(r"\b[A-Z]\d{1,2}\b", readme))
    assert SOURCES[region] <= named
    assert f'enabled = ["{region}"]' in readme
    assert [word for word in NAMES[region] if word not in readme] == []
    for heading in ("Source and year", "What the place fills in", "Where this version differs"):
        assert f"## {heading}\n" in readme
    assert re.search(r"20\d\d to 20\d\d", readme)


def test_its_presets_are_the_readmes_words_and_say_what_is_only_an_example(region: str) -> None:
    preset = tomllib.loads(texts(region)["preset.toml"])
    valuations = [offer["valuation"] for offer in preset["credit_bank"]["offers"]]
    assert [text for text in valuations if not text.startswith("示例")] == []
    titles = [kind["title"]["zh-CN"] for kind in preset["neighbor_network"]["kinds"]]
    assert [title for title in titles if title not in texts(region)["README.md"]] == []


def test_no_file_of_it_speaks_of_what_points_are_not(region: str) -> None:
    found = {name: FORBIDDEN.findall(text) for name, text in texts(region).items()}
    assert {name: words for name, words in found.items() if words} == {}
