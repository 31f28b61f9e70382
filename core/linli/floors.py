"""Packages that must not be older than a version, for what was mended in it; looked at at each start."""

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from packaging.version import Version

from linli.config.faults import ConfigError, Fault
from linli.config.model import Config

# package -> the oldest version that may serve; those that are not installed are no concern.
FLOORS: Final = {
    "asyncpg": "0.30",
    "cryptography": "46.0.5",
    "graphql-core": "3.3.2",
    "h11": "0.16",
    "httptools": "0.7",
    "joserfc": "1.6.3",
    "psycopg": "3.2",
    "pycasbin": "2.8",
    "python-multipart": "0.0.30",
    "starlette": "1.3.1",
    "uvicorn": "0.54",
    "websockets": "15",
}
# package -> the one beside which it must not be installed: both bring the same module, and one of them wins.
RIVALS: Final = {"casbin": "pycasbin"}

Installed = Callable[[str], str | None]


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def check_versions(config: Config, installed: Installed = installed_version) -> None:
    """Refuse to start on packages with known faults.

    Raises:
        ConfigError: one sentence a package.
    """
    if found := list(_faults(config, installed)):
        raise ConfigError(found)


def _faults(config: Config, installed: Installed) -> Iterator[Fault]:
    told = config.source.translator
    for package, floor in FLOORS.items():
        here = installed(package)
        if here is not None and Version(here) < Version(floor):
            text = told.text("config.package_old", package=package, version=here, floor=floor)
            yield Fault(None, None, package, text)
    for package, right in RIVALS.items():
        if installed(package) is not None:
            yield Fault(None, None, package, told.text("config.package_rival", package=package, right=right))
