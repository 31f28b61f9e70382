"""No test depends on anything outside this machine."""

import socket

import pytest

from tests.support.network import NetworkIsOffError


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_the_outside_is_out_of_reach(host: str) -> None:
    with pytest.raises(NetworkIsOffError):
        socket.create_connection((host, 80), timeout=1)


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
