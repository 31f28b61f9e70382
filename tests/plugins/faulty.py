"""A sound little plugin, and the mistakes that must stop the start: each is one edit of it."""

from dataclasses import dataclass

LANTERN = """
from sqlalchemy import Column, MetaData, String, Table, select
from typer import Typer
from linli.policy import Resource
from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Extension, PluginSchema

columns = [Column(name, String) for name in ("id", "grid_id", "path", "colour")]
lamp = Table("lantern__lamp", MetaData(), *columns)
other = Table("lantern__shade", lamp.metadata, Column("id", String), Column("shade", String))
resource = Resource("lamp", lamp, path=lamp.c.path, grid=lamp.c.grid_id)
lamp_type = f.ObjectType(
    "Lamp", "A lamp.", table=lamp, resource="lamp", node_type="lamp",
    orderings={"colour": f.Ordering("By colour.", ("colour",))},
    fields={
        "id": f.PublicId(description="Public id."),
        "colour": f.Column(column="colour", description="Its colour."),
        "letters": f.Grafted(needs=("colour",), resolve=len, description="How many letters."),
        "shade": f.Computed(
            sql=lambda rows: select(other.c.shade).where(other.c.id == rows.c.id).scalar_subquery(),
            description="How it is shaded.",
        ),
        "grid": f.ToOne(target="Grid", on=lambda a, b: b.c.id == a.c.grid_id, description="Where it is."),
    },
)
on_grid = {"lamps": f.Connection(target="Lamp", on=lambda a, b: a.c.id == b.c.grid_id, description="Lamps.")}
roots = {"lamps": f.Connection(target="Lamp", description="Every lamp.")}

@hookimpl
def linli_tables():
    return [lamp]

@hookimpl
def linli_resources():
    return [resource]

@hookimpl
def linli_policy_lines():
    return ["p, public, lamp, read, all, allow"]

@hookimpl
def linli_commands():
    return [Typer(name="lamps")]

@hookimpl
def linli_graphql():
    return PluginSchema(types=[lamp_type], extensions=[Extension("Grid", on_grid)], roots=roots)
"""
TORCH = LANTERN.replace("lantern", "torch").replace("lamp", "flame").replace("Lamp", "Flame")


@dataclass(frozen=True)
class Mistake:
    """One edit of the plugin `lantern`, and what the refusal must tell."""

    name: str
    old: str
    new: str
    told: tuple[str, ...]

    @property
    def code(self) -> str:
        assert LANTERN.count(self.old) >= 1, self.name
        return LANTERN.replace(self.old, self.new)


