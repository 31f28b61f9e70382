"""Deeds about territory: making, moving, merging, splitting and closing grids."""

from typing import Any, Literal, get_args

from pydantic import Field
from sqlalchemy import Row, func, insert, select

from linli import model as t
from linli.access.actors import renew_everyone
from linli.context import Context
from linli.errors import AlreadyExists, Invalid
from linli.ids import uuid7
from linli.search import tokens
from linli.territory import next_key
from linli.verbs.inputs import GridRef, Input, NodeRef, Short, Title, Version
from linli.verbs.regrid import close_emptied, contents, lock_territory, relocate_subtree, succeed, transfer
from linli.verbs.verb import verb

SpineLevel = Literal["province", "city", "county", "town", "community", "grid", "micro_grid"]
SideLevel = Literal[
    "estate",
    "courtyard",
    "building",
    "commercial_building",
    "villager_group",
    "lane",
    "business_district",
    "park",
    "future_community",
]
Level = Literal[SpineLevel, SideLevel]
SPINE: tuple[str, ...] = get_args(SpineLevel)
SIDE: tuple[str, ...] = get_args(SideLevel)


class CreateGrid(Input):
    """A new cell of territory below another."""

    parent: GridRef = Field(description="The cell above.")
    name: Title = Field(description="Name that people use.")
    level: Level = Field(description="Level of the spine, or kind of side territory.")
    code: Short | None = Field(None, description="Code, unique among open grids; up to 32 characters.")
    covers: tuple[GridRef, ...] = Field((), max_length=200, description="What side territory covers.")


class UpdateGrid(Input):
    """Corrections; what is left out stays."""

    grid: GridRef = Field(description="The grid.")
    version: Version
    name: Title | None = Field(None, description="Name that people use.")
    code: Short | None = Field(None, description="Code.")


class MoveGrid(Input):
    """A grid, with all below it, goes below another parent."""

    grid: GridRef = Field(description="The grid that moves.")
    to: GridRef = Field(description="Its new parent.")
    version: Version | None = None


class MergeGrids(Input):
    """Several grids become one that exists already; they are closed and point to it."""

    grids: tuple[GridRef, ...] = Field(min_length=1, max_length=50, description="The grids merged away.")
    into: GridRef = Field(description="The grid that takes everything they hold.")


class SplitPart(Input):
    """One new grid, and what of the old one goes into it."""

    name: Title = Field(description="Name of the new grid.")
    code: Short | None = Field(None, description="Its code.")
    children: tuple[GridRef, ...] = Field((), max_length=200, description="Cells below it that go here.")
    remainder: bool = Field(False, description="Whether whatever stands at the old grid itself goes here.")


class SplitGrid(Input):
    """One grid becomes several new ones beside it; it is closed and points to them."""

    grid: GridRef = Field(description="The grid that is split.")
    parts: tuple[SplitPart, ...] = Field(min_length=2, max_length=20, description="One takes the remainder.")


class CloseGrid(Input):
    """The end of an empty grid."""

    grid: GridRef = Field(description="The grid; nothing may stand in it any more.")
    version: Version | None = None


@verb("grid", sensitive=True)
def create_grid(ctx: Context, data: CreateGrid) -> NodeRef:
    """Create a grid below another."""
    parent = ctx.require_at("grid", "create", data.parent.id, "parent")
    check_level(data.level, parent)
    ref = insert_grid(ctx, parent, data.name, data.level, data.code)
    for covered in data.covers:
        spine = ctx.see("grid", covered, "covers")
        ctx.connection.execute(insert(t.coverage).values(side_grid_id=ref.id, spine_grid_id=spine.id))
    ctx.record("grid.created", ref, one_grid(ctx, ref.id))
    return ref


@verb("grid", sensitive=True)
def update_grid(ctx: Context, data: UpdateGrid) -> NodeRef:
    """Correct a grid's name or code."""
    row = ctx.load("grid", data.grid, "update", "grid")
    values: dict[str, Any] = {}
    if data.name is not None:
        values |= {"name": data.name, "search": tokens(data.name)}
    if data.code is not None and data.code != row.code:
        _check_code(ctx, data.code)
        values["code"] = data.code
    ctx.change("grid", row, values, data.version)
    ctx.record("grid.updated", data.grid, row, fields=sorted(values))
    return data.grid


@verb("grid", sensitive=True)
def move_grid(ctx: Context, data: MoveGrid) -> NodeRef:
    """Move a grid, with all below it, to another parent."""
    lock_territory(ctx)
    row = ctx.load("grid", data.grid, "move", "grid")
    target = ctx.require_at("grid", "create", data.to.id, "to")
    if target.path.startswith(row.path):
        raise Invalid("error.grid_below_itself", "to")
    if target.id == row.parent_id:
        raise Invalid("error.already_there", "to")
    check_level(row.level, target)
    ctx.change("grid", row, {"parent_id": target.id}, data.version)
    relocate_subtree(ctx, row, target)
    renew_everyone(ctx.connection)
    ctx.record("grid.moved", data.grid, one_grid(ctx, row.id), old_path=row.path)
    return data.grid


