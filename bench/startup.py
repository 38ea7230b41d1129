"""How long until the first answer, beside an empty Django project.

Fair, because both start under gunicorn with the same options and Python, are asked on the same connection until they
answer, and take turns; nothing is cached for one and not for the other.
"""

import time
from statistics import median
from urllib.parse import urlsplit

from bench.hooks import plain_command
from bench.result import Result
from bench.size import Size
from bench.wire import Line
from casehug.local import ports
from harness.stack import Stack

MOST, MOST_SECONDS = 2.0, 60


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _seconds(stack: Stack, name: str, port: int, path: str) -> float:
    """Start a server and wait for its first answer."""
    begun = time.perf_counter()
    if name == "web":
        stack.start_web()
    else:
        stack.spawn(name, plain_command(port))
    line = Line(port)
    while line.send(_get(path)) != 200:
        stack.check()
        if time.perf_counter() - begun > MOST_SECONDS:
            raise TimeoutError(f"{path} did not answer\n{stack.log(name)}")
        time.sleep(0.005)
    took = time.perf_counter() - begun
    line.close()
    stack.stop_one(name)
    return took


def measure(stack: Stack, size: Size) -> Result:
    """Start both in turn, round by round."""
    stack.stop_one("relay")
    stack.stop_one("worker")
    port, plain = urlsplit(stack.base_url).port or 0, ports.free_port()
    ours: list[float] = []
    empty: list[float] = []
    for number in range(size.rounds + 1):
        pair = _seconds(stack, "web", port, "/healthz"), _seconds(stack, "plain", plain, "/admin/login/")
        if number:  # the first round fills the caches of the disk
            ours.append(pair[0])
            empty.append(pair[1])
    stack.start_relay()
    ratio = median(a / b for a, b in zip(ours, empty, strict=True))
    result = Result(
        "startup", "From start to the first answer",
        f"{size.rounds} rounds after one to warm up: the product's web server until `/healthz` answers, then that of"
        " what `startproject` writes until its sign-in page answers.",
        ["", "median", "lowest", "highest"],
        [[name, f"{median(one):.2f} s", f"{min(one):.2f} s", f"{max(one):.2f} s"]
         for name, one in (("CaseHug", ours), ("an empty Django project", empty))],
        counters={"not answered": 0}, raw={"casehug": ours, "empty": empty},
    )  # fmt: skip
    result.aim("start to first answer, of an empty Django project", ratio, MOST, unit="×")
    return result
