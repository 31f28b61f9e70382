"""What the proof has met; what it has not met is a failure that names it."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

from tests.policies.seeds import say
from tests.security.proof.documents import Document


@dataclass(repr=False)
class Coverage:
    """Counts: paths by persona, fields and arguments that were sent, deeds by verb and persona."""

    schema: GraphQLSchema
    paths: set[tuple[str, ...]] = field(default_factory=set)
    walks: int = 0
    documents: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    arguments: Counter[str] = field(default_factory=Counter)
    personas: Counter[str] = field(default_factory=Counter)
    deeds: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: int = 0
    compared: int = 0
    sought: int = 0
    parsed: set[int] = field(default_factory=set)

    def meet_paths(self, persona: str, document: Document) -> None:
        self.walks += len(document.paths)
        self.documents += 1
        del persona
        self.paths |= {
            tuple(f"{hop.owner}.{'.'.join(hop.fields)}" for hop in path) for path in document.paths
        }

    def meet_document(self, text: str) -> None:
        """Note every field and argument of a document that was sent."""
        if hash(text) not in self.parsed:
            self.parsed.add(hash(text))
            info = TypeInfo(self.schema)
            visit(parse(text), TypeInfoVisitor(info, _Noting(self, info)))

    @cached_property
    def wanted(self) -> tuple[frozenset[str], frozenset[str]]:
        """Every field of every object type, and every argument, that the schema has."""
        types = [
            one
            for name, one in self.schema.type_map.items()
            if isinstance(one, GraphQLObjectType) and not name.startswith("__")
        ]
        fields = [(f"{one.name}.{name}", each) for one in types for name, each in one.fields.items()]
        arguments = {f"{name}({argument})" for name, each in fields for argument in each.args}
        return frozenset(name for name, _ in fields), frozenset(arguments)

    def missed(self) -> list[str]:
        """Return what was never met, by name."""
        fields, arguments = self.wanted
        mutation = self.schema.mutation_type
        verbs = {*mutation.fields} if mutation else set()
        gone = {
            "fields": fields - self.fields.keys(),
            "arguments": arguments - self.arguments.keys(),
            "mutations": {
                f"{verb} by {persona}"
                for verb in verbs
                for persona in self.personas
                if (verb, persona) not in self.deeds
            },
        }
        return [f"{what}: {', '.join(sorted(names))}" for what, names in gone.items() if names]

    def tell(self) -> str:
        """Say how far it went."""
        types = {name.partition(".")[0] for name in self.fields}
        text = (
            f"{len(self.paths)} paths walked {self.walks} times in {self.documents} answers by "
            f"{len(self.personas)} personas, {len(types)} types, {len(self.fields)} fields, "
            f"{len(self.arguments)} arguments, {len({verb for verb, _ in self.deeds})} mutations in "
            f"{sum(self.deeds.values())} deeds, {self.events} events followed, {self.compared} ids compared, "
            f"{self.sought} hidden rows sought by their words"
        )
        say(text)
        return text

    def check(self) -> None:
        """Fail where something was not met."""
        self.tell()
        assert not self.missed(), "\n".join(self.missed())


class _Noting(Visitor):
    def __init__(self, coverage: Coverage, info: TypeInfo) -> None:
        super().__init__()
        self.coverage, self.info = coverage, info

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self._note(node, None)

    def enter_argument(
        self, node: ArgumentNode, _key: object, _parent: object, _path: object, above: list[object]
    ) -> None:
        holder = above[-1] if isinstance(above[-1], FieldNode) else above[-2]
        if isinstance(holder, FieldNode):
            self._note(holder, node.name.value)

    def _note(self, node: FieldNode, argument: str | None) -> None:
        owner = self.info.get_parent_type()
        if owner is None or node.name.value.startswith("__"):
            return
        owners = (
            self.coverage.schema.get_possible_types(owner)
            if isinstance(owner, GraphQLInterfaceType)
            else [owner]
        )
        for one in owners:
            name = f"{one.name}.{node.name.value}"
            if argument is None:
                self.coverage.fields[name] += 1
            else:
                self.coverage.arguments[f"{name}({argument})"] += 1
