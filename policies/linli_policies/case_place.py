"""The small place of a truth table: names stand for ids, and paths follow from the parents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linli.policy import Actor, Anchor, AnchorType, Facts, Holding


@dataclass(frozen=True)
class CasePlace:
    """Cells and party branches by name, each with its parent's name or none; organisations by name."""

    grids: Mapping[str, str]
    branches: Mapping[str, str]
    organizations: frozenset[str]

    def actor(
        self,
        name: str,
        holds: Iterable[str],
        resident: str | None,
        organizations: tuple[str, ...],
        branches: tuple[str, ...],
    ) -> Actor:
        """Return who holds `role@place` for each of `holds`, and what everyone holds."""
        return Actor(
            account_id=name,
            name=name,
            resident_id=resident,
            holdings=(Holding("public"), *map(self._holding, holds)),
            organizations=organizations,
            branches=branches,
        )

    def facts(
        self,
        at: str | None,
        organizations: Iterable[str],
        branches: Iterable[str],
        residents: Iterable[str],
    ) -> Facts:
        """Return what the policy may know of a row that stands there and hangs on those."""
        return Facts(
            path=_path(self.grids, at) if at else None,
            grid_id=at,
            organization_ids=frozenset(organizations),
            branch_ids=frozenset(branches),
            branch_paths=frozenset(_path(self.branches, branch) for branch in branches),
            resident_ids=frozenset(residents),
        )

    def _holding(self, held: str) -> Holding:
        role, _, place = held.partition("@")
        return Holding(role, self._anchor(place) if place else None)

    def _anchor(self, place: str) -> Anchor:
        if place in self.grids:
            return Anchor(AnchorType.GRID, place, _path(self.grids, place))
        if place in self.branches:
            return Anchor(AnchorType.PARTY_BRANCH, place, _path(self.branches, place))
        return Anchor(AnchorType.ORGANIZATION, place)


def _path(parents: Mapping[str, str], name: str) -> str:
    keys = {one: key for key, one in enumerate(parents, start=1)}
    path = ""
    while name:
        path = f"/{keys[name]}{path}"
        name = parents[name]
    return f"{path}/"
