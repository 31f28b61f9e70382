"""Lines of keys: the scanner finds each key where it stands, in every way that TOML may be written."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.config.lines import KeyPath, key_lines

WRITTEN = '''# a comment with [table] and key = "value"
profile = "production" # [not.a.table]

[server] # trailing
port = 1
"quoted \\"key\\"" = 'a = "b" # no comment'
a . b.c = 2
text = """
[inside]
port = 3"""
literal = \'\'\'
x = 1\'\'\'
four = """"quoted""""
[ "plugins" . 'credit_bank' ]
limits = [ # why
  1,
  [2,
   3], { deep = 4 }, # ]
]
inline = { one = 1, two.three = "},", four = { five = 5 } }
when = 2026-01-01T00:00:00Z
[[rule]]
name = "a"
[[rule]]
name = "b"
[rule.inner]
x = 1
[[rule.part]]
y = 1
[[rule.part]]
y = 2
'''
EXPECTED: dict[KeyPath, int] = {
    ("profile",): 2,
    ("server",): 4,
    ("server", "port"): 5,
    ("server", 'quoted "key"'): 6,
    ("server", "a"): 7,
    ("server", "a", "b"): 7,
    ("server", "a", "b", "c"): 7,
    ("server", "text"): 8,
    ("server", "literal"): 11,
    ("server", "four"): 13,
    ("plugins",): 14,
    ("plugins", "credit_bank"): 14,
    ("plugins", "credit_bank", "limits"): 15,
    ("plugins", "credit_bank", "limits", 0): 16,
    ("plugins", "credit_bank", "limits", 1): 17,
    ("plugins", "credit_bank", "limits", 1, 0): 17,
    ("plugins", "credit_bank", "limits", 1, 1): 18,
    ("plugins", "credit_bank", "limits", 2): 18,
    ("plugins", "credit_bank", "limits", 2, "deep"): 18,
    ("plugins", "credit_bank", "inline"): 20,
    ("plugins", "credit_bank", "inline", "one"): 20,
    ("plugins", "credit_bank", "inline", "two"): 20,
    ("plugins", "credit_bank", "inline", "two", "three"): 20,
    ("plugins", "credit_bank", "inline", "four"): 20,
    ("plugins", "credit_bank", "inline", "four", "five"): 20,
    ("plugins", "credit_bank", "when"): 21,
    ("rule",): 22,
    ("rule", 0): 22,
    ("rule", 0, "name"): 23,
    ("rule", 1): 24,
    ("rule", 1, "name"): 25,
    ("rule", 1, "inner"): 26,
    ("rule", 1, "inner", "x"): 27,
    ("rule", 1, "part"): 28,
    ("rule", 1, "part", 0): 28,
    ("rule", 1, "part", 0, "y"): 29,
    ("rule", 1, "part", 1): 30,
    ("rule", 1, "part", 1, "y"): 31,
}


def test_every_way_of_writing_a_key() -> None:
    assert dict(key_lines(WRITTEN)) == EXPECTED


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "\n\n  \n#"])
def test_a_text_without_keys(text: str) -> None:
    assert key_lines(text) == {}


@pytest.mark.parametrize("broken", ['"unclosed', "x = [1,", "= 1", "[[x]"])
def test_a_text_that_is_not_toml_yields_the_lines_before_it_breaks(broken: str) -> None:
    assert key_lines(f"\na = 1\n{broken}")["a",] == 2


def paths_of(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every key and item that tomllib sees."""
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in items:
        yield (*path, key)
        yield from paths_of(inner, (*path, key))


KEYS = st.sampled_from(["a", "b-1", '"x y"', "'#'", "a.b", '"]" . c', "3"])
SCALARS = st.sampled_from(
    ["1", "true", '"# [x]"', "'a\"b'", '"\\""', "1.5", '"""\n"q"\n"""', "'''\nx = 1\n'''", "07:32:00", '""']
)
SPACE = st.sampled_from(["", " ", "\t "])
BREAK = st.sampled_from([" ", "\n", " # no ] nor }\n", "\n\n  "])


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.tuples(BREAK, inner, BREAK), max_size=3)
    return parts.map(lambda items: "[" + ",".join("".join(item) for item in items) + " ]")


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(KEYS, SPACE, inner), max_size=3)
    return pairs.map(
        lambda items: "{ " + ", ".join(f"{key}{gap}={gap}{value}" for key, gap, value in items) + " }"
    )


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)
PAIRS = st.tuples(SPACE, KEYS, SPACE, VALUES).map(
    lambda part: f"{part[0]}{part[1]}{part[2]}={part[2]}{part[3]}"
)
HEADERS = KEYS.map(lambda key: f"[{key}]") | KEYS.map(lambda key: f"[[ {key} ]]")
LINES = st.lists(PAIRS | HEADERS | st.sampled_from(["", "# x = 1", "  # [t]"]), max_size=12)


@given(LINES)
def test_the_scanner_sees_what_tomllib_sees(lines: list[str]) -> None:
    """Random lines; where tomllib accepts them, both know the same keys and each line holds its key."""
    text = ""
    for line in lines:  # keep what is valid so far, so that most of a long text survives
        longer = f"{text}{line}\n"
        try:
            tomllib.loads(longer)
        except tomllib.TOMLDecodeError:
            continue
        text = longer
    found = key_lines(text)
    assert set(found) == set(paths_of(tomllib.loads(text)))
    written = text.split("\n")
    for path, number in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in written[number - 1]
