"""Matters, clients, documents, uploads and templates over the API: bodies, filters, refusals, other firms."""

import uuid
from urllib.parse import urlsplit

import pytest
from django.core import mail
from pytest_django import Settings

from casehug.audit.models import AuditEntry
from casehug.audit.services import verify_chain
from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from casehug.intake.models import CaseType, Client, Document, Matter, Upload
from casehug.outbox.models import OutboxEvent
from tests.casehug.caller import Caller, make_key, wrong_fields
from tests.conftest import Person

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
FIELDS = {"id", "title", "status", "practice_area", "client_id", "assigned_attorney", "intake_template_id",
          "custom_fields", "tags", "intake_link", "documents_count", "created_at", "updated_at"}  # fmt: skip


@pytest.fixture
def tool(firm: Firm, settings: Settings, tmp_path: object) -> Caller:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path)
    return Caller(make_key(firm.id))


@pytest.fixture
def foreign(other_firm: Firm) -> Caller:
    return Caller(make_key(other_firm.id))


def new_matter(tool: Caller, **more: object) -> dict[str, object]:
    code, body = tool.post("matters", {"title": "Rivera", "practice_area": "family_law", **more})
    assert code == 201, body
    found: dict[str, object] = body["data"]
    return found


def test_a_matter_is_made_read_changed_and_archived(firm: Firm, tool: Caller, staff: Person) -> None:
    _, body = tool.post("clients", {"first_name": "Maya", "last_name": "Rivera", "email": "maya@example.com"})
    client_id = body["data"]["id"]
    attorney = public_id("atty", staff.user.id)
    matter = new_matter(tool, client_id=client_id, assigned_attorney=attorney, tags=["vip", "vip"],
                        custom_fields={"source": {"ad": 7}}, description="Internal words")  # fmt: skip
    assert set(matter) >= FIELDS and matter["status"] == "active" and matter["client_id"] == client_id
    assert matter["tags"] == ["vip"] and matter["custom_fields"] == {"source": {"ad": 7}}
    assert matter["assigned_attorney"] == attorney and int(str(matter["documents_count"])) > 0
    assert "Internal words" not in str(matter) and str(matter["created_at"]).endswith("Z")
    assert matter["lawmatics_matter_id"] is None
    where = f"matters/{matter['id']}"
    code, body = tool.patch(where, {"title": "Rivera v. Rivera", "status": "closed"})
    assert (code, body["data"]["title"], body["data"]["status"]) == (200, "Rivera v. Rivera", "closed")
    code, body = tool.post(f"{where}/archive")
    assert (code, body["data"]["status"]) == (200, "archived")
    assert tool.post(f"{where}/archive")[0] == 200
    code, body = tool.patch(where, {"title": "Later"})
    assert (code, body["error"]["code"]) == (422, "matter_archived")
    with firm_scope(firm.id):
        kinds = set(OutboxEvent.objects.values_list("type", flat=True))
        assert {"client.created", "matter.created", "matter.updated", "matter.archived"} <= kinds
        entry = AuditEntry.objects.filter(action="matter.created").get()
        assert entry.source == "api" and entry.changes["api_key"] and verify_chain() is None


def test_a_refusal_after_something_was_recorded_leaves_nothing(firm: Firm, tool: Caller) -> None:
    """The update is audited, then the change of status is refused: 4xx, nothing changed, no audit row, no 500."""
    matter = new_matter(tool)
    with firm_scope(firm.id):
        before = AuditEntry.objects.count()
    tool.post(f"matters/{matter['id']}/archive")
    with firm_scope(firm.id):
        archived = AuditEntry.objects.count()
    code, _ = tool.post("clients", {"first_name": "A", "last_name": "B", "email": "a@example.com"})
    code, body = tool.post("clients", {"first_name": "C", "last_name": "D", "email": " A@Example.com "})
    assert (code, body["error"]["code"]) == (409, "email_taken")
    assert tool.post("integrations/lawmatics/disconnect")[0] == 404
    with firm_scope(firm.id):
        assert archived == before + 1 and AuditEntry.objects.count() == archived + 1 and verify_chain() is None


