"""`linli key`: the deployment's keys, made anew and put away."""

import time

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, progress, say, translator
from linli.deployment import Deployment
from linli.keys import KeyRing, write_keys
from linli.rotation import RotationRunsError, alone, renew, uses

keys = typer.Typer(name="key", help="The deployment's keys.", no_args_is_help=True)
REST = 60  # seconds within which every deed that began under the old keys has ended


@keys.command("status")
def status(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show the keys by their ids, newest first, and how much each has sealed."""
    with deployment(config) as opened:
        texts, ring, used = translator(opened), opened.key_file.ring(), _used(opened)
        for one in ring.keys:
            count = used.pop(one.id.hex(), 0)
            kind = "key.newest" if one is ring.newest else "key.older"
            say(texts.text(kind, id=one.id.hex(), count=count))
        for left in ring.retired:
            say(texts.text("key.retired", id=left.id.hex()))
        for ident, count in used.items():
            say(texts.text("key.lost", id=ident, count=count))
        if used:
            raise typer.Exit(1)


@keys.command("rotate")
def rotate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make a new key, and seal with it what older keys have sealed; a run that was stopped goes on."""
    with deployment(config) as opened, progress() as advance:
        texts = translator(opened)
        try:
            with alone(opened.config.security.key_file):
                ring = opened.key_file.ring()
                if len(ring.keys) == 1 or not _old(ring, _used(opened)):
                    write_keys(opened.config.security.key_file, ring.rotated())
                count = renew(opened.database, opened.vault, advance)
        except RotationRunsError:
            fail(texts.text("key.busy"))
        newest = opened.key_file.ring().newest
        say(texts.text("key.rotated", id=newest.id.hex(), count=count))


@keys.command("retire")
def retire(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Put the older keys away for good, once nothing is sealed by them."""
    with deployment(config) as opened:
        texts, file = translator(opened), opened.config.security.key_file
        try:
            with alone(file):
                ring = opened.key_file.ring()
                if len(ring.keys) == 1:
                    fail(texts.text("key.nothing_to_retire"))
                if (rest := REST - int(time.time() - file.stat().st_mtime)) > 0:
                    fail(texts.text("key.too_early", seconds=rest))
                if old := _old(ring, _used(opened)):
                    fail(texts.text("key.in_use", count=old))
                write_keys(file, ring.retire())
        except RotationRunsError:
            fail(texts.text("key.busy"))
        say(texts.text("key.put_away", count=len(ring.keys) - 1))


def _used(opened: Deployment) -> dict[str, int]:
    with opened.database.begin() as connection:
        return dict(uses(connection))


def _old(ring: KeyRing, used: dict[str, int]) -> int:
    """Return how many stored forms were made by other keys than the newest."""
    return sum(count for ident, count in used.items() if ident != ring.newest.id.hex())
