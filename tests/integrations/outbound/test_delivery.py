"""One delivery from the first attempt to the last: the ladder on a fake clock, receivers that misbehave, resends."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from casehug.audit.models import AuditEntry
from casehug.common import work
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.firms.models import Notice
from integrations.contract.errors import Refused
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from integrations.outbound import delivery, egress, sending, services, upkeep
from integrations.outbound.schedule import LADDER
from tests.integrations.outbound.conftest import Post
from tests.integrations.outbound.listener import Got, Listener, certificate, drip, flood, status

HOUR = 3600


def standard(secret: str, got: Got) -> str:
    """Compute the signature as the specification of Standard Webhooks says, from the request alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_a_delivery_is_signed_and_marked_delivered(post: Post, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",), older_signature=True)
    post.matter()
    assert post.run() == ["done"]
    (got,), (row,) = listener.got, post.deliveries()
    secret = made.secret.reveal()
    assert secret.startswith("whsec_") and len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert got.headers["webhook-signature"] == standard(secret, got)
    assert got.headers["webhook-id"] == public_id("evt", row.event_id) == json.loads(got.body)["id"]
    stamp = got.headers["webhook-timestamp"]
    older = hmac.new(secret.encode(), f"{stamp}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-casehug-signature"] == f"t={stamp},v1={older}"
    assert (row.status, row.last_status, row.tries) == ("delivered", 200, 0)
    assert abs(int(stamp) - time.time()) < 30 and "x-casehug-replay" not in got.headers


def test_the_ladder_on_a_fake_clock(post: Post, listener: Listener) -> None:
    listener.answers = [status(503)]
    post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    for number in range(1, len(LADDER) + 1):
        assert post.run() == (["ready"] if number < len(LADDER) else ["dead"])
        (row,) = post.deliveries()
        assert row.tries == number and len(listener.got) == number
        if number < len(LADDER):
            assert row.status == "retry" and row.next_attempt_at is not None
            left = (row.next_attempt_at - work.database_now()).total_seconds()  # frozen by the test's transaction
            assert LADDER[number] * 0.8 - 1 <= left <= LADDER[number] * 1.2 + 1
            post.pass_time(left - 60 if left > 120 else 0)
            if left > 120:
                assert post.run() == ["skipped"]  # not a minute earlier
            post.pass_time(min(left, 61))
    assert row.status == "gave_up" and row.next_attempt_at is None
    assert sum(LADDER) == 75 * HOUR + 35 * 60 + 5
    assert len({one.headers["webhook-id"] for one in listener.got}) == 1
    assert len({one.body for one in listener.got}) == 1


@pytest.mark.parametrize(("code", "asks", "least", "most"), [(429, "600", 600, 601), (503, "999999", 86400, 86401)])
def test_retry_after_is_obeyed_up_to_a_day(
    post: Post, listener: Listener, code: int, asks: str, least: int, most: int
) -> None:
    listener.answers = [status(code, Retry_After=asks)]
    post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    post.run()
    (row,) = post.deliveries()
    assert row.next_attempt_at is not None
    assert least - 5 <= (row.next_attempt_at - work.database_now()).total_seconds() <= most


def test_a_redirect_is_a_failure_and_never_followed(post: Post, listener: Listener) -> None:
    listener.answers = [status(302, Location=listener.url("/elsewhere"))]
    post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    post.run()
    assert [one.path for one in listener.got] == ["/hook"]
    assert post.deliveries()[0].status == "retry" and "not followed" in post.deliveries()[0].last_error


def test_410_switches_a_webhook_off_and_deletes_a_zap(post: Post, listener: Listener) -> None:
    listener.answers = [status(410)]
    plain = post.receiver(listener.url(), events=("matter.created",))
    zap = post.receiver(listener.url(), events=("matter.created",), kind="zapier")
    post.matter()
    post.run()
    one, other = post.endpoint(plain), post.endpoint(zap)
    assert (one.active, one.off_by, one.deleted_at) == (False, "gone", None)
    assert other.deleted_at is not None and other.url is None
    with firm_scope(post.firm.id):
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert not WebhookSecret.objects.filter(endpoint=zap).exists()
    assert {"webhook.switched_off", "webhook.unsubscribed"} <= actions
    assert {row.status for row in post.deliveries()} == {"gave_up"}
    post.matter("Next")
    assert len(post.deliveries()) == 2  # nothing more is kept for either


def test_slow_huge_and_broken_answers_cost_little(listener: Listener, monkeypatch: Any, outside: None) -> None:
    monkeypatch.setattr(egress, "TOTAL_SECONDS", 1.0)
    sent: list[int] = []

    def ask(answer: Any) -> tuple[egress.Answer, float]:
        listener.answers, began = [answer], time.monotonic()
        return egress.post(listener.url(), body=b"{}", headers={}), time.monotonic() - began

    dripping, seconds = ask(drip(b"HTTP/1.1 200 OK\r\n\r\n", seconds=0.2))
    assert dripping.status is None and dripping.code == "timeout" and seconds < 2
    slow_body, seconds = ask(drip(b"HTTP/1.1 200 OK\r\n\r\nabc" + b"x" * 50, seconds=0.03))
    assert slow_body.status == 200 and 0 < len(slow_body.excerpt) and seconds < 2
    huge, seconds = ask(flood(20 * 1024 * 1024, sent))
    assert huge.status == 200 and len(huge.excerpt) == egress.MOST_READ and seconds < 2
    deadline = time.monotonic() + 5
    while not sent and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sent and sent[0] < 8 * 1024 * 1024  # what fits into the buffers of the system, then the line is cut
    endless, seconds = ask(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200_000)
    assert endless.status is None and endless.code == "broken" and seconds < 2
    for nonsense in (b"", b"no http\r\n\r\n", b"HTTP/1.1 two OK\r\n\r\n", b"\x00" * 10):
        assert ask(nonsense)[0].status is None


def test_tls_is_checked(settings: Any, tmp_path: Path, outside: None) -> None:
    for expired, trusted, status_wanted in ((False, True, 200), (False, False, None), (True, True, None)):
        context, chain = certificate(tmp_path / f"{expired}{trusted}", expired=expired)
        server = Listener(context)
        settings.OUTBOUND_LOCAL_TARGETS = [server.place]
        settings.OUTBOUND_CA_FILE = str(chain) if trusted else ""
        answer = egress.post(server.url(), body=b"{}", headers={})
        assert answer.status == status_wanted and (answer.status or "certificate" in answer.problem)
        assert bool(server.got) is bool(status_wanted)  # nothing was said before the certificate was right
        server.close()


def test_four_at_a_time_and_the_rest_waits(post: Post, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",))
    for number in range(6):
        post.matter(f"Matter {number}")
    with firm_scope(post.firm.id):
        busy = [row.id for row in WebhookDelivery.objects.order_by("id")[:4]]
        WebhookDelivery.objects.filter(id__in=busy).update(sending_until=timezone.now() + timedelta(seconds=20))
        item = next(one for one in post.items() if one.subject_id not in busy)
        claimed = work.claim(item_id=item.id, owner="t")
        assert claimed is not None
        waits = delivery._begin(claimed)
        assert isinstance(waits, work.Settlement) and waits.status == "ready" and waits.closes_lane
        work.settle(claimed, waits)
    assert listener.connections == 0
    with firm_scope(post.firm.id):
        WebhookDelivery.objects.update(sending_until=timezone.now() - timedelta(minutes=5))  # the workers died
        from casehug.common.models import Gate

        assert Gate.objects.filter(connection_id=made.id).exists()
        Gate.objects.all().delete()
    post.pass_time(2)
    assert post.run() == ["done"] * 6


def test_failures_warn_after_four_hours_and_switch_off_after_five_days(post: Post, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",))
    listener.answers = [status(500)]
    post.matter()
    post.run()
    assert post.endpoint(made).failing_since is not None

    def notices() -> list[str]:
        with firm_scope(post.firm.id):
            return list(Notice.objects.filter(cleared_at=None).values_list("kind", flat=True))

    post.pass_time(3.9 * HOUR)
    post.run()
    assert notices() == []
    post.pass_time(6 * HOUR)
    post.run()
    assert notices() == ["webhook.failing"]
    listener.answers = [status(200)]
    post.pass_time(25 * HOUR)
    post.run()
    assert notices() == [] and post.endpoint(made).failing_since is None  # one success resets
    listener.answers = [status(500)]
    for _ in range(6):
        post.matter()
        post.run()
        post.pass_time(24 * HOUR)
    post.run()
    off = post.endpoint(made)
    assert (off.active, off.off_by) == (False, "failures") and notices() == ["webhook.off"]
    count = len(listener.got)
    post.matter("While it is off")
    post.run()
    assert len(listener.got) == count
    waiting = post.deliveries(status="off")
    assert waiting  # what was open, and what happened meanwhile, is kept
    listener.answers = [status(200)]
    with firm_scope(post.firm.id):
        with pytest.raises(Refused):
            sending.resend_failed(endpoint_id=made.id, since=timezone.now() - timedelta(days=30))
        services.switch_on(endpoint_id=made.id)
        sent, more = sending.resend_failed(endpoint_id=made.id, since=timezone.now() - timedelta(days=30))
    assert sent >= len(waiting) and not more and notices() == []
    post.run()
    assert {row.status for row in post.deliveries()} == {"delivered"}


def test_a_resend_keeps_id_and_body_and_is_marked(post: Post, listener: Listener) -> None:
    post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    post.run()
    (row,) = post.deliveries()
    with firm_scope(post.firm.id):
        assert sending.resend(delivery_id=row.id)
        assert not sending.resend(delivery_id=row.id)  # a double click is one resend
    post.run()
    first, second = listener.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    assert second.headers["x-casehug-replay"] == "1"
    with firm_scope(post.firm.id):
        assert list(WebhookAttempt.objects.order_by("number").values_list("number", "replay")) == [(1, 0), (2, 1)]


def test_rotation_signs_with_both_for_a_day(post: Post, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",))
    with firm_scope(post.firm.id):
        fresh = [services.rotate(endpoint_id=made.id).reveal() for _ in range(3)]
        assert WebhookSecret.objects.filter(endpoint=made).count() == 3  # the newest and at most two old ones
    post.matter()
    post.run()
    wanted = [standard(secret, listener.got[0]) for secret in fresh[::-1]]
    assert listener.got[0].headers["webhook-signature"].split() == wanted
    with firm_scope(post.firm.id):
        WebhookSecret.objects.filter(ends_at__isnull=False).update(ends_at=timezone.now() - timedelta(minutes=5))
    post.matter()
    post.run()
    assert listener.got[1].headers["webhook-signature"] == standard(fresh[-1], listener.got[1])


def test_nothing_is_readable_in_the_tables(post: Post, listener: Listener) -> None:
    listener.answers = [status(200, body=b"thanks Heron-answer")]
    made = post.receiver(listener.url("/Heron-path"), events=("*",), with_client_data=True, agreement_confirmed=True)
    post.matter()
    post.run()
    from django.db import connection as database

    with firm_scope(post.firm.id), database.cursor() as cursor:
        for table in ("webhookendpoint", "webhooksecret", "webhookdelivery", "webhookattempt"):
            cursor.execute(f"SELECT t::text FROM integrations_{table} t")  # noqa: S608 fixed names
            text = " ".join(row[0] for row in cursor.fetchall())
            for word in ("Heron", "Quill", "maya@", made.secret.reveal()[6:]):
                assert word not in text and word.encode().hex() not in text
        attempt = WebhookAttempt.objects.first()
        assert attempt is not None and delivery.open_excerpt(attempt) == "thanks Heron-answer"


def test_old_deliveries_go_and_forgotten_ones_are_given_up(post: Post, listener: Listener) -> None:
    made = post.receiver(listener.url(), events=("matter.created",))
    for _ in range(2):
        post.matter()
    post.run()
    post.matter("Forgotten")
    with firm_scope(post.firm.id):
        last = post.items()[-1]
        type(last).objects.filter(id=last.id).delete()
        WebhookDelivery.objects.filter(id=last.subject_id).update(updated_at=timezone.now() - timedelta(hours=2))
        old = WebhookDelivery.objects.filter(status="delivered").first()
        assert old is not None
        WebhookDelivery.objects.filter(id=old.id).update(created_at=timezone.now() - timedelta(days=31))
    upkeep.tick()
    upkeep.tick()
    assert [row.status for row in post.deliveries()] == ["delivered", "gave_up"]
    with firm_scope(post.firm.id):
        services.remove(endpoint_id=made.id)
        assert WebhookEndpoint.objects.get(id=made.id).url is None


def test_a_row_that_is_settled_already_sends_nothing(post: Post, listener: Listener) -> None:
    post.receiver(listener.url(), events=("matter.created",))
    post.matter()
    (item,) = post.items()
    with firm_scope(post.firm.id):
        WebhookDelivery.objects.update(status="delivered")
    assert run_item(item.id, post.firm.id) == "done" and listener.got == []
