"""The tables of the core graph, as SQLAlchemy Core sees them."""

from linli.model.access import account, assignment, policy_epoch, token
from linli.model.base import metadata
from linli.model.bodies import (
    branch_coverage,
    branch_host,
    organization,
    party_branch,
    project,
    project_grid,
    project_party,
)
from linli.model.grids import coverage, grid, rollup, rollup_delta, scoped_table, succession
from linli.model.looks import data_access
from linli.model.people import dwelling, household, occupancy, residence, resident
from linli.model.privacy import consent, data_request, personal_field
from linli.model.sign_in import identity, milestone, sign_in_code, sign_in_try
from linli.model.ties import membership, post, relationship
from linli.model.traces import audit, delivery, event, idempotency, import_run, seal

__all__ = [
    "account",
    "assignment",
    "audit",
    "branch_coverage",
    "branch_host",
    "consent",
    "coverage",
    "data_access",
    "data_request",
    "delivery",
    "dwelling",
    "event",
    "grid",
    "household",
    "idempotency",
    "identity",
    "import_run",
    "membership",
    "metadata",
    "milestone",
    "occupancy",
    "organization",
    "party_branch",
    "personal_field",
    "policy_epoch",
    "post",
    "project",
    "project_grid",
    "project_party",
    "relationship",
    "residence",
    "resident",
    "rollup",
    "rollup_delta",
    "scoped_table",
    "seal",
    "sign_in_code",
    "sign_in_try",
    "succession",
    "token",
]
