"""docs/plugin-author.md and the plugin's README do what they say, from an empty folder to the last answer."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.render_docs import GUIDE, excerpt, pages, rendered
from tests.plugins.motto_place import DISTRIBUTION, Place, linli, pip_install

README = DISTRIBUTION / "motto" / "README.md"
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN_IN_PART = {"README.md"}  # one line at first, and the tests read it below


def fences(page: Path, *languages: str) -> Iterator[tuple[str, str]]:
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        if match["language"] in languages:
            yield match["language"], match["text"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_page_is_what_the_code_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == pages()[page], "run scripts/render_docs.py"


def test_what_a_block_takes_from_a_file() -> None:
    assert rendered("<!-- motto/plugin.toml -->\n```toml\nold\n```").count('name = "motto"') == 1
    assert rendered("<!-- motto/graphql.py: SCHEMA -->\n```python\n```").startswith(
        "<!-- motto/graphql.py: SCH"
    )
    assert "old" not in rendered("<!-- motto/graphql.py: quotation, SCHEMA -->\n```python\nold\n```")
    with pytest.raises(LookupError, match=r"graphql\.py defines no absent"):
        excerpt(DISTRIBUTION / "motto" / "graphql.py", ["SCHEMA", "absent"])


def test_the_tree_of_the_guide_is_that_of_the_plugin() -> None:
    ((_, tree),) = fences(GUIDE, "text")
    shown = {name for line in tree.splitlines()[1:] for name in re.findall(r"[\w.-]+\.\w+", line)}
    files = [path for path in DISTRIBUTION.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert shown == {path.name for path in files} - {"py.typed"}


def test_only_graphql_py_meets_the_graphql_room() -> None:
    modules = (DISTRIBUTION / "motto").glob("*.py")
    meeting = [
        one.name for one in modules if re.search(r"(from|import) linli_graphql", one.read_text("utf-8"))
    ]
    assert meeting == ["graphql.py"]


def test_the_guides_commands_print_what_it_shows(tmp_path: Path, motto_site: Path) -> None:
    bare = bare_site(tmp_path)
    site, cwd = bare, tmp_path
    for language, text in fences(GUIDE, "console", "toml"):
        if language == "console":
            site = motto_site if "linli migrate" in text else site
            for command, expected in transcript(text):
                cwd = run(command, expected, cwd, site)
        elif text.startswith("[plugins]"):
            config = tmp_path / "place" / "linli.toml"
            written = config.read_text(encoding="utf-8")
            assert "[plugins]\nenabled = []\n" in written
            config.write_text(written.replace("[plugins]\nenabled = []\n", text), encoding="utf-8")
    assert cwd == tmp_path / "place"
    assert "type Motto implements Node" in (cwd / "schema.graphql").read_text(encoding="utf-8")


def bare_site(folder: Path) -> Path:
    """Install what stands in the first chapter: four files, no hook."""
    distribution, site = folder / "linli-motto", folder / "site"
    (distribution / "motto").mkdir(parents=True)
    for name in ("pyproject.toml", "motto/plugin.toml"):
        text = (DISTRIBUTION / name).read_text(encoding="utf-8")
        (distribution / name).write_text(text, encoding="utf-8")
    (distribution / "motto" / "README.md").write_text("# motto\n", encoding="utf-8")
    (distribution / "motto" / "__init__.py").write_text('"""Mottos."""\n', encoding="utf-8")
    pip_install(distribution, site)
    return site


def transcript(text: str) -> Iterator[tuple[str, str]]:
    for part in text.removeprefix("$ ").split("\n$ "):
        command, _, expected = part.partition("\n")
        yield command, expected.strip("\n")


def run(command: str, expected: str, cwd: Path, site: Path) -> Path:
    """Run one command of a transcript and return the folder in which the next one runs."""
    program, *arguments = shlex.split(command)
    if program == "cd":
        return cwd / arguments[0]
    if program == "pip":  # done already, offline and into a folder of the test's own
        return cwd
    assert program == "linli"
    done = linli(cwd, *arguments, site=site)
    assert done.returncode == 0, done.stderr
    printed = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())
    pattern = re.escape(expected).replace("…", ".*")
    assert re.fullmatch(pattern, printed, re.DOTALL), f"{command} printed:\n{printed}"
    return cwd


@pytest.mark.parametrize("page", [GUIDE, README], ids=["guide", "readme"])
async def test_the_pages_requests_are_answered_as_it_shows(place: Place, page: Path) -> None:
    data: Any = None
    answered = 0
    for language, text in fences(page, "graphql", "json"):
        if language == "json":
            assert fits(data, json.loads(text)), data
            answered += 1
            continue
        who = text.partition("\n")[0].removeprefix("# ")
        wanted = {name: place.ids[name] for name in re.findall(r"\$(\w+):", text)}
        data = await place.data(who, text, **wanted)
        for payload in data.values():
            if isinstance(payload, dict) and "errors" in payload:
                assert payload["errors"] == []
                place.ids["motto"] = payload["motto"].get("id", place.ids.get("motto"))
    assert answered >= 1


def fits(found: Any, shown: Any) -> bool:
    """Whether an answer is the one shown, in which `…` stands for any text."""
    if isinstance(shown, dict) and isinstance(found, dict):
        return found.keys() == shown.keys() and all(fits(found[name], shown[name]) for name in shown)
    if isinstance(shown, list) and isinstance(found, list):
        return len(found) == len(shown) and all(map(fits, found, shown))
    return bool(shown == found or (shown == "…" and isinstance(found, str)))
