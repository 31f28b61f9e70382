"""The one form of an account's name, so that no two look alike to a person and differ to the program."""

import re
import unicodedata
from typing import Final

LOGIN: Final = r"^[a-z][a-z0-9._-]{1,79}$"
LONGEST: Final = 400
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})  # controls, what has no width, halves of characters


def account_name(written: str) -> str:
    """Return a name as it is stored and compared: NFKC, case folded, without what is not seen.

    What comes out need not be a name: `is_login` says so.
    """
    shown = "".join(one for one in written[:LONGEST] if unicodedata.category(one) not in UNSEEN)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold()).strip()


def is_login(name: str) -> bool:
    """Whether an account may have this name; letters are ASCII alone, so that none has a double."""
    return re.fullmatch(LOGIN, name) is not None and "\n" not in name
