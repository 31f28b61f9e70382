"""Rooms stand where they should, and the tests stand beside them. The layers are in pyproject.toml."""

import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOMS, ROOT, Module, files, is_within, modules

PLUGIN_ROOMS = ("plugins", "regions")  # a region is a plugin too
BESIDE_ROOMS = {"house", "security", "soak", "support"}  # folders of tests that mirror no room


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_holds_one_package_and_is_none_itself(room: str) -> None:
    assert not (ROOT / room / "__init__.py").exists(), f"{room}/__init__.py would shadow other packages"
    packages = {module.place.split("/")[1] for module in modules() if module.room == room}
    assert packages == {ROOMS[room]}
    assert (ROOT / room / ROOMS[room] / "py.typed").exists()


@pytest.mark.parametrize("room", ROOMS)
def test_no_package_shadows_another_from_the_tests(room: str) -> None:
    assert not (ROOT / "tests" / room / "__init__.py").exists()


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {Path(module.place).parent for module in modules() if module.importable}
    missing = [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()]
    assert not missing, "add an __init__.py to each"


def test_the_tests_mirror_the_rooms() -> None:
    astray = [place for place in files() if place.startswith("tests/") and not _mirrors(Path(place))]
    assert not astray, "tests/<room>/<folder>/… belongs to a <folder> of that room"


def _mirrors(path: Path) -> bool:
    _, *folders, name = path.parts
    if not folders:
        return name == "conftest.py"
    room, *inner = folders
    if room in BESIDE_ROOMS or (inner and _is_distribution(ROOT / "tests" / room / inner[0])):
        return True
    return room in ROOMS and _exists_in_room(ROOT / room / ROOMS[room], inner)


def _is_distribution(folder: Path) -> bool:
    """Whether a folder is what a stranger would bring, to be installed and not imported from here."""
    return (folder / "pyproject.toml").exists()


def _exists_in_room(package: Path, inner: list[str]) -> bool:
    if not inner or inner[0] in {"data", "support"} or inner[0].endswith("_distribution"):
        return True
    first = package / inner[0]
    return first.is_dir() or first.with_suffix(".py").exists()


def test_every_plugin_has_tests() -> None:
    untested = [name for name, folder in _plugins().items() if not list(_tests_of(folder))]
    assert not untested, "a plugin's tests stand in tests/<room>/<name>/ or tests/<room>/test_<name>.py"


def _tests_of(folder: Path) -> list[Path]:
    name, tests = folder.name, ROOT / "tests" / _room(folder).name
    return [*tests.glob(f"**/{name}/test_*.py"), *tests.glob(f"**/test_{name}*.py")]


def test_inside_a_plugin_only_graphql_py_meets_the_graphql_room() -> None:
    astray = [
        f"{module.place} imports {name}"
        for module in modules()
        if module.room in PLUGIN_ROOMS and not _is_graphql(module)
        for name in module.imports()
        if is_within(name, "linli_graphql")
    ]
    assert not astray, "move what declares types and fields into the plugin's graphql.py"


def _is_graphql(module: Module) -> bool:
    return "graphql" in Path(module.place).with_suffix("").parts[2:]


def test_a_plugin_imports_another_only_if_its_manifest_requires_it() -> None:
    astray = [
        f"{module.place} imports {other}"
        for own, folder in _plugins().items()
        for module in modules()
        if is_within(module.dotted, _dotted(folder))
        for other in _other_plugins(module, own)
        if other not in _requires(folder)
    ]
    assert not astray, "name the other plugin under `requires` in plugin.toml, or go without it"


def _plugins() -> dict[str, Path]:
    manifests = [ROOT / place for place in files() if place.endswith("/plugin.toml")]
    rooms = [ROOT / room for room in PLUGIN_ROOMS]
    return {path.parent.name: path.parent for path in manifests if any(map(path.is_relative_to, rooms))}


def _room(folder: Path) -> Path:
    return ROOT / folder.relative_to(ROOT).parts[0]


def _dotted(folder: Path) -> str:
    return ".".join(folder.relative_to(_room(folder)).parts)


def _other_plugins(module: Module, own: str) -> set[str]:
    packages = {name: _dotted(folder) for name, folder in _plugins().items() if name != own}
    return {
        name
        for imported in module.imports()
        for name, package in packages.items()
        if is_within(imported, package)
    }


def _requires(folder: Path) -> set[str]:
    manifest = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
    wanted = manifest.get("requires", manifest.get("plugin", {}).get("requires", []))
    return {str(name).split()[0] for name in wanted}
