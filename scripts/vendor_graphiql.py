"""Write the GraphiQL console's vendored files from pinned npm packages.

    python scripts/vendor_graphiql.py            # rewrite graphql/linli_graphql/console/static
    python scripts/vendor_graphiql.py --check    # change nothing, exit 1 when a file differs

Needs npm and its registry. Whoever raises a version raises its integrity (`npm view graphiql dist.integrity`)
and AS_OF with it.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).resolve().parents[1] / "graphql/linli_graphql/console/static"
# Dependencies are resolved as they stood that day, so that the licences come out equal.
AS_OF: Final = "2026-04-01"


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str
    integrity: str
    files: Mapping[str, str]


SHIPPED: Final = (
    Package(
        "graphiql",
        "4.1.2",
        "sha512-rNlzQIAzm6i2KBXmVQWBgLvt0TloxFVB2d18bukvdsvjEuFDHsKx5IVOomL1W1o5WW+tE54+ioHb2AEKzO2cUg==",
        {"graphiql.js": "graphiql.min.js", "graphiql.css": "graphiql.min.css"},
    ),
    Package(
        "react",
        "18.3.1",
        "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
        {"react.js": "umd/react.production.min.js"},
    ),
    Package(
        "react-dom",
        "18.3.1",
        "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
        {"react-dom.js": "umd/react-dom.production.min.js"},
    ),
)
# Inside the GraphiQL bundle but not among its installed dependencies: fetched for the licence text only.
LICENCE_ONLY: Final = ("graphql@16.11.0", "graphql-ws@5.16.2")
# Packages that ship no licence file, and a package of the same authors and licence that does.
LICENCE_FROM: Final = {"react-compiler-runtime": "react", "react-remove-scroll-bar": "react-remove-scroll"}
SAME_SCOPE: Final = {"@radix-ui": "@radix-ui/react-slot"}


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        modules = install(Path(scratch))
        made = dict(vendored(modules)) | {"LICENSES.txt": licences(modules)}
    if "--check" in sys.argv[1:]:
        return report_differences(made)
    for name, text in made.items():
        (STATIC / name).write_text(text, encoding="utf-8", newline="")
    sys.stdout.write(f"Wrote {len(made)} files to {STATIC}\n")
    return 0


def install(scratch: Path) -> Path:
    """Install the pinned packages, running none of their scripts; refuse one whose content is not ours."""
    npm = shutil.which("npm") or sys.exit("npm is not on the PATH: install Node.js with npm.")
    (scratch / "package.json").write_text('{"private": true}')
    pins = [f"{package.name}@{package.version}" for package in SHIPPED]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--before={AS_OF}"]
    command = [npm, "install", *options, *pins, *LICENCE_ONLY]
    subprocess.run(command, cwd=scratch, check=True, timeout=600)  # noqa: S603 - constants of this file
    lock = _json(scratch / "package-lock.json")["packages"]
    for package in SHIPPED:
        found = lock[f"node_modules/{package.name}"]["integrity"]
        if found != package.integrity:
            sys.exit(f"{package.name} {package.version} has integrity {found}, expected {package.integrity}.")
    return scratch / "node_modules"


def vendored(modules: Path) -> Iterator[tuple[str, str]]:
    for package in SHIPPED:
        for target, source in package.files.items():
            text = (modules / package.name / source).read_text(encoding="utf-8")
            yield target, plain_css(text) if target.endswith(".css") else plain_js(text)


def plain_js(text: str) -> str:
    return re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", text)


def plain_css(text: str) -> str:
    """Without the embedded fonts: 360 kB with no Chinese glyph, and the policy can refuse all fonts."""
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", text)


def bundled(modules: Path) -> list[str]:
    """Names of the packages inside the shipped files, read from GraphiQL's own source map."""
    sources = _json(modules / "graphiql/graphiql.min.js.map")["sources"]
    found = [re.findall(r"node_modules/((?:@[^/]+/)?[^/]+)", source)[-1:] for source in sources]
    return sorted({package.name for package in SHIPPED}.union(*found))


def licences(modules: Path) -> str:
    """One document: each licence text once, under the packages it covers."""
    holders: dict[str, list[str]] = {}
    for name in bundled(modules):
        holders.setdefault(licence_text(modules, name), []).append(name)
    versions = ", ".join(f"{package.name} {package.version}" for package in SHIPPED)
    contents = f"The files beside this one are {versions}, with the packages below inside them.\n"
    parts = [contents + "Made by scripts/vendor_graphiql.py; not to be edited.\n"]
    for text, names in sorted(holders.items(), key=lambda entry: entry[1]):
        parts.append(f"{'=' * 80}\n{', '.join(names)}\n{'=' * 80}\n\n{text}\n")
    return "\n".join(parts)


def licence_text(modules: Path, name: str) -> str:
    for owner in (name, LICENCE_FROM.get(name), SAME_SCOPE.get(name.partition("/")[0])):
        files = sorted((modules / owner).glob("[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*")) if owner else []
        if files:
            return _tidy(files[0].read_text(encoding="utf-8"))
    about = _json(modules / name / "package.json")
    return f"{about['license']}, as declared in the package.json of its author, {about['author']}"


def report_differences(made: Mapping[str, str]) -> int:
    stale = [name for name, text in made.items() if (STATIC / name).read_bytes() != text.encode()]
    for name in stale:
        sys.stderr.write(f"{STATIC / name} is not what the pinned packages give: run without --check.\n")
    return 1 if stale else 0


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