def test_refused_matters_name_their_fields(tool: Caller, foreign: Caller) -> None:
    assert wrong_fields(tool.post("matters", {})[1]) == {"title", "practice_area"}
    odd = {"title": "x" * 301, "practice_area": "space_law", "client_id": "cli_1", "tags": [""], "custom_fields": []}
    assert wrong_fields(tool.post("matters", odd)[1]) == set(odd) - {"tags"} | {"tags.0"}
    theirs = foreign.post("clients", {"first_name": "Ada", "last_name": "Other"})[1]["data"]["id"]
    whole = {"title": "A", "practice_area": "other"}
    assert wrong_fields(tool.post("matters", {**whole, "client_id": theirs})[1]) == {"client_id"}
    nobody = {**whole, "assigned_attorney": public_id("atty", uuid.uuid4())}
    assert wrong_fields(tool.post("matters", nobody)[1]) == {"assigned_attorney"}
    none = {**whole, "intake_template_id": public_id("tmpl", uuid.uuid4())}
    assert wrong_fields(tool.post("matters", none)[1]) == {"intake_template_id"}
    for text in ({"a": "\u0000"}, {"a": "\ud800"}, {"a": "x" * 30_000}):
        assert wrong_fields(tool.post("matters", {**whole, "custom_fields": text})[1]) == {"custom_fields"}
    assert tool.post("matters", [])[0] == 400


def test_lists_filter_sort_and_page(tool: Caller) -> None:
    made = [new_matter(tool, title=f"Matter {n}", practice_area=area, tags=["hot"] if n else [])
            for n, area in enumerate(["family_law", "business", "business"])]  # fmt: skip
    code, body = tool.get("matters?practice_area=business&sort=title&per_page=1")
    assert code == 200 and [one["id"] for one in body["data"]] == [made[1]["id"]]
    assert body["pagination"] == {"page": 1, "per_page": 1, "total": 2, "has_more": True}
    _, body = tool.get("matters?tag=hot&sort=-title&page=2&per_page=1")
    assert [one["id"] for one in body["data"]] == [made[1]["id"]] and body["pagination"]["has_more"] is False
    assert tool.get(f"matters?updated_after={made[2]['updated_at']}")[1]["data"] == []
    assert tool.get("matters?q=Matter+2")[1]["data"][0]["id"] == made[2]["id"]
    for wrong in ("page=0", "per_page=101", "sort=secret", "status=odd", "client_id=x", "q=%00"):
        assert tool.get(f"matters?{wrong}")[0] == 400, wrong


def test_clients_by_mail_and_their_changes(tool: Caller, auditor: Person) -> None:
    new = {"first_name": "Maya", "last_name": "Rivera", "email": "maya@example.com", "phone": "(415) 555-0142",
           "date_of_birth": "1980-02-03", "address": {"line1": "1 Main", "zip": "98101"}, "notes": "Internal",
           "custom_fields": {"a": 1}}  # fmt: skip
    code, body = tool.post("clients", new)
    one = body["data"]
    assert code == 201 and one["phone"] == "+14155550142" and one["address"] == {"line1": "1 Main", "zip": "98101"}
    assert one["matters_count"] == 0 and one["notes"] == "Internal" and one["date_of_birth"] == "1980-02-03"
    assert [each["id"] for each in tool.get("clients?email=MAYA@example.com")[1]["data"]] == [one["id"]]
    assert tool.get("clients?email=aya@example.com")[1]["data"] == []
    code, body = tool.patch(f"clients/{one['id']}", {"email": "maya@example.com", "phone": ""})
    assert code == 200 and body["data"]["phone"] is None
    other = tool.post("clients", {"first_name": "B", "last_name": "C"})[1]["data"]
    code, body = tool.patch(f"clients/{other['id']}", {"email": "maya@example.com"})
    assert (code, body["error"]["code"]) == (409, "email_taken")
    assert wrong_fields(tool.patch(f"clients/{one['id']}", {"email": "no mail"})[1]) == {"email"}
    seen = auditor.browser.get(f"/api/v1/clients/{one['id']}").json()["data"]
    assert seen["notes"] is None and seen["first_name"] == "Maya"


