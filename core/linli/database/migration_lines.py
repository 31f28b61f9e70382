"""Lines of migrations: the core's and each plugin's, read from their own folder, kept in their own table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from linli.database.migration_errors import MigrationError

CORE: Final = "core"


@dataclass(frozen=True, slots=True)
class MigrationLine:
    """The migrations of one owner: `core` or a plugin's name, and the folder that holds `versions/`.

    A folder that does not exist, or holds no revision, is a line without migrations.
    """

    name: str
    folder: Path

    @property
    def version_table(self) -> str:
        """Where the line's state is kept: alone, so that the loss of one line's files harms no other."""
        return "core_version" if self.name == CORE else f"{self.name}__version"


@dataclass(frozen=True, slots=True)
class Migration:
    """One revision of a line; `title` is the first line of its docstring."""

    line: str
    revision: str
    title: str


@dataclass(frozen=True, slots=True)
class Scripts:
    """The revisions of a line as they stand on disk."""

    line: MigrationLine
    directory: ScriptDirectory
    revisions: frozenset[str]

    def context(self, connection: Connection, **opts: Any) -> MigrationContext:
        """Return Alembic's context for this line on an open transaction."""
        table = self.line.version_table
        return MigrationContext.configure(
            connection, opts={"version_table": table, "transactional_ddl": True, **opts}
        )

    def heads(self, connection: Connection) -> tuple[str, ...]:
        """Return the revisions that the database has reached, usually one."""
        return self.context(connection).get_current_heads()

    def after(self, heads: Sequence[str]) -> list[Script]:
        """Return the revisions still to be run, oldest first; raises MigrationError if a head is unknown."""
        if not self.revisions:
            return []
        for head in heads:
            if head not in self.revisions:
                raise MigrationError("migration.newer", line=self.line.name, revision=head)
        found = self.directory.iterate_revisions("heads", tuple(heads), implicit_base=True)
        return list(found)[::-1]

    def pending(self, connection: Connection) -> list[Migration]:
        """Return the migrations still to be run, oldest first."""
        return [self.migration(script) for script in self.after(self.heads(connection))]

    def migration(self, script: Script) -> Migration:
        """Return what is told of a revision."""
        return Migration(self.line.name, script.revision, script.doc.strip().rstrip("."))

    def run(self, connection: Connection, revision: str) -> bool:
        """Run one revision and note it in the line's table; False if the database has it already."""
        scripts = [script for script in self.after(self.heads(connection)) if script.revision == revision]
        steps = [MigrationStep.upgrade_from_script(self.directory.revision_map, script) for script in scripts]
        context = self.context(connection, fn=lambda _heads, _context: steps)
        with Operations.context(context):
            context.run_migrations()
        return bool(steps)


def read_scripts(line: MigrationLine) -> Scripts:
    """Read a line's revisions; raises MigrationError if a file is faulty or the line has two ends."""
    # Alembic wants a folder that exists for its env.py, which there is none of.
    directory = ScriptDirectory(Path(__file__).parent, version_locations=[line.folder / "versions"])
    try:
        heads, revisions = directory.get_heads(), [script.revision for script in directory.walk_revisions()]
    except Exception as error:  # whatever a stranger's file raises while it is loaded
        raise MigrationError(
            "migration.unreadable", line=line.name, folder=line.folder, reason=one_line(error)
        ) from error
    if len(heads) > 1:
        raise MigrationError("migration.branched", line=line.name, revisions=", ".join(sorted(heads)))
    return Scripts(line, directory, frozenset(revisions))


def one_line(error: BaseException) -> str:
    """Return what an error says, in one line and never empty."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
