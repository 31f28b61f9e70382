"""The work calendar: periods in working days end where an office would count them to."""

from datetime import date
from pathlib import Path

import pytest

from linli.workdays import NATIONAL, Calendar
from tests.support.configs import loaded


@pytest.mark.parametrize(
    ("begins", "days", "ends"),
    [
        (date(2026, 11, 23), 3, date(2026, 11, 26)),  # Monday to Thursday
        (date(2026, 11, 26), 3, date(2026, 12, 1)),  # over a weekend
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # over the National Day holidays
        (date(2026, 10, 9), 1, date(2026, 10, 10)),  # into a Saturday that is worked in exchange
        (date(2026, 11, 21), 0, date(2026, 11, 21)),  # no days: the day itself, even a Saturday
        (date(2030, 1, 3), 2, date(2030, 1, 7)),  # a year without a notice yet: Monday to Friday
    ],
)
def test_a_period_of_working_days(begins: date, days: int, ends: date) -> None:
    assert NATIONAL.after(begins, days) == ends


def test_what_a_place_adds_goes_before_the_countrys_calendar() -> None:
    festival, sunday = date(2026, 11, 24), date(2026, 11, 29)
    own = Calendar(frozenset({festival}), frozenset({sunday}))
    assert own.after(date(2026, 11, 23), 1) == date(2026, 11, 25)
    assert own.is_worked(sunday)


@pytest.mark.parametrize("days", [-1, 401, 10**9])
def test_a_period_beyond_reason_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        NATIONAL.after(date(2026, 1, 5), days)


def test_the_configuration_names_the_places_own_days(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[calendar]\nholidays = [2027-02-05]\nworkdays = [2027-02-06]")
    assert config.calendar.holidays == (date(2027, 2, 5),)
    assert config.calendar.workdays == (date(2027, 2, 6),)
