"""The measure table: versions of its lines, published with notice, never changed."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import func, select, update

from linli.context import Context
from linli.errors import Invalid, Refusal
from linli.verbs.inputs import Day, Input, NodeRef
from linli.verbs.verb import verb
from linli_plugins.credit_bank.fairness import FairName
from linli_plugins.credit_bank.kinds import ActivityKind, Audience, Basis
from linli_plugins.credit_bank.models import measure
from linli_plugins.credit_bank.rules import LONGEST, check_rule
from linli_plugins.credit_bank.settings import Code, Label, Points

from .shared import BankRef, MeasureRef, bank_row, give_notice, today_of

Rule = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class PublishMeasure(Input):
    """A line of the measure table, or a new version of one."""

    bank: BankRef = Field(description="The bank.")
    code: Code = Field(description="The line's name among the bank's; a known one gets a new version.")
    activity: ActivityKind = Field(description="What kind of activity it is.")
    title_zh: FairName = Field(description="What is done, in Chinese.")
    title_en: FairName = Field(description="What is done, in English.")
    difficulty: Label = Field("", description="How difficult, in the place's own words.")
    frequency: Label = Field("", description="How often, in the place's own words.")
    basis: Basis = Field("time", description="What is counted: times, hours or items.")
    points: Points = Field(description="Points for one of them.")
    cap_day: Points | None = Field(None, description="Most points a member gets for it in a day.")
    cap_month: Points | None = Field(None, description="Most points a member gets for it in a month.")
    audience: Audience = Field("everyone", description="Who can earn by it.")
    second_approver: bool = Field(
        False, description="Whether somebody else must approve however few the points."
    )
    rule: Rule | None = Field(
        None,
        description="CEL expression in place of points times quantity; it may use points, quantity, "
        "difficulty, frequency, times_this_month, weekday and organization.",
    )
    since: Day = Field(description="First day; changes are published with the notice that the place gives.")


class WithdrawMeasure(Input):
    """The last day but one of a line of the measure table."""

    measure: MeasureRef = Field(description="The version in force.")
    until: Day = Field(description="The first day on which it earns nothing more.")


@verb("credit_measure", sensitive=True)
def publish_measure(ctx: Context, data: PublishMeasure) -> NodeRef:
    """Publish a line of the measure table, or a new version that takes its place from a day on."""
    bank = ctx.load("credit_bank", data.bank, "read", "bank")
    ctx.require_at("credit_measure", "publish", bank.grid_id, "bank")
    if data.rule is not None:
        check_rule(data.rule, "rule")
    number = _replace(ctx, bank.id, data)
    values = data.model_dump(exclude={"bank"}) | {"bank_id": bank.id, "number": number}
    ref = ctx.place("credit_measure", bank.grid_id, values)
    ctx.record("credit_measure.published", ref, bank, code=data.code, number=number)
    return ref


@verb("credit_measure", sensitive=True)
def withdraw_measure(ctx: Context, data: WithdrawMeasure) -> NodeRef:
    """Let a line of the measure table end, with the notice that the place gives."""
    row = ctx.load("credit_measure", data.measure, "publish", "measure")
    if row.until is not None:
        raise Invalid("credit_bank.measure_ends", "measure", until=row.until.isoformat())
    give_notice(ctx, data.until, "until")
    if data.until <= row.since:
        raise Invalid("credit_bank.measure_order", "until", since=row.since.isoformat())
    ctx.change("credit_measure", row, {"until": data.until})
    bank = bank_row(ctx, row.bank_id)
    ctx.record("credit_measure.withdrawn", data.measure, bank, code=row.code, number=row.number)
    return data.measure


def _replace(ctx: Context, bank_id: str, data: PublishMeasure) -> int:
    """End the present version of a line where the new one begins; return the new one's number."""
    c = measure.c
    newest = select(func.max(c.number)).where(c.bank_id == bank_id, c.code == data.code).scalar_subquery()
    same = (c.bank_id == bank_id) & (c.code == data.code) & (c.number == newest)
    before = ctx.connection.execute(select(measure).where(same)).one_or_none()
    if before is None:
        if data.since < today_of(ctx):
            raise Refusal("TOO_EARLY", "credit_bank.measure_past", ("since",))
        return 1
    give_notice(ctx, data.since, "since")
    if data.since <= before.since:
        raise Invalid("credit_bank.measure_order", "since", since=before.since.isoformat())
    if before.until is None or before.until > data.since:
        ended = {"until": data.since, "version": before.version + 1, "updated_at": ctx.at}
        ctx.connection.execute(update(measure).where(c.id == before.id).values(ended))
    return int(before.number) + 1
