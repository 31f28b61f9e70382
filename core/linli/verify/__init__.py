"""Verification: what must hold between rows, and between the database and what was signed outside it."""

from linli.verify.audit import verify_audit
from linli.verify.counts import verify_counts
from linli.verify.deliveries import verify_deliveries
from linli.verify.export import export_audit
from linli.verify.findings import Finding, Report
from linli.verify.paths import verify_paths, verify_spine
from linli.verify.references import verify_references
from linli.verify.run import verify_all
from linli.verify.snapshot import snapshot

__all__ = [
    "Finding",
    "Report",
    "export_audit",
    "snapshot",
    "verify_all",
    "verify_audit",
    "verify_counts",
    "verify_deliveries",
    "verify_paths",
    "verify_references",
    "verify_spine",
]
