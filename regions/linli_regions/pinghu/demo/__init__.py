"""What `linli demo` shows of Pinghu's schemes. Everything in it is made up."""

from linli.demo.filling import Demo

from .bank import fill_bank
from .networks import fill_networks
from .people import find_people

__all__ = ["fill"]


def fill(demo: Demo) -> None:
    """Let the people of the demo's first community use the bank and the networks."""
    people = find_people(demo)
    fill_bank(demo, people)
    fill_networks(demo, people)
