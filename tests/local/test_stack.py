"""The stack of the flow tests: real processes on the test database."""

import os

import pytest

from casehug.local import processes, product
from tests.plugin.stack import Stack


@pytest.mark.usefixtures("committed_db")
def test_web_stand_in_relay_and_worker_run(stack: Stack) -> None:
    assert product.answers(f"{stack.base_url}/readyz")
    assert product.answers(f"{stack.standin_url}/healthz")
    assert stack.worker_is_alive()
    from django.conf import settings

    assert settings.LAWMATICS_API_URL.startswith(stack.standin_url)
    assert settings.CASEHUG_BASE_URL == stack.base_url == os.environ["CASEHUG_BASE_URL"]


@pytest.mark.usefixtures("committed_db")
def test_the_worker_can_be_killed_and_started_with_other_variables(stack: Stack) -> None:
    first = stack.worker_pid
    stack.kill_worker()
    assert not stack.worker_is_alive() and not processes.start_time(first)
    second = stack.restart_worker(env={"CASEHUG_SETTLE_SECONDS": "7"})
    assert second != first and stack.worker_is_alive()
    with open(f"/proc/{second}/environ", "rb") as stream:
        assert b"CASEHUG_SETTLE_SECONDS=7" in stream.read()
    stack.restart_worker()
