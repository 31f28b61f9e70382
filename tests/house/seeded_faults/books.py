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
        "what is held lapses before what came in later",
        "plugins/linli_plugins/ledger/expiry.py",
        "lapsing(moves, rule, day, row.held)",
        "lapsing(moves, rule, day)",
        ("tests/plugins/test_ledger_expiry.py",),
    ),
    Fault(
        "a hold is not compared with the audit",
        "plugins/linli_plugins/ledger/verifying.py",
        "as_told = (row.opened, row.freed, row.taken) == (due, freed, row.closed_by_id)",
        "as_told = (row.freed, row.taken) == (freed, row.closed_by_id)",
        ("tests/plugins/test_ledger_outside.py",),
    ),
    Fault(
        "what is held is not seen by those who rebuild and verify",
        "plugins/linli_plugins/ledger/verifying.py",
        "    unlike = or_(counted != account.c.balance, kept != account.c.held)",
        "    unlike = or_(counted != account.c.balance)",
        ("tests/plugins/test_ledger_outside.py",),
    ),
)
