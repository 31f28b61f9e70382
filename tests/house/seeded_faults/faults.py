"""Faults of the guards: each takes one guard away, and names the tests that must then be red."""

from typing import Final

from tests.house.seeded_faults.banks import BANKS
from tests.house.seeded_faults.books import BOOKS
from tests.house.seeded_faults.deployment import DEPLOYMENT
from tests.house.seeded_faults.fault import Fault
from tests.house.seeded_faults.hostile import HOSTILE
from tests.house.seeded_faults.personal import PERSONAL
from tests.house.seeded_faults.privacy import PRIVACY
from tests.house.seeded_faults.scope import SCOPE
from tests.house.seeded_faults.sign_in import SIGN_IN

__all__ = ["FAULTS", "Fault"]

WORLDS: Final = "tests/graphql/test_worlds.py"
TOGETHER: Final = "tests/core/test_deeds_together.py"
CONTRACT: Final = "tests/core/test_verbs_contract.py"

POLICY: Final = (
    Fault(
        "lists leave the caller's rights out of their condition",
        "graphql/linli_graphql/plan/listing.py",
        "seen = self._compiler.visible(self.one, rows)\n            return",
        "seen = true()\n            return",
        (WORLDS,),
    ),
    Fault(
        "a single row is shown whatever the rights",
        "graphql/linli_graphql/plan/compiler.py",
        "source = select().select_from(rows).where(on(rows), self.visible(one, rows)).limit(constant(1))",
        "source = select().select_from(rows).where(on(rows)).limit(constant(1))",
        (WORLDS, "tests/graphql/test_rights_change.py"),
    ),
    Fault(
        "no right at all gives no condition",
        "core/linli/access/scope.py",
        "return or_(*arms) if arms else false()",
        "return or_(*arms) if arms else true()",
        (WORLDS,),
    ),
    Fault(
        "a subtree has no upper bound",
        "core/linli/policy.py",
        'return cls(path, path[:-1] + "0")',
        'return cls(path, "~")',
        (WORLDS, "tests/core/test_verbs_walk.py"),
    ),
    Fault(
        "denials are ignored",
        "policies/linli_policies/tables.py",
        "elif line.effect is Effect.DENY and line.role == role:",
        "elif line.effect is Effect.DENY and line.role == role and False:",
        ("tests/policies/test_engine.py", "tests/policies/test_enforce.py"),
    ),
    Fault(
        "denials are left out of the statement",
        "core/linli/access/scope.py",
        "for one in denied)) if denied else condition",
        "for one in denied[:0])) if denied else condition",
        ("tests/policies/test_worlds.py",),
    ),
    Fault(
        "the permission of a sensitive field is not asked",
        "graphql/linli_graphql/plan/sensitive.py",
        'allowed = compiler.permitted(declared.permission, rows, "read")',
        "allowed = true()",
        ("tests/graphql/test_sensitive_fields.py",),
    ),
    Fault(
        "who grants a role is not asked for the right to",
        "core/linli/verbs/access.py",
        'granter.require(f"role.{role}", "grant", anchor_facts(ref, anchor), "anchor")',
        "granter.connection",
        ("tests/core/test_verbs_access.py", "tests/graphql/test_rights_change.py"),
    ),
    Fault(
        "a statement does not compare the caller's rights with the present ones",
        "graphql/linli_graphql/plan/plan.py",
        'inner = select(_fresh(compiler, actor).label("fresh"), data.label("data")).subquery()',
        'inner = select(true().label("fresh"), data.label("data")).subquery()',
        ("tests/graphql/test_rights_change.py", "tests/graphql/test_territory.py"),
    ),
    Fault(
        "a deed goes by the rights of when its request began",
        "core/linli/deeds.py",
        "if opening[0] == (actor.version, actor.epoch) and not expired:",
        "if actor.account_id is not None:",
        ("tests/core/test_verbs_deeds.py", TOGETHER),
    ),
    Fault(
        "a deed asks for the account's rights and not for the token",
        "core/linli/deeds.py",
        "return request.prove(connection) if request.prove else load_actor(",
        "return load_actor(",
        ("tests/graphql/test_revoked_tokens.py",),
    ),
    Fault(
        "an actor's epoch is read after what it vouches for",
        "core/linli/access/actors.py",
        "        epoch=epoch,",
        "        epoch=current_epoch(connection),",
        (TOGETHER,),
    ),
    Fault(
        "a revoked token is accepted",
        "core/linli/access/actors.py",
        "t.token.c.hash == token_hash(token), t.token.c.revoked_at.is_(None), t.token.c.expires_at > now()",
        "t.token.c.hash == token_hash(token), t.token.c.expires_at > now()",
        ("tests/graphql/test_rights_change.py", "tests/graphql/test_http_deeds.py"),
    ),
)
READING: Final = (
    Fault(
        "closed rows are listed as open",
        "graphql/linli_graphql/plan/listing.py",
        "return [not_(current) if closed else current]",
        "return [not_(current)] if closed else []",
        (WORLDS,),
    ),
    Fault(
        "a cursor is taken as it comes",
        "graphql/linli_graphql/plan/cursor.py",
        "match = CURSOR.fullmatch(cursor)",
        'match = re.match(r"(.*/)?(.*)", cursor, re.DOTALL)',
        ("tests/graphql/test_cursors.py",),
    ),
)
WRITING: Final = (
    Fault(
        "a verb that fails keeps what it wrote",
        "core/linli/deeds.py",
        'ROLLBACK = text("ROLLBACK TO SAVEPOINT deed")',
        'ROLLBACK = text("RELEASE SAVEPOINT deed")',
        ("tests/core/test_verbs_deeds.py",),
    ),
    Fault(
        "a repeated key is not compared with the body it came with",
        "core/linli/deeds.py",
        "if row[0] != _input_hash(request):",
        "if row[0] is None:",
        (f"{CONTRACT}::test_a_replay_changes_nothing_and_another_body_is_refused",),
    ),
    Fault(
        "what a key has done is not remembered",
        "core/linli/deeds.py",
        "remembered = [] if request.key is None else [_remembered(request, ref)]",
        "remembered: list[Step] = []",
        (f"{CONTRACT}::test_a_replay_changes_nothing_and_another_body_is_refused",),
    ),
    Fault(
        "the version that was read is not compared",
        "core/linli/context.py",
        "if version is not None and version != row.version:",
        "if version is not None and row.version is None:",
        (f"{CONTRACT}::test_a_stale_version_is_a_conflict",),
    ),
    Fault(
        "a row is placed without holding its grid",
        "core/linli/territory.py",
        ".where(OPEN_GRID).with_for_update(read=True)\n    return insert",
        ".where(OPEN_GRID)\n    return insert",
        ("tests/core/test_verbs_together.py",),
    ),
    Fault(
        "a read is given a connection that the server has closed",
        "core/linli/database/postgresql.py",
        "    except asyncpg.InterfaceError:\n        return True",
        "    except asyncpg.InterfaceError:\n        raise",
        ("tests/core/test_outages.py::test_connections_that_died_while_nobody_used_them_cost_no_read",),
    ),
    Fault(
        "a move leaves behind what stands in the grids",
        "core/linli/territory.py",
        "    for name in scoped_tables(connection):\n        touched",
        "    for name in scoped_tables(connection)[:1]:\n        touched",
        ("tests/core/test_verbs_walk.py",),
    ),
    Fault(
        "a move leaves the counts with the old ancestors",
        "core/linli/verbs/regrid.py",
        "    rollup.shift(ctx.connection, row.path, parent, target.path)\n",
        "    _ = parent\n",
        ("tests/core/test_verbs_walk.py",),
    ),
    Fault(
        "nothing is counted",
        "core/linli/context.py",
        "        if amount:\n",
        "        if amount and not metric:\n",
        ("tests/core/test_verbs_walk.py",),
    ),
    Fault(
        "a deed holds its second grid out of order",
        "core/linli/context.py",
        "        if beside is None:",
        "        if beside is None or beside:",
        (TOGETHER,),
    ),
    Fault(
        "what the rights forbade while they changed is not heard again",
        "core/linli/deeds.py",
        "if refusal is not None and actor is request.actor:",
        "if refusal is not None:",
        (TOGETHER,),
    ),
)
TRACES: Final = (
    Fault(
        "the hash of an audit row is not computed anew",
        "core/linli/verify/audit.py",
        "        if audit_hash(audited(row)) != row.hash:\n            self",
        "        if row.hash is None:\n            self",
        ("tests/core/test_verify_audit.py",),
    ),
    Fault(
        "a gap in the audit's chain is passed over",
        "core/linli/verify/audit.py",
        "if row.number != self.number + 1:",
        "if row.number <= self.number:",
        ("tests/core/test_verify_audit.py",),
    ),
    Fault(
        "a refusal leaves no audit row",
        "core/linli/deeds.py",
        "if sensitive or refusal.code in AUDITED:",
        "if sensitive and refusal.code in ():",
        (f"{CONTRACT}::test_a_refusal_leaves_nothing_but_its_audit_row",),
    ),
    Fault(
        "an event that was delivered is delivered again",
        "core/linli/traces/deliveries.py",
        'done = {"state": "done", "attempts"',
        'done = {"state": "pending", "attempts"',
        ("tests/core/test_relay_deliveries.py", "tests/graphql/test_kill_once.py"),
    ),
    Fault(
        "a failed reaction keeps what it wrote",
        "core/linli/traces/deliveries.py",
        "        with connection.begin_nested():\n            consumer.handle(connection, read_event(row))",
        "        consumer.handle(connection, read_event(row))",
        ("tests/core/test_relay_failures.py", "tests/core/test_relay_deliveries.py"),
    ),
)
STORAGE: Final = (
    Fault(
        "workers outlive the process that started them",
        "graphql/linli_graphql/transport/orphans.py",
        "    loop.add_reader(sentinel, gone)",
        "    _ = gone",
        (
            "tests/graphql/test_kill_once.py::test_workers_leave_with_the_first_process_so_that_the_port_is_free",
        ),
    ),
    Fault(
        "writers of SQLite begin as readers",
        "core/linli/database/sqlite.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        ("tests/core/test_durability_settings.py",),
    ),
    Fault(
        "SQLite answers before the log is on the disk",
        "core/linli/database/sqlite.py",
        '"PRAGMA synchronous=FULL"',
        '"PRAGMA synchronous=NORMAL"',
        ("tests/core/test_durability_settings.py",),
    ),
    Fault(
        "a queue waits for one vain attempt to connect after another",
        "core/linli/database/outage.py",
        "        if time.monotonic() < self._until:",
        "        if time.monotonic() < 0:",
        ("tests/core/test_outages.py",),
    ),
    Fault(
        "too many connections are taken for a fault",
        "core/linli/database/postgresql.py",
        'AWAY = ("08", "53", "57P")',
        'AWAY = ("08", "57P")',
        ("tests/core/test_outages.py",),
    ),
)
CORE: Final = (*POLICY, *READING, *WRITING, *TRACES, *STORAGE)
SECURITY: Final = (*SIGN_IN, *SCOPE, *PERSONAL, *PRIVACY, *HOSTILE, *DEPLOYMENT)
FAULTS: Final = (*CORE, *BOOKS, *BANKS, *SECURITY)
