"""Requests at a steady rate from several threads, with the time each took from the moment it was due."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Taken:
    """What came back: seconds per request (a late start counts as waiting) and the answers by code."""

    seconds: list[float] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)


def steady(send: Callable[[int], int], *, rate: float, count: int, threads: int = 16) -> Taken:
    """Call `send(number)` `count` times, `rate` per second; it returns a code. Errors of the wire count as code 0."""
    taken, lock, numbers = Taken(), threading.Lock(), iter(range(count))
    start = time.monotonic()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = start + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                code = send(number)
            except OSError:  # requests' errors are OSErrors too
                code = 0
            with lock:
                taken.seconds.append(time.monotonic() - due)
                taken.codes[code] = taken.codes.get(code, 0) + 1

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return taken
