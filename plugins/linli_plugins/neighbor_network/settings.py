"""What a place can set under [plugins.neighbor_network]: the kinds of network that it knows.

Names and titles are the place's own. A tier, a function, an element or a step means what the place says.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from linli.config.model import Identifier
from linli.plugins.manifest import Title
from linli.verbs.grids import Level

T = TypeVar("T")


def _some(values: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse an empty list; pydantic's own bound would call a list empty whose one entry is faulty."""
    if not values:
        raise PydanticCustomError("linli.config.too_few", "none", {"bound": 1})
    return values


Some = Annotated[tuple[T, ...], AfterValidator(_some)]


class Setting(BaseModel):
    """A table of the settings; a key that is not here is refused with its line."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(Setting):
    """A word of the place: the name that rows keep, and the title that people read."""

    name: Identifier = Field(max_length=32)
    title: Title


class Role(Term):
    """What somebody is in a network. Who has the role that convenes is named with the network itself."""

    duties: Title | None = None
    convenes: bool = False


class Step(Term):
    """A step of the procedure, and the working days that it may take."""

    days: int = Field(ge=1, le=120)


def _title(chinese: str, english: str) -> Title:
    return Title.model_validate({"zh-CN": chinese, "en": english})


MEMBER = Role(name="member", title=_title("成员", "Member"))
CONVENOR = Role(name="convenor", title=_title("召集人", "Convenor"), convenes=True)
HANDLE = Step(name="handle", title=_title("办理", "Handling"), days=10)


class NetworkKind(Setting):
    """A kind of network: where it stands, who is in it, and how a matter goes through it.

    Attributes:
        tier: how wide it is; 1 is the widest.
        levels: the levels of grid at which it may stand.
        above: the kind to which it passes matters up.
        accept_days: working days until a matter that comes in must be accepted or returned.
        procedure: the steps of every matter, in order.
    """

    name: Identifier = Field(max_length=32)
    title: Title
    tier: int = Field(default=1, ge=1, le=9)
    levels: Some[Level]
    above: Identifier | None = None
    roles: tuple[Role, ...] = (CONVENOR, MEMBER)
    functions: tuple[Term, ...] = ()
    elements: tuple[Term, ...] = ()
    topics: tuple[Term, ...] = ()
    core_household: bool = False
    accept_days: int = Field(default=3, ge=1, le=120)
    procedure: Some[Step] = (HANDLE,)

    @field_validator("roles", "functions", "elements", "topics", "procedure")
    @classmethod
    def _names_once(cls, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        _refuse_twice(one.name for one in terms)
        return terms

    @field_validator("roles")
    @classmethod
    def _one_convenes(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        if sum(role.convenes for role in roles) > 1:
            raise PydanticCustomError("linli.neighbor_network.convenors", "two roles convene")
        if all(role.convenes for role in roles):
            raise PydanticCustomError("linli.neighbor_network.no_members", "no role is for members")
        return roles

    @property
    def joining(self) -> Role:
        """The role of who joins without naming one."""
        return next(role for role in self.roles if not role.convenes)

    def step_after(self, name: str | None) -> Step | None:
        """Return the step that follows, the first after none; None after the last."""
        names = [step.name for step in self.procedure]
        at = 0 if name is None else names.index(name) + 1 if name in names else len(names)
        return self.procedure[at] if at < len(names) else None


NEIGHBOR_GROUP = NetworkKind(
    name="neighbor_group",
    title=_title("邻里互助组", "Neighbour group"),
    levels=("community", "grid", "micro_grid", "lane", "courtyard", "estate", "building"),
)


class NeighborNetworkSettings(Setting):
    """The settings; without any there is one plain kind, so that the plugin can be used as it is."""

    kinds: Some[NetworkKind] = (NEIGHBOR_GROUP,)

    @field_validator("kinds")
    @classmethod
    def _names_once(cls, kinds: tuple[NetworkKind, ...]) -> tuple[NetworkKind, ...]:
        _refuse_twice(one.name for one in kinds)
        return kinds

    @model_validator(mode="after")
    def _above_is_wider(self) -> "NeighborNetworkSettings":
        for one in self.kinds:
            above = self.kind(one.above) if one.above is not None else None
            told = {"kind": one.name, "above": one.above}
            if one.above is not None and above is None:
                raise PydanticCustomError("linli.neighbor_network.above_unknown", "no such kind", told)
            if above is not None and above.tier >= one.tier:  # so no circle can be made
                raise PydanticCustomError("linli.neighbor_network.above_not_wider", "not wider", told)
        return self

    def kind(self, name: str) -> NetworkKind | None:
        """Return the kind of a name."""
        return next((one for one in self.kinds if one.name == name), None)


def _refuse_twice(names: Iterable[str]) -> None:
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise PydanticCustomError("linli.config.twice", "{names} twice", {"names": ", ".join(twice)})
