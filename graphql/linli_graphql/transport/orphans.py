"""A worker process ends with the process that started it, so that a killed server frees its port."""

import asyncio
import multiprocessing
import signal


def end_with_parent() -> None:
    """Stop this process in good order once its parent is gone; call it on the event loop.

    Where the process was not started by another one of the server's, nothing happens.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    loop, sentinel = asyncio.get_running_loop(), parent.sentinel

    def gone() -> None:
        loop.remove_reader(sentinel)
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(sentinel, gone)
