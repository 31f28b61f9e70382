"""Write the core's first migrations from the tables of linli.model, one for each of its modules.

    python scripts/write_initial_migration.py            # rewrite core/linli/migrations/versions
    python scripts/write_initial_migration.py --check    # change nothing, exit 1 when a file differs

For the time before the first release only: a released migration is never rewritten, changes get new ones.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal

from alembic.autogenerate import render_python_code
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table

from linli.model import access, bodies, grids, metadata, people, ties, traces
from linli.model.types import Document, Id, Instant, PathText

VERSIONS: Final = Path(__file__).resolve().parents[1] / "core/linli/migrations/versions"
TYPES: Final = {
    "ID": 'sa.String(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")',
    "INSTANT": ('sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")'),
    "PATH": 'sa.String().with_variant(sa.String(collation="C"), "postgresql")',
    "DOCUMENT": 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
}


@dataclass(frozen=True, slots=True)
class Part:
    """One migration: the tables of a module, and what is said in it after them."""

    title: str
    module: ModuleType
    extra: Sequence[str] = ()

    @property
    def name(self) -> str:
        return str(self.module.__name__).rpartition(".")[2]


PARTS: Final = (
    Part("Territory", grids, ('register_scoped("core_grid")',)),
    Part("Residents, households and dwellings", people),
    Part("Party branches, organisations and projects", bodies),
    Part("Memberships, posts and relationships", ties),
    Part(
        "Accounts and their roles",
        access,
        ('op.execute("INSERT INTO core_policy_epoch (id, epoch) VALUES (1, 1)")',),
    ),
    Part(
        "Events, audit and what else deeds leave behind",
        traces,
        (
            'keep_rows("core_event", mutable=["dispatched_at"])',
            'keep_rows("core_audit")',
            'keep_rows("core_seal")',
        ),
    ),
)


def main() -> int:
    made = {f"{number:04}_{part.name}.py": text for number, part, text in revisions()}
    stale = {path.name for path in VERSIONS.glob("*.py")} - made.keys()
    if "--check" in sys.argv[1:]:
        differing = [name for name, text in made.items() if not _is_written(name, text)]
        for name in (*differing, *sorted(stale)):
            print(f"{VERSIONS / name} differs")
        return int(bool(differing or stale))
    VERSIONS.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (VERSIONS / name).unlink()
    for name, text in made.items():
        (VERSIONS / name).write_text(text, encoding="utf-8")
    print(f"Wrote {len(made)} migrations to {VERSIONS}")
    return 0


def _is_written(name: str, text: str) -> bool:
    path = VERSIONS / name
    return path.is_file() and path.read_text(encoding="utf-8") == text


def revisions() -> Iterator[tuple[int, Part, str]]:
    """Yield each migration's number, part and text; refuse a table that no part holds, or holds too early."""
    seen: set[str] = set()
    for number, part in enumerate(PARTS, 1):
        tables = _tables(part.module)
        seen |= {table.name for table in tables}
        for table in tables:
            early = {key.column.table.name for key in table.foreign_keys} - seen
            if early:
                sys.exit(f"{table.name} refers to {sorted(early)}, which a later migration makes.")
        yield number, part, formatted(text(number, part, tables))
    missing = metadata.tables.keys() - seen
    if missing:
        sys.exit(f"No migration makes {sorted(missing)}: add their module to PARTS.")


def _tables(module: ModuleType) -> list[Table]:
    own = {value.name for value in vars(module).values() if isinstance(value, Table)}
    return [table for table in metadata.sorted_tables if table.name in own]


TEMPLATE: Final = """\
\"\"\"{title}.

Written by scripts/write_initial_migration.py; never changed after a release.
\"\"\"

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from linli.database.migration_operations import create_search_index, keep_rows, register_scoped

revision = "{revision}"
down_revision = {down_revision}

{types}


def upgrade() -> None:
    {calls}


{functions}
"""


def text(number: int, part: Part, tables: Sequence[Table]) -> str:
    steps = [step for table in tables for step in _steps(table)]
    functions = "\n\n\n".join(f"def {name}() -> None:\n{body}" for name, body in steps)
    calls = [*(f"{name}()" for name, _ in steps), *_marks(tables), *part.extra]
    return TEMPLATE.format(
        title=part.title,
        revision=f"{number:04}",
        down_revision=f'"{number - 1:04}"' if number > 1 else None,
        types="\n".join(f"{name} = {code}" for name, code in TYPES.items() if f" {name}," in functions),
        calls="\n    ".join(calls),
        functions=functions,
    )


def _steps(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the functions that make a table and its indexes, apart, since each shall be short."""
    creation = CreateTableOp.from_table(table)
    creation.info = {}  # what a table is marked with is said by the calls that follow
    yield f"create_{table.name}", _rendered(creation)
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    if indexes:
        yield f"index_{table.name}", _rendered(*(CreateIndexOp.from_index(index) for index in indexes))


def _rendered(*operations: CreateTableOp | CreateIndexOp) -> str:
    context = MigrationContext.configure(dialect_name="postgresql")
    code = render_python_code(UpgradeOps(operations), render_item=_render_type, migration_context=context)
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    return "\n".join(f"    {line}" for line in lines)


def _render_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Id | Instant):
        return type(item).__name__.upper()
    if item is PathText:
        return "PATH"
    return "DOCUMENT" if item is Document else False


def _marks(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        if table.info.get("searchable"):
            yield f'create_search_index("{table.name}")'
    scoped = [f'"{table.name}"' for table in tables if table.info.get("scoped")]
    if scoped:
        yield f"register_scoped({', '.join(scoped)})"


def formatted(code: str) -> str:
    """Return the code without the imports that it does not need, in the house's form."""
    fixed = _ruff("check", "--fix", "--select=F401,I001", "--quiet", code=code)
    return _ruff("format", "--quiet", code=fixed)


def _ruff(*arguments: str, code: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, f"--stdin-filename={VERSIONS / '0001.py'}", "-"]
    done = subprocess.run(  # noqa: S603 - constants of this file
        command, input=code, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
