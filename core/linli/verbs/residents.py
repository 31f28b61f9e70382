"""Deeds about residents: arriving, being corrected, moving, leaving."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Row, select, update
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from linli import model as t
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Invalid, NotFound
from linli.ids import public_id, uuid7
from linli.personal import ID_NUMBER, PHONE, seal
from linli.search import tokens
from linli.territory import common_ancestor, place_row
from linli.verbs.consents import end_consents
from linli.verbs.edits import ended_on
from linli.verbs.inputs import Day, GridRef, HouseholdRef, Input, Name, NodeRef, ResidentRef, Version, ref_to
from linli.verbs.ties_of_residents import carry_ties, end_ties, renew_account_of, step_down
from linli.verbs.verb import verb

ResidenceKind = Literal["lives", "registered_here", "works_here", "serves_here", "origin_here"]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$", description="Digits alone, a leading + allowed.")]
IdNumber = Annotated[str, Field(min_length=5, max_length=18, description="A resident identity card number.")]


class CreateResident(Input):
    """A person who has come into the graph of the place."""

    grid: GridRef = Field(description="The grid where the person lives, or is otherwise present.")
    name: Name = Field(description="Full name.")
    birth_date: Day | None = Field(None, description="Date of birth.")
    phone: Phone | None = Field(None, description="Telephone number; stored encrypted.")
    id_number: IdNumber | None = Field(None, description="Identity number; stored encrypted.")
    household: HouseholdRef | None = Field(None, description="The household joined, of the same grid.")
    residence: ResidenceKind = Field("lives", description="Why the person is there; only LIVES is counted.")
    since: Day | None = Field(None, description="First day there; today if left out.")


class UpdateResident(Input):
    """Corrections; what is left out stays."""

    resident: ResidentRef = Field(description="The resident.")
    version: Version
    name: Name | None = Field(None, description="Full name.")
    birth_date: Day | None = Field(None, description="Date of birth.")
    phone: Phone | None = Field(None, description="Telephone number; null removes it.")
    id_number: IdNumber | None = Field(None, description="Identity number; null removes it.")
    household: HouseholdRef | None = Field(None, description="The household; null takes them out of it.")


class MoveResident(Input):
    """A move to another grid of the place."""

    resident: ResidentRef = Field(description="The resident who moves.")
    to: GridRef = Field(description="The grid where the person lives from now on.")
    household: HouseholdRef | None = Field(None, description="The household joined there.")
    version: Version | None = None
    since: Day | None = Field(None, description="First day there; today if left out.")


class CloseResident(Input):
    """The end of a person's presence; the row stays for history."""

    resident: ResidentRef = Field(description="The resident.")
    reason: Literal["moved_away", "died", "duplicate", "entered_in_error"] = Field(description="Why.")
    version: Version | None = None


class AddResidence(Input):
    """A further tie of a person to a grid: works there, is registered there."""

    resident: ResidentRef = Field(description="The resident.")
    grid: GridRef = Field(description="The grid of the tie.")
    kind: Literal["registered_here", "works_here", "serves_here", "origin_here"] = Field(description="Kind.")
    since: Day | None = Field(None, description="First day; today if left out.")


class EndResidence(Input):
    """The end of a tie of a person to a grid."""

    residence: Annotated[NodeRef, *ref_to("residence")] = Field(description="The residence to end.")
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("resident")
def create_resident(ctx: Context, data: CreateResident) -> NodeRef:
    """Enter a resident at a grid."""
    place = ctx.require_at("resident", "create", data.grid.id, "grid")
    _check_identity(data.id_number, data.birth_date)
    key = ctx.vault.new_person_key()
    values = {
        "name": data.name,
        "search": tokens(data.name),
        "birth_date": data.birth_date,
        "household_id": _household_at(ctx, data.household, place.id),
        "data_key": key,
        **seal(ctx, key, PHONE, data.phone),
        **seal(ctx, key, ID_NUMBER, data.id_number),
    }
    ref = ctx.place("resident", place.id, values)
    _meet_duplicates(ctx, ref, data.id_number, place.path)
    _open_residence(ctx, ref.id, place.id, data.residence, data.since)
    if data.residence == "lives":
        ctx.count(place.id, "resident", 1)
    ctx.record("resident.created", ref, place)
    return ref


@verb("resident")
def update_resident(ctx: Context, data: UpdateResident) -> NodeRef:
    """Correct a resident's record."""
    row = ctx.load("resident", data.resident, "update", "resident")
    given = data.model_fields_set - {"resident", "version"}
    values: dict[str, object] = {}
    if data.name is not None:
        values |= {"name": data.name, "search": tokens(data.name)}
    if "birth_date" in given:
        values["birth_date"] = data.birth_date
    if "household" in given:
        values["household_id"] = _household_at(ctx, data.household, row.grid_id)
        step_down(ctx, row.id, data.household)
    if "id_number" in given:
        birth_date = data.birth_date if "birth_date" in given else row.birth_date
        _check_identity(data.id_number, birth_date)
        _meet_duplicates(ctx, data.resident, data.id_number, row.path)
    key = row.data_key or ctx.vault.new_person_key()
    values["data_key"] = key
    for one in (PHONE, ID_NUMBER):
        if one.name in given:
            values |= seal(ctx, key, one, getattr(data, one.name))
    ctx.change("resident", row, values, data.version)
    ctx.record("resident.updated", data.resident, row, fields=sorted(given))
    return data.resident


