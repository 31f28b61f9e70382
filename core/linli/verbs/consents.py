"""Deeds about consent: a person agrees to a purpose, and thinks again at any time.

Of a child under 14 a guardian agrees: an adult resident of the same household, who does it from an account
of their own or signs on paper, which staff enters.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Row, select

from linli import model as t
from linli.clock import PLACE_ZONE
from linli.context import Context
from linli.errors import AlreadyExists, Invalid, NotFound
from linli.policy import Facts
from linli.verbs.inputs import Input, NodeRef, ResidentRef
from linli.verbs.verb import verb

OF_AGE = 18
CHILD = 14

Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,79}$")]


class GiveConsent(Input):
    """Somebody's agreement to a purpose, in the words of one version."""

    purpose: Purpose = Field(description="Name of the purpose, see `consentPurposes`.")
    terms_version: int = Field(ge=1, description="The version of the text that was read.")
    resident: ResidentRef | None = Field(None, description="Who agrees; the caller if left out.")
    guardian: ResidentRef | None = Field(
        None, description="Who agrees for a child under 14: an adult of the same household."
    )


class WithdrawConsent(Input):
    """The end of an agreement; what hangs on it stops at once, and nothing else changes."""

    purpose: Purpose = Field(description="Name of the purpose.")
    resident: ResidentRef | None = Field(None, description="Who withdraws; the caller if left out.")
    guardian: ResidentRef | None = Field(None, description="Who withdraws for a child under 14.")


@verb("consent", sensitive=True)
def give_consent(ctx: Context, data: GiveConsent) -> NodeRef:
    """Agree to a purpose for which personal data are used; without it nothing essential is missing."""
    who, guardian = _who(ctx, data)
    said = ctx.consents.get(data.purpose)
    if said is None:
        raise Invalid("error.consent_unknown", "purpose", purpose=data.purpose)
    if said.version != data.terms_version:
        raise Invalid("error.consent_version", "termsVersion", now=said.version)
    before = in_force(ctx, who.id, data.purpose)
    if before is not None and before.terms == said.version:
        raise AlreadyExists("error.consent_given", "purpose")
    if before is not None:  # of an older version
        _end(ctx, before)
    values = {
        "resident_id": who.id,
        "purpose": data.purpose,
        "terms": said.version,
        "on_paper": ctx.actor.resident_id not in (who.id, guardian),
        "guardian_id": guardian,
        "given_by_id": ctx.actor.account_id,
    }
    ref = ctx.place("consent", who.grid_id, values)
    ctx.record("consent.given", ref, who, purpose=data.purpose)
    return ref


@verb("consent", sensitive=True)
def withdraw_consent(ctx: Context, data: WithdrawConsent) -> NodeRef:
    """Withdraw an agreement; what hangs on it stops at once."""
    who, _ = _who(ctx, data)
    row = in_force(ctx, who.id, data.purpose)
    if row is None:
        raise Invalid("error.consent_not_given", "purpose")
    return _end(ctx, row)


def end_consents(ctx: Context, resident_id: str) -> None:
    """End what a person whose record is closed has agreed to, also as a guardian."""
    c = t.consent.c
    given = (c.resident_id == resident_id) | (c.guardian_id == resident_id)
    for row in ctx.connection.execute(select(t.consent).where(given, c.valid_to.is_(None))).all():
        _end(ctx, row)


def require_guardians_consent(ctx: Context, resident_id: str, purpose: str, *path: str) -> None:
    """Refuse what is done with a child under 14 unless a guardian has agreed to the purpose.

    Raises:
        Invalid: a guardian's consent is missing.
    """
    row = ctx.connection.execute(select(t.resident).where(t.resident.c.id == resident_id)).one()
    if is_under(ctx, row, CHILD) and not ctx.consented(resident_id, purpose):
        raise Invalid("error.guardian_needed", *path)


def is_under(ctx: Context, row: Row[Any], years: int) -> bool:
    """Whether a resident is known to be younger than so many years today."""
    today: date = ctx.at.astimezone(PLACE_ZONE).date()
    born: date | None = row.birth_date
    return (
        born is not None
        and (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < years
    )


def in_force(ctx: Context, resident_id: str, purpose: str) -> Row[Any] | None:
    """Return the consent of a person to a purpose, of whichever version, locked."""
    c = t.consent.c
    given = (c.resident_id == resident_id) & (c.purpose == purpose) & c.valid_to.is_(None)
    statement = select(t.consent).where(given).with_for_update(key_share=True)
    return ctx.connection.execute(statement).one_or_none()


def _end(ctx: Context, row: Row[Any]) -> NodeRef:
    ref = NodeRef("consent", row.id)
    ctx.change("consent", row, {"valid_to": ctx.at, "withdrawn_by_id": ctx.actor.account_id})
    ctx.record("consent.withdrawn", ref, row, purpose=row.purpose)
    return ref


def _who(ctx: Context, data: GiveConsent | WithdrawConsent) -> tuple[Row[Any], str | None]:
    """Return the person, and the guardian of a child, if the actor may say this for them."""
    me = ctx.actor.resident_id
    named = data.resident or (NodeRef("resident", me) if me else None)
    if named is None:
        raise Invalid("error.consent_whose", "resident")
    by_guardian = data.guardian is not None and data.guardian.id == me
    row = _open_resident(ctx, named, "resident") if by_guardian else ctx.see("resident", named, "resident")
    guardian = _guardian(ctx, data.guardian, row, staff=not by_guardian) if data.guardian else None
    if guardian is None and is_under(ctx, row, CHILD):
        raise Invalid("error.guardian_needed", "guardian")
    own = me is not None and me in (row.id, guardian)
    facts = Facts(resident_ids=frozenset({me or row.id}))
    ctx.require_at(
        "consent", "give" if own else "record", row.grid_id, "resident", more=facts if own else None
    )
    return row, guardian


def _guardian(ctx: Context, ref: NodeRef, child: Row[Any], *, staff: bool) -> str:
    """Return the id of who speaks for a child: an adult of the household; staff must see the person too."""
    row = ctx.see("resident", ref, "guardian") if staff else _open_resident(ctx, ref, "guardian")
    together = row.household_id is not None and row.household_id == child.household_id
    grown = row.birth_date is not None and not is_under(ctx, row, OF_AGE)
    if not together:
        raise NotFound("resident")
    if not grown or not is_under(ctx, child, CHILD):
        raise Invalid("error.no_guardian", "guardian")
    return str(row.id)


def _open_resident(ctx: Context, ref: NodeRef, path: str) -> Row[Any]:
    """Return an open resident's row; nobody is asked, the caller checks the household."""
    r = t.resident
    row = ctx.connection.execute(select(r).where(r.c.id == ref.id, r.c.valid_to.is_(None))).one_or_none()
    if row is None:
        raise NotFound(path)
    return row