# Found as soon as plugins are loaded.
LOADING = (
    Mistake(
        "a misspelt hook",
        "linli_tables",
        "linli_tabels",
        ('the plugin "lantern" has a hook linli_tabels', "did you mean linli_tables?", "__init__.py, line "),
    ),
    Mistake(
        "a hook that fails",
        "    return [lamp]",
        "    return [lamp] / 0",
        ('the hook linli_tables of plugin "lantern" failed: TypeError', "__init__.py, line "),
    ),
    Mistake(
        "a table under a foreign name",
        '"lantern__lamp"',
        '"torch__lamp"',
        ('the table "torch__lamp" of plugin "lantern" must be named "lantern__',),
    ),
    Mistake(
        "a resource without scope",
        ", path=lamp.c.path, grid=lamp.c.grid_id",
        "",
        ('the resource "lamp" of plugin "lantern" has a table and no column for any reach',),
    ),
    Mistake(
        "a resource of the core's name",
        'Resource("lamp"',
        'Resource("resident"',
        ('the plugins "core" and "lantern" both claim the resource "resident"',),
    ),
    Mistake(
        "a table of another plugin",
        '"lantern__lamp"',
        '"torch__flame"',
        ('the plugins "torch" and "lantern" both claim the table "torch__flame"',),
    ),
)
# Found when policy and schema are put together.
COMPOSING = (
    Mistake(
        "a type without resource",
        'resource="lamp", node_type',
        "node_type",
        ("Plugin 'lantern', type 'Lamp': it has a table and no resource",),
    ),
    Mistake(
        "an undeclared resource",
        'resource="lamp"',
        'resource="lantern"',
        ("Plugin 'lantern', type 'Lamp': the resource 'lantern' is not declared",),
    ),
    Mistake(
        "another table's policy",
        'resource="lamp"',
        'resource="organization"',
        ("Plugin 'lantern', type 'Lamp': the resource 'organization' is of another table",),
    ),
    Mistake(
        "no policy line",
        '"p, public, lamp, read, all, allow"',
        "",
        ('no policy line speaks of the resource "lamp" of plugin "lantern"',),
    ),
    Mistake(
        "a line that carries nothing",
        "read, all, allow",
        "read, member, allow",
        ("lantern/policy.csv:1", "lamp has no reach 'member'"),
    ),
    Mistake(
        "a way round the policy",
        'node_type="lamp"',
        "own=True",
        (
            "Plugin 'lantern', field Query.lamps: 'Lamp' is reached only from the caller's own account",
            "Plugin 'lantern', field Grid.lamps: 'Lamp' is reached only from the caller's own account",
        ),
    ),
    Mistake(
        "the type of another plugin",
        '"Lamp", "A lamp."',
        '"Flame", "A lamp."',
        ("Plugins 'torch' and 'lantern' both declare the GraphQL type 'Flame'",),
    ),
    Mistake(
        "a field of the core's on Grid",
        '{"lamps": f.Connection(target="Lamp", on',
        '{"name": f.Connection(target="Lamp", on',
        ("Plugins 'core' and 'lantern' both declare the field Grid.name",),
    ),
    Mistake(
        "a field of another plugin's on Grid",
        '{"lamps": f.Connection(target="Lamp", on',
        '{"flames": f.Connection(target="Lamp", on',
        ("Plugins 'torch' and 'lantern' both declare the field Grid.flames",),
    ),
    Mistake(
        "a root field of the core's",
        'roots = {"lamps"',
        'roots = {"residents"',
        ("Plugins 'core' and 'lantern' both declare the root field 'residents'",),
    ),
    Mistake(
        "a misspelt target",
        'target="Grid"',
        'target="Gird"',
        ("Plugin 'lantern', field Lamp.grid: there is no type 'Gird'; did you mean 'Grid'?",),
    ),
    Mistake(
        "a misspelt column",
        'column="colour"',
        'column="color"',
        ("Plugin 'lantern', field Lamp.colour: the table lantern__lamp has no column 'color'",),
    ),
    Mistake(
        "a column that a grafted value lacks",
        'needs=("colour",)',
        'needs=("shape",)',
        ("Plugin 'lantern', field Lamp.letters: the table lantern__lamp has no column 'shape'",),
    ),
    Mistake(
        "a sub-select that is the same for every row",
        ".where(other.c.id == rows.c.id)",
        "",
        ("Plugin 'lantern', field Lamp.shade: its sub-select does not depend on the row",),
    ),
    Mistake(
        "a sub-select over the table in place of the row",
        "other.c.id == rows.c.id",
        "other.c.id == lamp.c.id",
        ("Plugin 'lantern', field Lamp.shade: its sub-select does not depend on the row",),
    ),
    Mistake(
        "a sub-select that is kept from the row",
        "rows.c.id).scalar",
        "rows.c.id).correlate(None).scalar",
        ("Plugin 'lantern', field Lamp.shade: its sub-select does not depend on the row",),
    ),
    Mistake(
        "another table's column",
        "select(other.c.shade).where(other.c.id == rows.c.id).scalar_subquery()",
        "other.c.shade",
        ("Plugin 'lantern', field Lamp.shade: it reads lantern__shade beside its own row",),
    ),
    Mistake(
        "an expression that fails",
        "select(other.c.shade).where(other.c.id == rows.c.id).scalar_subquery()",
        "rows.c.size",
        ("Plugin 'lantern', field Lamp.shade: its SQL fails: AttributeError: size",),
    ),
    Mistake(
        "an ordering by nothing",
        '("colour",))},',
        '("size",))},',
        ("Plugin 'lantern', type 'Lamp': the table lantern__lamp has no column 'size'",),
    ),
    Mistake(
        "a node without id",
        '"id": f.PublicId(description="Public id."),',
        "",
        ("Plugin 'lantern', type 'Lamp': it is a node and has no id field",),
    ),
    Mistake(
        "an extension of nothing",
        'Extension("Grid"',
        'Extension("Gird"',
        ("Plugin 'lantern' adds fields to the type 'Gird', which does not exist",),
    ),
)
MISTAKES = (*LOADING, *COMPOSING)
