"""Plugins as strangers bring them: installed distributions with an entry point, in a folder on sys.path."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

IMPORTS = "from linli.plugins import Indicator, Reaction, RelationshipType, hookimpl\n"


@dataclass(frozen=True)
class Site:
    """A folder of installed distributions."""

    folder: Path

    def plugin(
        self,
        name: str,
        code: str = "",
        *,
        manifest: str | None = None,
        requires: tuple[str, ...] = (),
        version: str = "1.0",
        distribution: str | None = None,
    ) -> Path:
        """Install a plugin and return its folder; `code` follows the usual imports in its __init__.py."""
        folder = self.package(name, code)
        text = plugin_toml(name, requires, version) if manifest is None else manifest
        (folder / "plugin.toml").write_text(text, encoding="utf-8")
        self.entry_point(name, name, distribution or f"stranger-{name}")
        return folder

    def package(self, name: str, code: str = "") -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(IMPORTS + code, encoding="utf-8")
        return folder

    def entry_point(self, name: str, package: str, distribution: str) -> None:
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[linli.plugins]\n{name} = {package}\n")


def plugin_toml(name: str, requires: tuple[str, ...] = (), version: str = "1.0", core: str = ">=0.1") -> str:
    """Return a sound manifest; `requires` stands in line 5."""
    lines = (
        f'name = "{name}"',
        f'title = {{ zh-CN = "灯笼", en = "{name.title()}" }}',
        f'version = "{version}"',
        f'core = "{core}"',
        f"requires = {list(requires)}",
    )
    return "\n".join(lines) + "\n"


@contextmanager
def installed_site(folder: Path) -> Iterator[Site]:
    """A site on sys.path; afterwards neither it nor its modules remain."""
    folder.mkdir()
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    try:
        yield Site(folder)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
