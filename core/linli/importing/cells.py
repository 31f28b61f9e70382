"""The cells of a register of residents: read exactly, or refused with the reason.

Spreadsheets round long numbers, drop zeros and turn codes into dates. A value that bears such a trace is
named as damaged, so that nobody searches for a typing error.
"""

import re
import unicodedata
from datetime import date
from typing import Final

import phonenumbers
from stdnum.cn import ric

from linli.clock import today
from linli.importing.csv_lines import bad_character

NAME_LIMIT: Final = 80
CODE_LIMIT: Final = 32
EARLIEST: Final = date(1900, 1, 1)
PROVINCE: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")  # 91: foreigners
HEADS: Final = frozenset({"户主", "本人", "本人或户主", "head", "self"})

SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]\d+")
DECIMAL: Final = re.compile(r"\d{5,}\.0*")
DAY: Final = re.compile(
    r"(\d{4})(?:-(\d\d?)-(\d\d?)|/(\d\d?)/(\d\d?)|\.(\d\d?)\.(\d\d?)|年(\d\d?)月(\d\d?)日|(\d\d)(\d\d))"
)
SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?|[1-9]\d{3}\.\d+")
DATE_LIKE: Final = re.compile(
    r"\d{4}[-/]\d\d?[-/]\d\d?|\d\d?月\d\d?日|\d\d?-[A-Z][a-z]{2}(?:-\d\d)?|[A-Z][a-z]{2}-\d\d"
)
MOBILE: Final = re.compile(r"1[3-9]\d{9}")
NUMBER_MARKS: Final = re.compile(r"[\s\-()（）]")


class BadCell(Exception):  # noqa: N818 - a state, not a mistake
    """A cell that cannot be read; `key` says why, without the value."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def read_name(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a name; a label of a household is read in the same way."""
    if not text:
        raise BadCell("import.empty")
    return _storable(text, limit)


def read_label(text: str) -> str | None:
    """Return the label of a household, such as 3-2-501."""
    if DATE_LIKE.fullmatch(text):
        raise BadCell("import.label_as_date")
    return _storable(text, NAME_LIMIT) if text else None


def read_code(text: str) -> str:
    """Return the code of a grid."""
    if not text:
        raise BadCell("import.empty")
    return _storable(_undamaged(text), CODE_LIMIT)


def read_relation(text: str) -> bool:
    """Return whether somebody heads the household; other relations are not kept."""
    return _storable(text, NAME_LIMIT).lower() in HEADS


def read_birth_date(text: str) -> date | None:
    """Return a date of birth: 1990-02-28, 1990/2/28, 1990.2.28, 19900228 or 1990年2月28日."""
    if not text:
        return None
    text = re.sub(r"[ T]0?0:00(?::00)?$", "", text)
    match = DAY.fullmatch(text)
    if match is None:
        raise BadCell("import.date_serial" if SERIAL.fullmatch(text) else "import.bad_date")
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        found = date(year, month, day)
    except ValueError:
        raise BadCell("import.no_such_day") from None
    return _possible(found)


def _possible(day: date) -> date:
    if not EARLIEST <= day <= today():
        raise BadCell("import.impossible_birth")
    return day


def read_phone(text: str) -> str | None:
    """Return a number: a mainland one as its digits, with the zero of its area code; others with +."""
    if not text:
        return None
    plain = NUMBER_MARKS.sub("", _undamaged(text))
    if MOBILE.fullmatch(plain):
        return plain
    try:
        number = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException:
        raise BadCell("import.bad_phone") from None
    if not phonenumbers.is_valid_number(number):
        raise BadCell("import.bad_phone")
    if number.country_code != 86:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return NUMBER_MARKS.sub("", national)


def read_id_number(text: str) -> str | None:
    """Return the number of a resident identity card, its check digit checked."""
    if not text:
        return None
    number = NUMBER_MARKS.sub("", _undamaged(text)).upper()
    if re.fullmatch(r"\d{15}", number):
        raise BadCell("import.id_old")
    if not re.fullmatch(r"\d{17}[\dX]", number):
        wrong_length = re.fullmatch(r"\d+X?", number)
        raise BadCell("import.id_length", found=len(number)) if wrong_length else BadCell("import.id_form")
    if number[-1] != ric.calc_check_digit(number):
        # Fifteen digits are what a spreadsheet's numbers keep.
        raise BadCell("import.id_rounded" if number.endswith("000") else "import.id_check_digit")
    try:
        birth = birth_date_of(number)
    except ValueError:
        raise BadCell("import.id_birth") from None
    if not PROVINCE.match(number) or not EARLIEST <= birth <= today():
        raise BadCell("import.id_birth")
    return number


def birth_date_of(id_number: str) -> date:
    """Return the date of birth that a number tells."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def _undamaged(text: str) -> str:
    """Return a number or code without the marks that keep a spreadsheet from touching it."""
    text = text.removeprefix("'").removeprefix("’").strip()
    foreign = () if text.isascii() else (char for char in text if not char.isascii())
    if any(unicodedata.decimal(char, None) is not None for char in foreign):
        raise BadCell("import.full_width")
    if SCIENTIFIC.fullmatch(text):
        raise BadCell("import.scientific")
    if DECIMAL.fullmatch(text):
        raise BadCell("import.decimal")
    return text


def _storable(text: str, limit: int) -> str:
    reason = bad_character(text)
    if reason:
        raise BadCell(reason)
    if len(text) > limit:
        raise BadCell("import.too_long", limit=limit)
    return text
