"""Days where the place is: which day an instant belongs to, and when a day begins."""

from datetime import UTC, date, datetime, timedelta

from linli.clock import day_of, start_of


def test_a_day_begins_and_ends_at_midnight_of_the_place() -> None:
    """Eight hours before midnight in UTC it is already the next day; the year turns with it."""
    midnight = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert start_of(date(2027, 1, 1)) == midnight
    assert day_of(midnight) == date(2027, 1, 1)
    assert day_of(midnight - timedelta(milliseconds=1)) == date(2026, 12, 31)
    assert day_of(midnight + timedelta(days=1) - timedelta(milliseconds=1)) == date(2027, 1, 1)
