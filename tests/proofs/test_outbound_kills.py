"""SIGKILL of the sending process at six points: 0 deliveries lost, and every repeat bears the id of the first.

Counted at the listener. Sabotage: with a new id per attempt the repeats look like different events.
"""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.local.state import PROJECT
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound import signatures
from tests.conftest import make_firm
from tests.integrations.outbound.conftest import Post
from tests.integrations.outbound.listener import Listener

POINTS = (
    "work.claim.after", "outbound.begun", "outbound.sent", "outbound.answered", "outbound.recorded", "work.settled",
)  # fmt: skip
REPEATED = ("outbound.sent", "outbound.answered")  # the receiver had it before the process died


@pytest.fixture
def office(committed_db: None, settings: Settings) -> Iterator[tuple[Post, Listener]]:
    settings.WORK_LEASE_SECONDS = 0.01
    server = Listener()
    settings.OUTBOUND_LOCAL_TARGETS = [server.place]
    post = Post(make_firm("Killed"))
    post.receiver(server.url(), events=("matter.created",))
    yield post, server
    server.close()


def run_in_child(item: WorkItem, plan: Path, listener: Listener, *more: str) -> int:
    """Run one row in a process of its own; return how that ended. (A fork would share what the suite left open.)"""
    environment = os.environ | {
        "CASEHUG_KILL_PLAN": str(plan), "CASEHUG_CHECKPOINT_OBSERVERS": "tests.faults.kill.observe",
        "CASEHUG_LEASE_SECONDS": "0.01", "CASEHUG_OUTBOUND_LOCAL": listener.place,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.one_row", str(item.id), str(item.firm_id), *more]
    return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode


def killed_everywhere(post: Post, plan: Path, listener: Listener, *more: str) -> None:
    """Send one delivery per point, with the process killed there, and then again in a healthy one."""
    for number, point in enumerate(POINTS):
        post.matter(f"Matter {number}")
        item = post.items()[-1]
        (plan / point).touch()
        assert run_in_child(item, plan, listener, *more) == -signal.SIGKILL, point
        run_item(item.id, item.firm_id)
    connections.close_all()


def test_nothing_is_lost_and_repeats_share_the_id(office: tuple[Post, Listener], tmp_path: Path) -> None:
    post, server = office
    killed_everywhere(post, tmp_path, server)
    assert list(tmp_path.iterdir()) == []
    rows = post.deliveries()
    assert [row.status for row in rows] == ["delivered"] * len(POINTS)
    assert {item.status for item in post.items()} == {"done"}
    ids = [got.headers["webhook-id"] for got in server.got]
    assert set(ids) == {signatures.message_id(row.event_id) for row in rows}  # 0 lost, 0 strangers
    assert len(ids) == len(POINTS) + len(REPEATED)
    with firm_scope(post.firm.id):
        assert WebhookEndpoint.objects.get().failing_since is None
        assert not WebhookDelivery.objects.filter(sending_until__isnull=False).exists()


def test_sabotage_a_new_id_per_attempt_turns_it_red(
    office: tuple[Post, Listener], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(signatures, "message_id", lambda event_id: f"evt_{uuid.uuid4().hex}")
    post, server = office
    killed_everywhere(post, tmp_path, server, "random_ids")
    assert len({got.headers["webhook-id"] for got in server.got}) > len(POINTS)
