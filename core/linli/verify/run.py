"""The whole verification, as `linli verify` runs it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, Table

from linli.database.database import Database
from linli.traces.faults import fault_text
from linli.traces.heads import HeadFile, SignedHeads, read_heads
from linli.verify.audit import verify_audit
from linli.verify.counts import verify_counts
from linli.verify.deliveries import verify_deliveries
from linli.verify.findings import Finding, Report
from linli.verify.paths import verify_paths, verify_spine
from linli.verify.references import verify_references
from linli.verify.snapshot import snapshot

Verify = Callable[[Connection], Sequence[Finding]]


def verify_all(
    database: Database,
    heads: HeadFile | None = None,
    *,
    counts: Mapping[str, Select[Any]] | None = None,
    tables: Iterable[Table] | None = None,
    consumers: Iterable[str] | None = None,
    more: Mapping[str, Verify] = MappingProxyType({}),
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Report:
    """Verify everything as of one moment; writers are not held up.

    Args:
        database: the database; it is only read.
        heads: where the signed heads of the audit are.
        counts: statements by metric, see `verify_counts`.
        tables: tables whose foreign keys are followed, see `verify_references`.
        consumers: names of the consumers that run, see `verify_deliveries`.
        more: the checks of plugins, each by `<plugin>.<name>`; one that raises is a finding.
        progress: called with (name of the check, checks done, number of checks) before each.
    """
    # Before the snapshot: a head signed later would name a link that the snapshot cannot see.
    signed = read_heads(heads) if heads else SignedHeads()
    checks: dict[str, Verify] = {
        "paths": verify_paths,
        "spine": verify_spine,
        "counts": lambda connection: verify_counts(connection, counts),
        "references": lambda connection: verify_references(connection, tables),
        "audit": lambda connection: verify_audit(connection, signed),
        "deliveries": lambda connection: verify_deliveries(connection, consumers),
        **{name: partial(_attempted, check) for name, check in more.items()},
    }
    found: dict[str, tuple[Finding, ...]] = {}
    with snapshot(database) as connection:
        for done, (name, check) in enumerate(checks.items()):
            progress(name, done, len(checks))
            found[name] = tuple(check(connection))
    return Report(found)


def _attempted(check: Verify, connection: Connection) -> Sequence[Finding]:
    """Return what a plugin's check finds; its failure is told and ends no other check."""
    try:
        with connection.begin_nested():
            return check(connection)
    except Exception as error:  # noqa: BLE001 - a plugin's code may raise anything
        return [Finding("verify.check_failed", {"fault": fault_text(error, __file__)})]
