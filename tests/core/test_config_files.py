"""Configuration: files in another encoding, files that are not TOML, files that are not there."""

from pathlib import Path

import pytest

from linli.config import ConfigError, load_config
from tests.support.configs import ENGLISH, sentences

BYTES = [
    (
        '[place]\n# 注\ntitle = "平湖"'.encode("gb18030"),
        "byte 12 of the line (0xBA) is not UTF-8, the file looks like GBK; save it as UTF-8 without BOM.",
    ),
    (
        b'a = 1\nb = "\xff\xff',
        "line 2: byte 6 of the line (0xFF) is not UTF-8; save the file as UTF-8 without BOM.",
    ),
    (
        "\ufeffa = 1".encode(),
        "line 1: the file begins with a byte order mark (BOM); save it as UTF-8 without BOM.",
    ),
    ("a = 1".encode("utf-16"), "linli.toml: the file is in UTF-16; save it as UTF-8 without BOM."),
]
SYNTAX = [
    ("[place]\ntitle = 平湖", 'line 2: the value is not valid TOML; put text between "quotes".'),
    ("[place]\ntitle = ‘平湖’", "line 2: ‘ is a full-width sign; write its ASCII form, outside of text."),
    ("[place]\ntitle ＝ 1", "line 2: ＝ is a full-width sign; write its ASCII form, outside of text."),
    ("[place]\n\ntitle 1", "line 3: the key is not followed by =; write key = value."),
    ("[a]\nb = 1\nb = 2", "line 3: this key or table has been written before; keep one of the two."),
    ("[a]\n[b]\n[a]", "line 3: this key or table has been written before; keep one of the two."),
    ("a = [1,\n2\n", "line 2: a quote or a bracket is opened and not closed."),
    ("a = 1\n!!", "line 2: what stands at column 1 is not valid TOML (Invalid statement)."),
    ('a = """\n\nx', "line 3: a quote or a bracket is opened and not closed."),
    ("a = " + "[" * 9999, "linli.toml: the values are nested too deeply."),
]


@pytest.mark.parametrize(("raw", "told"), BYTES)
def test_a_file_in_another_encoding(tmp_path: Path, raw: bytes, told: str) -> None:
    (sentence,) = sentences(tmp_path, raw)
    assert sentence.endswith(told)


def test_the_line_of_a_byte_that_is_not_utf8(tmp_path: Path) -> None:
    (sentence,) = sentences(tmp_path, '[place]\n\ntitle = "平湖"'.encode("gb18030"))
    assert sentence.startswith("linli.toml, line 3: byte ")


@pytest.mark.parametrize(("text", "told"), SYNTAX)
def test_a_file_that_is_not_toml(tmp_path: Path, text: str, told: str) -> None:
    (sentence,) = sentences(tmp_path, text)
    assert sentence.endswith(told)


def test_a_number_that_python_refuses_to_read(tmp_path: Path) -> None:
    (sentence,) = sentences(tmp_path, "a = " + "1" * 9999)
    assert sentence.startswith("linli.toml: the file is not valid TOML (")


def test_lines_are_counted_alike_with_windows_line_ends(tmp_path: Path) -> None:
    (sentence,) = sentences(tmp_path, "[place]\r\n# x\r\ntitel = '平湖'\r\n")
    assert "line 3" in sentence


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; write one with `linli init`"):
        load_config(tmp_path / "linli.toml", ENGLISH)
    with pytest.raises(ConfigError, match="the file cannot be read"):
        load_config(tmp_path, ENGLISH)
