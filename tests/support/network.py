"""The network is off: a test reaches this machine and nothing else."""

import ipaddress
import sys
from typing import Any

ALLOWED_NAMES = {"", "localhost"}


class NetworkIsOffError(RuntimeError):
    """Not an OSError, so that no code under test takes it for an ordinary failed connection."""


def turn_off() -> None:
    """From now on, Python's sockets refuse every address and name beyond the loopback."""
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _, address = arguments
        if isinstance(address, tuple):
            _refuse_unless_here(address[0])
    elif event == "socket.getaddrinfo" and arguments[0] is not None:
        _refuse_unless_here(arguments[0])


def _refuse_unless_here(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if not is_here(name):
        raise NetworkIsOffError(f"A test may not reach {name}: serve it on 127.0.0.1, or pass in a fake.")


def is_here(name: str) -> bool:
    if name in ALLOWED_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
