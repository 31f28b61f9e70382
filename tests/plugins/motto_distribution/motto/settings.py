"""What a place can set under [plugins.motto]."""

from pydantic import BaseModel, ConfigDict, Field

from .models import LONGEST


class MottoSettings(BaseModel):
    """The settings; a key that is not here is refused with its line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_length: int = Field(default=40, ge=4, le=LONGEST)
    open_proposals: int = Field(default=3, ge=1, le=20)
    adopted_by: str = Field(default="community_worker", pattern=r"^[a-z][a-z0-9_]*$")
