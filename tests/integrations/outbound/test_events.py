"""Every event of the contract reaches a receiver, with the promised envelope: thin by default, tagged when fuller."""

import io
import json
from typing import Any

from django.utils import timezone

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.intake.models import Document, Submission
from casehug.intake.services.approval import approve_intake
from casehug.intake.services.documents import approve_document, reject_document
from casehug.intake.services.links import create_intake_link, record_link_sent
from casehug.intake.services.matters import archive_matter, update_matter
from casehug.intake.services.uploads import upload_document
from integrations.contract.records import Source
from integrations.models import Connection, WebhookDelivery
from integrations.outbound import fanout
from integrations.outbound.catalogue import EVENTS, event_type
from integrations.outbound.delivery import open_body
from integrations.outbound.facts import system
from integrations.outbound.payloads import thin
from tests.integrations.outbound.conftest import Post

URL = "https://hooks.example.com/in"
CONTRACT = {
    "matter.created", "matter.updated", "matter.archived", "client.created", "document.uploaded", "document.approved",
    "document.rejected", "intake.completed", "intake.link.sent",
}  # fmt: skip


def live_a_matter(post: Post, tmp: Any) -> None:
    """Do everything with one matter that the contract names."""
    matter = post.matter()
    with firm_scope(post.firm.id):
        update_matter(matter_id=matter.id, title="Quill — divorce, revised")
        record_link_sent(link_id=create_intake_link(matter_id=matter.id).link.id, way="copy")
        documents = list(Document.objects.filter(matter=matter))
        for document in documents:
            pdf = io.BytesIO(b"%PDF-1.7\n1 0 obj\n" + str(document.id).encode())
            upload_document(document_id=document.id, file=pdf, filename="statement.pdf")
        reject_document(document_id=documents[0].id, reason="Zq7Heron")
        pdf = io.BytesIO(b"%PDF-1.7\n2 0 obj\n")
        upload_document(document_id=documents[0].id, file=pdf, filename="statement.pdf")
        Submission.objects.create(matter=matter, source="portal", submitted_at=timezone.now())
        for document in documents:
            approve_document(document_id=document.id)
        approve_intake(matter_id=matter.id)
        archive_matter(matter_id=matter.id)


def bodies(post: Post, endpoint: Any) -> dict[str, dict[str, Any]]:
    """Return the newest body of each event for a receiver."""
    with firm_scope(post.firm.id):
        rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("created_at", "id")
        return {row.event_type: json.loads(open_body(row)) for row in rows}


def test_every_event_of_the_contract_is_announced_in_three_shapes(post: Post, settings: Any, tmp_path: Any) -> None:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path)
    plain = post.receiver(URL)
    full = post.receiver(URL, with_client_data=True, agreement_confirmed=True)
    flat = post.receiver(URL, kind="zapier")
    live_a_matter(post, tmp_path)
    found = {name: bodies(post, one) for name, one in (("plain", plain), ("full", full), ("flat", flat))}
    assert all(set(one) >= CONTRACT for one in found.values())
    for name, body in found["plain"].items():
        assert set(body) == {"id", "type", "created_at", "firm_id", "version", "data"}
        assert body["type"] == name and body["id"].startswith("evt_") and body["created_at"].endswith("Z")
        assert body["firm_id"] == public_id("firm", post.firm.id)
    everything = json.dumps(found)
    assert "Zq7Heron" not in everything  # notes, description and the reason of a rejection have no way out
    for word in ("Quill", "Maya", "maya@example.com", "statement.pdf", "divorce"):
        assert word not in json.dumps(found["plain"]) and word not in json.dumps(found["flat"])
    created = found["full"]["matter.created"]["data"]
    assert {"id", "title", "status", "practice_area", "client_id", "created_at"} <= set(created)
    assert created["title"] == "Quill — divorce" and created["client"]["email"] == "maya@example.com"
    uploaded = found["full"]["document.uploaded"]["data"]
    assert set(uploaded["upload"]) == {"id", "filename", "content_type", "file_size_bytes", "uploaded_at"}
    assert set(uploaded["matter"]) == {"id", "title"} and {"id", "name", "matter_id"} <= set(uploaded["document"])
    assert uploaded["upload"]["filename"] == "statement.pdf"
    assert found["plain"]["matter.updated"]["data"]["changed"]
    for body in found["flat"].values():
        assert not [value for value in body.values() if isinstance(value, (dict, list))]
    assert found["flat"]["document.uploaded"]["document_id"].startswith("doc_")


def test_sync_and_connection_events(post: Post) -> None:
    from casehug.common import work
    from integrations import queue
    from integrations.connections.state import mark_needs_reconnect

    made = post.receiver(URL)
    matter = post.matter()
    with firm_scope(post.firm.id):
        linked = Connection.objects.create(provider="lawmatics", state="connected", remote_firm="1")
        for settlement in (work.done(), work.dead(error_class="validation", error_code="no_client", error_text="x")):
            item = queue.enqueue_sync(connection=linked, matter_id=matter.id, lane=1, trigger="test")
            claimed = work.claim(item_id=item.id, owner="t")
            assert claimed is not None
            work.settle(claimed, settlement)
        mark_needs_reconnect(connection_id=linked.id, reason="gone", code="rejected")
    found = bodies(post, made)
    assert found["sync.completed"]["data"]["matter_id"] == public_id("mat", matter.id)
    assert found["sync.failed"]["data"]["error_code"] == "no_client"
    assert found["connection.needs_reconnect"]["data"]["provider"] == "lawmatics"


def test_the_announcement_and_its_deliveries_are_one_transaction(post: Post) -> None:
    post.receiver(URL, events=("client.created",))
    off = post.receiver(URL)
    with firm_scope(post.firm.id):
        from integrations.outbound import services

        services.switch_off(endpoint_id=off.id, reason="Moving")
    post.matter()
    assert [(row.event_type, row.status) for row in post.deliveries()] == [("client.created", "waiting")]
    assert len(post.items()) == 1


def test_a_fault_in_the_fan_out_holds_up_nobody_and_is_made_good(post: Post, monkeypatch: Any) -> None:
    post.receiver(URL, events=("matter.created",))
    with monkeypatch.context() as patch:
        patch.setattr(fanout, "freeze", lambda sealed: 1 / 0)
        post.matter()
    assert post.deliveries() == []
    with firm_scope(post.firm.id):
        from casehug.common.models import WorkItem

        item = WorkItem.objects.get(kind="fan_out_webhooks")
        fanout.run_fan_out(item)
        fanout.run_fan_out(item)
    assert [row.event_type for row in post.deliveries()] == ["matter.created"]


def test_thin_keeps_nothing_but_our_own_words() -> None:
    from integrations.contract.records import Leaf

    tree = {"id": system("mat_1"), "title": Leaf("x", Source.CASE), "client": {"email": Leaf("e", Source.IDENTITY)}}
    assert set(thin(tree)) == {"id"}


def test_the_catalogue_names_each_event_once_and_knows_the_contract() -> None:
    names = [one.name for one in EVENTS]
    assert len(set(names)) == len(names) and CONTRACT <= set(names)
    assert event_type("intake.approved") is None
