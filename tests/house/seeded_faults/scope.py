"""Faults of scope, deeds and rights."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

PROOF: Final = "tests/security/test_proof.py::test_nobody_is_shown_or_changes_what_is_not_theirs"
ADMINISTRATORS: Final = "tests/security/test_rights_administrators.py"
SCOPE_CASES: Final = "tests/security/test_scope_cases.py"

SCOPE: Final[tuple[Fault, ...]] = (
    Fault(
        "a node is shown by its id whatever the rights",
        "graphql/linli_graphql/plan/compiler.py",
        "source = select().select_from(rows).where(on(rows), self.visible(one, rows)).limit(constant(1))",
        "source = select().select_from(rows).where(on(rows)).limit(constant(1))",
        (PROOF,),
    ),
    Fault(
        "short lists leave the caller's rights out",
        "graphql/linli_graphql/plan/compiler.py",
        "select().select_from(to).where(and_(declared.on(rows, to), self.visible(one, to)))",
        "select().select_from(to).where(declared.on(rows, to))",
        (PROOF,),
    ),
    Fault(
        "who only sees a row may do anything to it",
        "core/linli/context.py",
        "row = self._allowed(resource, ref, action, lock=True)",
        'row = self._allowed(resource, ref, "read", lock=True)',
        (PROOF,),
    ),
    Fault(
        "a refusal is not written down",
        "core/linli/deeds.py",
        "        write_audit(connection, entry)\n    return Outcome(refusals=(refusal,))",
        "        entry.actor\n    return Outcome(refusals=(refusal,))",
        (PROOF,),
    ),
    Fault(
        "the last administrator is closed",
        "core/linli/verbs/last_holders.py",
        "if not _given_by_another_role(ctx.policy, row.role) and not _held_by_another(ctx, row):",
        "if not row.role:",
        (
            f"{ADMINISTRATORS}::test_the_last_who_holds_what_nobody_can_give_is_not_closed",
            f"{ADMINISTRATORS}::test_of_two_who_close_each_other_at_once_one_remains",
        ),
    ),
)
