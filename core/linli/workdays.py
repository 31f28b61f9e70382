"""The work calendar, by which periods are counted that the law or a rule gives in working days.

Public holidays and the weekends worked in exchange are those of the State Council's yearly notices, as the
package chinesecalendar has them. For years that it does not know yet, Monday to Friday are worked. What a
place adds in `[calendar]` goes before both.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import chinese_calendar  # type: ignore[import-untyped]  # its authors give no types

DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
LONGEST: Final = 400  # working days; longer periods are given in months


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: the country's, but for what the place says of its own."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Whether offices are open on a day."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # the notice for that year is not out, or not in the package yet
            return day.weekday() < SATURDAY

    def after(self, day: date, working_days: int) -> date:
        """Return the last day of a period of working days that begins with the day after `day`.

        Raises:
            ValueError: the period is negative, or longer than 400 working days.
        """
        if not 0 <= working_days <= LONGEST:
            raise ValueError(f"a period of {working_days} working days")
        while working_days:
            day += DAY
            working_days -= self.is_worked(day)
        return day


NATIONAL: Final = Calendar()
