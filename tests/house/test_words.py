"""What must stand in no file: places of one machine, hosts of registries, secrets."""

import re

from tests.house.source import ROOT, files

BINARY = {".db", ".gz", ".ico", ".jpg", ".pdf", ".png", ".woff2", ".xls", ".xlsx", ".zip"}
FORBIDDEN = {
    "a place of one machine": re.compile(r"(?<![\w.-])/(?:work|root|home)/[\w.]"),
    "a registry's host": re.compile(
        r"\b(?:pypi\.|(?:files\.)?pythonhosted\.|registry\.(?:npmjs|yarnpkg|npmmirror)\.|deb\.debian\.)\w+"
    ),
    "a private key": re.compile(r"BEGIN (?:[A-Z]+ )*PRIVATE KEY-"),
    "an unresolved conflict": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}


def test_no_file_holds_a_forbidden_word() -> None:
    found = [
        f"{place}:{text.count(chr(10), 0, match.start()) + 1} holds {what}: {match.group()}"
        for place, text in _texts()
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]
    assert not found


def _texts() -> list[tuple[str, str]]:
    kept = (place for place in files() if not any(place.endswith(suffix) for suffix in BINARY))
    return [(place, (ROOT / place).read_text(encoding="utf-8", errors="replace")) for place in kept]
