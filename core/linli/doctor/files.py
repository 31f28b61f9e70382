"""Keys, rights and room on this machine."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

import linli
from linli.database.sqlite import SqliteDatabase
from linli.deployment import Deployment
from linli.doctor.advice import Advice, danger, note

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
LITTLE: Final = 2 * 1024**3
TOO_LITTLE: Final = 256 * 1024**2


def check_keys(opened: Deployment) -> Iterator[Advice]:
    """The deployment's key can be read, by nobody else; a fault of it is raised."""
    opened.key_file.ring()
    yield from ()


def check_user(_opened: Deployment) -> Iterator[Advice]:
    """The server needs no right over the machine."""
    if os.geteuid() == 0:
        yield danger("root")


def check_configuration(opened: Deployment) -> Iterator[Advice]:
    """A password in the file is for nobody else's eyes."""
    file = opened.config.source.file
    urls = [opened.config.database.url, opened.config.database.owner_url]
    secret = any(url and make_url(url).password for url in urls) or opened.config.server.metrics_token
    if file is not None and secret and _is_open(file):
        yield danger("configuration_open", file=file)


def check_rights(opened: Deployment) -> Iterator[Advice]:
    """Names and places lie in SQLite's file as they are."""
    if isinstance(opened.database, SqliteDatabase) and _is_open(file := Path(opened.database.file)):
        yield danger("database_open", file=file, folder=file.parent)


def check_code(opened: Deployment) -> Iterator[Advice]:
    """Who takes over the server must not be able to change what it runs."""
    folder = Path(linli.__file__).parent
    if opened.config.profile == "production" and os.geteuid() != 0 and os.access(folder, os.W_OK):
        yield note("code_writable", folder=folder)


def check_disk(opened: Deployment) -> Iterator[Advice]:
    """There is room for what comes."""
    key = opened.config.security.key_file.parent
    on_disk = Path(opened.database.file).parent if isinstance(opened.database, SqliteDatabase) else key
    if not on_disk.exists():
        return
    free = shutil.disk_usage(on_disk).free
    if free < LITTLE:
        say = danger if free < TOO_LITTLE else note
        yield say("disk", folder=on_disk, free=free // 1024**2)


def _is_open(file: Path) -> bool:
    """Whether others of this machine can read a file: it and its folder let them."""
    if not file.exists():
        return False
    return bool(file.stat().st_mode & OTHERS and file.parent.stat().st_mode & OTHERS)
