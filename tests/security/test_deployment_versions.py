"""Dependencies with known faults: not in the locks, and not served on where they are installed anyway."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from linli.config import ConfigError
from linli.floors import FLOORS, RIVALS, check_versions
from tests.house.source import ROOT
from tests.support.configs import loaded
from tests.support.server import PROGRAM

LOCKED = re.compile(r"^([a-zA-Z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
LOCKS = sorted(ROOT.glob("requirements*.lock"))
NEEDED = ("cryptography", "graphql-core", "pycasbin", "starlette", "uvicorn", "websockets")


def locked(file: Path) -> dict[str, str]:
    return {name.lower().replace("_", "-"): found for name, found in LOCKED.findall(file.read_text())}


@pytest.mark.case(302)
@pytest.mark.parametrize("lock", LOCKS, ids=lambda file: file.name)
def test_a_lock_holds_nothing_below_its_floor(lock: Path) -> None:
    packages = locked(lock)
    assert set(NEEDED) <= set(packages)
    below = {
        name: found for name, found in packages.items() if Version(found) < Version(FLOORS.get(name, "0"))
    }
    assert not below
    assert not set(RIVALS) & set(packages)
    assert "--hash=sha256:" in lock.read_text()


@pytest.mark.case(302)
def test_no_dependency_may_be_resolved_below_its_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {one.name.lower(): one for one in map(Requirement, project["dependencies"])}
    for name, floor in FLOORS.items():
        if name in named:
            lowest = [one.version for one in named[name].specifier if one.operator in (">=", "~=")]
            assert lowest, name
            assert Version(lowest[0]) >= Version(floor), name
    assert set(NEEDED) <= set(named)
    assert not set(RIVALS) & set(named)


@pytest.mark.case(302)
@pytest.mark.parametrize("package", sorted(FLOORS))
def test_each_old_package_is_refused_by_name(package: str, tmp_path: Path) -> None:
    config = loaded(tmp_path, LINLI_LANG="en")
    with pytest.raises(ConfigError) as caught:
        check_versions(config, {package: "0.0.1"}.get)
    (fault,) = caught.value.faults
    assert f"{package} 0.0.1" in fault.message
    assert FLOORS[package] in fault.message
    check_versions(config, {package: FLOORS[package]}.get)


@pytest.mark.case(302)
@pytest.mark.parametrize(
    ("name", "found"), [("graphql_core", "3.2.3"), ("starlette", "0.40.0"), ("casbin", "1.36")]
)
def test_the_server_does_not_start_beside_a_faulty_package(name: str, found: str, tmp_path: Path) -> None:
    """As pip would say that it is installed: the first that Python finds is the one that is imported."""
    site = tmp_path / "site" / f"{name}-{found}.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {found}\n")
    (tmp_path / "linli.toml").write_text('profile = "production"\n')
    environ = {key: value for key, value in os.environ.items() if not key.startswith("LINLI_")}
    path = os.pathsep.join(filter(None, (str(site.parent), environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        [PROGRAM, "serve", "-c", str(tmp_path / "linli.toml"), "--port", "1"],
        env=environ | {"PYTHONPATH": path, "LINLI_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 78, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert name.replace("_", "-") in done.stderr.replace("_", "-")
