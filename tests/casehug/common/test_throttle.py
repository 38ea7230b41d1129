"""The throttle counts atomically per key and window and forgets on success."""

import pytest

from casehug.common import throttle


@pytest.mark.django_db
def test_limit_per_window() -> None:
    waits = [throttle.hit(name="t", key="a", limit=3, window_seconds=60) for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert all(1 <= wait <= 60 for wait in waits[3:])
    assert throttle.hit(name="t", key="b", limit=3, window_seconds=60) == 0
    throttle.clear(name="t", key="a")
    assert throttle.hit(name="t", key="a", limit=3, window_seconds=60) == 0


@pytest.mark.django_db
def test_a_window_ends() -> None:
    assert throttle.hit(name="t", key="c", limit=0, window_seconds=0) == 1
    assert throttle.hit(name="t", key="c", limit=1, window_seconds=60) == 0
