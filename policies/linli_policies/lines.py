"""Policy lines, read strictly: names only, no quoting, no wildcards; every fault is told at once."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from linli.policy import AnchorType, Reach

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
RESOURCE: Final = re.compile(r"[a-z][a-z0-9_]{0,47}(\.[a-z][a-z0-9_]{0,47}){0,2}")
NO_NAMES: Final = frozenset(
    {"eval", "false", "nil", "nobody", "none", "nothing", "null", "true", "undefined"}
)
Kind = TypeVar("Kind", bound=StrEnum)
COLUMNS: Final = {
    "p": ("p", "role", "resource", "action", "reach", "allow or deny"),
    "g": ("g", "role", "parent role"),
    "a": ("a", "role", "kind of anchor"),
}


class Effect(StrEnum):
    """What a line does to the rows it reaches."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class PolicySource:
    """The text of one policy file; `name` is how faults and reasons call it."""

    name: str
    text: str

    @classmethod
    def from_lines(cls, name: str, lines: Iterable[str]) -> "PolicySource":
        """Return lines that come as values as a file; one with a line break inside stays one, and a fault."""
        return cls(name, "\n".join(line.rstrip("\r\n").replace("\n", "\u2028") for line in lines))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands; the first line is 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """What is wrong with one line, and how to mend it."""

    at: Place
    sentence: str

    def __str__(self) -> str:
        return f"{self.at}: {self.sentence}"


class PolicyFaultsError(ValueError):
    """Policies that cannot be loaded; `faults` holds every fault, in the order of the files."""

    def __init__(self, faults: Sequence[PolicyFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Right:
    """`p, role, resource, action, reach, allow|deny`: whether these rows are opened or taken away."""

    role: str
    resource: str
    action: str
    reach: Reach
    effect: Effect
    at: Place

    @property
    def words(self) -> tuple[str, ...]:
        return (self.role, self.resource, self.action, self.reach.value, self.effect.value)

    def __str__(self) -> str:
        return f"{self.at}: p, {', '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Inheritance:
    """`g, role, parent_role`: the role has every allow of its parent, and none of its denials."""

    role: str
    parent: str
    at: Place

    @property
    def words(self) -> tuple[str, ...]:
        return (self.role, self.parent)


@dataclass(frozen=True, slots=True)
class Seat:
    """`a, role, anchor`: where the role can be held; a role without such a line is held at grids."""

    role: str
    anchor: AnchorType
    at: Place

    @property
    def words(self) -> tuple[str, ...]:
        return (self.role, self.anchor.value)


Line = Right | Inheritance | Seat


@dataclass(frozen=True, slots=True)
class Lines:
    """Everything that some policy files say."""

    rights: tuple[Right, ...] = ()
    inheritances: tuple[Inheritance, ...] = ()
    seats: tuple[Seat, ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        """The roles that hold some right, of their own or inherited."""
        return frozenset(line.role for lines in (self.rights, self.inheritances) for line in lines)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read, and what could not."""

    lines: Lines
    faults: tuple[PolicyFault, ...]


def parse(sources: Iterable[PolicySource]) -> Parsed:
    """Read policy files as far as their form goes; what the names mean is judged by `checks`."""
    found: list[Line] = []
    faults: list[PolicyFault] = []
    for source in sources:
        for number, text in enumerate(source.text.removeprefix("\ufeff").split("\n"), start=1):
            read = _read(text.removesuffix("\r"), Place(source.name, number))
            if isinstance(read, PolicyFault):
                faults.append(read)
            elif read is not None:
                found.append(read)
    lines = Lines(
        tuple(line for line in found if isinstance(line, Right)),
        tuple(line for line in found if isinstance(line, Inheritance)),
        tuple(line for line in found if isinstance(line, Seat)),
    )
    return Parsed(lines, tuple(faults))


def _read(text: str, at: Place) -> Line | PolicyFault | None:
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in text):
        return PolicyFault(at, "The line holds a control character: write names, commas and spaces only.")
    if not text.strip() or text.lstrip().startswith("#"):
        return None
    fields = [field.strip(" ") for field in text.split(",")]
    columns = COLUMNS.get(fields[0])
    if columns is None:
        return PolicyFault(at, f"A line begins with p, g or a, not with {fields[0]!r}.")
    if len(fields) != len(columns):
        form = ", ".join(columns)
        return PolicyFault(at, f"The line has {len(fields)} columns instead of {len(columns)}: {form}.")
    for column, field in zip(columns[1:], fields[1:], strict=True):
        if sentence := _misspelt(column, field):
            return PolicyFault(at, sentence)
    return _line(fields, at)


def _misspelt(column: str, field: str) -> str | None:
    if not field:
        return f"The column '{column}' is empty: every column needs a name."
    if set(field) & set("*?%"):
        return f"{field!r} is a wildcard: name each {column} in a line of its own."
    if field in NO_NAMES or "eval(" in field:
        return f"{field!r} is no name for a {column}."
    pattern = RESOURCE if column == "resource" else NAME
    if column != "allow or deny" and not pattern.fullmatch(field):
        return f"{field!r} is no name for a {column}: use lower-case letters, digits and _."
    return None


def _line(fields: list[str], at: Place) -> Line | PolicyFault:
    match fields:
        case ["p", role, resource, action, reach, effect]:
            known_reach = _member(Reach, reach)
            known_effect = _member(Effect, effect)
            if known_reach is None:
                return PolicyFault(at, f"{reach!r} is no reach: use {', '.join(Reach)}.")
            if known_effect is None:
                return PolicyFault(at, f"{effect!r} is neither allow nor deny.")
            return Right(role, resource, action, known_reach, known_effect, at)
        case ["g", role, parent]:
            return Inheritance(role, parent, at)
        case _:
            anchor = _member(AnchorType, fields[2])
            if anchor is None:
                return PolicyFault(at, f"{fields[2]!r} is no kind of anchor: use {', '.join(AnchorType)}.")
            return Seat(fields[1], anchor, at)


def _member(kinds: type[Kind], value: str) -> Kind | None:
    return next((kind for kind in kinds if kind.value == value), None)
