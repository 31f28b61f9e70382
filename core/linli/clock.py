"""Time as the whole of Linli sees it: aware datetimes in UTC, whole milliseconds."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PLACE_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present instant in UTC, cut to the milliseconds that both databases keep."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def today() -> date:
    """Return today's date where the place is, which is not always today in UTC."""
    return datetime.now(PLACE_ZONE).date()
