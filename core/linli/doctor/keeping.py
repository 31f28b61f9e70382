"""What lies outside the database: signed heads and backups."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from linli import model as t
from linli.clock import now
from linli.database.sqlite import SqliteDatabase
from linli.deployment import Deployment, read_backup_key
from linli.doctor.advice import Advice, danger, note
from linli.traces.heads import read_heads

WEEK: Final = timedelta(days=7)


def check_heads(opened: Deployment) -> Iterator[Advice]:
    """The audit's heads are of use only where who changes the database cannot change them."""
    heads = opened.heads
    if isinstance(opened.database, SqliteDatabase):
        folder = Path(opened.database.file).parent
        if heads.log.parent == folder:
            yield note("heads_beside", file=heads.log, key=opened.config.security.key_file)
    newest = max((one.at for one in read_heads(heads).heads), default=None)
    with opened.database.begin() as connection:
        sealed = connection.execute(select(func.max(t.seal.c.at))).scalar_one()
    if sealed is not None and (newest is None or sealed - newest > timedelta(hours=1)):
        yield danger("heads_old", file=heads.path)


def check_backups(opened: Deployment) -> Iterator[Advice]:
    """There is a key for backups, and a backup of late."""
    production = opened.config.profile == "production"
    if opened.config.backup.key_file is None and not production:
        yield note("no_backup")
        return
    if read_backup_key(opened.config) in (one.secret for one in opened.key_file.ring().keys):
        yield danger("same_key")
    made = select(func.max(t.audit.c.at)).where(t.audit.c.action == "place.backup")
    with opened.database.begin() as connection:
        last = connection.execute(made).scalar_one()
    say = danger if production else note
    if last is None:
        yield say("no_backup")
    elif now() - last > WEEK:
        yield say("backup_old", days=(now() - last).days)
