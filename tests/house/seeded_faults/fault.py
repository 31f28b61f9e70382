"""What a fault is that the soak plants."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """In the file `place`, `old` (which stands there once) becomes `new`; one of `tests` must fail."""

    name: str
    place: str
    old: str
    new: str
    tests: tuple[str, ...]
