"""Faults in the ledger."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

BOOKS: Final = (
    Fault(
        "a journal is posted though an account has not so much",
        "plugins/linli_plugins/ledger/posting.py",
        "(SELECT bool_and(fits) AND count(*) = :legs FROM leg)",
        "(SELECT count(*) = :legs FROM leg)",
        ("tests/plugins/test_ledger.py",),
    ),
    Fault(
        "the poster lets an account go below its limit",
        "plugins/linli_plugins/ledger/batches.py",
        "            if falls_short(row, before, leg.amount):",
        "            if falls_short(row, row.balance, leg.amount):",
        ("tests/plugins/test_ledger_poster.py",),
    ),
    Fault(
        "the hash of a journal is not computed anew",
        "plugins/linli_plugins/ledger/reading.py",
        '    if digest(stored.text) == stored.values["hash"]:',
        '    if stored.values["hash"]:',
        ("tests/plugins/test_ledger_outside.py",),
    ),
    Fault(
        "what is released from a hold lapses as if it had come in that day",
        "plugins/linli_plugins/ledger/expiry.py",
        "row.reverses_id or row.opened_by_id",
        "row.reverses_id",
        ("tests/plugins/test_ledger_expiry.py",),
    ),
)
