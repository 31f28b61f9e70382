"""Which rows a caller may see, one by one: by the slow evaluator of tests/policies, never by SQL."""

from dataclasses import dataclass, field

from linli.policy import Actor, Resource
from linli_graphql.declare.fields import ObjectType
from tests.policies.evaluator import Evaluator, Question, Ties
from tests.policies.worlds import Row, World
from tests.support.fuzz.ties import all_ties
from tests.support.fuzz.world import name_of


@dataclass
class IndexedWorld(World):
    """A world that finds its rows by id at once."""

    indexes: dict[str, dict[str, Row]] = field(default_factory=dict)

    def by_id(self, table: str, wanted: str | None) -> Row | None:
        if table not in self.indexes:
            self.indexes[table] = {row["id"]: row for row in self.rows[table]}
        return self.indexes[table].get(wanted or "")


@dataclass
class Laws:
    """The policy's text, and what every row hangs on; the same for all callers."""

    world: IndexedWorld
    evaluator: Evaluator
    resources: dict[str, Resource]
    ties: dict[tuple[str, str], Ties] = field(default_factory=dict)

    def ties_of(self, table: str, row: Row) -> Ties:
        key = (table, row["id"])
        if key not in self.ties:
            self.ties[key] = all_ties(self.world, table, row)
        return self.ties[key]


@dataclass
class Judge:
    """Judges for one caller, and remembers."""

    laws: Laws
    actor: Actor
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)
    known: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    def may(self, permission: str, action: str, row: Row) -> bool:
        """Whether the caller may do that to a row of the resource."""
        key = (permission, action, row["id"])
        if key not in self.known:
            resource = self.laws.resources[permission.partition(".")[0]]
            if resource.table is None:
                raise TypeError(f"{permission} has no rows")
            if key[:2] not in self.questions:
                question = self.laws.evaluator.question(self.laws.world, self.actor, permission, action)
                self.questions[key[:2]] = question
            ties = self.laws.ties_of(name_of(resource.table), row)
            self.known[key] = self.questions[key[:2]].allows(ties)
        return self.known[key]

    def sees(self, one: ObjectType, row: Row) -> bool:
        """Whether the caller sees a row as a type."""
        return one.own or one.part_of is not None or self.may(str(one.resource), one.action, row)
