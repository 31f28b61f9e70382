"""Names of places and committees, from the strings of the official table."""

import pytest

from linli.importing.names import community_names, is_filler, is_virtual

REGULAR_QUARTER, REGULAR_VILLAGE = "330482001001", "330482001201"
QUASI_QUARTER, QUASI_VILLAGE = "330482001400", "330482001500"


@pytest.mark.parametrize(
    ("official", "place", "committee"),
    [
        ("水洞埭社区居委会", "水洞埭社区", "水洞埭社区居民委员会"),
        ("龙湫社区居民委员会", "龙湫社区", "龙湫社区居民委员会"),
        ("华杨居委会", "华杨社区", "华杨居民委员会"),
        ("牙叉居居民委员会", "牙叉居", "牙叉居居民委员会"),
        ("爱国家委会", "爱国社区", "爱国家属委员会"),
        ("万达社区委员会", "万达社区", "万达社区居民委员会"),
        ("侯寨社区居民管理委员会", "侯寨社区", "侯寨社区居民委员会"),
        ("城东社区居居委员会", "城东社区", "城东社区居民委员会"),
        ("良种场社区筹备处", "良种场社区", "良种场社区居民委员会"),
        ("老城社区", "老城社区", "老城社区居民委员会"),
        ("东青社区居委会（含东青村村委）", "东青社区", "东青社区居民委员会"),
        ("虎山院社区居委会（筹备组））", "虎山院社区", "虎山院社区居民委员会"),
        ("隆阜（3）社区居委会", "隆阜（3）社区", "隆阜（3）社区居民委员会"),
        ("复兴苑社区居民委员会生活区", "复兴苑社区居民委员会生活区", None),
    ],
)
def test_residents_committees(official: str, place: str, committee: str | None) -> None:
    names = community_names(official, REGULAR_QUARTER, "当湖街道", "平湖市")
    kind = "residents_committee" if committee else None
    assert names == (place, committee, kind)


@pytest.mark.parametrize(
    ("official", "place", "committee"),
    [
        ("三北村村民委员会", "三北村", "三北村村民委员会"),
        ("白庙村村委会", "白庙村", "白庙村村民委员会"),
        ("徐家村委会", "徐家村", "徐家村村民委员会"),
        ("西杨家庄村民委员会", "西杨家庄村", "西杨家庄村民委员会"),
        ("圣水村", "圣水村", "圣水村村民委员会"),
        ("五合社区村民委员会", "五合社区", "五合社区村民委员会"),
        ("第一嘎查村民委员会", "第一嘎查", "第一嘎查村民委员会"),
        ("前进嘎查委会", "前进嘎查", "前进嘎查村民委员会"),
        ("达林嘎查", "达林嘎查", "达林嘎查村民委员会"),
        ("多巴村牧委会", "多巴村", "多巴村牧民委员会"),
        ("大澳渔委会", "大澳村", "大澳村渔民委员会"),
        ("南关街街道委员会", "南关街", "南关街街道委员会"),
        ("第一街委员会", "第一街", "第一街委员会"),
        ("杨家庄村村民委会", "杨家庄村", "杨家庄村村民委员会"),
        ("西彭庄村民村委员会", "西彭庄村", "西彭庄村村民委员会"),
        ("高砂村委会婺源生态工业园区", "高砂村", "高砂村村民委员会"),
        ("新生村委会（张家场）", "新生村（张家场）", "新生村村民委员会"),
        ("群合（新豆沟）村委会", "群合（新豆沟）村", "群合（新豆沟）村村民委员会"),
        ("那哈村民委员会（农村社区）", "那哈村", "那哈村民委员会"),
        ("程委村民委员会", "程委村", "程委村民委员会"),
        ("第三生产队", "第三生产队", None),
        ("牧场", "牧场", None),
    ],
)
def test_villagers_committees(official: str, place: str, committee: str | None) -> None:
    names = community_names(official, REGULAR_VILLAGE, "新仓镇", "平湖市")
    kind = "villagers_committee" if committee else None
    assert names == (place, committee, kind)


@pytest.mark.parametrize(
    ("official", "code", "committee"),
    [
        ("高新区管委会", QUASI_QUARTER, None),
        ("洪宽工业村社区", QUASI_QUARTER, None),
        ("济南机场类似居委会", QUASI_QUARTER, None),
        ("宇宁社区居委会", QUASI_QUARTER, "宇宁社区居民委员会"),
        ("五连生活区", QUASI_VILLAGE, None),
        ("山前村", QUASI_VILLAGE, None),
        ("紫溪村民委员会", QUASI_VILLAGE, "紫溪村民委员会"),
        ("文景街道虚拟社区", "110112009498", None),
        ("红旗农场虚拟生活区", "230781400598", None),
    ],
)
def test_what_is_only_similar_gets_no_invented_committee(
    official: str, code: str, committee: str | None
) -> None:
    assert community_names(official, code, "当湖街道", "平湖市").committee == committee


@pytest.mark.parametrize(
    ("official", "town", "place"),
    [
        ("东源县义合镇高楼村民委员会", "义合镇", "高楼村"),
        ("秀峰街道百梓社区", "秀峰街道", "百梓社区"),
        ("高庙镇社区", "高庙镇", "高庙镇社区"),
        ("蓝坊镇居委会", "蓝坊镇", "蓝坊镇社区"),
        ("庞家堡镇第一社区居委会", "庞家堡镇", "庞家堡镇第一社区"),
        ("唐镇村村委会", "唐镇", "唐镇村"),
        ("汤泉农场居委会", "汤泉农场", "汤泉农场社区"),
        ("居委会", "三农场", "三农场社区"),
    ],
)
def test_the_names_of_county_and_town_are_cut_off_the_front(official: str, town: str, place: str) -> None:
    assert community_names(official, REGULAR_QUARTER, town, "东源县").place == place


def test_the_committee_keeps_its_full_name() -> None:
    names = community_names("东源县义合镇高楼村民委员会", REGULAR_VILLAGE, "义合镇", "东源县")
    assert names.committee == "东源县义合镇高楼村民委员会"


@pytest.mark.parametrize(
    ("name", "parent", "filler"),
    [
        ("市辖区", "北京市", True),
        ("县", "重庆市", True),
        ("省直辖县级行政区划", "河南省", True),
        ("自治区直辖县级行政区划", "新疆维吾尔自治区", True),
        ("海棠区直辖村级区划", "海棠区", True),
        ("东莞市", "东莞市", True),
        ("平湖市", "嘉兴市", False),
        ("郊区", "阳泉市", False),
        ("北京市", None, False),
    ],
)
def test_fillers(name: str, parent: str | None, *, filler: bool) -> None:
    assert is_filler(name, parent) is filler


def test_virtual_communities_are_those_that_say_so() -> None:
    assert is_virtual("文景街道虚拟社区")
    assert is_virtual("红旗农场虚拟生活区")
    assert not is_virtual("水洞埭社区居委会")
