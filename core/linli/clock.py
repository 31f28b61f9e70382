"""Time as the whole of Linli sees it: aware datetimes in UTC, whole milliseconds."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PLACE_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present instant in UTC, cut to the milliseconds that both databases keep."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def today() -> date:
    """Return today's date where the place is, which is not always today in UTC."""
    return day_of(now())


def day_of(instant: datetime) -> date:
    """Return the date of an aware instant where the place is."""
    return instant.astimezone(PLACE_ZONE).date()


def start_of(day: date) -> datetime:
    """Return the instant at which a day begins where the place is."""
    return datetime.combine(day, time(), PLACE_ZONE)
