"""What core and plugins say of persons' data: each personal column, and each purpose that needs a consent."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from linli.messages import Language

PERSONS: Final = frozenset({"core_resident", "core_account"})
WITH_THE_PERSON: Final = "with_the_person"
PERIOD: Final = re.compile(r"P(?P<number>[1-9][0-9]{0,3})(?P<unit>[YMD])")
FIELD: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

Sentence = Annotated[str, Field(min_length=1, max_length=400)]
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]


class Part(BaseModel):
    """A table of a manifest: frozen, and every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Words(Part):
    """A sentence for people, in both languages."""

    en: Sentence
    zh_cn: Sentence = Field(alias="zh-CN")

    def text(self, language: Language) -> str:
        """Return the sentence in a language."""
        return self.zh_cn if language == "zh-CN" else self.en


def _fields(value: Any) -> Any:
    """One column or several, each `table.column`."""
    several = [value] if isinstance(value, str) else value
    if not several or not all(isinstance(one, str) and FIELD.fullmatch(one) for one in several):
        raise PydanticCustomError("linli.plugins.personal_field", "not a column")
    return tuple(several)


def _keep(value: Any) -> Any:
    if value == WITH_THE_PERSON or (isinstance(value, str) and PERIOD.fullmatch(value)):
        return value
    raise PydanticCustomError("linli.plugins.personal_keep", "not a period")


class PersonalData(Part):
    """Personal columns that are kept for one purpose: why, how sensitive they are, for how long.

    Attributes:
        field: one column as `table.column`, or several.
        purpose: why it is kept.
        sensitivity: `sensitive` where its misuse could harm the person.
        retention: for how long, as people read it.
        keep: the same for the retention job: `with_the_person`, until erasure; or a period such as `P3Y`.
        after: the column of the same table that starts the period.
        erase: what is done then: `null` (an empty text where there must be one), `delete` of the row,
            `pseudonym` (a reference stays and leads to a record without a name; a name becomes a sign), or
            `keep`.
        refers: the table that a reference leads to, unless it is a foreign key to residents or accounts.
        whose: the reference of the same table whose person it tells of; the first declared if left out.
    """

    field: Annotated[tuple[str, ...], BeforeValidator(_fields)]
    purpose: Words
    sensitivity: Literal["general", "sensitive"]
    retention: Words
    keep: Annotated[str, BeforeValidator(_keep)] = WITH_THE_PERSON
    after: Column | None = None
    erase: Literal["null", "delete", "pseudonym", "keep"]
    refers: Column | None = None
    whose: Column | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.keep == WITH_THE_PERSON) != (self.after is None):
            raise PydanticCustomError("linli.plugins.personal_after", "a period without its start")
        return self

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yield table and name of each column."""
        for one in self.field:
            table, _, column = one.partition(".")
            yield table, column


class ConsentPurpose(Part):
    """Something that is done with a person's data only while the person agrees.

    `version` is raised whenever the text changes; who agreed to an older one is asked again.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*__[a-z][a-z0-9_]*$", max_length=80)]
    version: Annotated[int, Field(ge=1)]
    title: Words
    text: Words
    optional: bool = True


class Declarations(Part):
    """What the core says of persons' data, as plugins do in their plugin.toml."""

    personal_data: tuple[PersonalData, ...]
    consent: tuple[ConsentPurpose, ...] = ()


def ended_before(keep: str, day: date) -> date:
    """Return the last day on which a period may have begun that is over on `day`, by the calendar."""
    match = PERIOD.fullmatch(keep)
    if match is None:
        raise ValueError(f"{keep} is no period")
    number = int(match["number"])
    if match["unit"] == "D":
        return day - timedelta(days=number)
    months = day.year * 12 + day.month - 1 - number * (12 if match["unit"] == "Y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
