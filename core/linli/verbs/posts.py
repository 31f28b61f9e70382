"""Deeds about posts: residents who serve at a grid or an organisation, account or not."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, select

from linli import model as t
from linli.access.actors import renew
from linli.clock import today
from linli.context import Context
from linli.errors import AlreadyExists, Forbidden
from linli.policy import Facts
from linli.verbs.access import Grant, insert_assignment, require_grant
from linli.verbs.edits import ended_on
from linli.verbs.inputs import Day, Input, Name, NodeRef, ResidentRef, Version, ref_to
from linli.verbs.kinds import PostKind
from linli.verbs.ties_of_residents import end_derived_roles, renew_account_of
from linli.verbs.verb import verb

# Posts that are roles too, where an account is bound to the person.
ROLES = frozenset({"grid_leader", "grid_worker", "micro_grid_leader", "building_leader"})


class AppointPost(Input):
    """A resident takes a post at a grid or an organisation."""

    resident: ResidentRef = Field(description="Who is appointed.")
    at: Annotated[NodeRef, *ref_to("grid", "organization")] = Field(
        description="Where: a grid or an organisation."
    )
    kind: PostKind = Field(description="Kind of post.")
    full_time: bool = Field(False, description="Whether it is full-time work.")
    since: Day | None = Field(None, description="First day; today if left out.")
    source: Name | None = Field(None, description="Where this is known from, such as the name of a list.")


class EndPost(Input):
    """The end of a post; a role that followed from it ends too."""

    post: Annotated[NodeRef, *ref_to("post")] = Field(description="The post to end.")
    version: Version | None = None
    until: Day | None = Field(None, description="The day on which it ended; today if left out.")


@verb("post", sensitive=True)
def appoint_post(ctx: Context, data: AppointPost) -> NodeRef:
    """Appoint a resident to a post.

    Where an account is bound to the resident and the actor may grant the role there, the role follows.
    """
    person = ctx.load("resident", data.resident, "read", "resident")
    organization = None
    grid_id = data.at.id
    if data.at.type == "organization":
        body = ctx.load("organization", data.at, "read", "at")
        organization, grid_id = body.id, body.grid_id
    facts = Facts(
        resident_ids=frozenset({person.id}),
        organization_ids=frozenset({organization} if organization else ()),
    )
    place = ctx.require_at("post", "create", grid_id, "at", more=facts)
    values = {"resident_id": person.id, "organization_id": organization, "kind": data.kind}
    _refuse_second(ctx, place.id, values)
    since = data.since or today()
    ref = ctx.place(
        "post", place.id, values | {"full_time": data.full_time, "since": since, "source": data.source}
    )
    ctx.record("post.appointed", ref, place, kind=data.kind)
    _derive_role(ctx, ref, data, place)
    return ref


@verb("post", sensitive=True)
def end_post(ctx: Context, data: EndPost) -> NodeRef:
    """End a post, and the role that followed from it."""
    row = ctx.load("post", data.post, "close", "post")
    ctx.change("post", row, {"until": ended_on(row, data.until)}, data.version)
    end_derived_roles(ctx, [row.id])
    renew_account_of(ctx, row.resident_id)
    ctx.record("post.ended", data.post, row, kind=row.kind)
    return data.post


def _refuse_second(ctx: Context, grid_id: str, values: dict[str, Any]) -> None:
    p = t.post.c
    same = [p[name].is_(None) if value is None else p[name] == value for name, value in values.items()]
    if ctx.connection.execute(select(p.id).where(p.grid_id == grid_id, *same, p.until.is_(None))).first():
        raise AlreadyExists("error.post_held", "resident")


def _derive_role(ctx: Context, post: NodeRef, data: AppointPost, place: Row[Any]) -> None:
    """Let the role of the post's name follow, unless the actor may not grant it or it is held already."""
    if data.kind not in ROLES & ctx.policy.roles or data.at.type not in ctx.policy.anchors(data.kind):
        return
    a = t.account.c
    bound = select(a.id).where(a.resident_id == data.resident.id, a.state == "active")
    account = ctx.connection.execute(bound).scalar_one_or_none()
    if account is None or account == ctx.actor.account_id:
        return
    grant = Grant(account, data.kind, data.since or today(), post_id=post.id)
    try:
        require_grant(ctx, data.kind, data.at, place, None)
        role = insert_assignment(ctx, data.at, place, grant)
    except (Forbidden, AlreadyExists):
        return
    renew(ctx.connection, [account])
    ctx.record("role.assigned", role, place, role=data.kind)
