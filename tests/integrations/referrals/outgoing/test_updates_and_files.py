"""Messages and files about a case: once each, from either firm; large files by an address that gives only them."""

import io
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.common.scope import firm_scope
from casehug.referrals import events
from casehug.referrals.models import Attachment
from casehug.referrals.services.files import share_file
from casehug.referrals.services.handout import handout_url
from casehug.referrals.services.removal import remove_file
from casehug.referrals.services.updates import post_update
from integrations.models import ExternalLink
from integrations.registry import provider
from integrations.sync import decide
from tests.integrations.referrals.outgoing.trade import Side

Pair = tuple[Side, Side]


@pytest.fixture
def shared(market: Any, invited: Pair) -> Pair:
    """Both firms are on the case."""
    sender, handler = invited
    handler.answer("accept")
    handler.settle()
    sender.news()
    return invited


def total(market: Any, kind: str) -> int:
    return int(market.control("GET", "ledger")[kind]["total"])


def write(side: Side, **more: Any) -> Any:
    return side.act(post_update, referral_id=side.only().id, content="Filed.\nHearing in May.", title="Status", **more)


def share(side: Side, content: bytes = b"%PDF-1.4 paper", name: str = "paper.pdf") -> Any:
    kind = "application/pdf" if name.endswith("pdf") else ""
    return side.act(
        share_file, referral_id=side.only().id, file=io.BytesIO(content), filename=name, content_type=kind
    )  # fmt: skip


def test_both_firms_write_and_share(market: Any, shared: Pair) -> None:
    sender, handler = shared
    update, file = write(handler, stage="Litigation"), share(sender)
    handler.settle()
    sender.settle()
    sent = handler.read(update)
    assert sent.state == "sent" and sent.own_key and sender.read(file).state == "shared"
    assert (total(market, "updates"), total(market, "attachments")) == (1, 1)
    handler.news()  # what we wrote comes back and starts nothing
    assert (total(market, "updates"), len(handler.rows("post_update"))) == (1, 1)


@pytest.mark.parametrize("kept", [True, False])
def test_lost_replies_leave_one_message_and_one_file(market: Any, shared: Pair, kept: bool) -> None:
    sender, handler = shared
    if not kept:
        handler.forget_kept()
    handler.lose("case-update/create")
    handler.lose("case/file/upload")
    update, file = write(handler), share(handler)
    handler.settle()
    if not kept:
        assert handler.read(update).state == "unknown" and "not known" in handler.read(file).trouble
        for intent in handler.intents()[-2:]:
            handler.act(decide.it_arrived, intent_id=intent.id)
        handler.settle()
    assert handler.read(update).state == "sent" and handler.read(file).state == "shared"
    assert (total(market, "updates"), total(market, "attachments")) == (1, 1)


def test_a_file_is_taken_off_the_case(market: Any, shared: Pair) -> None:
    _, handler = shared
    file = share(handler)
    handler.settle()
    handler.act(remove_file, referral_id=file.referral_id, attachment_id=file.id)
    handler.act(remove_file, referral_id=file.referral_id, attachment_id=file.id)  # pressed twice
    handler.settle()
    assert handler.read(file).state == "removed"


def test_refusals_of_files_and_of_cases_nobody_knows(market: Any, shared: Pair) -> None:
    _, handler = shared
    with firm_scope(handler.firm_id):
        ExternalLink.objects.filter(local_type="referral").delete()
    update = write(handler)
    handler.settle()
    refused = handler.read(update)
    assert refused.state == "refused" and "not known which case" in refused.refusal and total(market, "updates") == 0


def test_a_large_file_goes_by_its_address_or_is_explained(
    market: Any, shared: Pair, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, handler = shared
    size = provider("lexamica").referrals.most_upload_bytes + 1  # type: ignore[union-attr]
    file = share(handler)
    with firm_scope(handler.firm_id):
        Attachment.objects.update(size_bytes=size)
    settings.CASEHUG_BASE_URL = "http://127.0.0.1:8000"
    handler.settle()
    failed = handler.read(file)
    assert failed.state == "failed" and "public https address" in failed.trouble
    settings.CASEHUG_BASE_URL = "https://casehug.example.com"
    with firm_scope(handler.firm_id):
        url = handout_url(failed)
    path = url.removeprefix(settings.CASEHUG_BASE_URL)
    answer = Browser(SERVER_NAME="casehug.example.com").get(path)
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert "no-store" in answer.headers["Cache-Control"] and "paper" not in url
    assert Browser().get(path[:-3] + "abc").status_code == 404
    with firm_scope(handler.firm_id):
        assert AuditEntry.objects.filter(action="referral.file_handed_out").count() == 1
        Attachment.objects.update(state="pending")
        events.about_file("file_requested", failed, act="push")
    handler.settle()
    pending = handler.read(file)
    assert pending.state == "pending" and pending.own_key  # shared once an event tells that it was fetched
