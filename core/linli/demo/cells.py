"""Grids and micro-grids below the real communities, and the party organisations seated in all of them."""

import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from linli import model as t
from linli.demo.rows import Row, Rows, at
from linli.search import tokens

NUMBERS = "一二三四五六七八九"


@dataclass
class Keys:
    """The next unused keys of grids and of party branches."""

    grid: "count[int]"
    branch: "count[int]"


@dataclass
class Cell:
    """A made-up grid with its micro-grids and its party branch."""

    row: Row
    community: Row
    branch: Row
    micro: list[Row] = field(default_factory=list)


def add_cells(rows: Rows, generator: random.Random, keys: Keys, community: Row, committee: Row) -> list[Cell]:
    """Divide a community into 3 to 5 grids of 2 to 4 micro-grids, each with its party organisation."""
    cells = []
    for number in range(generator.randint(3, 5)):
        grid = _grid(rows, keys, community, f"第{NUMBERS[number]}网格", f"-{number + 1:02d}", "grid")
        name = f"{community['name']}第{NUMBERS[number]}网格党支部"
        branch = add_branch(rows, keys, grid, committee, name, "branch")
        cell = Cell(grid, community, branch)
        for small in range(generator.randint(2, 4)):
            micro = _grid(rows, keys, grid, f"第{NUMBERS[small]}微网格", f"-{small + 1:02d}", "micro_grid")
            add_branch(rows, keys, micro, branch, f"{name}第{NUMBERS[small]}微网格党小组", "group")
            cell.micro.append(micro)
        cells.append(cell)
    return cells


def add_branch(rows: Rows, keys: Keys, seat: Row, parent: Row | None, name: str, kind: str) -> Row:
    """Add a party organisation seated at a grid, below another one."""
    key = next(keys.branch)
    above: str = parent["tree_path"] if parent else "/"
    values: dict[str, Any] = {"name": name, "kind": kind, "relation": "leads", "search": tokens(name)}
    return rows.add(
        t.party_branch,
        **at(seat),
        **values,
        key=key,
        parent_id=parent["id"] if parent else None,
        tree_path=f"{above}{key}/",
    )


def _grid(rows: Rows, keys: Keys, parent: Row, name: str, suffix: str, level: str) -> Row:
    key = next(keys.grid)
    return rows.add(
        t.grid,
        key=key,
        code=f"{parent['code']}{suffix}",
        code_scheme="place",
        name=name,
        search=tokens(name),
        level=level,
        spine=True,
        parent_id=parent["id"],
        path=f"{parent['path']}{key}/",
    )
