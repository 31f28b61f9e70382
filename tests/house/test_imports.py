"""Every module can be imported first: none leans on another having been imported before it."""

import json
import subprocess
import sys

import pytest

from tests.house.source import ROOMS, ROOT, is_within, modules
from tests.policies.seeds import seeded

# One child per module, forked from a process that holds the others' packages but none of ours.
IMPORTER = """
import importlib, json, os, sys, traceback, warnings
ours, theirs = json.load(sys.stdin)
for name in theirs:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
warnings.simplefilter("error")
failed = 0
for name in ours:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException:
            print(f"--- {name} alone:", traceback.format_exc(limit=-3), sep="\\n", flush=True)
            os._exit(1)
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(bool(failed))
"""


def test_modules_import_alone_and_without_a_warning() -> None:
    """A third of them each time, others the next time."""
    ours = _ours()
    _import_each(seeded("imports").sample(ours, len(ours) // 3))


@pytest.mark.soak
def test_every_module_imports_alone_and_without_a_warning() -> None:
    _import_each(_ours())


def _ours() -> list[str]:
    return [module.dotted for module in modules() if module.importable and not _is_main(module.dotted)]


def _import_each(ours: list[str]) -> None:
    work = json.dumps([ours, sorted(_theirs())])
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORTER],
        input=work,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "tests",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _is_main(dotted: str) -> bool:
    return dotted.endswith("__main__")


def _theirs() -> set[str]:
    packages = {name.rsplit(".", 1)[0] for module in modules() for name in module.imports()}
    return {name for name in packages if not any(is_within(name, ours) for ours in ROOMS.values())}
