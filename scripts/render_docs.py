"""Write docs/hooks.md from the hooks' specifications, and blocks of docs/plugin-author.md from files.

.venv/bin/python scripts/render_docs.py            writes the pages
.venv/bin/python scripts/render_docs.py --check    says whether the pages are what the code says

A block comes from a file where a comment stands above it: `<!-- motto/service.py -->` takes the whole file,
`<!-- motto/service.py: propose_motto, VERBS -->` what is defined there under those names.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from linli.plugins import hookspecs
from linli.plugins.discovery import installed_rooms
from linli.plugins.markers import PREFIX
from linli.rooms import all_hookspecs

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / "docs" / "hooks.md"
GUIDE = ROOT / "docs" / "plugin-author.md"
EXAMPLE = ROOT / "tests" / "plugins" / "motto_distribution"
BLOCK = re.compile(
    r"^<!-- (?P<file>[\w./-]+)(?:: (?P<names>[\w, ]+))? -->\n```(?P<language>\w*)\n.*?^```$",
    re.DOTALL | re.MULTILINE,
)
INTRODUCTION = """\
# Hooks

This page is rendered by `scripts/render_docs.py` from the hooks' specifications, and a test compares the two.

A plugin answers a hook with a function of that name in its `__init__.py`, marked `@hookimpl`. It takes the
arguments that it uses and no others. Every hook is called at the start, plugin by plugin, each after those
that it requires. An answer of another type than the specification's, an unknown name, a missing mark or an
exception stops the start with a sentence that names the plugin. The other plugins are asked nevertheless, so
that all faults are told at once.

All examples are the plugin `motto`, which [the guide for authors](plugin-author.md) builds.
"""


def specifications() -> Iterator[tuple[ModuleType, str]]:
    """Yield every hook's module and name, those of the core first, in the order of their source."""
    for module in (hookspecs, *all_hookspecs(installed_rooms())):
        for name, value in vars(module).items():
            if name.startswith(PREFIX) and inspect.isfunction(value):
                yield module, name


def hooks_page() -> str:
    """Return the reference of all hooks."""
    found = list(specifications())
    table = [f"| [`{name}`](#{name}) | {_summary(module, name)} |" for module, name in found]
    parts = [INTRODUCTION, "\n".join(["| Hook | A plugin's answer |", "|---|---|", *table])]
    parts += [_section(module, name) for module, name in found]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _summary(module: ModuleType, name: str) -> str:
    first = (inspect.getdoc(getattr(module, name)) or "").split("\n\n")[0].replace("\n", " ")
    return first.removeprefix("Return ").rstrip(".")


def _section(module: ModuleType, name: str) -> str:
    hook = ast.parse(inspect.getsource(getattr(module, name))).body[0]
    if not isinstance(hook, ast.FunctionDef) or hook.returns is None:
        raise TypeError(f"{name} is no function with a return type")
    signature = f"def {name}({ast.unparse(hook.args)}) -> {ast.unparse(hook.returns)}"
    example = excerpt(EXAMPLE / "motto" / "__init__.py", [name])
    said = inspect.getdoc(getattr(module, name))
    return f"## {name}\n\n```python\n{signature}\n```\n\n{said}\n\n```python\n{example}\n```"


def rendered(page: str) -> str:
    """Return a page with its blocks as the files have them."""

    def block(match: re.Match[str]) -> str:
        names = [name.strip() for name in (match["names"] or "").split(",") if name.strip()]
        file = EXAMPLE / match["file"]
        text = excerpt(file, names) if names else file.read_text(encoding="utf-8").strip("\n")
        comment = match[0].partition("\n")[0]
        return f"{comment}\n```{match['language']}\n{text}\n```"

    return BLOCK.sub(block, page)


def excerpt(file: Path, names: list[str]) -> str:
    """Return what a module defines under names, as it stands there."""
    text = file.read_text(encoding="utf-8")
    nodes = {name: node for node in ast.parse(text).body for name in _names(node)}
    lines = text.splitlines()
    if unknown := [name for name in names if name not in nodes]:
        raise LookupError(f"{file} defines no {', '.join(unknown)}")
    parts = ["\n".join(lines[_first(nodes[name]) - 1 : nodes[name].end_lineno]) for name in names]
    return "\n\n\n".join(parts)


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _first(node: ast.stmt) -> int:
    marks = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return min([node.lineno, *(mark.lineno for mark in marks)])


def pages() -> dict[Path, str]:
    """Return every page that this script writes, as it is to be."""
    return {HOOKS: hooks_page(), GUIDE: rendered(GUIDE.read_text(encoding="utf-8"))}


def main() -> int:
    stale = [page for page, text in pages().items() if not page.exists() or page.read_text("utf-8") != text]
    for page in stale:
        print(f"{page.relative_to(ROOT)} differs")
    if "--check" in sys.argv[1:]:
        return int(bool(stale))
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
