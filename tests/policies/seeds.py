"""Randomness that can be had again: LINLI_SEED=<number> repeats a run, LINLI_TIMES=<n> makes it longer."""

import os
import random


def seeded(name: str) -> random.Random:
    """Return a generator whose seed is printed, and taken from LINLI_SEED where that is set."""
    seed = os.environ.get("LINLI_SEED") or str(random.SystemRandom().randrange(2**32))
    say(f"{name}: LINLI_SEED={seed}")
    return random.Random(f"{name} {seed}")


def say(text: str) -> None:
    """Print what a failing run must show."""
    print(text)  # noqa: T201 - pytest shows it beside the failure, where the seed is needed


def times(count: int) -> int:
    """Return how many rounds to run."""
    return count * int(os.environ.get("LINLI_TIMES", "1"))
