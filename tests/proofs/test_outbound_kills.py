"""SIGKILL of the sending process at six points: 0 deliveries lost, and every repeat bears the id of the first.

Counted at the listener. Sabotage: with a new id per attempt the repeats look like different events.
"""

import os
import signal
import sys
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from casehug.common import checkpoints
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.outbound import signatures
from tests.conftest import make_firm
from tests.faults import kill
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


def run_in_child(item: WorkItem, plan: Path) -> int:
    """Run one row in a process of its own; return how that ended."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            os.environ["CASEHUG_KILL_PLAN"] = str(plan)
            checkpoints._observers = [kill.observe]
            print("the child ran on:", run_item(item.id, item.firm_id))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_everywhere(post: Post, plan: Path) -> None:
    """Send one delivery per point, with the process killed there, and then again in a healthy one."""
    for number, point in enumerate(POINTS):
        post.matter(f"Matter {number}")
        item = post.items()[-1]
        (plan / point).touch()
        assert os.WTERMSIG(run_in_child(item, plan)) == signal.SIGKILL, point
        run_item(item.id, item.firm_id)
    connections.close_all()


def test_nothing_is_lost_and_repeats_share_the_id(office: tuple[Post, Listener], tmp_path: Path) -> None:
    post, server = office
    killed_everywhere(post, tmp_path)
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
    killed_everywhere(post, tmp_path)
    assert len({got.headers["webhook-id"] for got in server.got}) > len(POINTS)
