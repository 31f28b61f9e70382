"""Walking: documents are sent as personas, and everything that comes back is searched for canaries."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from linli.ids import public_id, uuid7
from linli_graphql.declare import fields as f
from tests.security.proof.allowed import Allowed
from tests.security.proof.canary import told
from tests.security.proof.coverage import Coverage
from tests.security.proof.documents import Document, written
from tests.security.proof.paths import Graph
from tests.security.proof.personas import Persona
from tests.security.proof.place import Place

OWN, OTHERS = 2, 3
OF_THIS_REQUEST: Final = frozenset({"date", "x-request-id"})
LIMIT: Final = b'"LIMIT_EXCEEDED"'


@dataclass(repr=False)
class Walker:
    """Walks as each persona; `seen` are the canaries that came back, by persona."""

    place: Place
    graph: Graph
    coverage: Coverage
    random: random.Random
    seen: dict[str, set[bytes]] = field(default_factory=dict)
    may_see: dict[str, frozenset[bytes]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    pools: dict[tuple[str, str], tuple[list[str], list[str]]] = field(default_factory=dict)

    def learn(self) -> None:
        """Work out anew what everybody may be shown."""
        allowed = Allowed(self.place)
        self.pools.clear()
        for one in self.place.personas:
            nothing: frozenset[bytes] = frozenset()
            judge = self.place.judges[one.name]
            self.may_see[one.name] = nothing if one.suspended else allowed.to(judge)

    async def walk(self, document: Document, personas: Iterable[Persona]) -> None:
        """Send a document as each of the personas; one that is too much at once is divided."""
        for persona in personas:
            answer = await self.place.post(persona, document.text, **self._given(document, persona))
            self.judge(persona, answer, document.text)
            if LIMIT in answer.content and len(document.paths) > 1:
                half = len(document.paths) // 2
                for paths in (document.paths[:half], document.paths[half:]):
                    await self.walk(written(self.graph, paths), [persona])
                continue
            if LIMIT in answer.content:
                self.refused[" ".join(".".join(hop.fields) for hop in document.paths[0])] += 1
            self.coverage.meet_paths(persona.name, document)
            self.coverage.meet_document(document.text)

    def judge(self, persona: Persona, answer: httpx.Response, what: str) -> Any:
        """Search an answer, head and body; return what was answered."""
        whole = b"\n".join(b"%b: %b" % pair for pair in answer.headers.raw) + b"\n" + answer.content
        found = self.search(persona, whole, what)
        self.seen.setdefault(persona.name, set()).update(found)
        self.coverage.personas[persona.name] += 1
        if persona.suspended:
            assert answer.status_code == 401, (answer.status_code, answer.text, what)
            return None
        assert answer.status_code < 500, (persona.name, answer.text, what)
        said = orjson.loads(answer.content)
        codes = {one["extensions"]["code"] for one in said.get("errors", ())}
        assert codes <= {"LIMIT_EXCEEDED"}, f"{persona.name}: {answer.text}\n{what}"
        return said

    def search(self, persona: Persona, text: bytes, what: str) -> set[bytes]:
        """Return the canaries in a text; none may be there that the persona may not be shown."""
        found = self.place.canaries.found(text)
        leaked = found - self.may_see[persona.name]
        assert not leaked, f"{persona.name} was shown {dict(told(self.place.canaries, leaked))}\n{what}"
        return found

    def pool(self, persona: Persona, one: f.ObjectType) -> tuple[list[str], list[str]]:
        """Return the ids of a type that a persona sees, and those that it does not see."""
        key = (persona.name, one.name)
        if key not in self.pools:
            judge = self.place.judges[persona.name]
            pools: tuple[list[str], list[str]] = ([], [])
            for row in self.place.tables.rows(one):
                hidden = persona.suspended or not judge.sees(one, row)
                pools[hidden].append(public_id(str(one.node_type), row["id"]))
            self.pools[key] = pools
        return self.pools[key]

    def _given(self, document: Document, persona: Persona) -> dict[str, Any]:
        return {name: self._value(name, persona) for name in document.variables}

    def _value(self, name: str, persona: Persona) -> Any:
        node = {"within": "grid", "grids": "grid", "measure": "credit_measure", "bank": "credit_bank"}
        rows = self.place.tables.world.rows
        match name:
            case "code":
                return self.random.choice(rows["grid"])["code"]
            case "permission":
                return "resident:read"
            case "rule":
                return "points"
            case "month":
                return "2026-01-01"
            case "within" | "measure" | "bank":
                return self.some(persona, node[name])[0]
            case "grids":
                return self.some(persona, "grid")[:2]
        if name.startswith("one"):
            return self.some(persona, str(self.place.composition.registry.types[name[3:]].node_type))[0]
        return self.some(persona, str(self.place.composition.registry.types[name].node_type))

    def some(self, persona: Persona, node_type: str) -> list[str]:
        """Return ids of a type, inside and outside the persona's scope, in any order."""
        one = self.place.composition.registry.node(node_type)
        assert one is not None, node_type
        seen, hidden = self.pool(persona, one)
        chosen = self.random.sample(seen, min(OWN, len(seen)))
        chosen += self.random.sample(hidden, min(OTHERS, len(hidden)))
        self.random.shuffle(chosen)
        return chosen

    async def search_strangers(self, persona: Persona) -> int:
        """Words of a row that a persona cannot see find nothing; return how many rows were sought."""
        sought = 0
        for name, root in self.place.composition.registry.roots.items():
            one = self.place.composition.registry.types.get(getattr(root, "target", ""))
            if isinstance(root, f.Connection) and one is not None and one.searchable:
                judge, rows = self.place.judges[persona.name], self.place.tables.rows(one)
                hidden = [row for row in rows if not judge.sees(one, row)]
                for row in self.random.sample(hidden, min(OWN, len(hidden))):
                    text = f"query ($s: String) {{ {name}(search: $s) {{ totalCount nodes {{ id }} }} }}"
                    answer = await self.place.post(persona, text, s=row["search"])
                    said = self.judge(persona, answer, text)
                    assert not said or said["data"][name] == {"totalCount": 0, "nodes": []}, (row, said)
                    sought += 1
        return sought

    async def compare_ids(self, persona: Persona, first: int = 0, step: int = 1) -> int:
        """A hidden id and one that is nobody's give the same answer, byte by byte; return how many types."""
        compared, nodes = 0, self.place.composition.registry.nodes
        for one in nodes[first::step]:
            _, hidden = self.pool(persona, one)
            if not hidden:
                continue
            compared += 1
            leaves = " ".join(self.graph.leaves(one.name))
            inside = f"__typename ... on {one.name} {{ {leaves} }}"
            for query, many in (
                (f"query ($id: ID!) {{ node(id: $id) {{ {inside} }} }}", False),
                (f"query ($id: [ID!]!) {{ nodes(ids: $id) {{ {inside} }} }}", True),
            ):
                real = self.random.sample(hidden, min(4, len(hidden)))
                none = [public_id(str(one.node_type), uuid7()) for _ in real]
                answers = [
                    await self.place.post(persona, query, id=ids if many else ids[0]) for ids in (real, none)
                ]
                real_answer, no_answer = (_comparable(answer) for answer in answers)
                assert real_answer == no_answer, (persona.name, one.name, real_answer, no_answer)
        return compared


def _comparable(answer: httpx.Response) -> tuple[Any, ...]:
    head = sorted((name, value) for name, value in answer.headers.items() if name not in OF_THIS_REQUEST)
    said = answer.json()
    for error in said.get("errors", ()):
        error["extensions"].pop("requestId", None)
    return answer.status_code, head, said if "errors" in said else answer.content
