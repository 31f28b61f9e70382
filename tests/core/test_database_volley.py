"""Statements that go to PostgreSQL as one message: in order, in the transaction, and none after a failure."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from linli.database.together import Step, together

INSERT = text("INSERT INTO seen VALUES (:id, :word) RETURNING id, word").bindparams(bindparam("id"))
COUNT = text("SELECT count(*) FROM seen")
PERCENT = text("SELECT word LIKE '1%' AND 7 % 4 = 3 FROM seen WHERE id = :id AND word = :word AND id = :id")


@pytest.fixture
def engine(fresh_postgres: str) -> Iterator[Engine]:
    made = create_engine(fresh_postgres.replace("postgresql://", "postgresql+psycopg://"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE seen (id integer PRIMARY KEY, word text)"))
    yield made
    made.dispose()


def row(ident: int, word: str | None = "一") -> Step:
    return Step(INSERT, {"id": ident, "word": word})


def test_each_gives_its_first_row_and_all_are_of_one_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin() as transaction:
            done = together(connection, [row(1), row(2, None), Step(COUNT)])
            assert done == [(1, "一"), (2, None), (2,)]
            transaction.rollback()
        assert together(connection, [Step(COUNT)]) == [(0,)]
        assert connection.execute(COUNT).scalar_one() == 0


def test_a_percent_sign_is_itself_and_a_name_is_bound_wherever_it_stands(engine: Engine) -> None:
    with engine.begin() as connection:
        together(connection, [row(1, "100%")])
        assert together(connection, [Step(PERCENT, {"id": 1, "word": "100%"})]) == [(True,)]


def test_what_fails_leaves_the_rest_undone_and_the_connection_good(engine: Engine) -> None:
    fresh = text("INSERT INTO seen VALUES (3, :word) RETURNING id")  # first sent behind one that fails
    with engine.connect() as connection:
        for _ in range(2):
            together(connection, [Step(text("SAVEPOINT here"))])
            with pytest.raises(IntegrityError, match="seen_pkey"):
                together(connection, [row(1), row(1), Step(fresh, {"word": "x"})])
            together(connection, [Step(text("ROLLBACK TO SAVEPOINT here")), Step(COUNT)])
        assert together(connection, [Step(fresh, {"word": "x"}), Step(COUNT)]) == [(3,), (1,)]


def test_what_cannot_be_sent_is_refused_before_anything_is(engine: Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(DBAPIError, match="NUL"):
            together(connection, [row(1), row(2, "a\0b")])
        assert together(connection, [Step(COUNT)]) == [(0,)]


def test_large_messages_and_answers_pass_each_other(engine: Engine) -> None:
    long = "字" * 400_000
    with engine.begin() as connection:
        done = together(connection, [row(ident, long) for ident in range(20)])
        assert [len(one[1]) for one in done if one] == [400_000] * 20


def test_others_run_while_one_waits_for_a_lock(engine: Engine) -> None:
    found: list[Any] = []

    def late() -> None:
        with engine.begin() as connection:
            found.append(together(connection, [row(1)]))

    thread = threading.Thread(target=late)
    with engine.begin() as connection:
        together(connection, [row(1)])
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        connection.rollback()
    thread.join(60)
    assert found == [[(1, "一")]]


def test_a_connection_that_was_ended_is_noticed_and_replaced(engine: Engine) -> None:
    mine = text("SELECT pg_backend_pid()")
    with engine.connect() as connection, engine.connect() as other:
        pid = connection.execute(mine).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(DBAPIError) as told:
            together(connection, [row(1), Step(COUNT)])
        assert told.value.connection_invalidated
    with engine.begin() as connection:
        assert together(connection, [row(1), Step(COUNT)]) == [(1, "一"), (1,)]
