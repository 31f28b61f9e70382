"""Faults of people's rights to their data."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

CORE: Final = "core/linli"
BANK: Final = "plugins/linli_plugins/credit_bank"
BANK_TESTS: Final = "tests/plugins/credit_bank"
CONSENTS: Final = "tests/security/test_privacy_consents.py"
DECLARED: Final = "tests/security/test_privacy_declared.py"
ERASURE: Final = "tests/security/test_privacy_erasure.py"
OWN: Final = (
    "tests/security/test_privacy_own_data.py::test_one_mutation_gives_everything_and_nothing_of_others"
)
REQUESTS: Final = "tests/security/test_privacy_requests.py"
RETENTION: Final = "tests/security/test_privacy_retention.py"

OWN_DATA: Final = (
    Fault(
        "one's own data lack some tables",
        f"{CORE}/privacy/own_data.py",
        "    for one in personal.tables:\n        rows =",
        "    for one in personal.tables[:-3]:\n        rows =",
        (OWN,),
    ),
    Fault(
        "one's own data hold the words of others",
        f"{CORE}/privacy/own_data.py",
        "one.whose(field) is not None and one.whose(field) not in ours:",
        "one.whose(field) == name:",
        (OWN,),
    ),
    Fault(
        "a correction is accepted that nobody made",
        f"{CORE}/verbs/data_requests.py",
        "if data.accept and event is None:",
        "if data.accept and data is None:",
        (f"{REQUESTS}::test_a_correction_is_asked_for_made_and_told",),
    ),
    Fault(
        "people decide their own requests",
        f"{CORE}/verbs/data_requests.py",
        "if row.resident_id == ctx.actor.resident_id:",
        "if row.resident_id is None:",
        (f"{REQUESTS}::test_nobody_decides_in_an_own_matter",),
    ),
)
CONSENT: Final = (
    Fault(
        "a withdrawn consent still names people",
        f"{CORE}/privacy/consents.py",
        "where(in_force, c.c.valid_to.is_(None))",
        "where(in_force)",
        (f"{CONSENTS}::test_a_name_stands_on_the_board_only_while_the_person_agrees",),
    ),
    Fault(
        "a child goes on earning after the guardian has withdrawn",
        f"{BANK}/events.py",
        "        _leave(ctx, member.c.resident_id == who)",
        "        return",
        (f"{CONSENTS}::test_what_hangs_on_it_stops_and_what_was_earned_stays",),
    ),
    Fault(
        "who agrees to nothing is left out",
        f"{CORE}/verbs/consents.py",
        "if is_under(ctx, row, CHILD) and not ctx.consented",
        "if not ctx.consented",
        (f"{CONSENTS}::test_who_agrees_to_nothing_has_every_essential_service",),
    ),
    Fault(
        "a child agrees for itself",
        f"{CORE}/verbs/consents.py",
        "if guardian is None and is_under(ctx, row, CHILD):",
        "if guardian is None and is_under(ctx, row, 0):",
        (f"{CONSENTS}::test_a_child_is_spoken_for_by_an_adult_of_its_household",),
    ),
    Fault(
        "anybody speaks for a child",
        f"{CORE}/verbs/consents.py",
        "    if not together:",
        "    if row is None:",
        (f"{CONSENTS}::test_a_child_is_spoken_for_by_an_adult_of_its_household",),
    ),
)
KEPT: Final = (
    Fault(
        "personal columns are kept without a word",
        f"{CORE}/plugins/personal_checks.py",
        "if name not in declared and _is_personal(column, known):",
        "if name not in declared and not columns:",
        (f"{DECLARED}::test_a_column_about_persons_that_is_not_declared_stops_the_start",),
    ),
    Fault(
        "persons are ranked",
        f"{CORE}/plugins/personal_checks.py",
        'if set(name[1].split("_")) & NEVER and',
        "if not name and",
        (f"{DECLARED}::test_a_column_that_ranks_or_tags_persons_stops_the_start",),
    ),
    Fault(
        "an erased person's words stay",
        f"{CORE}/privacy/erasure.py",
        "        changed += _apply(connection, one, person, at or now())",
        "        changed += 0",
        (f"{ERASURE}::test_what_remains_of_the_record_is_a_sign",),
    ),
    Fault(
        "the key of an erased person stays",
        f"{CORE}/privacy/emptying.py",
        "return null(), column.is_not(None)",
        "return None",
        (f"{ERASURE}::test_what_remains_of_the_record_is_a_sign",),
    ),
    Fault(
        "what an open request is about is deleted meanwhile",
        f"{CORE}/privacy/retention.py",
        "and_(_over(due.table.table, field, day), _not_held(due.table, field))",
        "_over(due.table.table, field, day)",
        (f"{RETENTION}::test_an_open_request_holds_what_it_is_about",),
    ),
)
POINTS: Final = (
    Fault(
        "who has left a bank is still known by it",
        f"{BANK}/daily.py",
        'ctx.change("credit_member", row, nobody | {"state": "left"',
        'ctx.change("credit_member", row, {"state": "left"',
        (f"{BANK_TESTS}/test_life.py::test_leaving_leaves_time_to_spend_and_then_a_number_without_a_name",),
    ),
    Fault(
        "who booked an entry decides the appeal against it",
        f"{BANK}/service/appeals.py",
        "    not_by(ctx, entered.recorded_by, entered.decided_by)",
        "    not_by(ctx, entered.decided_by)",
        (f"{BANK_TESTS}/test_giving.py::test_an_appeal_is_due_in_working_days_and_decided_by_somebody_else",),
    ),
)
PRIVACY: Final[tuple[Fault, ...]] = (*OWN_DATA, *CONSENT, *KEPT, *POINTS)
