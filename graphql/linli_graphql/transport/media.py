"""Negotiation of media types, as the GraphQL over HTTP draft has it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

QUALITY: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
JSON_BODY: Final = re.compile(r'application/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?', re.IGNORECASE)
MOST_RANGES: Final = 32


class Media(StrEnum):
    """The types in which one answer can be given."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"


EVENTS: Final = "text/event-stream"
# A client that names both gets the type that tells errors by status; one that takes anything gets JSON.
NAMED: Final = (Media.RESPONSE, Media.JSON)
ANY: Final = (Media.JSON, Media.RESPONSE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client takes: one answer of a media type, a stream of events, or both; neither is 406."""

    media: Media | None
    events: bool


@lru_cache(256)
def accepted(header: str) -> Accepted:
    """Return what an Accept header takes; an empty one takes `application/json`."""
    if not header.strip():
        return Accepted(Media.JSON, events=False)
    ranges = _ranges(header)
    wild = max((ranges.get(one, 0.0) for one in ("application/*", "*/*")), default=0.0)
    named = [one for one in NAMED if ranges.get(one, 0.0) > 0]
    best = max(named, key=lambda one: ranges[one], default=None)
    if best is None or wild > ranges[best]:
        refused = {one for one in ANY if ranges.get(one) == 0.0}
        best = next((one for one in ANY if wild > 0 and one not in refused), best)
    return Accepted(best, ranges.get(EVENTS, 0.0) > 0)


@lru_cache(256)
def is_json(content_type: str) -> bool:
    """Whether a body is JSON in UTF-8, by its Content-Type."""
    return JSON_BODY.fullmatch(content_type.strip()) is not None


def _ranges(header: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in header.split(",")[:MOST_RANGES]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found[name.lower()] = max(found.get(name.lower(), 0.0), _quality(parameters))
    return found


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        if match := QUALITY.fullmatch(one):
            return float(match[1])
    return 1.0