@verb("grid", sensitive=True)
def merge_grids(ctx: Context, data: MergeGrids) -> NodeRef:
    """Merge grids into one that exists; everything they hold goes there."""
    lock_territory(ctx)
    target = ctx.load("grid", data.into, "merge", "into")
    for ref in data.grids:
        row = ctx.load("grid", ref, "merge", "grids")
        if row.level != target.level or target.path.startswith(row.path):
            raise Invalid("error.merge_levels", "grids")
        for child in open_children(ctx, row.id):
            ctx.change("grid", child, {"parent_id": target.id})
            relocate_subtree(ctx, child, target)
        transfer(ctx, row, target)
        succeed(ctx, row, target, "merge")
        close_emptied(ctx, row)
        ctx.record("grid.merged", ref, target, old_path=row.path)
    renew_everyone(ctx.connection)
    return data.into


@verb("grid", sensitive=True)
def split_grid(ctx: Context, data: SplitGrid) -> NodeRef:
    """Split a grid into new ones beside it."""
    lock_territory(ctx)
    row = ctx.load("grid", data.grid, "split", "grid")
    if row.parent_id is None or sum(part.remainder for part in data.parts) != 1:
        raise Invalid("error.split_remainder", "parts")
    parent = ctx.require_at("grid", "create", row.parent_id, "grid")
    children = {child.id: child for child in open_children(ctx, row.id)}
    named = [ref.id for part in data.parts for ref in part.children]
    if sorted(named) != sorted(children):
        raise Invalid("error.split_children", "parts")
    heirs = []
    for part in data.parts:
        new = one_grid(ctx, insert_grid(ctx, parent, part.name, row.level, part.code).id)
        heirs += [new] if part.remainder else []
        for ref in part.children:
            ctx.change("grid", children[ref.id], {"parent_id": new.id})
            relocate_subtree(ctx, children[ref.id], new)
        succeed(ctx, row, new, "split")
    # What is counted at the old grid is its own only when all that stood below it has gone.
    transfer(ctx, row, heirs[0])
    close_emptied(ctx, row)
    renew_everyone(ctx.connection)
    ctx.record("grid.split", data.grid, row, into=[part.name for part in data.parts])
    return data.grid


@verb("grid", sensitive=True)
def close_grid(ctx: Context, data: CloseGrid) -> NodeRef:
    """Close a grid in which nothing stands any more."""
    lock_territory(ctx)
    row = ctx.load("grid", data.grid, "close", "grid")
    left = contents(ctx, row)
    if left:
        counted = ", ".join(f"{name.removeprefix('core_')}: {number}" for name, number in left.items())
        raise Invalid("error.grid_not_empty", "grid", contents=counted)
    ctx.change("grid", row, {"valid_to": ctx.at}, data.version)
    ctx.record("grid.closed", data.grid, row)
    return data.grid


def check_level(level: str, parent: Row[Any]) -> None:
    """Refuse a level that cannot stand below the parent's."""
    if level in SPINE and (not parent.spine or SPINE.index(level) <= SPINE.index(parent.level)):
        raise Invalid("error.level_order", "level", level=level, parent=parent.level)
    if level in SIDE and parent.spine and SPINE.index(parent.level) < SPINE.index("community"):
        raise Invalid("error.side_below_community", "level", level=level)


def insert_grid(ctx: Context, parent: Row[Any], name: str, level: str, code: str | None) -> NodeRef:
    """Insert a grid below a parent that is locked."""
    _check_code(ctx, code)
    key = next_key(ctx.connection, t.grid)
    values = {
        "id": uuid7(),
        "key": key,
        "created_at": ctx.at,
        "updated_at": ctx.at,
        "valid_from": ctx.at,
        "code": code,
        "code_scheme": "place",
        "name": name,
        "search": tokens(name),
        "level": level,
        "spine": level in SPINE,
        "parent_id": parent.id,
        "path": f"{parent.path}{key}/",
    }
    ctx.connection.execute(insert(t.grid).values(values))
    return NodeRef("grid", str(values["id"]))


def one_grid(ctx: Context, grid_id: str) -> Row[Any]:
    """Return a grid's row as it is now in this transaction."""
    return ctx.connection.execute(select(t.grid).where(t.grid.c.id == grid_id)).one()


def open_children(ctx: Context, grid_id: str) -> list[Row[Any]]:
    """Return the open grids directly below one."""
    statement = select(t.grid).where(t.grid.c.parent_id == grid_id, t.grid.c.valid_to.is_(None))
    return list(ctx.connection.execute(statement.order_by(t.grid.c.id)))


def _check_code(ctx: Context, code: str | None) -> None:
    taken = select(func.count()).select_from(t.grid).where(t.grid.c.code == code, t.grid.c.valid_to.is_(None))
    if code is not None and ctx.connection.execute(taken).scalar_one():
        raise AlreadyExists("error.code_taken", "code", code=code)
