"""Referrals over the API: bodies, filters, answers, updates, files, partners, refusals, other firms."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope, scope_is_open
from casehug.firms.models import Firm
from casehug.intake.models import CaseType
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.referrals.choices import save_choices
from casehug.referrals.facts import InvitationFacts
from casehug.referrals.models import Attachment, Invitation, InvitationAnswer, Referral
from casehug.referrals.services.invitations import apply_invitation_state, record_conflict_check
from tests.casehug.caller import Caller, make_key, wrong_fields
from tests.casehug.intake.conftest import PDF_BYTES
from tests.casehug.referrals.conftest import SETTINGS, WORD, invite

PARTS = {"id", "direction", "status", "matter_id", "client", "summary", "case_type", "incident_state", "partner",
         "stage", "looks", "is_import", "invitation", "settlements", "update_due_at", "created_at"}  # fmt: skip
OFFER = {"case_type": WORD, "summary": "Hit.", "incident_state": "ny", "incident_date": "2026-01-05",
         "client_consent": True}  # fmt: skip


@pytest.fixture
def tool(firm: Firm) -> Caller:
    return Caller(make_key(firm.id))


@pytest.fixture
def given(firm: Firm) -> Invitation:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
        return invite()


@pytest.fixture
def matter_id(firm: Firm) -> str:
    with firm_scope(firm.id):
        save_choices(SETTINGS)
        client = create_client(first_name="Ida", last_name="Moss", phone="(212) 555-0143")
        case_type = CaseType.objects.get(key="divorce_standard")
        return create_matter(title="Moss", case_type_id=case_type.id, client_id=client.id).public_id


def test_a_case_is_listed_and_read(given: Invitation, tool: Caller, other_firm: Firm) -> None:
    code, body = tool.get("referrals?direction=in&status=invited&sort=-updated_at")
    assert code == 200 and [one["id"] for one in body["data"]] == [given.referral.public_id]
    assert set(body["data"][0]) >= PARTS and body["data"][0]["client"]["last_name"] == "Quill"
    assert tool.get("referrals?direction=out")[1]["data"] == []
    assert tool.get("referrals?status=open")[0] == 400
    code, body = tool.get("invitations?status=new")
    assert [one["id"] for one in body["data"]] == [given.public_id] and body["data"][0]["expires_at"]
    where = f"referrals/{given.referral.public_id}"
    assert tool.get(where)[1]["data"]["invitation"]["status"] == "new"
    foreign = Caller(make_key(other_firm.id))
    assert foreign.get(where)[1]["error"]["code"] == "referral_not_found"
    assert foreign.post(f"{where}/accept")[0] == foreign.get(f"{where}/files")[0] == 404
    assert Caller(make_key(given.firm_id, "matters:read")).get("referrals")[0] == 403
    assert Caller(make_key(given.firm_id, "referrals:read")).post(f"{where}/evaluate")[0] == 403


def test_answers(connected: None, given: Invitation, tool: Caller) -> None:
    where = f"referrals/{given.referral.public_id}"
    tool.get(where)
    seen = tool.last.headers["ETag"]
    code, body = tool.post(f"{where}/evaluate", {}, Idempotency_Key="e1")
    assert code == 200 and body["data"]["invitation"]["answers"][0]["state"] == "queued"
    tool.post(f"{where}/evaluate", {}, Idempotency_Key="e1")
    assert tool.last.headers["Idempotency-Replayed"] == "true"
    assert tool.post(f"{where}/decline", {"reason": "Nope"})[0] == 400
    assert tool.post(f"{where}/decline", {"reason": "No capacity"}, If_Match=seen)[0] == 412
    code, body = tool.post(f"{where}/accept", {})
    assert (code, body["error"]["code"]) == (422, "cannot_answer") and "conflict check" in body["error"]["message"]
    with firm_scope(given.firm_id):
        record_conflict_check(invitation_id=given.id, result="clear")
    assert [tool.post(f"{where}/{act}", {})[0] for act in ("contact-attempted", "accept", "accept")] == [200] * 3
    code, body = tool.post(f"{where}/decline", {"reason": "No capacity"})
    assert code == 422 and "answered already: Accept" in body["error"]["message"]
    with firm_scope(given.firm_id):
        assert InvitationAnswer.objects.count() == 3


def test_without_an_exchange_nothing_is_taken(given: Invitation, tool: Caller) -> None:
    code, body = tool.post(f"referrals/{given.referral.public_id}/evaluate", {})
    assert (code, body["error"]["code"]) == (422, "no_exchange")


def test_refer_out_once_and_import(connected: None, matter_id: str, firm: Firm, tool: Caller) -> None:
    assert wrong_fields(tool.post("referrals", {**OFFER, "matter_id": "x"})[1]) == {"matter_id"}
    wrong = {**OFFER, "matter_id": matter_id, "case_type": "motor vehicle accident", "client_consent": False}
    assert wrong_fields(tool.post("referrals", wrong)[1]) == {"case_type", "client_consent"}
    code, body = tool.post("referrals/import", {"matter_id": matter_id, "case_type": WORD})
    assert wrong_fields(body) == {"partner_id"}
    found = {tool.post("referrals", {**OFFER, "matter_id": matter_id})[1]["data"]["id"] for _ in range(2)}
    assert len(found) == 1 and tool.get(f"referrals?matter_id={matter_id}")[1]["data"][0]["status"] == "queued"
    code, body = tool.post(f"referrals/{found.pop()}/accept", {})
    assert (code, body["error"]["code"]) == (422, "no_invitation")
    with firm_scope(firm.id):
        Referral.objects.update(state="cancelled")
    code, body = tool.post("partners", {"name": "Birch Law", "partner_firm_id": "64f0"})
    partner = body["data"]["id"]
    code, body = tool.post("referrals/import", {"matter_id": matter_id, "case_type": WORD, "partner_id": partner})
    assert code == 201 and body["data"]["is_import"] and body["data"]["partner"] == {"id": partner, "name": "Birch Law"}


def test_updates_and_files(connected: None, given: Invitation, tool: Caller) -> None:
    where = f"referrals/{given.referral.public_id}"
    assert tool.post(f"{where}/updates", {"content": "Filed."})[1]["error"]["code"] == "case_not_shared"
    with firm_scope(given.firm_id):
        apply_invitation_state(invitation_id=given.id, facts=InvitationFacts(state="accepted"))
    code, body = tool.post(f"{where}/updates", {"content": "Filed.", "stage": "Litigation"})
    assert code == 201 and body["data"]["status"] == "queued"
    assert wrong_fields(tool.post(f"{where}/updates", {})[1]) == {"content"}
    assert [one["content"] for one in tool.get(f"{where}/updates")[1]["data"]] == ["Filed."]
    assert tool.post(f"{where}/files", {})[0] == 415
    for _ in range(2):
        part = SimpleUploadedFile("brief.pdf", PDF_BYTES, "application/pdf")
        answer = tool.browser.post(f"/api/v1/{where}/files", {"file": part}, headers={"X-Api-Key": tool.key})
        assert answer.status_code == 201, answer.content
    assert [one["name"] for one in tool.get(f"{where}/files")[1]["data"]] == ["brief.pdf"]
    part = SimpleUploadedFile("brief.exe", b"MZ" + bytes(60), "application/octet-stream")
    answer = tool.browser.post(f"/api/v1/{where}/files", {"file": part}, headers={"X-Api-Key": tool.key})
    assert answer.status_code == 400
    with firm_scope(given.firm_id):
        assert Attachment.objects.count() == 1


class SlowBody(BytesIO):
    """A body that may come slowly: whoever reads it must not keep a transaction waiting meanwhile."""

    def read(self, *args: Any) -> bytes:
        assert not scope_is_open(), "the body is read inside a transaction"
        return super().read(*args)


@pytest.mark.parametrize("kind", ["json", "file"])
def test_a_slow_body_is_read_before_a_transaction_is_open(
    connected: None, given: Invitation, tool: Caller, kind: str
) -> None:
    with firm_scope(given.firm_id):
        apply_invitation_state(invitation_id=given.id, facts=InvitationFacts(state="accepted"))
    body, mime, where = b'{"content": "Filed."}', "application/json", "updates"
    if kind == "file":
        part = SimpleUploadedFile("brief.pdf", PDF_BYTES, "application/pdf")
        body, mime, where = encode_multipart(BOUNDARY, {"file": part}), MULTIPART_CONTENT, "files"
    path = f"/api/v1/referrals/{given.referral.public_id}/{where}"
    slow: dict[str, Any] = {"wsgi.input": SlowBody(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": mime}
    answer = tool.browser.generic("POST", path, headers={"X-Api-Key": tool.key}, **slow)
    assert answer.status_code == 201, answer.content


def test_partners(tool: Caller, firm: Firm) -> None:
    code, body = tool.post("partners", {"name": "Birch Law", "partner_firm_id": "64f0"})
    one = f"partners/{body['data']['id']}"
    assert code == 201 and wrong_fields(tool.post("partners", {"name": "B", "partner_firm_id": "64f0"})[1])
    seen = tool.get(one) and tool.last.headers["ETag"]
    code, body = tool.patch(one, {"note": "Fast."}, If_Match=seen)
    assert (code, body["data"]["note"], body["data"]["partner_firm_id"]) == (200, "Fast.", "64f0")
    assert tool.patch(one, {"note": "Slow."}, If_Match=seen)[0] == 412
    assert [row["name"] for row in tool.get("partners?partner_firm_id=64f0")[1]["data"]] == ["Birch Law"]
    assert tool.get(f"partners/{public_id('par', firm.id)}")[0] == 404
