"""Where a deed came from: the address of who works here, the network of everybody else."""

import ipaddress
from typing import Final

from linli.policy import Actor

NETWORK_BITS: Final = {4: 24, 6: 48}
EVERYBODYS: Final = frozenset({"public", "resident"})
KEYBOARD: Final = "keyboard"  # of this machine; the actor's name tells the user of the operating system


def kept_address(address: str | None, actor: Actor) -> str | None:
    """Return what the audit keeps of an address: all of it for staff, the network of anybody else.

    What is neither an IP address nor the keyboard is not kept: a proxy may have been handed any text.
    """
    if address is None or address == KEYBOARD:
        return address
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if any(one.role not in EVERYBODYS for one in actor.holdings):
        return str(found)
    return str(ipaddress.ip_network((found, NETWORK_BITS[found.version]), strict=False))
