"""Write docs/walk.md from a run: one query and one mutation, and what passes each door.

.venv/bin/python scripts/render_walk.py            writes the page
.venv/bin/python scripts/render_walk.py --check    says whether the page is what the code does
"""

import asyncio
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from linli import model as t
from linli.access.actors import create_token
from linli.commands.place import write_place
from linli.commands.users import insert_account, insert_role
from linli.database.migrate import migrate
from linli.demo.build import DATA
from linli.deployment import open_deployment
from linli.importing.grids import import_grids
from linli.traces.relay import dispatch
from linli_graphql.composition import Composition, compose
from linli_graphql.plan.parts import Call
from linli_graphql.plan.plan import given
from linli_graphql.plan.root import compile_roots
from linli_graphql.service.service import Incoming, Service

PAGE = Path(__file__).parents[1] / "docs" / "walk.md"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HASH = re.compile(r"\b[0-9a-f]{64}\b")

QUERY = """query Street($code: String!) {
  grid(code: $code) {
    name
    ancestors { name }
    residents(first: 2) { totalCount nodes { name phone { value state } } }
  }
}"""
MUTATION = """mutation Arrive($input: CreateResidentInput!) {
  createResident(input: $input) {
    resident { name grid { name } phone { value state } }
    errors { code message path }
  }
}"""