def test_a_document_is_requested_uploaded_decided(firm: Firm, tool: Caller) -> None:
    matter = new_matter(tool)
    wanted = {"name": "Deed", "max_file_size_mb": 1, "accepted_types": ["application/pdf"], "description": "Why"}
    code, body = tool.post(f"matters/{matter['id']}/documents/request", wanted)
    document = body["data"]
    assert code == 201 and document["upload"] is None and document["max_file_size_mb"] == 1
    where = f"documents/{document['id']}"
    code, body = tool.post(f"{where}/approve")
    assert (code, body["error"]["code"]) == (422, "nothing_uploaded")
    told = {"document_id": document["id"], "filename": "deed.pdf", "content_type": "application/pdf",
            "file_size_bytes": len(PDF)}  # fmt: skip
    assert wrong_fields(tool.post("uploads/signed-url", {**told, "file_size_bytes": 2 << 20})[1]) == {"file_size_bytes"}
    assert wrong_fields(tool.post("uploads/signed-url", {**told, "content_type": "image/png"})[1]) == {"content_type"}
    code, body = tool.post("uploads/signed-url", told)
    place = body["data"]
    path = urlsplit(place["upload_url"]).path
    assert code == 201 and place["method"] == "PUT" and place["id"].startswith("upl_")
    assert tool.post(f"uploads/{place['id']}/confirm")[1]["error"]["code"] == "not_uploaded"
    put = tool.browser.put
    assert put(path, PDF + b"more", content_type="application/pdf").status_code == 400
    assert put(path[:-3] + "abc", PDF, content_type="application/pdf").status_code == 404
    assert put(path, PDF, content_type="application/pdf").status_code == 204
    code, body = tool.post(f"uploads/{place['id']}/confirm")
    assert code == 200 and body["data"]["status"] == "uploaded" and body["data"]["upload"]["id"] == place["id"]
    assert body["data"]["upload"]["file_size_bytes"] == len(PDF)
    assert tool.post(f"uploads/{place['id']}/confirm")[1] == body
    assert put(path, PDF, content_type="application/pdf").status_code == 422
    assert wrong_fields(tool.post(f"{where}/reject", {})[1]) == {"reason"}
    code, body = tool.post(f"{where}/reject", {"reason": "Page 2 is missing."})
    assert code == 200 and (body["data"]["status"], body["data"]["reason"]) == ("rejected", "Page 2 is missing.")
    assert tool.post(f"{where}/approve")[1]["error"]["code"] == "sent_back"
    _, body = tool.get(f"matters/{matter['id']}/documents?status=rejected")
    assert [one["id"] for one in body["data"]] == [document["id"]] and body["pagination"]["total"] == 1
    with firm_scope(firm.id):
        assert Upload.objects.get().source == "staff"


def test_an_upload_that_is_not_what_it_says_is_refused_at_the_end(tool: Caller) -> None:
    matter = new_matter(tool)
    wanted = {"name": "Deed", "accepted_types": ["application/pdf"]}
    document = tool.post(f"matters/{matter['id']}/documents/request", wanted)[1]["data"]
    told = {"document_id": document["id"], "filename": "deed.pdf", "content_type": "application/pdf",
            "file_size_bytes": 4}  # fmt: skip
    place = tool.post("uploads/signed-url", told)[1]["data"]
    assert tool.browser.put(urlsplit(place["upload_url"]).path, b"MZ\x90\x00").status_code == 204
    assert wrong_fields(tool.post(f"uploads/{place['id']}/confirm")[1]) == {"file"}
    assert tool.get(f"documents/{document['id']}")[1]["data"]["status"] == "pending"


def test_the_intake_link_is_given_once(firm: Firm, tool: Caller) -> None:
    client = tool.post("clients", {"first_name": "Maya", "last_name": "R", "email": "maya@example.com"})[1]["data"]
    matter = new_matter(tool, client_id=client["id"])
    code, body = tool.post(f"matters/{matter['id']}/intake-link", {})
    assert code == 201 and body["data"]["sent"] is False
    assert tool.browser.get(urlsplit(body["data"]["url"]).path).status_code == 200
    assert tool.get(f"matters/{matter['id']}")[1]["data"]["intake_link"] is None


