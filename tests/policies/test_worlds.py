"""House oracle 2: on random worlds SQL finds exactly the rows that a slow evaluator allows."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, Engine, create_engine, select

from linli.access.facts import row_facts
from linli.access.resources import CORE_RESOURCES, by_name
from linli.access.scope import covers, literal_bind, predicate
from linli.model import metadata
from linli.policy import Actor, Anchor, AnchorType, Arm, Decision, Facts, Holding, Reach, Resource
from linli_policies.catalogue import catalogue, reaches
from linli_policies.engine import CasbinPolicy, default_source, load_policy
from linli_policies.lines import PolicySource, parse
from tests.policies.evaluator import Evaluator, Ties, facts_of, table_of, ties_of
from tests.policies.random_lines import ROLES, SEATS, random_text
from tests.policies.seeds import say, seeded, times
from tests.policies.worlds import World, random_actor, random_anchor, random_world

RESOURCES = by_name(CORE_RESOURCES)
PUBLIC = Holding("public")
OTHERS = ("anybody", "two_workers", "two_trees", "admins", "scoped")
SCOPES = ("*:read", "resident:*", "resident.phone:reveal", "grid:update", "project:read", "membership:*")


@dataclass
class Coverage:
    """What the random worlds have shown so far; too little is a failure."""

    resources: Counter[tuple[str, bool]] = field(default_factory=Counter)
    personas: Counter[tuple[str, bool]] = field(default_factory=Counter)
    reaches: Counter[tuple[str, str, str, bool]] = field(default_factory=Counter)

    def print(self) -> None:
        judged = sum(self.personas.values())
        yes = sum(count for (_, allowed), count in self.personas.items() if allowed)
        say(f"{judged} rows judged, {yes} allowed, {len(self.reaches)} kinds of reach seen")


@dataclass
class Judge:
    """Compares SQL, the check of one row, the explanation and the evaluator, in one world."""

    policy: CasbinPolicy
    evaluator: Evaluator
    world: World
    connection: Connection
    coverage: Coverage
    listed: dict[tuple[str, tuple[Arm, ...]], set[str]] = field(default_factory=dict)
    judged: dict[str, list[tuple[str, Ties, Facts]]] = field(init=False)

    def __post_init__(self) -> None:
        self.judged = {
            table: [
                (row["id"], ties := ties_of(self.world, table, row), facts_of(self.world, ties))
                for row in rows
            ]
            for table, rows in self.world.rows.items()
        }

    def compare(self, actor: Actor) -> None:
        for resource in self.policy.resources.values():
            if resource.table is not None:
                for action in sorted(resource.actions):
                    self._compare(actor, resource, action)

    def _compare(self, actor: Actor, resource: Resource, action: str) -> None:
        decision = self.policy.decide(actor, resource.name, action)
        question = self.evaluator.question(self.world, actor, resource.name, action)
        expected = set()
        for row_id, ties, facts in self.judged[table_of(resource.name)]:
            allowed = question.allows(ties)
            assert covers(decision, facts) is allowed, (decision, facts)
            assert self.policy.explain(actor, resource.name, action, facts).allowed is allowed
            expected |= {row_id} if allowed else set()
            self.coverage.resources[resource.name, allowed] += 1
            self.coverage.personas[actor.name, allowed] += 1
            for effect, reach, reached in question.touched(ties):
                self.coverage.reaches[resource.name, effect, reach, reached] += 1
        assert self._listed(resource, decision) == expected, decision

    def _listed(self, resource: Resource, decision: Decision) -> set[str]:
        assert resource.table is not None
        key = (resource.name.partition(".")[0], decision.arms)
        if key not in self.listed:
            rows = self.world.random.choice((resource.table, resource.table.alias()))
            statement = select(rows.c.id).where(predicate(decision, resource, rows, literal_bind(decision)))
            listed = list(self.connection.execute(statement).scalars())
            self.listed[key] = set(listed)
            assert len(listed) == len(self.listed[key])
        return self.listed[key]


def test_the_default_lines_list_what_they_allow() -> None:
    generator = seeded("default lines")
    coverage = Coverage()
    for _ in range(times(5)):
        with _sqlite(random_world(generator)) as (world, connection):
            _compare_default(world, connection, coverage)
    _assert_default_coverage(coverage)


def test_random_lines_list_what_they_allow() -> None:
    generator = seeded("random lines")
    coverage = Coverage()
    for _ in range(times(8)):
        with _sqlite(random_world(generator)) as (world, connection):
            _compare_random(world, connection, coverage)
    _assert_random_coverage(coverage)


def test_the_facts_of_a_stored_row_are_those_of_the_world() -> None:
    with _sqlite(random_world(seeded("facts"))) as (world, connection):
        for resource in catalogue(RESOURCES, ["helper"]).values():
            assert resource.table is not None
            for row in connection.execute(select(resource.table)):
                plain = next(one for one in world.rows[table_of(resource.name)] if one["id"] == row.id)
                expected = facts_of(world, ties_of(world, table_of(resource.name), plain))
                found = row_facts(connection, resource, row)
                bodies = (found.organization_ids - {None}, found.branch_ids - {None})
                assert replace(found, organization_ids=bodies[0], branch_ids=bodies[1]) == expected


def test_postgresql_lists_the_same(fresh_postgres: str) -> None:
    generator = seeded("postgresql")
    engine = create_engine(fresh_postgres.replace("postgresql:", "postgresql+psycopg:"))
    coverage = Coverage()
    try:
        metadata.create_all(engine)
        for _ in range(times(2)):
            with _stored(engine, random_world(generator)) as (world, connection):
                _compare_default(world, connection, coverage)
                _compare_random(world, connection, coverage)
    finally:
        engine.dispose()
    coverage.print()
    assert min(coverage.personas[name, True] for name in OTHERS) > 0


def _compare_default(world: World, connection: Connection, coverage: Coverage) -> None:
    policy = load_policy(RESOURCES)
    judge = Judge(policy, Evaluator(default_source().text), world, connection, coverage)
    for actor in _personas(world, policy):
        judge.compare(actor)


def _compare_random(world: World, connection: Connection, coverage: Coverage) -> None:
    text = random_text(world.random, catalogue(RESOURCES, ROLES), lines=700)
    policy = CasbinPolicy(parse([PolicySource("random.csv", text)]).lines, RESOURCES)
    judge = Judge(policy, Evaluator(text), world, connection, coverage)
    for number in range(len(ROLES)):
        roles = {number, *world.random.sample(range(len(ROLES)), world.random.randint(0, 3))}
        held = [_held(world, ROLES[role], SEATS[role]) for role in sorted(roles)]
        judge.compare(random_actor(world, f"persona {number}", held))
    everything = [_held(world, role, seat) for role, seat in zip(ROLES, SEATS, strict=True)]
    judge.compare(_narrowed(world, random_actor(world, "scoped", everything)))


def _personas(world: World, policy: CasbinPolicy) -> Iterator[Actor]:
    """One of each role at a place that fits it, some of several roles, one misplaced, one without any."""
    yield random_actor(world, "anybody", [PUBLIC])
    for role in sorted(policy.roles - {"public"}):
        anchors = sorted(policy.anchors(role))
        yield random_actor(world, role, [_held(world, role, world.random.choice(anchors))])
    workers = [Holding("grid_worker", anchor) for anchor in _traps(world)]
    yield random_actor(world, "two_workers", workers)
    secretary = _held(world, "party_secretary", AnchorType.PARTY_BRANCH)
    yield random_actor(world, "two_trees", [workers[0], secretary])
    admins = [_held(world, role, AnchorType.GRID) for role in ("street_admin", "city_admin", "street_admin")]
    yield random_actor(world, "admins", [PUBLIC, *admins])
    yield _narrowed(world, random_actor(world, "scoped", [PUBLIC, *admins]))
    roles = world.random.sample(sorted(policy.roles), 5)
    anywhere = [_held(world, role, world.random.choice(list(AnchorType))) for role in roles]
    yield random_actor(world, "misplaced", anywhere)
    yield random_actor(world, "nobody", [])


def _narrowed(world: World, actor: Actor) -> Actor:
    """The same by a token that is for some permissions only."""
    return replace(actor, scopes=frozenset(world.random.sample(SCOPES, world.random.randint(1, 4))))


def _held(world: World, role: str, kind: AnchorType) -> Holding:
    return Holding(role, random_anchor(world, kind))


def _traps(world: World) -> list[Anchor]:
    """Two cells of which the one's path without its last sign begins the other's, if there are such."""
    paths = {row["path"]: row for row in world.rows["grid"]}
    others = world.random.sample(sorted(paths), 2)
    trapped = [
        (one, other)
        for one in paths
        for other in paths
        if other.startswith(one[:-1]) and not other.startswith(one)
    ]
    chosen = world.random.choice(trapped or [(others[0], others[1])])
    return [Anchor(AnchorType.GRID, paths[path]["id"], path) for path in chosen]


@contextmanager
def _sqlite(world: World) -> Iterator[tuple[World, Connection]]:
    engine = create_engine("sqlite://")
    try:
        metadata.create_all(engine)
        with _stored(engine, world) as stored:
            yield stored
    finally:
        engine.dispose()


@contextmanager
def _stored(engine: Engine, world: World) -> Iterator[tuple[World, Connection]]:
    """The world in the database, and out of it again."""
    with engine.connect() as connection:
        world.store(connection)
        yield world, connection
        connection.rollback()


def _assert_default_coverage(coverage: Coverage) -> None:
    coverage.print()
    roles = load_policy(RESOURCES).roles - {"public"}
    wanted = [(name, allowed) for name in (*roles, *OTHERS) for allowed in (True, False)]
    assert not [key for key in wanted if not coverage.personas[key]], (
        "too little is covered: make more worlds"
    )
    assert coverage.personas["nobody", True] == 0
    tables = [name for name, resource in RESOURCES.items() if resource.table is not None]
    wanted = [(name, allowed) for name in tables for allowed in (True, False)]
    assert not [key for key in wanted if not coverage.resources[key]], (
        "too little is covered: make more worlds"
    )


def _assert_random_coverage(coverage: Coverage) -> None:
    coverage.print()
    missing = [
        key
        for name, resource in RESOURCES.items()
        if resource.table is not None
        for reach in reaches(resource)
        for effect in ("allow", "deny")
        for key in ((name, effect, reach.value, True), (name, effect, reach.value, False))
        if not (coverage.reaches[key] or (reach is Reach.ALL and not key[3]))
    ]
    assert not missing, "too little is covered: make more worlds"
    wanted = [(name, allowed) for name, allowed in coverage.resources if allowed]
    assert len(wanted) > len(RESOURCES), "too few resources were ever allowed"
