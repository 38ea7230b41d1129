"""What goes out, at the stand-in: bodies and answers, refusals by meaning, and finding what was not answered."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.contract.errors import Refused, Unfit
from integrations.contract.http import Exchange, Outcome, OutgoingFile, classify
from integrations.contract.operations import StepContext, Window, Write
from integrations.contract.records import Leaf, Source
from integrations.contract.referrals import AnswerRecord, FileRecord, ReferralRecord, RemovalRecord, UpdateRecord
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.inbound import INBOUND
from integrations.providers.lexamica.sync import OPERATIONS
from tests.integrations.providers.lexamica.conftest import Side

PERSON = {
    "first_name": "Ida", "last_name": "Berg", "phone": "+1 415 555 0100", "case_type": "Dog Bite Injuries",
    "incident_date": "2026-01-03", "place": "CA", "summary": "What happened?:\nA bite\n\n", "email": "",
}  # fmt: skip
WINDOW = Window(datetime.now(UTC) - timedelta(minutes=1))


def leaf(text: str) -> Leaf:
    return Leaf(text, Source.COMPOSED)


def case(mode: str = "send", partner: str = "", **changes: str) -> ReferralRecord:
    values = {name: Leaf(text, Source.CASE) for name, text in (PERSON | changes).items()}
    return ReferralRecord("1", mode, values, Leaf(partner or None, Source.SYSTEM))


def send(key: str, context: StepContext) -> Exchange:
    """Do what the engine does with a write."""
    write: Write = OPERATIONS[key].steps[0].create(context)
    if write.file is not None:
        return context.api.upload(write.path, write.body, write.file)  # type: ignore[attr-defined, no-any-return]
    return context.api.write(write.method, write.path, write.body, write.query)


def made(key: str, context: StepContext) -> str:
    exchange = send(key, context)
    ref = OPERATIONS[key].steps[0].read_ref(exchange)
    assert ref is not None and classify(exchange, ref.id) is Outcome.APPLIED, exchange.body
    return ref.id


def found(key: str, context: StepContext) -> list[str]:
    return [ref.id for ref in OPERATIONS[key].steps[0].reconcile(context, WINDOW, deep=True).refs]


def pair(exchange: Any, side: Any) -> tuple[Side, Side, str]:
    """A sender and a handler of one case; returns its id."""
    sender, handler = side(handler=False), side()
    sender.set_up("originator", "files")
    handler.set_up("handler", "files")
    case_id = made("send_referral", sender.context(case()))
    exchange.advance(5)
    return sender, handler, case_id


def news(firm: Side) -> list[Any]:
    """All stored events of a firm, read page by page."""
    stored = INBOUND.stored
    assert stored is not None
    page = stored.page(firm.api, WINDOW.since, datetime.now(UTC) + timedelta(days=9), 1)
    assert not page.more and not page.unreadable
    return [INBOUND.change_of({}, item.body) for item in page.items]


def test_a_case_goes_out_once_and_its_marker_finds_it(exchange: Any, side: Any) -> None:
    firm: Side = side(handler=False)
    firm.set_up("lead_form")
    path = f"/organization/{firm.facts['id']}/inbound-webhooks/case/{firm.profile['mappings']['case']}/send"
    exchange.control("POST", "faults", kind="reset_after_commit", method="POST", path=path)
    context = firm.context(case(), "LOSTREPLY00000000000")
    lost = send("send_referral", context)
    assert classify(lost, None) is Outcome.UNKNOWN and len(found("send_referral", context)) == 1
    assert found("send_referral", firm.context(case(), "NEVERSENT00000000000")) == []
    firm.profile["stored"] = []
    # Without kept events nobody can tell: the engine must not take that for "it was not sent".
    assert found("send_referral", firm.context(case(), "LOSTREPLY00000000000")) == []
    assert all(one.ask_person == {step.key for step in one.steps} for one in OPERATIONS.values())


def test_every_way_of_sending(exchange: Any, side: Any) -> None:
    sender, partner = side(handler=False), side()
    sender.set_up("originator", "import")
    ids = [made("send_referral", sender.context(case(*way))) for way in (
        ("send",), ("draft",), ("suggestions",), ("existing", partner.facts["id"])
    )]  # fmt: skip
    states = [exchange.control("GET", f"cases/{one}")["state"] for one in ids]
    assert states[1:] == ["draft", "draft", "accepted"] and states[0] in ("matching", "invited")
    refusal = send("send_referral", sender.context(case("existing", "65f000000000000000000099")))
    problem = sender.api.error_of(refusal)
    assert isinstance(problem, Refused) and problem.code == "partner_unknown"
    for wrong in (case("existing"), case("send", partner.facts["id"]), case(first_name=""), case(summary="x" * 20_001)):
        with pytest.raises(Unfit):
            send("send_referral", sender.context(wrong))
    sender.profile = {}
    with pytest.raises(Unfit):
        send("send_referral", sender.context(case()))


def test_answers_and_their_refusals(exchange: Any, side: Any) -> None:
    sender, handler, case_id = pair(exchange, side)
    asked = next(one.news.invitation for one in news(handler) if one.news.invitation)

    def answer(action: str, reason: str = "", firm: Side = handler) -> StepContext:
        return firm.context(AnswerRecord("1", leaf(asked.key), action, leaf(reason)))

    for action in ("evaluate", "contact_attempted", "accept", "consult_complete"):
        context = answer(action)
        assert made("answer_invitation", context) == asked.key == found("answer_invitation", context)[0]
    assert made("answer_invitation", answer("accept")) == asked.key  # twice the same is as good
    codes = [sender.api.error_of(send("answer_invitation", answer("decline", "Busy", firm))).code
             for firm in (handler, sender)]  # fmt: skip
    assert codes == ["answered_before", "not_ours"]
    with pytest.raises(Unfit):
        send("answer_invitation", answer("decline"))
    told = [one.news.invitation.state for one in news(sender) if one.news.invitation and one.news.case_id == case_id]
    assert told[0] == "new" and told[-1] == "accepted"


def test_late_answers_are_refused_as_expired(exchange: Any, side: Any) -> None:
    sender, handler, _ = pair(exchange, side)
    asked = next(one.news.invitation for one in news(handler) if one.news.invitation)
    exchange.advance(200_000)
    late = handler.context(AnswerRecord("1", leaf(asked.key), "accept"))
    problem = handler.api.error_of(send("answer_invitation", late))
    assert isinstance(problem, Refused) and problem.code == "expired"
    assert "expired" in [one.news.invitation.state for one in news(handler) if one.news.invitation]


def accepted(exchange: Any, side: Any) -> tuple[Side, Side, str]:
    sender, handler, case_id = pair(exchange, side)
    asked = next(one.news.invitation for one in news(handler) if one.news.invitation)
    made("answer_invitation", handler.context(AnswerRecord("1", leaf(asked.key), "accept")))
    return sender, handler, case_id


def test_messages_and_files_of_a_case(exchange: Any, side: Any) -> None:
    sender, handler, case_id = accepted(exchange, side)
    values = {"content": leaf("Filed.\nNext hearing in May."), "title": leaf("Status"), "stage": leaf("Litigation")}
    message = handler.context(UpdateRecord("1", leaf(case_id), values))
    assert found("post_update", message) == []
    assert [made("post_update", message)] == found("post_update", message)
    told = next(one.news.update for one in news(sender) if one.news.update)
    assert told.content == "Filed.\nNext hearing in May." and told.author.id == handler.facts["id"]
    content = b"%PDF-1.4 " + b"x" * 100_000
    file = OutgoingFile("retainer.pdf", "application/pdf", len(content), lambda: io.BytesIO(content))
    push = handler.context(FileRecord("1", leaf(case_id), leaf("retainer.pdf"), file))
    file_id = made("push_file", push)
    assert found("push_file", push) == [file_id]
    arrived = next(one.news.file for one in news(sender) if one.news.file)
    assert (arrived.size, arrived.name) == (len(content), "retainer.pdf") and arrived.url.startswith("http")
    taken = exchange.http.get(arrived.url, timeout=10).content
    assert hashlib.sha256(taken).digest() == hashlib.sha256(content).digest()
    away = handler.context(RemovalRecord("1", leaf(case_id), leaf(file_id)))
    made("remove_file", away)
    assert found("remove_file", away) == [file_id]
    assert made("remove_file", away) == file_id  # a second time is harmless
    most = catalogue.number("file.max_upload_bytes")
    large = OutgoingFile("big.pdf", "application/pdf", most + 1, lambda: io.BytesIO(b""))
    for wrong in (FileRecord("1", leaf(case_id), leaf("big.pdf"), large), FileRecord("1", leaf(case_id), leaf("a"))):
        with pytest.raises(Unfit):
            send("push_file", handler.context(wrong))
    by_address = FileRecord("1", leaf(case_id), leaf("big.pdf"), url=leaf("https://files.example.com/big.pdf"))
    assert send("push_file", handler.context(by_address)).status == 202


def test_pages_of_stored_events_have_no_gap_and_no_double(exchange: Any, side: Any) -> None:
    firm: Side = side(handler=False)
    firm.set_up("lead_form")
    sent = [made("send_referral", firm.context(case())) for _ in range(3)]
    stored = INBOUND.stored
    assert stored is not None and stored.overlap == timedelta(minutes=2) and stored.kept == timedelta(days=30)
    until = datetime.now(UTC) + timedelta(days=1)
    page = stored.page(firm.api, WINDOW.since, until, 1)
    assert [INBOUND.parse(item.body).news.case_id for item in page.items] == sent  # type: ignore[union-attr]
    assert all(item.event_id.startswith("stored_") for item in page.items) and not page.more
    assert [item.at for item in page.items] == sorted(item.at for item in page.items)
    again = stored.page(firm.api, page.items[-1].at, until, 1)
    assert page.items[-1] in again.items  # the first moment is included
    assert not stored.page(firm.api, WINDOW.since, page.items[0].at, 1).items
