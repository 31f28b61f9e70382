"""Truth tables: in a small named place, who may do exactly what to which row. `cases.toml` shows the form."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from linli.access.scope import covers
from linli.policy import Actor, Facts, Policy, Resource
from linli_policies.case_place import CasePlace
from linli_policies.lines import PolicySource


class CaseFileError(ValueError):
    """A file of cases that cannot be read, with its name and what to mend."""


class Form(BaseModel):
    """A table of the file: no key may be misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ActorForm(Form):
    """Who asks: roles held, each as `role@place`; the role `public` comes of itself."""

    holds: tuple[str, ...] = ()
    resident: str | None = None
    organizations: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


class RowForm(Form):
    """What is known of a row: the cell it stands on, the bodies and the persons it hangs on."""

    at: str | None = None
    organizations: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    residents: tuple[str, ...] = ()


class CaseForm(Form):
    """`actor` may do exactly the actions of `may` to `row`, for each of the resources, and no other."""

    actor: str
    row: str
    resources: tuple[str, ...]
    may: frozenset[str] = frozenset()


class Cases(Form):
    """A named place with its people, and the cases judged there. Cells and branches name their parent."""

    grids: Mapping[str, str] = {}
    branches: Mapping[str, str] = {}
    organizations: tuple[str, ...] = ()
    actors: Mapping[str, ActorForm] = {}
    rows: Mapping[str, RowForm] = {}
    case: tuple[CaseForm, ...] = ()

    @property
    def place(self) -> CasePlace:
        return CasePlace(self.grids, self.branches, frozenset(self.organizations))


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A case that came out otherwise than the table says, with the engine's reason."""

    actor: str
    row: str
    permission: str
    expected: bool
    reason: str

    def __str__(self) -> str:
        may = "may not, but should," if self.expected else "may, but should not,"
        return f"{self.actor} {may} {self.permission} of {self.row}: {self.reason}"


def default_cases() -> PolicySource:
    """The truth table of the default lines, as it is shipped."""
    return PolicySource("cases.toml", files("linli_policies").joinpath("cases.toml").read_text("utf-8"))


def load_cases(extra: Sequence[PolicySource] = ()) -> Cases:
    """Return the default cases and those of `extra`, which may name the default place and its people.

    Raises `CaseFileError` for a file that is no TOML, has an unknown key, names what nobody defines or
    defines what is there already.
    """
    whole: dict[str, Any] = {}
    for source in (default_cases(), *extra):
        try:
            part = Cases.model_validate(tomllib.loads(source.text)).model_dump()
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise CaseFileError(f"{source.name}: {error}") from error
        _add(whole, part, source.name)
    cases = Cases.model_validate(whole)
    if missing := sorted(set(_named(cases)) - _defined(cases)):
        raise CaseFileError(f"The cases name what no file defines: {', '.join(missing)}.")
    for parents in (cases.grids, cases.branches):
        _check_order(parents)
    return cases


def run_cases(policy: Policy, cases: Cases) -> tuple[CaseFailure, ...]:
    """Judge every case, every action of its resources included, and return those that came out wrong."""
    place = cases.place
    actors = {name: place.actor(name, **form.model_dump()) for name, form in cases.actors.items()}
    rows = {name: place.facts(**form.model_dump()) for name, form in cases.rows.items()}
    failures = list(_unknown_roles(policy, actors))
    for case in cases.case:
        for name in case.resources:
            failures += _judged(policy, case, name, actors[case.actor], rows[case.row])
    return tuple(failures)


def _judged(policy: Policy, case: CaseForm, name: str, actor: Actor, row: Facts) -> Iterator[CaseFailure]:
    for action in sorted(case.may | _actions(policy.resources.get(name))):
        permission, expected = f"{name}:{action}", action in case.may
        explanation = policy.explain(actor, name, action, row)
        listed = covers(policy.decide(actor, name, action), row)
        if listed is not explanation.allowed:
            reason = f"decided {listed}, explained {explanation.allowed}: {explanation.reason}"
            yield CaseFailure(case.actor, case.row, permission, expected, reason)
        elif listed is not expected:
            yield CaseFailure(case.actor, case.row, permission, expected, explanation.reason)
    if name not in policy.resources:
        yield CaseFailure(case.actor, case.row, name, False, f"There is no resource {name}.")


def _actions(resource: Resource | None) -> frozenset[str]:
    return resource.actions if resource else frozenset()


def _unknown_roles(policy: Policy, actors: Mapping[str, Actor]) -> Iterator[CaseFailure]:
    for name, actor in actors.items():
        for holding in actor.holdings:
            if holding.role not in policy.roles:
                yield CaseFailure(name, "any row", "anything", True, f"There is no role {holding.role}.")


def _add(whole: dict[str, Any], part: dict[str, Any], file: str) -> None:
    for key, value in part.items():
        if not isinstance(value, dict):
            whole[key] = (*whole.get(key, ()), *value)
            continue
        if twice := sorted(whole.setdefault(key, {}).keys() & value.keys()):
            raise CaseFileError(f"{file}: {key} defines again what is there: {', '.join(twice)}.")
        whole[key] |= value


def _named(cases: Cases) -> Iterator[str]:
    for kind, parents in (("grid", cases.grids), ("branch", cases.branches)):
        yield from (f"{kind} {parent}" for parent in parents.values() if parent)
    for actor in cases.actors.values():
        yield from (f"place {held.partition('@')[2]}" for held in actor.holds if "@" in held)
    forms: tuple[ActorForm | RowForm, ...] = (*cases.actors.values(), *cases.rows.values())
    for form in forms:
        yield from (f"organization {name}" for name in form.organizations)
        yield from (f"branch {name}" for name in form.branches)
    yield from (f"grid {row.at}" for row in cases.rows.values() if row.at)
    yield from (f"actor {case.actor}" for case in cases.case)
    yield from (f"row {case.row}" for case in cases.case)


def _check_order(parents: Mapping[str, str]) -> None:
    seen = {""}
    for name, parent in parents.items():
        if parent not in seen:
            raise CaseFileError(
                f"The place {name} stands before its parent {parent}: write the parent first."
            )
        seen.add(name)


def _defined(cases: Cases) -> set[str]:
    kinds = {
        "grid": cases.grids,
        "branch": cases.branches,
        "organization": cases.organizations,
        "place": (*cases.grids, *cases.branches, *cases.organizations),
        "actor": cases.actors,
        "row": cases.rows,
    }
    return {f"{kind} {name}" for kind, names in kinds.items() for name in names}
