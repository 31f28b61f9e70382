"""Rows of grids and of their committees, in the order of the columns named here."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from linli.importing.bulk import Values
from linli.importing.names import CommunityNames, community_names, is_filler, is_virtual
from linli.importing.sheets import Division, Sheet
from linli.search import tokens

GRID_COLUMNS: Final = (
    *("id", "key", "code", "official_kind", "name", "official_name", "filler", "virtual", "quasi"),
    *("parent_id", "path", "search"),
)
COMMITTEE_COLUMNS: Final = (
    *("id", "name", "official_name", "kind", "registration", "grid_id", "path", "search"),
)
COMMITTEE_FIXED: Final = {"version": 1, "legal_form": "grassroots_self_governance"}
LEAF: Final = "community"
# The classes of the statistical code: digits 7 to 9 of a town, 10 to 12 of a community.
TOWN_CLASSES: Final = {"0": "001", "1": "100", "2": "200", "3": "200", "4": "400", "5": "400"}
COMMUNITY_CLASSES: Final = {"0": "001", "1": "001", "2": "200", "3": "200", "4": "400", "5": "500"}
VIRTUAL_CLASSES: Final = frozenset({"498", "598"})


class Place(NamedTuple):
    """What the levels below need to know of a grid above the communities."""

    id: str | None
    path: str


class Described(NamedTuple):
    """A division as people call it."""

    code: str
    official: str
    names: CommunityNames
    filler: bool
    virtual: bool
    quasi: bool

    def grid_row(self, grid_id: str | None, key: int, parent_id: str | None, path: str) -> Values:
        """Return the row of the grid."""
        place = self.names.place
        return (
            *(grid_id, key, self.code, official_kind(self.code), place, self.official),
            *(self.filler, self.virtual, self.quasi, parent_id, path, tokens(place)),
        )

    def committee_row(self, committee_id: str, grid_id: str | None, path: str) -> Values | None:
        """Return the row of the committee, if the community has one."""
        name, kind = self.names.committee, self.names.kind
        if name is None:
            return None
        registration = "none" if self.quasi else "registered"
        return (committee_id, name, self.official, kind, registration, grid_id, path, tokens(name))


def describe(sheet: Sheet, division: Division, upper: Mapping[str, str]) -> Described:
    """Return a division with its names; `upper` are the names of the levels above by code."""
    code, official = division
    filler = is_filler(official, parent_name(sheet, code, upper))
    if sheet.level != LEAF:
        return Described(code, official, CommunityNames(official), filler, virtual=False, quasi=False)
    names = community_names(official, code, upper[code[:9]], upper[code[:6]])
    virtual = names.committee is None and is_virtual(official)
    return Described(code, official, names, filler, virtual, is_quasi(code))


def is_quasi(code: str) -> bool:
    """Whether a community's committee is only similar to one, by the tenth digit."""
    return code[9] in "45"


def parent_name(sheet: Sheet, code: str, upper: Mapping[str, str]) -> str | None:
    """Return the name of the division above, None for a province."""
    return upper[code[: sheet.above[0][1]]] if sheet.above else None


def official_kind(code: str) -> str | None:
    """Return the class that a statistical code of a town or community tells: its range's first code."""
    if len(code) == 12:
        return code[9:] if code[9:] in VIRTUAL_CLASSES else COMMUNITY_CLASSES.get(code[9])
    return TOWN_CLASSES.get(code[6]) if len(code) == 9 else None
