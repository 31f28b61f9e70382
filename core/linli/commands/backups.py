"""`linli backup` and `linli restore`: a whole place into one sealed file, and back."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from linli.backup.afterwards import erased_since, note_restored, repeat_erasures
from linli.backup.errors import BackupError
from linli.backup.making import back_up
from linli.backup.restoring import Restored
from linli.backup.restoring import restore as restore_into
from linli.commands.place import bring_up_to_date
from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, progress, say, translator
from linli.commands.users import audited
from linli.commands.verify import tell, verified
from linli.deployment import Deployment, read_backup_key

File = Annotated[Path, typer.Argument(help="The backup's file.")]


def backup(file: File, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Write the whole place into one sealed file, while it is served."""
    with deployment(config) as opened, progress() as advance:
        key, told = read_backup_key(opened.config), translator(opened)
        with opened.database.begin() as connection:
            audited(connection, "place.backup", "place", None, file=file.name)
        try:
            made = back_up(opened, file, key, advance)
        except BackupError as error:
            fail(error.sentence(told))
        say(
            told.text(
                "backup.made",
                file=file,
                bytes=file.stat().st_size,
                tables=len(made.tables),
                rows=made.rows,
                at=made.made_at.isoformat(timespec="seconds"),
            )
        )
        say(told.text("backup.keep_apart", key=opened.config.security.key_file))


def restore(file: File, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Restore a backup into an empty database, prove it equal, and verify it."""
    with deployment(config, migrated=False) as opened, progress() as advance:
        key, told = read_backup_key(opened.config), translator(opened)
        try:
            erased = erased_since(opened)
            restored = restore_into(opened, file, key, advance)
        except BackupError as error:
            fail(error.sentence(told))
        say(told.text("backup.equal", tables=len(restored.manifest.tables), rows=restored.manifest.rows))
        bring_up_to_date(opened)
        again = repeat_erasures(opened, erased)
        with opened.database.begin() as connection:
            audited(connection, "place.restore", "place", None, **note_restored(restored))
        _tell_losses(opened, restored, again)
        tell(opened, verified(opened, advance))


def _tell_losses(opened: Deployment, restored: Restored, again: int) -> None:
    told = translator(opened)
    at = restored.manifest.made_at.isoformat(timespec="seconds")
    say(told.text("backup.rpo", at=at, age=_whole(restored.age)))
    say(told.text("backup.rto", seconds=round(restored.seconds, 1)))
    if restored.lost:
        say(told.text("backup.lost", count=restored.lost))
    say(told.text("backup.erased_again", count=again))
    say(told.text("backup.old_rights"))


def _whole(age: timedelta) -> str:
    return str(timedelta(seconds=round(age.total_seconds())))