@pytest.mark.django_db(transaction=False)
def test_the_intake_link_is_mailed(firm: Firm, tool: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    monkeypatch.setattr(connection, "allow_http_in_atomic", True, raising=False)
    matter = new_matter(tool)
    code, body = tool.post(f"matters/{matter['id']}/intake-link", {"send_email": True})
    assert (code, body["error"]["code"]) == (422, "client_without_email")
    client = tool.post("clients", {"first_name": "Maya", "last_name": "R", "email": "maya@example.com"})[1]["data"]
    tool.patch(f"matters/{matter['id']}", {"client_id": client["id"]})
    assert tool.post(f"matters/{matter['id']}/intake-link", {"send_email": True})[0] == 201
    assert mail.outbox[-1].to == ["maya@example.com"]


def test_templates_and_the_one_that_is_taken(firm: Firm, tool: Caller) -> None:
    _, body = tool.get("templates?practice_area=family_law")
    first, second = body["data"][0], body["data"][1]
    assert first["questions"] and first["documents"] and first["id"].startswith("tmpl_")
    assert tool.get(f"templates/{first['id']}")[1]["data"] == first
    assert new_matter(tool)["intake_template_id"] == first["id"]
    tool.patch("firms/settings", {"settings": {"default_intake_template": second["id"]}})
    assert new_matter(tool)["intake_template_id"] == second["id"]
    with firm_scope(firm.id):
        CaseType.objects.update(active=False)
    code, body = tool.post("matters", {"title": "A", "practice_area": "family_law"})
    assert wrong_fields(body) == {"intake_template_id"}


def test_if_match_guards_changes(tool: Caller) -> None:
    matter = new_matter(tool)
    where = f"matters/{matter['id']}"
    tool.get(where)
    tag = tool.last["ETag"]
    assert tool.patch(where, {"title": "One"}, If_Match=tag)[0] == 200
    code, body = tool.patch(where, {"title": "Two"}, If_Match=tag)
    assert (code, body["error"]["code"]) == (412, "changed_meanwhile")
    assert tool.patch(where, {"title": "Two"}, If_Match=body["error"]["details"]["etag"])[0] == 200
    assert tool.get(where)[1]["data"]["title"] == "Two"


def test_another_firms_records_do_not_exist(firm: Firm, tool: Caller, foreign: Caller) -> None:
    matter = new_matter(tool, client_id=tool.post("clients", {"first_name": "A", "last_name": "B"})[1]["data"]["id"])
    document = tool.get(f"matters/{matter['id']}/documents")[1]["data"][0]
    for method, path, body in (
        ("GET", f"matters/{matter['id']}", None), ("PATCH", f"matters/{matter['id']}", {"title": "X"}),
        ("POST", f"matters/{matter['id']}/archive", None), ("POST", f"matters/{matter['id']}/intake-link", {}),
        ("GET", f"clients/{matter['client_id']}", None), ("GET", f"matters/{matter['id']}/documents", None),
        ("POST", f"matters/{matter['id']}/documents/request", {"name": "X"}),
        ("POST", f"documents/{document['id']}/reject", {"reason": "X"}),
        ("GET", f"templates/{matter['intake_template_id']}", None),
        ("POST", "uploads/signed-url", {"document_id": document["id"], "filename": "a.pdf",
                                        "content_type": "application/pdf", "file_size_bytes": 5}),
    ):  # fmt: skip
        code, answer = foreign.call(method, path, body)
        assert code == 404 and answer["error"]["code"].endswith("_not_found"), (path, code, answer)
    code, body = foreign.get(f"matters/{matter['id']}")
    assert body["error"]["details"] == {"resource": "matter", "id": matter["id"]}
    assert foreign.get("matters")[1]["data"] == [] and foreign.get("clients")[1]["data"] == []
    with firm_scope(firm.id):
        assert Matter.objects.get().title == "Rivera" and Client.objects.count() == 1
        assert not Document.objects.exclude(status="pending").exists()
    code, body = tool.get("nothing/here")
    assert (code, body["error"]["code"]) == (404, "not_found")
