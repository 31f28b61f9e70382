"""Search finds people by the words of their names, alike on both databases, and nobody else."""

import random
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import pytest

from linli.access.actors import load_actor
from linli.deeds import Request, perform
from tests.graphql.serving import Place, Served
from tests.graphql.settled import VERBS, workers
from tests.policies.seeds import say, seeded, times

NAMES: Final = (
    "王小明",
    "王明",
    "小明王小",
    "欧阳明华",
    "阿依古丽·买买提",
    "Anna Müller",
    "anna karenina",
    "Ｔｏｍ　Ｗａｎｇ",
    "3栋2单元张三",
    "张三3",
    "张三33",
    "𬱖𠀀华",
    "华𬱖",
    "李𠮷𬱖",
    "or and not near",
    "无此词",
    "ｶﾀｶﾅ",
    "100%",
    "_下划线_",
    "O'Neil",
    'a"b',
    "e\u0301clair",
)
FOUND: Final = {
    "小明": {"王小明", "小明王小"},
    "王小明": {"王小明", "小明王小"},  # every pair of neighbours is in the name, as the index keeps them
    "明华": {"欧阳明华"},
    "王": {"王小明", "王明"},
    "明": set(),
    "小": {"小明王小"},
    "张": {"张三3", "张三33"},
    "单": {"3栋2单元张三"},
    "3": {"3栋2单元张三", "张三3"},
    "33": {"张三33"},
    "3栋": {"3栋2单元张三"},
    "anna": {"Anna Müller", "anna karenina"},
    "ANNA": {"Anna Müller", "anna karenina"},
    "ann": set(),
    "müller": {"Anna Müller"},
    "muller": set(),
    "tom": {"Ｔｏｍ　Ｗａｎｇ"},
    "ｔｏｍ wang": {"Ｔｏｍ　Ｗａｎｇ"},
    "wang tom": {"Ｔｏｍ　Ｗａｎｇ"},
    "买买提": {"阿依古丽·买买提"},
    "买": {"阿依古丽·买买提"},
    "阿依古丽·买买提": {"阿依古丽·买买提"},
    "古丽买买": set(),
    "𬱖": {"𬱖𠀀华"},
    "𬱖𠀀": {"𬱖𠀀华"},
    "华𬱖": {"华𬱖"},
    "𠮷𬱖": {"李𠮷𬱖"},
    "カタ": {"ｶﾀｶﾅ"},
    "下划": {"_下划线_"},
    "100": {"100%"},
    "neil": {"O'Neil"},
    "éclair": {"e\u0301clair"},
    "无此词": {"无此词"},
    "王 明": set(),
}
SYNTAX: Final = (
    *(char for char in "'\"*^%_()-+:{}[]\\/;?&|,.~!=<>#@$`"),
    *("--", "''", '""', "()", "((", "NEAR(", "/*", "\\'", "$1", ":p1", "?1", "{}", "0x41"),
    *("a*", "王*", "^王", "%王%", "_明", "-王", "NOT 王小", "tokens:王小", "id:王小", "王小\\", "{王小}"),
    *("王小 OR 欧阳", "王小 AND 欧阳", "王小 | 欧阳", "王小+欧阳", "NEAR(王小 小明)", "NEAR(王小 小明, 9)"),
    *('"王小明', '王小明"', '"王小" "欧阳"', "王小' OR '1'='1", '王小" OR "a', "王小) OR (欧阳"),
    *("\ufeff", "\u200b", "\u3000", "\u0301", "\x1a", "🀄", "👨\u200d👩"),
)
EMPTY: Final = ("", " ", "\t\n", "\u3000", "·", "—", "!?", "%", "🀄")
ALPHABET: Final = tuple("王小明欧阳华张三栋买提古丽𬱖𠀀𠮷annotom3 ·_%'\"*-()ＡＢ")
QUERY: Final = """query ($g: ID!, $w: String) {
  residents(first: 200, within: $g, search: $w) { totalCount nodes { name } }
}"""


