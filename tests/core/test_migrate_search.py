"""The search indexes that migrations make: a row is found if and only if it has all words."""

import random

import pytest
from sqlalchemy import Column, MetaData, String, Table, bindparam, delete, insert, select, text, update

from linli.database.database import Database
from linli.database.migrate import CORE_LINE, migrate
from linli.database.sql import has_tokens
from linli.model import metadata
from linli.search import query_tokens, tokens
from tests.core.test_migrate import LineFolder, database, lantern, opened, scalar

__all__ = ["database", "lantern"]

light = Table(
    "lantern__light",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("search", String, nullable=False),
)
TABLE = """
op.create_table(
    "lantern__light",
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("search", sa.String, nullable=False),
)
op.execute("INSERT INTO lantern__light VALUES ('early', '平 平湖')")
create_search_index("lantern__light")
"""
NAMES = [
    "平湖市当湖街道",
    "𠀀𠀁村",  # Extension B
    "\U0002cd8b\U0002b4e7",  # Extensions E and D, in use for names
    "3栋2单元a1b2室",
    "near AND or NOT 2b",
    "café Müller Łódź",
    "cafe Muller",
    "٣٤ ᧐ ①②",
    "",
    "·—",
]


@pytest.fixture
def lit(database: Database, lantern: LineFolder) -> Database:
    lantern.add(1, TABLE)
    migrate(database, [lantern.line])
    return database


def add(database: Database, id: str, name: str) -> None:
    with database.begin() as connection:
        connection.execute(insert(light).values(id=id, search=tokens(name)))


def rename(database: Database, id: str, name: str) -> None:
    with database.begin() as connection:
        connection.execute(update(light).where(light.c.id == id).values(search=tokens(name)))


def remove(database: Database, id: str) -> None:
    with database.begin() as connection:
        connection.execute(delete(light).where(light.c.id == id))


def found(database: Database, words: str) -> set[str]:
    """Return the rows that hold all words of what somebody typed."""
    query = bindparam("query", words, String)
    with database.begin() as connection:
        rows = connection.scalars(select(light.c.id).where(has_tokens(light.c.id, light.c.search, query)))
        return set(rows)


def test_rows_from_before_the_index_are_found(lit: Database) -> None:
    assert found(lit, "平湖") == {"early"}


@pytest.mark.parametrize("typed", [name for name in NAMES if query_tokens(name)])
def test_a_name_is_found_by_itself_and_by_nothing_else(lit: Database, typed: str) -> None:
    for name in NAMES:
        add(lit, name, name)
    words = query_tokens(typed)
    assert words is not None
    wanted = {name for name in NAMES if set(words.split()) <= set(tokens(name).split())}
    assert typed in wanted
    assert found(lit, words) - {"early"} == wanted


def test_every_letter_and_digit_of_python_is_a_word_of_the_index(
    sqlite_path: object, lantern: LineFolder
) -> None:
    lantern.add(1, TABLE)
    letters = {chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000}
    words = sorted({token for letter in letters for token in tokens(letter).split()})
    with opened(f"sqlite:///{sqlite_path}") as database:
        migrate(database, [lantern.line])
        with database.begin() as connection:
            for start in range(0, len(words), 500):
                some = " ".join(words[start : start + 500])
                connection.execute(insert(light).values(id=str(start), search=some))
            connection.execute(
                text("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, lantern__light_fts, row)")
            )
            assert set(connection.scalars(text("SELECT term FROM words"))) == {*words, "平", "平湖"}
    assert len(words) > 100_000


def test_a_new_name_that_holds_the_old_one_is_found_by_both(lit: Database) -> None:
    add(lit, "one", "张伟")
    rename(lit, "one", "张伟国")
    assert found(lit, "张伟") == {"one"}
    rename(lit, "one", "")
    assert found(lit, "张伟") == set()
    rename(lit, "one", "张伟")
    assert found(lit, "张伟") == {"one"}


def test_the_index_follows_any_change(lit: Database) -> None:
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    rows: dict[str, str] = {}
    hits = 0
    for step in range(250):
        id = f"row-{rng.randrange(40)}"
        name = "".join(rng.choices("张王李伟国平湖𠀀é a1b", k=rng.randrange(6)))
        if id not in rows:
            add(lit, id, name)
            rows[id] = name
        elif rng.random() < 0.4:
            remove(lit, id)
            del rows[id]
        else:
            rename(lit, id, name)
            rows[id] = name
        words = query_tokens("".join(rng.choices("张王李伟国平湖𠀀é a1b", k=rng.randrange(1, 4))))
        if words:
            wanted = {id for id, name in rows.items() if set(words.split()) <= set(tokens(name).split())}
            assert found(lit, words) - {"early"} == wanted, f"seed {seed}, step {step}"
            hits += bool(wanted)
    assert hits > 25, f"seed {seed}: too few queries found anything"
    if lit.name == "sqlite":
        kept = sum(bool(tokens(name)) for name in rows.values()) + 1
        assert scalar(lit, "SELECT count(*) FROM lantern__light_fts") == kept


def test_a_long_name_can_be_changed(lit: Database) -> None:
    name = "".join(chr(0x4E00 + n) for n in range(120))
    add(lit, "long", name)
    rename(lit, "long", "短")
    assert found(lit, "短") == {"long"}
    assert found(lit, tokens(name)) == set()


def test_every_searchable_table_of_the_core_has_its_index(database: Database) -> None:
    migrate(database, [CORE_LINE])
    statement = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = :n || '_fts' AND sql LIKE '%fts5%'",
        "postgresql": "SELECT count(*) FROM pg_indexes WHERE tablename = :n AND indexdef LIKE '%gin (str%'",
    }[database.name]
    searchable = [name for name, table in metadata.tables.items() if table.info.get("searchable")]
    assert len(searchable) >= 5
    with database.begin() as connection:
        for name in searchable:
            assert connection.scalar(text(statement), {"n": name}) == 1, name


def test_postgresql_answers_from_the_index(fresh_postgres: str) -> None:
    resident = metadata.tables["core_resident"]
    query = bindparam("query", "平湖", String, literal_execute=True)
    statement = select(resident.c.id).where(has_tokens(resident.c.id, resident.c.search, query))
    with opened(fresh_postgres) as database:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
            plan = "\n".join(connection.scalars(text(f"EXPLAIN {compiled}")))
    assert "ix_core_resident_search" in plan
