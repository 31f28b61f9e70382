"""What a policy may know of one row that stands in the database."""

from typing import Any

from sqlalchemy import Connection, Row, select

from linli import model as t
from linli.access.scope import literal_bind, predicate
from linli.policy import Actor, Facts, Link, Policy, Resource, Through


def facts_of(connection: Connection, policy: Policy, actor: Actor, node: tuple[str, str] | None) -> Facts:
    """Return the facts of a node that the actor can see; none of one that is hidden or does not exist."""
    resource = policy.resources.get(node[0]) if node else None
    if node is None or resource is None or resource.table is None:
        return Facts()
    seen = predicate(
        decision := policy.decide(actor, node[0], "read"), resource, resource.table, literal_bind(decision)
    )
    row = connection.execute(select(resource.table).where(resource.table.c.id == node[1], seen)).one_or_none()
    return row_facts(connection, resource, row) if row is not None else Facts()


def row_facts(connection: Connection, resource: Resource, row: Row[Any]) -> Facts:
    """Return the facts of a row of a resource."""
    branches = _linked(connection, resource.branch, row)
    trees = select(t.party_branch.c.tree_path).where(t.party_branch.c.id.in_(branches))
    return Facts(
        path=getattr(row, resource.path.key) if resource.path is not None else None,
        grid_id=getattr(row, resource.grid.key) if resource.grid is not None else None,
        organization_ids=_linked(connection, resource.organization, row),
        branch_ids=branches,
        branch_paths=frozenset(connection.execute(trees).scalars()),
        resident_ids=_linked(connection, resource.resident, row),
    )


def _linked(connection: Connection, link: Link | None, row: Row[Any]) -> frozenset[str]:
    if link is None:
        return frozenset()
    if not isinstance(link, Through):
        value = getattr(row, link.key)
        return frozenset({value}) if value is not None else frozenset()
    statement = select(link.value).where(link.key == row.id, link.value.is_not(None))
    if link.until is not None:
        statement = statement.where(link.until.is_(None))
    return frozenset(connection.execute(statement).scalars())
