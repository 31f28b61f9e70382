"""The whole verification, as `linli verify` runs it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table

from linli.database.database import Database
from linli.traces.heads import HeadFile, SignedHeads, read_heads
from linli.verify.audit import verify_audit
from linli.verify.counts import verify_counts
from linli.verify.deliveries import verify_deliveries
from linli.verify.findings import Finding, Report
from linli.verify.paths import verify_paths, verify_spine
from linli.verify.references import verify_references
from linli.verify.snapshot import snapshot


def verify_all(
    database: Database,
    heads: HeadFile | None = None,
    *,
    counts: Mapping[str, Select[Any]] | None = None,
    tables: Iterable[Table] | None = None,
    consumers: Iterable[str] | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Report:
    """Verify everything as of one moment; writers are not held up.

    Args:
        database: the database; it is only read.
        heads: where the signed heads of the audit are.
        counts: statements by metric, see `verify_counts`.
        tables: tables whose foreign keys are followed, see `verify_references`.
        consumers: names of the consumers that run, see `verify_deliveries`.
        progress: called with (name of the check, checks done, number of checks) before each.
    """
    # Before the snapshot: a head signed later would name a link that the snapshot cannot see.
    signed = read_heads(heads) if heads else SignedHeads()
    checks: dict[str, Callable[[Connection], list[Finding]]] = {
        "paths": verify_paths,
        "spine": verify_spine,
        "counts": lambda connection: verify_counts(connection, counts),
        "references": lambda connection: verify_references(connection, tables),
        "audit": lambda connection: verify_audit(connection, signed),
        "deliveries": lambda connection: verify_deliveries(connection, consumers),
    }
    found: dict[str, tuple[Finding, ...]] = {}
    with snapshot(database) as connection:
        for done, (name, check) in enumerate(checks.items()):
            progress(name, done, len(checks))
            found[name] = tuple(check(connection))
    return Report(found)