class Page:
    """The page being written; ids, times and hashes are told apart by their order, so that runs agree."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.ids: dict[str, str] = {}

    def say(self, text: str) -> None:
        """Add a paragraph or a heading."""
        self.parts.append(text)

    def show(self, language: str, text: str) -> None:
        """Add a block of what came out of a door."""
        text = UUID.sub(lambda match: self.ids.setdefault(match[0], f"⟨id {len(self.ids) + 1}⟩"), text)
        text = HASH.sub("⟨sha-256⟩", TIME.sub("⟨time⟩", text))
        self.parts.append(f"```{language}\n{text}\n```")

    def __str__(self) -> str:
        return "\n\n".join(self.parts) + "\n"


async def walk(folder: Path) -> str:
    """Return the page of a run in an empty folder."""
    config = folder / "linli.toml"
    write_place(config, name="walk", title="walk", data=".", profile="development")
    deployment = open_deployment(config, {"LINLI_LANG": "en"})
    migrate(deployment.database, deployment.migrations)
    import_grids(deployment.database, DATA)
    with deployment.database.begin() as connection:
        token = sign_in(connection)
    composition = compose(deployment)
    await deployment.database.open()
    page = Page()
    page.say(
        "# A walk through every door\n\n"
        "This page is rendered by `scripts/render_walk.py` from a run, and a test compares the two. It"
        " follows one mutation and one query through the house with the real objects. Ids, times and hashes"
        " are replaced by names. Open the file named at each door beside the page."
    )
    try:
        await mutation(page, composition, token)
        await query(page, composition, token)
    finally:
        await deployment.database.close()
    return str(page)


def sign_in(connection: Connection) -> str:
    """Make a community worker of Shuidongdai (水洞埭社区) and return the token."""
    account = insert_account(connection, "worker", "社区工作者")
    community = connection.execute(select(t.grid).where(t.grid.c.code == "330482001001")).one()
    insert_role(connection, account, "community_worker", community)
    return create_token(connection, account, "walk", 1)


async def mutation(page: Page, composition: Composition, token: str) -> None:
    """Show a deed: a resident arrives."""
    service = composition.service()
    with composition.deployment.database.begin() as connection:
        grid = connection.execute(select(t.grid.c.id).where(t.grid.c.code == "330482001001")).scalar_one()
    data = {
        "grid": f"grid_{grid}",
        "name": "沈明华",
        "phone": "12000001234",
        "idempotencyKey": "arrival-1",
    }
    page.say("## A mutation: a resident arrives")
    page.show("graphql", MUTATION)
    page.show("json", pretty({"input": data}))
    page.say(
        "**Transport** (`graphql/linli_graphql/transport/http.py`) reads the body within its limits and"
        " hands on an `Incoming`; the token is in no repr."
    )
    incoming = Incoming(MUTATION, {"input": data}, token=token, request_id="walk-1")
    page.show("text", wrapped(repr(incoming)))
    page.say(
        "**Verb** (`core/linli/verbs/residents.py`). The mutation's name is the verb's; its input is a"
        " pydantic model, from which the GraphQL input type is made."
    )
    page.show("text", wrapped(repr(service.registry.verbs["createResident"])))
    caller = await service.callers.of(token)
    page.say("**Actor** (`core/linli/access/actors.py`): who the token belongs to, and what they hold where.")
    page.show("text", wrapped(repr(caller.actor)))
    page.say(
        "**Policy** (`policies/linli_policies/engine.py`): `resident:create` is decided before anything is"
        " written, and the decision names its line."
    )
    page.show("text", wrapped(repr(caller.decide("resident", "create"))))
    page.say(
        "**Deed** (`core/linli/deeds.py`). `perform` runs the verb in a savepoint of one transaction; the"
        " edge commits. These rows are written, together or not at all:"
    )
    answer = await service.execute(incoming)
    traces(page, composition)
    page.say("**Payload**: the selection is planned and read with present rights, as any query is.")
    page.show("json", pretty(json.loads(answer)))


def traces(page: Page, composition: Composition) -> None:
    """Show the rows that the deed has left, and the relay that takes its event."""
    with composition.deployment.database.begin() as connection:
        for line in written(connection):
            page.show("json", line)
        page.say(
            "**Relay** (`core/linli/traces/relay.py`): after the commit a worker takes the event, once, and"
            " gives it to whoever follows the place."
        )
        events = dispatch(connection, ())
        page.show("text", wrapped(repr([event for event in events if event.topic == "resident.created"])))


async def query(page: Page, composition: Composition, token: str) -> None:
    """Show a read: a community with its people."""
    service = composition.service()
    incoming = Incoming(QUERY, {"code": "330482001001"}, token=token)
    page.say("## A query: a community and its people")
    page.show("graphql", QUERY)
    operation = await service.prepare(incoming)
    page.say(
        "**Document** (`graphql/linli_graphql/service/documents.py`): parsed, measured and validated once,"
        " kept by its text. Variables are split into what is bound and what changes the statement:"
        " requests of one form (`service/forms.py`) share their plans. Slots stand for what is bound:"
    )
    page.show("text", wrapped(repr(operation.form.document.variables.coerced)))
    caller = await service.callers.of(token)
    page.say("**Policy**: one decision a resource, the same for lists, counts and single rows.")
    page.show("text", wrapped(repr(caller.decide("resident", "read"))))
    page.show("text", wrapped(repr(caller.decide("resident.phone", "read"))))
    await plan_of(page, service, operation, caller)
    page.say("**Answer**: the statement's text, sent on as it is.")
    page.show("json", pretty(json.loads(await service.execute(incoming))))


async def plan_of(page: Page, service: Service, operation: Any, caller: Any) -> None:
    """Show the plan of an operation, and what this request binds."""
    form = operation.form
    plan = await service.planner.plan(form, "roots", caller, lambda one: compile_roots(one, form.planned))
    page.say(
        "**Plan** (`graphql/linli_graphql/plan/`): one statement that returns JSON. The caller's epoch and"
        " version are compared inside it, so a right that was revoked a moment ago is not used."
    )
    page.show("sql", plan.text)
    call = Call(operation.variables, caller.decide, service.deeds.vault, given(caller.actor))
    page.say(
        "**Bound values**, in the statement's order: constants, the request's variable, the caller's reach."
    )
    page.show("text", wrapped(repr(plan.values(call))))


def written(connection: Connection) -> Iterator[str]:
    """Yield the rows of the deed, personal values as they are stored: sealed."""
    for table in (t.resident, t.residence, t.event, t.idempotency):
        rows = connection.execute(select(table)).mappings().all()
        for row in rows[-1:]:
            shown = {name: plain(value) for name, value in row.items() if value is not None}
            yield f"{table.name} " + pretty(shown)


def plain(value: Any) -> Any:
    """Return a column's value as the page shows it."""
    if isinstance(value, bytes):
        return "⟨sealed⟩"
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z") if hasattr(value, "hour") else value


def pretty(value: Any) -> str:
    """Return JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=lambda _: "⟨day⟩")


def wrapped(text: str) -> str:
    """Return a repr broken at its commas, for a page of ordinary width."""
    text = re.sub(r"datetime\.(datetime|date)\([^)]*\)", "⟨time⟩", text)
    return "\n".join(textwrap.wrap(text, 108, break_long_words=False, break_on_hyphens=False))


def main() -> int:
    """Write or check the page."""
    with tempfile.TemporaryDirectory() as folder:
        text = asyncio.run(walk(Path(folder)))
    if "--check" in sys.argv:
        return 0 if PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
