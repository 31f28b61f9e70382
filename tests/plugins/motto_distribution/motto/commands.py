"""`linli motto`: for the operator at the keyboard."""

import typer
from sqlalchemy import select

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, say
from linli.model import grid

from .models import motto

app = typer.Typer(name="motto", help="Mottos.", no_args_is_help=True)


@app.command("list")
def list_mottos(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the mottos in force, from the widest grid to the smallest."""
    adopted = select(grid.c.name, motto.c.text).join(grid, grid.c.id == motto.c.grid_id)
    with deployment(config) as opened, opened.database.begin() as connection:
        rows = connection.execute(adopted.where(motto.c.state == "adopted").order_by(motto.c.path))
        for row in rows:
            say(f"{row.name}\t{row.text}")
