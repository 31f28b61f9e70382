"""What must hold between the plugin's rows, for `linli verify`."""

from sqlalchemy import Connection, select

from linli.verify import Finding

from .models import motto


def verify_adopted(connection: Connection) -> list[Finding]:
    """Find adopted mottos of which nobody knows since when."""
    timeless = select(motto.c.id).where(motto.c.state == "adopted", motto.c.adopted_at.is_(None))
    return [Finding("motto.timeless", {"id": row.id}) for row in connection.execute(timeless)]
