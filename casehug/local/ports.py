"""Free ports on loopback. A port can be taken again between choosing and binding: callers start, look and retry."""

import random
import socket

LOOPBACK = "127.0.0.1"
TRIES = 5
QUIET_RANGE = (20_000, 32_000)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment, if possible not one for outgoing connections.

    Systems take the near ends of outgoing connections from higher numbers: a server that restarts finds its port free.
    """
    for _ in range(50):
        port = random.SystemRandom().randrange(*QUIET_RANGE)  # a seeded one repeats itself
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could bind this port of 127.0.0.1 right now."""
    with socket.socket() as probe:
        # As servers do it: a connection that is only waiting to be forgotten does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def first_free(start: int, *, count: int = 50) -> int:
    """Return the first free port from `start` upwards, or any free one when `count` neighbours are all taken."""
    return next((port for port in range(start, start + count) if is_free(port)), 0) or free_port()


def accepts(port: int) -> bool:
    """Whether somebody accepts a connection on this port of 127.0.0.1."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
