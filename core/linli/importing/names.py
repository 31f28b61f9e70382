"""Names of communities and of their committees, from the one string that the official table has for both.

A row of the table names an organisation, often shortened (水洞埭社区居委会), sometimes misspelt, sometimes
with the county's name in front. People call the place 水洞埭社区 and its committee 水洞埭社区居民委员会.
"""

import re
from typing import Literal, NamedTuple

CommitteeKind = Literal["residents_committee", "villagers_committee"]

FILLERS = frozenset({"市辖区", "县"})
RESIDENTS = "居民委员会"
VILLAGERS = "村民委员会"

FULL = re.compile(r".(?:居民|村民|牧民|渔民|家属|街道|街|嘎查|人民)委员会$")
NOTES = re.compile(r"(?:[（(][^（）()]*[)）]+)+$")
# What a bracket says about the register, not about the place.
IDLE_NOTE = re.compile(r"[（(](?:含[^（）()]*|特殊[^（）()]*|筹备组|省级|部分|新|(?:农村)?社区|村委会)[)）]+")
SHORTENED = ("村委会", "社区居委会")  # FULL matches none of them
REGULAR = "0123"
TOWN_SUFFIXES = ("街道", "镇", "乡")
BARE_PLACE = ("社区", "村", "嘎查")

# 居委会 and its misspellings behind 社区: 居民委会, 居委员会, 居委会会, 居名委员会, 居民管理委员会 …
AFTER_QUARTER = re.compile(r"^(.+社区)(?:筹备处|工作站|服务中心|[居民名管理家委员会]{1,8}[区二]?)$")
QUARTER = re.compile(r"^(.*?)(?:居民委员会|(?:村民)?居委会|居民委会|居委员会|居民?委)$")
FAMILIES = re.compile(r"^(.+?)(?:社区)?家委会$")
# 村民委会, 村委员会, 村民民委员会, 村委会会, 村委, 村委会（… and what an overlong cell left behind it.
VILLAGE = re.compile(
    r"^(.+村)(?:（居）)?[民名员和街季松]{0,3}[委会村][民委员会子大一婺源生态工业园区]{0,12}$"
)
GACHA = re.compile(r"^(.+嘎查)(?:村民|村|人民)?委(?:员)?会$")
CAMP = re.compile(r"^(.*?)村?(牧|渔)(?:民委员|委)会$")
STREET = re.compile(r"^(.+?街)(?:街道|街民)?委员会$")
OTHER = re.compile(r"^(.+?)(?:管理)?委(?:员)?会$")
ALIKE = re.compile(r"^(.+?)(?:社区)?类似(?:居委会|社区|居民委员会)$")


class CommunityNames(NamedTuple):
    """What a row of the village table gives: the place, and its committee if it has one."""

    place: str
    committee: str | None = None
    kind: CommitteeKind | None = None


def community_names(official: str, code: str, town: str, county: str) -> CommunityNames:
    """Return the names of a community and of its committee.

    `code` has 12 digits; the tenth tells the class: 0 and 1 residents' committees, 2 and 3 villagers'
    committees, 4 and 5 what is only similar to them. What is only similar has a committee if the string
    names one, never an invented one.
    """
    if official.endswith(SHORTENED) and code[9] in REGULAR and not official.startswith((county, town)):
        names = _usual(official)  # nine rows of ten
        if names is not None and len(names.place) > 1:
            return names
    if is_virtual(official):
        return CommunityNames(official)
    body, note = _without_notes(official)
    regular = code[9] in REGULAR
    local = _without_prefix(body, town, county) if regular else body
    found = _found(local, code[9], town) or CommunityNames(local)
    if len(found.place) < 2 and local != body:
        found = _found(body, code[9], town) or CommunityNames(body)
    committee = body if found.committee and FULL.search(body) else found.committee
    return CommunityNames(found.place + note, committee, found.kind)


def is_virtual(official: str) -> bool:
    """Whether a row stands only so that an industrial or farming zone has a community at all."""
    return official.endswith(("虚拟社区", "虚拟生活区"))


def is_filler(name: str, parent: str | None) -> bool:
    """Whether a division stands only so that the tree has all its levels: 市辖区, or 东莞市 below 东莞市."""
    return name == parent or name in FILLERS or name.endswith(("直辖县级行政区划", "直辖村级区划"))


def _without_notes(official: str) -> tuple[str, str]:
    """Divide 新生村委会（张家场） into 新生村委会 and （张家场）; idle notes are dropped."""
    if not official.endswith((")", "）")):
        return official, ""
    match = NOTES.search(official)
    if match is None or match.start() == 0:
        return official, ""
    return official[: match.start()], IDLE_NOTE.sub("", match[0])


def _without_prefix(body: str, town: str, county: str) -> str:
    """Cut the county's and the town's names off the front, unless too little would be left."""
    if not body.startswith((county, town)) or not town.endswith(TOWN_SUFFIXES):
        return body
    rest = body.removeprefix(county).removeprefix(town)
    return body if rest.startswith(("社区", "村民", "村委", "居", "街", "第")) or len(rest) < 2 else rest


def _found(body: str, digit: str, town: str) -> CommunityNames | None:
    return _usual(body) or _unusual(body, town) or (_by_class(body, digit) if digit in REGULAR else None)


def _usual(body: str) -> CommunityNames | None:
    """The four endings of nearly all rows. 村委会 swallows the 村 of the name, 村村委会 does not."""
    if body.endswith(("村委会", "村民委员会")):
        return _of_village(body[:-2] if body.endswith("村委会") else body[:-4])
    if body.endswith(("社区居委会", "社区居民委员会")):
        place = body[:-3] if body.endswith("居委会") else body[:-5]
        return _of_residents(place)
    return None


def _of_village(stem: str) -> CommunityNames:
    if stem.endswith("村民村"):  # 西彭庄村民村委员会
        stem = stem[:-2]
    elif stem.endswith(("村村", "社区村", "嘎查村")):
        stem = stem[:-1]
    return CommunityNames(stem, stem + VILLAGERS, "villagers_committee")


def _of_residents(place: str, committee: str | None = None) -> CommunityNames:
    return CommunityNames(place, committee or place + RESIDENTS, "residents_committee")


def _unusual(body: str, town: str) -> CommunityNames | None:
    """Rare committees, and the usual ones misspelt."""
    if match := ALIKE.match(body):
        return CommunityNames(_quarter(match[1]))
    if match := AFTER_QUARTER.match(body):
        return _of_residents(match[1])
    if match := GACHA.match(body):
        return _of_village(match[1])
    if match := CAMP.match(body):
        place = f"{match[1] or match[2]}村"
        return CommunityNames(place, f"{place}{match[2]}民委员会", "villagers_committee")
    if match := VILLAGE.match(body):
        return _of_village(match[1])
    if match := FAMILIES.match(body):
        return _of_residents(_quarter(match[1]), f"{match[1]}家属委员会")
    if match := QUARTER.match(body):
        stem = match[1] or town
        return _of_residents(_quarter(stem), stem + RESIDENTS)
    return None


def _quarter(stem: str) -> str:
    return stem if stem.endswith(("社区", "居", "嘎查")) else f"{stem}社区"


def _by_class(body: str, digit: str) -> CommunityNames | None:
    """A committee of another name (第一街委员会), or the one that every regular village or community has."""
    match = STREET.match(body) or OTHER.match(body)
    if match is None and not body.endswith(BARE_PLACE):
        return None
    place = match[1] if match else body
    if digit in "01":
        return _of_residents(place)
    return CommunityNames(place, place + VILLAGERS, "villagers_committee")
