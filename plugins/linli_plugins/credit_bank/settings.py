"""What a place can set under [plugins.credit_bank]."""

from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from .fairness import FairName
from .kinds import ActivityKind, Audience, Basis, OfferKind

TERMS = (
    "加入邻里积分出于本人自愿，可以随时退出。积分只记录您为邻里所做的事，可以兑换、转赠，不是钱，不计息，"
    "不影响您享受的任何公共服务，也不用于评价个人。每笔积分都有说明，有疑问可以申诉。退出后，您与积分记录的"
    "对应关系将被销毁。"
)
Points = Annotated[int, Field(ge=1, le=100_000)]
Label = Annotated[str, Field(max_length=16)]


def _code(value: str) -> str:
    if value and value.replace("_", "").isalnum() and value.isascii() and len(value) <= 32:
        return value
    raise PydanticCustomError("linli.credit_bank.code", "not a code")


Code = Annotated[str, AfterValidator(_code)]


class Table(BaseModel):
    """A table of the settings: frozen, and every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MeasureLine(Table):
    """A line of the measure table with which banks begin."""

    code: Code
    activity: ActivityKind
    title_zh: FairName
    title_en: FairName
    difficulty: Label = ""
    frequency: Label = ""
    basis: Basis = "time"
    points: Points
    cap_day: Points | None = None
    cap_month: Points | None = None
    audience: Audience = "everyone"
    second_approver: bool = False
    rule: Annotated[str, Field(max_length=500)] | None = None


class OfferLine(Table):
    """A line of the redemption table with which banks begin."""

    kind: OfferKind
    title_zh: FairName
    title_en: FairName
    points: Points
    valuation: Annotated[str, Field(min_length=1, max_length=400)]
    stock: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class CreditBankSettings(Table):
    """The settings; a key that is not here is refused with its line."""

    name: FairName = "邻里积分"
    terms: Annotated[str, Field(min_length=20, max_length=4000)] = TERMS
    four_eyes_above: int = Field(default=20, ge=0, le=100_000)
    notice_days: int = Field(default=7, ge=0, le=365)
    hand_over_days: int = Field(default=30, ge=1, le=366)
    spend_down_days: int = Field(default=30, ge=7, le=366)
    gifts_a_month: int = Field(default=200, ge=0, le=100_000)
    points_an_hour: int = Field(default=2, ge=1, le=1_000)
    expiry_months: int | None = Field(default=None, ge=12, le=120)
    receive_days: int = Field(default=3, ge=1, le=30)
    decide_days: int = Field(default=15, ge=1, le=60)
    measures: tuple[MeasureLine, ...] = ()
    offers: tuple[OfferLine, ...] = ()

    @model_validator(mode="after")
    def _codes_are_distinct(self) -> "CreditBankSettings":
        twice = [code for code, times in Counter(one.code for one in self.measures).items() if times > 1]
        if twice:
            raise PydanticCustomError("linli.config.twice", "{names} twice", {"names": ", ".join(twice)})
        return self
