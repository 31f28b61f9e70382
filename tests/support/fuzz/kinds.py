"""A plugin as the tests need one: every kind of declaration, on types of others and of its own."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, literal

from linli import model as t
from linli_graphql.declare import fields as f
from linli_graphql.declare.kinds import Scalar
from linli_graphql.declare.registry import Contribution, Extension
from linli_graphql.nodes.choices import LEVEL
from linli_graphql.nodes.shared import equal

Inputs = Sequence[Mapping[str, Any]]


def initial(rows: Inputs) -> list[str]:
    """The first character of each name."""
    return [row["name"][:1] for row in rows]


def depth(rows: Inputs) -> list[int]:
    """How many cells stand above, and the cell itself."""
    return [row["path"].count("/") - 1 for row in rows]


def steps(rows: Inputs) -> list[Any]:
    """The keys along a path, as free-form data; none where the checksum is odd."""
    return [
        None if zlib.crc32(row["path"].encode()) % 2 else {"keys": row["path"].strip("/").split("/")}
        for row in rows
    ]


def full(rows: Inputs) -> list[bool]:
    """Whether a membership has a position and a group."""
    return [row["position"] is not None and row["group_name"] is not None for row in rows]


def sentence(rows: Inputs) -> list[str]:
    """A project in a sentence, its state and version."""
    return [f"{row['name']} ({row['state']}, {row['version']})" for row in rows]


async def letters(_: f.Asking, arguments: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the first letters of the alphabet."""
    return [{"letter": "abcdefgh"[index], "number": index} for index in range(arguments.get("count") or 2)]


def by_key(rows: f.Rows, values: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """The grid of a key, of a level if one is named, at or below another if one is named."""
    found = [rows.c.key == values["key"]]
    if "level" in values:
        found.append(rows.c.level == func.lower(values["level"]))
    if "parent" in values:
        found.append(rows.c.parent_id == values["parent"])
    return and_(*found)


RECORD = f.ObjectType(
    name="ResidentRecord",
    description="A resident's record.",
    fields={
        "closedReason": f.Column(column="closed_reason", description="Why it was closed."),
        "initial": f.Grafted(needs=("name",), resolve=initial, description="First character."),
        "home": f.ToOne(
            target="Household", on=lambda row, to: to.c.id == row.c.household_id, description="Home."
        ),
        "posts": f.Connection(
            target="Post", on=lambda row, to: to.c.resident_id == row.c.id, description="Posts."
        ),
        "hasBirthDate": f.Computed(
            sql=lambda rows: rows.c.birth_date.is_not(None), kind=Scalar.BOOLEAN, description="Known age."
        ),
    },
)

DUTY = f.ObjectType(
    name="Duty",
    description="A post, seen by another plugin.",
    table=t.post,
    resource="post",
    fields={
        "kind": f.Column(column="kind", description="Kind."),
        "isFullTime": f.Column(column="full_time", kind=Scalar.BOOLEAN, description="Full time."),
        "holder": f.ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="Holder."
        ),
    },
    orderings={"since": f.Ordering("By first day.", ("since", "kind"))},
    filters={
        "since": equal("since", Scalar.DATE, "Begun on this day."),
        "version": equal("version", Scalar.INT, "Of this version."),
        "createdAt": equal("created_at", Scalar.DATE_TIME, "Made then."),
    },
)

LETTER = f.ObjectType(
    name="Letter",
    description="A letter that Python made.",
    fields={
        "letter": f.Column(column="letter", never_null=True, description="It."),
        "number": f.Column(column="number", kind=Scalar.INT, description="Where it stands."),
    },
)

RESIDENT_FIELDS: dict[str, f.Field] = {
    "initial": f.Grafted(needs=("name",), resolve=initial, description="First character."),
    "characters": f.Computed(
        sql=lambda rows: func.length(rows.c.name), kind=Scalar.INT, description="Length of the name."
    ),
    "hasPhone": f.Computed(
        sql=lambda rows: rows.c.phone_masked.is_not(None), kind=Scalar.BOOLEAN, description="Has a phone."
    ),
    "record": f.Part(target="ResidentRecord", description="The record."),
    "careRecord": f.Part(target="ResidentRecord", action="update", description="For those who keep it."),
}

GRID_FIELDS: dict[str, f.Field] = {
    "depth": f.Grafted(needs=("path",), resolve=depth, kind=Scalar.INT, description="Cells above."),
    "steps": f.Grafted(needs=("path",), resolve=steps, kind=Scalar.JSON, description="Keys."),
    "figure": f.Computed(
        sql=lambda rows: cast(rows.c.key, BigInteger) * 10_000_000_000_000,
        kind=Scalar.BIG_INT,
        description="A large number.",
    ),
    "shownLevel": f.Computed(
        sql=lambda rows: case((rows.c.spine, rows.c.level)), kind=LEVEL, description="Level, of the spine."
    ),
    "changedAt": f.Computed(
        sql=lambda rows: rows.c.updated_at, kind=Scalar.DATE_TIME, description="Last change."
    ),
    "duties": f.Connection(
        target="Duty", on=lambda row, to: to.c.grid_id == row.c.id, description="Duties in this very cell."
    ),
    "label": f.Computed(
        sql=lambda rows: literal("「").concat(rows.c.name).concat("」"), description="Name in brackets."
    ),
}

ORGANIZATION_FIELDS: dict[str, f.Field] = {
    "duties": f.ToMany(
        target="Duty",
        on=lambda row, to: to.c.organization_id == row.c.id,
        order=lambda to: [to.c.kind.desc(), to.c.id],
        limit=2,
        current=True,
        description="Two of its posts.",
    ),
    "marks": f.Computed(sql=lambda rows: rows.c.roles, kind=Scalar.JSON, description="Its roles."),
}

EXTENSIONS = (
    Extension("Resident", RESIDENT_FIELDS),
    Extension("Grid", GRID_FIELDS),
    Extension("Organization", ORGANIZATION_FIELDS),
    Extension(
        "Membership",
        {
            "isPlaced": f.Grafted(
                needs=("position", "group_name"), resolve=full, kind=Scalar.BOOLEAN, description="Placed."
            ),
            "firstDay": f.Computed(sql=lambda rows: rows.c.since, kind=Scalar.DATE, description="First day."),
        },
    ),
    Extension(
        "Project",
        {
            "sentence": f.Grafted(
                needs=("name", "state", "version"), resolve=sentence, description="In a sentence."
            )
        },
    ),
)

ROOTS: dict[str, f.Field] = {
    "duties": f.Connection(
        target="Duty",
        filters={"kind": equal("kind", Scalar.STRING, "Only this kind.")},
        description="Posts that the caller may see.",
    ),
    "gridByKey": f.RootOne(
        target="Grid",
        arguments={
            "key": f.Argument(kind=Scalar.INT, required=True, description="Key."),
            "level": f.Argument(kind=LEVEL, description="Level."),
            "parent": f.Argument(kind=Scalar.ID, node_type="grid", description="Cell above."),
        },
        where=by_key,
        description="The grid of a key.",
    ),
    "letters": f.RootResolver(
        target="Letter",
        arguments={"count": f.Argument(kind=Scalar.INT, description="How many.")},
        resolve=letters,
        many=True,
        description="Letters.",
    ),
}

KINDS = Contribution("kinds", (RECORD, DUTY, LETTER), EXTENSIONS, ROOTS)