@verb("resident")
def move_resident(ctx: Context, data: MoveResident) -> NodeRef:
    """Move a resident to another grid."""
    row = ctx.load("resident", data.resident, "move", "resident", beside=data.to.id)
    target = ctx.require_at("resident", "create", data.to.id, "to")
    if target.id == row.grid_id:
        raise Invalid("error.already_there", "to")
    household = _household_at(ctx, data.household, target.id)
    step_down(ctx, row.id, data.household)
    resettle(ctx, row, target, household, data.since, data.version)
    return data.resident


@verb("resident", sensitive=True)
def close_resident(ctx: Context, data: CloseResident) -> NodeRef:
    """Close a resident's record when the person has left, died, or was entered in error."""
    row = ctx.load("resident", data.resident, "close", "resident")
    ctx.change("resident", row, {"valid_to": ctx.at, "closed_reason": data.reason}, data.version)
    if _end_living(ctx, row, None):
        ctx.count(row.grid_id, "resident", -1)
    step_down(ctx, row.id, None)
    end_ties(ctx, row.id)
    end_consents(ctx, row.id)
    renew_account_of(ctx, row.id)
    ctx.record("resident.closed", data.resident, row, reason=data.reason)
    return data.resident


@verb("residence")
def add_residence(ctx: Context, data: AddResidence) -> NodeRef:
    """Add a further tie of a resident to a grid."""
    resident = ctx.see("resident", data.resident, "resident")
    place = ctx.require_at("residence", "create", data.grid.id, "grid")
    values = {"resident_id": resident.id, "kind": data.kind, "since": data.since or today()}
    ref = ctx.place("residence", place.id, values)
    ctx.record("residence.added", ref, place)
    return ref


@verb("residence")
def end_residence(ctx: Context, data: EndResidence) -> NodeRef:
    """End a tie of a resident to a grid."""
    row = ctx.load("residence", data.residence, "close", "residence")
    if row.kind == "lives":
        raise Invalid("error.lives_ends_by_move", "residence")
    ctx.change("residence", row, {"until": ended_on(row, data.until)})
    ctx.record("residence.ended", data.residence, row)
    return data.residence


def resettle(
    ctx: Context,
    row: Row[Any],
    target: Row[Any],
    household_id: str | None,
    since: date | None,
    version: int | None = None,
) -> None:
    """Take a loaded resident to another grid, with residence, counts, ties and rights."""
    ctx.change("resident", row, {"household_id": household_id}, version)
    ctx.move("resident", row, target.id)
    if _end_living(ctx, row, since):
        ctx.count(row.grid_id, "resident", -1)
        ctx.count(target.id, "resident", 1)
        _open_residence(ctx, row.id, target.id, "lives", since)
    carry_ties(ctx, row.id, target.id)
    renew_account_of(ctx, row.id)
    ctx.record("resident.moved", NodeRef("resident", row.id), target, old_path=row.path)


def _household_at(ctx: Context, ref: NodeRef | None, grid_id: str) -> str | None:
    """Return the id of a household that keeps house at a grid, held so that it is not closed meanwhile."""
    if ref is None:
        return None
    household = ctx.load("household", ref, "read", "household")
    if household.grid_id != grid_id:
        raise Invalid("error.household_elsewhere", "household")
    return str(household.id)


def _check_identity(number: str | None, birth: date | None) -> None:
    if number is None:
        return
    try:
        ric.validate(number)
    except ValidationError:
        raise Invalid("error.bad_id_number", "idNumber") from None
    if birth is not None and ric.get_birth_date(number) != birth:
        raise Invalid("error.birth_date_differs", "birthDate")


def _meet_duplicates(ctx: Context, ref: NodeRef, number: str | None, path: str) -> None:
    """Refuse a second record that the caller can see; one they cannot see is reported to the level above.

    The caller's answer must not tell that a person is known elsewhere.
    """
    if number is None:
        return
    r = t.resident.c
    blinds = ID_NUMBER.blinds(ctx.vault, number)
    same = select(r.id, r.path).where(r.id_number_blind.in_(blinds), r.valid_to.is_(None), r.id != ref.id)
    for other in ctx.connection.execute(same).all():
        try:
            ctx.see("resident", NodeRef("resident", other.id))
        except NotFound:
            above = common_ancestor(ctx.connection, path, other.path)
            ctx.record("resident.duplicate_suspected", ref, above, other=public_id("resident", other.id))
        else:
            raise AlreadyExists("error.id_number_taken", "idNumber")


def _open_residence(ctx: Context, resident_id: str, grid_id: str, kind: str, since: date | None) -> None:
    values = {
        "id": uuid7(),
        "created_at": ctx.at,
        "updated_at": ctx.at,
        "resident_id": resident_id,
        "kind": kind,
        "since": since or today(),
    }
    place_row(ctx.connection, t.residence, grid_id, values)


def _end_living(ctx: Context, row: Row[Any], until: date | None) -> bool:
    r = t.residence
    living = (r.c.resident_id == row.id) & (r.c.kind == "lives") & r.c.until.is_(None)
    values = {"until": until or today(), "updated_at": ctx.at, "version": r.c.version + 1}
    return ctx.connection.execute(update(r).where(living).values(values)).rowcount == 1
