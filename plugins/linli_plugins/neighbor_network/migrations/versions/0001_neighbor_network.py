"""Networks of neighbours, their members and spaces, matters and their trace, mutual help, the rota."""

import sqlalchemy as sa
from alembic import op

from linli.database.migration_columns import DOCUMENT, ID, INSTANT, PATH, PLACED, name_text, node, validity
from linli.database.migration_operations import keep_rows, only_emptied, register_scoped

revision = "0001"
down_revision = None

PREFIX = "neighbor_network__"
LISTED = {"network": ("name", "kind"), "space": ("name",), "matter": ("state", "due")}
FOREIGN = {
    "grid_id": "core_grid",
    "network_id": "neighbor_network__network",
    "parent_id": "neighbor_network__network",
    "matter_id": "neighbor_network__matter",
    "resident_id": "core_resident",
    "convenor_id": "core_resident",
    "raised_by_id": "core_resident",
    "answered_by_id": "core_resident",
    "core_household_id": "core_household",
    "lead_organization_id": "core_organization",
    "party_branch_id": "core_party_branch",
    "account_id": "core_account",
}


def upgrade() -> None:
    _networks()
    _members()
    _spaces()
    _matters()
    _steps()
    _helps()
    _shifts()
    register_scoped(
        *(
            f"{PREFIX}{name}"
            for name in ("network", "member", "space", "matter", "matter_step", "help", "shift")
        )
    )
    ties = ("parent_id", "convenor_id", "core_household_id", "lead_organization_id", "party_branch_id")
    _keep("network", *PLACED, "name", "introduction", "functions", "valid_to", *ties)
    _keep("member", *PLACED, "until", "consent")
    _keep("space", *PLACED, "name", "elements", "valid_to")
    # What was said is never rewritten; a person who has left is taken off an open matter.
    states = ("network_id", "state", "step", "due", "feedback", "valid_to")
    _keep("matter", *PLACED, *states, "raised_by_id", "title", "text")
    _keep("matter_step", "grid_id", "path", "valid_to", "note")
    _keep("help", *PLACED, "state", "answered_by_id", "valid_to", "what")
    _keep("shift", *PLACED, "state", "until")
    words = {"member": ("consent",), "matter": ("title", "text"), "matter_step": ("note",), "help": ("what",)}
    for name, columns in words.items():
        only_emptied(f"{PREFIX}{name}", *columns)


def _keep(name: str, *mutable: str) -> None:
    keep_rows(f"{PREFIX}{name}", mutable=mutable)


def _table(
    name: str, *columns: sa.Column[object], indexed: tuple[str, ...] = (), **more: sa.Constraint
) -> None:
    """Create a scoped table with its keys; `indexed` are its references that are looked up by."""
    table = f"{PREFIX}{name}"
    refers = [column.name for column in columns if column.name in FOREIGN]
    op.create_table(
        table,
        *columns,
        *(sa.ForeignKeyConstraint([one], [f"{FOREIGN[one]}.id"], name=f"fk_{table}_{one}") for one in refers),
        *more.values(),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for one in ("grid_id", *indexed):
        op.create_index(f"ix_{table}_{one}", table, [one])
    op.create_index(f"ix_{table}_path_id", table, ["path", "id"])
    for one in LISTED.get(name, ()):
        op.create_index(f"ix_{table}_{one}_path_id", table, [one, "path", "id"])


def _place() -> list[sa.Column[object]]:
    return [sa.Column("grid_id", ID, nullable=False), sa.Column("path", PATH, nullable=False)]


def _networks() -> None:
    ties = ("parent_id", "convenor_id", "core_household_id", "lead_organization_id", "party_branch_id")
    _table(
        "network",
        *node(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", name_text(80), nullable=False),
        *(sa.Column(tie, ID) for tie in ties),
        sa.Column("introduction", sa.Text()),
        sa.Column("functions", DOCUMENT, nullable=False),
        *validity(),
        indexed=ties,
    )


def _members() -> None:
    _table(
        "member",
        *node(),
        sa.Column("network_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("consent", sa.Text()),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        indexed=("network_id", "resident_id"),
    )
    lasting = sa.text("until IS NULL")
    op.create_index(
        "uq_neighbor_network__member_lasting",
        f"{PREFIX}member",
        ["network_id", "resident_id"],
        unique=True,
        postgresql_where=lasting,
        sqlite_where=lasting,
    )


def _spaces() -> None:
    _table(
        "space",
        *node(),
        sa.Column("network_id", ID, nullable=False),
        sa.Column("name", name_text(80), nullable=False),
        sa.Column("elements", DOCUMENT, nullable=False),
        *validity(),
        indexed=("network_id",),
    )


def _matters() -> None:
    _table(
        "matter",
        *node(),
        sa.Column("network_id", ID, nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(32)),
        sa.Column("raised_by_id", ID),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(32)),
        sa.Column("due", sa.Date()),
        sa.Column("feedback", sa.Text()),
        *validity(),
        indexed=("network_id", "raised_by_id"),
    )


def _steps() -> None:
    _table(
        "matter_step",
        sa.Column("id", ID, nullable=False),
        *_place(),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("step", sa.String(32)),
        sa.Column("from_network_id", ID),
        sa.Column("to_network_id", ID),
        sa.Column("account_id", ID),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("due", sa.Date()),
        sa.Column("note", sa.Text()),
        sa.Column("valid_to", INSTANT),
        once=sa.UniqueConstraint("matter_id", "number", name="uq_neighbor_network__matter_step_number"),
    )


def _helps() -> None:
    _table(
        "help",
        *node(),
        sa.Column("network_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("answered_by_id", ID),
        sa.Column("state", sa.String(16), nullable=False),
        *validity(),
        indexed=("network_id", "resident_id", "answered_by_id"),
    )


def _shifts() -> None:
    _table(
        "shift",
        *node(),
        sa.Column("network_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        indexed=("network_id", "resident_id"),
    )
