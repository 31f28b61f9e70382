"""The kinds of network of this place, with the labels of the caller's language."""

from collections.abc import Mapping
from typing import Any

from linli.messages import Language
from linli_graphql.declare.fields import Asking, Column, ObjectType, RootResolver
from linli_graphql.declare.kinds import Scalar
from linli_plugins.neighbor_network.settings import NeighborNetworkSettings, NetworkKind, Role, Step, Term

LISTS = {
    "levels": "Levels of grid at which it may stand.",
    "roles": "Its roles, each with name, title, duties, and whether it convenes.",
    "functions": "Its functions, each with name and title.",
    "elements": "What its spaces can have, each with name and title.",
    "topics": "What its matters can be about, each with name and title.",
    "procedure": "The steps of its matters in order, each with name, title and working days.",
}

KIND = ObjectType(
    name="NetworkKind",
    description="A kind of network, as the place has set it up.",
    fields={
        "name": Column(column="name", never_null=True, description="The name that networks of it bear."),
        "title": Column(column="title", never_null=True, description="Its label."),
        "tier": Column(column="tier", kind=Scalar.INT, never_null=True, description="How wide; 1 is widest."),
        "above": Column(column="above", description="The kind to which it passes matters up."),
        "hasCoreHousehold": Column(
            column="hasCoreHousehold",
            kind=Scalar.BOOLEAN,
            never_null=True,
            description="Whether it gathers around a household.",
        ),
        "acceptDays": Column(
            column="acceptDays",
            kind=Scalar.INT,
            never_null=True,
            description="Working days until a matter must be accepted or returned.",
        ),
        **{
            name: Column(column=name, kind=Scalar.JSON, never_null=True, description=description)
            for name, description in LISTS.items()
        },
    },
)


def kinds_root(settings: NeighborNetworkSettings) -> RootResolver:
    """Return the root field that tells the kinds of these settings."""

    async def resolve(asking: Asking, _: Mapping[str, Any]) -> list[dict[str, Any]]:
        language: Language = "zh-CN" if asking.language == "zh-CN" else "en"
        return [_kind(one, language) for one in settings.kinds]

    description = "The kinds of network of this place, labelled in the caller's language."
    return RootResolver(
        target="NetworkKind", arguments={}, resolve=resolve, many=True, description=description
    )


def _kind(kind: NetworkKind, language: Language) -> dict[str, Any]:
    lists = {
        name: [_term(term, language) for term in getattr(kind, name)] for name in LISTS if name != "levels"
    }
    return lists | {
        "name": kind.name,
        "title": kind.title.text(language),
        "tier": kind.tier,
        "above": kind.above,
        "levels": list(kind.levels),
        "hasCoreHousehold": kind.core_household,
        "acceptDays": kind.accept_days,
    }


def _term(term: Term, language: Language) -> dict[str, Any]:
    told: dict[str, Any] = {"name": term.name, "title": term.title.text(language)}
    if isinstance(term, Role):
        duties = term.duties.text(language) if term.duties else None
        told |= {"duties": duties, "convenes": term.convenes}
    if isinstance(term, Step):
        told["days"] = term.days
    return told
