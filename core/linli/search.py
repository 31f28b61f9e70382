"""Search tokens: bigrams of Chinese, whole words of Latin, equal on both databases."""

import re
import unicodedata
from itertools import pairwise

PLAIN = re.compile(r"[\u4e00-\u9fa5]+")  # what NFKC and lower case leave as it is
RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


def tokens(text: str) -> str:
    """Return the tokens of a name, joined by blanks, as the `search` column keeps them.

    Chinese gives its first character and every pair of neighbours, so that words of two characters and
    surnames are found; Latin letters and digits give whole words. Text is NFKC and lower case.
    """
    if PLAIN.fullmatch(text):
        return " ".join(dict.fromkeys([text[0], *[text[at : at + 2] for at in range(len(text) - 1)]]))
    found: dict[str, None] = {}
    for run in RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0].isascii():
            found[run] = None
        else:
            found[run[0]] = None
            found.update((a + b, None) for a, b in pairwise(run))
    return " ".join(found)


def query_tokens(text: str) -> str | None:
    """Return the tokens that a row must hold to match what somebody typed, or None if it holds no word."""
    wanted: dict[str, None] = {}
    for run in RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0].isascii() or len(run) == 1:
            wanted[run] = None
        else:
            wanted.update((a + b, None) for a, b in pairwise(run))
    return " ".join(wanted) or None
