"""Faults of the credit bank and of holds in the ledger."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

BANK: Final = "plugins/linli_plugins/credit_bank"
TESTS: Final = "tests/plugins/credit_bank"
GIVING: Final = f"{TESTS}/test_giving.py"

POINTS: Final = (
    Fault(
        "what is redeemed stays on the shelf",
        f"{BANK}/service/redemptions.py",
        'values(stock=_o.stock - bindparam("quantity"),',
        "values(stock=_o.stock,",
        (f"{TESTS}/test_life.py::test_nobody_redeems_more_than_is_on_the_shelf",),
    ),
    Fault(
        "what is cancelled stays off the shelf",
        f"{BANK}/service/redemptions.py",
        '    release(ctx, row.hold_id, "redemption")\n    put_back(ctx, row.offer_id, row.quantity)',
        '    release(ctx, row.hold_id, "redemption")',
        (f"{TESTS}/test_life.py::test_what_is_cancelled_or_not_fetched_comes_back",),
    ),
    Fault(
        "what is held is held once more",
        "plugins/linli_plugins/ledger/holds.py",
        "_left = _a.balance - _a.held - _more",
        "_left = _a.balance - _more",
        ("tests/plugins/test_ledger_holds.py",),
    ),
    Fault(
        "a hold is released twice",
        "plugins/linli_plugins/ledger/holds.py",
        'where(h.id == hold_id, h.state == "open")',
        "where(h.id == hold_id)",
        ("tests/plugins/test_ledger_holds.py",),
    ),
    Fault(
        "the cap of a day and of a month leaves awards out",
        f"{BANK}/measuring.py",
        'AWARDED = ("prepared", "booked")',
        'AWARDED = ("discarded",)',
        (f"{TESTS}/test_earning.py::test_an_award_is_prepared_by_one_and_booked_by_another",),
    ),
    Fault(
        "an award is booked for those who are leaving",
        f"{BANK}/service/awards.py",
        '.where(line.award_id == row.id, member.c.state == "active")',
        ".where(line.award_id == row.id)",
        (f"{TESTS}/test_earning.py::test_who_leaves_before_an_award_is_booked_gets_nothing_of_it",),
    ),
    Fault(
        "what was given this month is not counted",
        f"{BANK}/service/gifts.py",
        "if _given_this_month(ctx, row) + amount >",
        "if amount >",
        (f"{GIVING}::test_a_member_gives_to_a_number_within_the_months_limit",),
    ),
    Fault(
        "an entry that was wrong stays beside the new one",
        f"{BANK}/service/appeals.py",
        "    if earned is not None:\n        reverse(",
        "    if earned is not None and not points:\n        reverse(",
        (f"{GIVING}::test_a_corrected_entry_can_be_corrected_again_and_a_dismissal_changes_nothing",),
    ),
)
PEOPLE: Final = (
    Fault(
        "who had a hand in a matter decides it",
        f"{BANK}/service/shared.py",
        "    if same:\n",
        "    if same and not involved:\n",
        (f"{TESTS}/test_earning.py::test_above_the_limit_a_second_person_decides",),
    ),
    Fault(
        "staff decides in an own matter",
        f"{BANK}/service/shared.py",
        "    if mine or ours:\n",
        "    if mine and ours:\n",
        (f"{TESTS}/test_earning.py::test_staff_neither_records_nor_decides_in_an_own_matter",),
    ),
    Fault(
        "the code of a redemption is not compared",
        f"{BANK}/service/redemptions.py",
        "if not secrets.compare_digest(row.code.encode(), data.code.encode()):",
        "if not data.code:",
        (f"{TESTS}/test_life.py::test_earning_spending_and_handing_over",),
    ),
    Fault(
        "redemptions keep the name of who has left",
        f"{BANK}/daily.py",
        'redemption: {"resident_id": None, "organization_id": None},',
        'redemption: {"organization_id": None},',
        (
            f"{TESTS}/test_life.py::test_leaving_leaves_time_to_spend_and_then_a_number_without_a_name",
            f"{TESTS}/test_own_matters.py::test_no_account_of_who_has_left_remains_in_the_banks_rows",
        ),
    ),
    Fault(
        "when an organisation leaves, all staff is taken for its own",
        f"{BANK}/daily.py",
        "    if row.organization_id is not None:\n",
        "    if row.organization_id is not None and row.resident_id is not None:\n",
        (f"{TESTS}/test_own_matters.py::test_who_recorded_for_an_organisation_stays_known_when_it_has_left",),
    ),
)
KILLED: Final = (
    Fault(
        "a deed is done again when it is repeated",
        "core/linli/deeds.py",
        "remembered = [] if request.key is None else [_remembered(request, ref)]",
        "remembered: list[Step] = [_remembered(request, ref)][:0] if request.key else []",
        (f"{TESTS}/test_killed.py",),
    ),
)
BANKS: Final = (*POINTS, *PEOPLE, *KILLED)
