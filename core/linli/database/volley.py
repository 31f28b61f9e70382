"""Statements sent to PostgreSQL as one message, on libpq below psycopg's cursors.

psycopg's own pipeline writes to the socket and looks for answers at each statement. What a deed sends
together is known beforehand: as one message it costs us a fraction. Nothing is prepared by name, for psycopg
has the server forget all names whenever a transaction is rolled back.
"""

import re
import select
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer

Rows = list[tuple[Any, ...]]
Statement = tuple[str, Sequence[Any]]
"""A text with $1, $2 and so on, and what they stand for."""

BIND: Final = re.compile(r"%\((\w+)\)s|%%")
BEGIN: Final[Statement] = ("BEGIN", ())


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text as the server takes it, and the names of its parameters in the order of their numbers."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return BIND.sub(number, text), tuple(names)


def fire(driver: "psycopg.Connection[Any]", statements: Sequence[Statement]) -> list[Rows]:
    """Run the statements in their order, in the connection's transaction; return the rows of each.

    Raises:
        psycopg.Error: one of them failed; those after it have not been run.
    """
    wire, adapted = driver.pgconn, Transformer(driver)
    if wire.transaction_status == pq.TransactionStatus.IDLE:
        return _fired(wire, adapted, [BEGIN, *statements])[1:]
    return _fired(wire, adapted, statements)


def _fired(wire: Any, adapted: Any, statements: Sequence[Statement]) -> list[Rows]:
    ready = [
        (text.encode(), adapted.dump_sequence(values, [PyFormat.TEXT] * len(values)))
        for text, values in statements
    ]
    wire.enter_pipeline_mode()
    try:
        for one in ready:
            wire.send_query_params(*one)
        wire.pipeline_sync()
        found = list(_answers(wire))
        wire.exit_pipeline_mode()
    except BaseException:
        wire.finish()  # nobody knows what the server still has to say
        raise
    rows: list[Rows] = []
    for answer in found:
        if answer.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise errors.error_from_result(answer)
        adapted.set_pgresult(answer)
        rows.append(adapted.load_rows(0, answer.ntuples, tuple))
    return rows


def _answers(wire: Any) -> Iterator[Any]:
    """Send what is queued and yield the answers to all of it; other threads run meanwhile."""
    socket = select.poll()
    socket.register(wire.socket, select.POLLIN | select.POLLOUT)
    while wire.flush():
        socket.poll()
        wire.consume_input()
    socket.modify(wire.socket, select.POLLIN)
    while True:
        while wire.is_busy():
            socket.poll()
            wire.consume_input()
        answer = wire.get_result()
        if wire.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(wire.error_message.decode(errors="replace"))
        if answer is not None and answer.status == pq.ExecStatus.PIPELINE_SYNC:
            return
        if answer is not None:  # None stands between the answers to two statements
            yield answer
