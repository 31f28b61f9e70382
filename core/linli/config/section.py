"""What the tables of linli.toml share."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A table of the file: frozen, and every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list in which nothing stands twice; refuse any other."""
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise PydanticCustomError("linli.config.twice", "{names} twice", {"names": ", ".join(twice)})
    return values