@dataclass(frozen=True)
class Register:
    """The people of NAMES in a grid of their own, asked on both databases at once."""

    served: Sequence[Served] = field(repr=False)

    async def names(self, words: str | None) -> list[str]:
        """Return the names that both databases find, in order."""
        found = []
        for one in self.served:
            page = (await one.data(QUERY, "city", g=one.place.ids["t1"], w=words))["residents"]
            assert page["totalCount"] == len(page["nodes"])
            found.append(sorted(node["name"] for node in page["nodes"]))
        assert found[0] == found[1], words
        return found[0]


@pytest.fixture
async def register(sqlite_copy: Place, postgres_copy: Place) -> AsyncIterator[Register]:
    async with AsyncExitStack() as stack:
        served = []
        for place in (sqlite_copy, postgres_copy):
            (one,) = await stack.enter_async_context(workers(place))
            enter(one)
            served.append(one)
        yield Register(served)


def enter(served: Served) -> None:
    """Enter the people of NAMES by deeds of the city's admin."""
    with served.database.begin() as connection:
        actor = load_actor(connection, served.place.accounts["city"])
        assert actor is not None
        for name in NAMES:
            data = {"grid": served.place.ids["t1"], "name": name}
            outcome = perform(connection, served.service.deeds, Request(actor, VERBS["createResident"], data))
            assert outcome.ref is not None, (name, outcome.refusals)


def matches(name: str, words: str) -> bool:
    """Whether a name has all the words, by what the documentation says and nothing of the index.

    Latin words and numbers are whole words of the name; a single other character begins a word of it; of
    longer ones every pair of neighbours stands side by side in the name.
    """
    wanted, given = split(words), split(name)
    return bool(wanted) and all(_has(given, word) for word in wanted)


def _has(given: Sequence[str], word: str) -> bool:
    if word.isascii():
        return word in given
    others = [one for one in given if not one.isascii()]
    if len(word) == 1:
        return any(one[0] == word for one in others)
    return all(any(a + b in one for one in others) for a, b in pairwise(word))


def split(text: str) -> list[str]:
    """Part a text into runs of Latin letters and digits, and runs of all other letters."""
    runs: list[str] = []
    last = ""
    for char in unicodedata.normalize("NFKC", text).lower():
        kind = "" if not char.isalnum() else "ascii" if char.isascii() else "other"
        if kind and kind == last:
            runs[-1] += char
        elif kind:
            runs.append(char)
        last = kind
    return runs


async def test_words_find_the_names_that_hold_them(register: Register) -> None:
    for words, expected in FOUND.items():
        assert await register.names(words) == sorted(expected), words


async def test_what_is_syntax_elsewhere_neither_fails_nor_widens(register: Register) -> None:
    for words in SYNTAX:
        expected = [name for name in NAMES if matches(name, words)]
        assert await register.names(words) == sorted(expected), words
        assert len(expected) < len(NAMES) / 2


async def test_a_search_without_a_word_finds_nothing(register: Register) -> None:
    for words in EMPTY:
        assert await register.names(words) == [], words
    assert await register.names(None) == sorted(NAMES), "no search is no search for nothing"


async def test_random_searches_find_the_same_on_both_databases(register: Register) -> None:
    generator = seeded("search")
    found = 0
    for _ in range(200 * times(1)):
        words = phrase(generator)
        expected = sorted(name for name in NAMES if matches(name, words))
        assert await register.names(words) == expected, words
        found += bool(expected)
    say(f"{found} searches found somebody")
    assert found >= 40


def phrase(generator: random.Random) -> str:
    """Return a piece of a name, two pieces, or nonsense."""
    kind = generator.randrange(4)
    if kind == 0:
        return "".join(generator.choices(ALPHABET, k=generator.randint(0, 6)))
    pieces = [piece(generator) for _ in range(1 + (kind == 1))]
    return generator.choice((" ", "·", "")).join(pieces)


def piece(generator: random.Random) -> str:
    name = generator.choice(NAMES)
    start = generator.randrange(len(name))
    return name[start : start + generator.randint(1, 4)]


async def test_a_search_in_a_document_is_a_search_in_a_variable(register: Register) -> None:
    for one in register.served:
        query = '{ residents(search: "王小") { nodes { name } } }'
        data: Any = await one.data(query, "city")
        assert {node["name"] for node in data["residents"]["nodes"]} == {"王小明", "小明王小"}
