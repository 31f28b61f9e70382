"""Faults of scope, deeds and rights."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

PROOF: Final = "tests/security/test_proof.py::test_nobody_is_shown_or_changes_what_is_not_theirs"
ADMINISTRATORS: Final = "tests/security/test_rights_administrators.py"
CASES: Final = "tests/security/test_scope_cases.py"
NETWORKS: Final = "tests/plugins/neighbor_network/test_verify.py"
CHANGES: Final = "tests/graphql/test_rights_change.py"
WORLDS: Final = "tests/graphql/test_worlds.py::test_every_list_equals_what_the_evaluator_allows"

READING: Final = (
    Fault(
        "a node is shown by its id whatever the rights",
        "graphql/linli_graphql/plan/compiler.py",
        "source = select().select_from(rows).where(on(rows), self.visible(one, rows)).limit(constant(1))",
        "source = select().select_from(rows).where(on(rows)).limit(constant(1))",
        (
            f"{CASES}::test_a_guessed_id_finds_nothing",
            f"{CASES}::test_two_callers_at_once_are_answered_apart",
            PROOF,
        ),
    ),
    Fault(
        "a list is shown whole, to whomever",
        "graphql/linli_graphql/plan/listing.py",
        "seen = self._compiler.visible(self.one, rows)\n            return",
        "seen = true()\n            return",
        (f"{CASES}::test_what_was_made_for_one_is_not_given_to_another", WORLDS, PROOF),
    ),
    Fault(
        "a place holds those whose paths begin alike",
        "core/linli/policy.py",
        'return cls(path, path[:-1] + "0")',
        'return cls(path[:-1], path[:-1] + "~")',
        ("tests/core/test_verbs_walk.py::test_a_range_holds_the_place_and_what_is_below", PROOF),
    ),
    Fault(
        "a statement runs with the rights of a moment ago",
        "graphql/linli_graphql/plan/plan.py",
        'inner = select(_fresh(compiler, actor).label("fresh"), data.label("data")).subquery()',
        'inner = select(true().label("fresh"), data.label("data")).subquery()',
        (
            f"{CHANGES}::test_a_right_that_ends_is_gone_at_once",
            "tests/graphql/test_subscriptions.py::test_a_role_that_has_ended_tells_nothing_more",
        ),
    ),
)
DEEDS: Final = (
    Fault(
        "who only sees a row may do anything to it",
        "core/linli/context.py",
        "row = self._allowed(resource, ref, action, lock=True)",
        'row = self._allowed(resource, ref, "read", lock=True)',
        (f"{CASES}::test_one_foreign_id_among_own_ones_stops_the_whole", PROOF),
    ),
    Fault(
        "who may do something somewhere may do it everywhere",
        "core/linli/context.py",
        "if not covers(decision, facts):",
        "if not decision.arms:",
        (f"{CASES}::test_no_input_says_under_whose_scope_it_stands", PROOF),
    ),
    Fault(
        "a refusal is not written down",
        "core/linli/deeds.py",
        '[*getattr(refusal, "traces", ()), audit_step(entry)])',
        '[*getattr(refusal, "traces", ())])',
        (PROOF,),
    ),
    Fault(
        "a deed is done with the rights of a moment ago",
        "core/linli/deeds.py",
        "if opening[0] == (actor.version, actor.epoch) and not expired:",
        "if not expired:",
        (
            "tests/graphql/test_revoked_tokens.py::test_a_revoked_token_writes_nothing_although_its_caller_is_known",
        ),
    ),
)
RIGHTS: Final = (
    Fault(
        "whoever sees a place may give roles there",
        "core/linli/verbs/access.py",
        'granter.require(f"role.{role}", "grant", anchor_facts(ref, anchor), "anchor")',
        "granter.connection",
        (
            f"{CHANGES}::test_a_grant_beyond_the_granters_own_leaves_one_audit_entry",
            f"{ADMINISTRATORS}::test_a_right_that_one_field_takes_away_is_not_there_for_the_next",
        ),
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
POLICY: Final = (
    Fault(
        "who works at the counter gives the rank above",
        "policies/linli_policies/default.csv",
        "p, community_worker, role.grid_leader, grant, subtree, allow\n",
        "p, community_worker, role.street_admin, grant, subtree, allow\n",
        ("tests/policies/test_grants.py::test_a_random_walk_of_grants_never_climbs",),
    ),
    Fault(
        "a chain of roles may be of any length",
        "policies/linli_policies/checks.py",
        "elif _too_deep(link, parents):",
        "elif _too_deep(link, {}):",
        ("tests/policies/test_lines.py::test_faults_are_named",),
    ),
    Fault(
        "an account holds the role that it is called by",
        "core/linli/access/actors.py",
        '(Holding("public"), *_resident_holding(connection, account), *map(_holding, held))',
        '(Holding("public"), Holding(account.name), *_resident_holding(connection, account))',
        ("tests/security/test_rights_cases.py::test_an_account_called_like_a_role_is_nothing_but_its_name",),
    ),
    Fault(
        "an engine that fails is a fault of the request",
        "policies/linli_policies/engine.py",
        "return Decision(resource, action, (), _failed(error))",
        "raise error from None",
        ("tests/policies/test_engine.py::test_whatever_fails_ends_as_a_refusal",),
    ),
)
SETTLED: Final = (
    Fault(
        "residents stay behind when their grid moves",
        "core/linli/territory.py",
        "return [grid.name, *(name for name in names if name != grid.name)]",
        'return [grid.name, *(name for name in names if name not in (grid.name, "core_resident"))]',
        ("tests/graphql/test_territory.py::test_a_moved_community_changes_hands_with_the_commit",),
    ),
    Fault(
        "what is settled can be deleted from SQLite",
        "core/linli/database/migration_sql.py",
        "keep_delete BEFORE DELETE ON %(table)s\n    BEGIN SELECT RAISE(ABORT, ",
        "keep_delete BEFORE DELETE ON %(table)s\n    BEGIN SELECT (",
        (f"{NETWORKS}::test_the_database_refuses_that_what_was_said_is_changed",),
    ),
)
SCOPE: Final[tuple[Fault, ...]] = (*READING, *DEEDS, *RIGHTS, *POLICY, *SETTLED)
