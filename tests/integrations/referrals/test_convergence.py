"""One story, told in every way: pushed, polled, both, shuffled, doubled. The firm's referrals end the same."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from casehug.common.scope import firm_scope
from integrations.models import ExternalLink, InboundEvent, RemoteIntent
from tests.integrations.referrals.conftest import MakeDesk
from tests.integrations.referrals.desk import Desk, Event, state_hash, state_of, tape_of
from tests.sandbox.lexamica.office import Office, invited

PDF = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
Told = tuple[Callable[[], Desk], list[Event]]
PATTERNS = ("handler", "originator", "files")
MARKER = "MARKEROFASENTCASE234"


class Story:
    """What both sides do at the stand-in: five cases come, three go out."""

    def __init__(self, exchange: Any, us: dict[str, Any], sender: Office) -> None:
        self.exchange, self.us, self.sender = exchange, us, sender
        self.sent: list[str] = []

    def act(self, path: str, **more: Any) -> Any:
        return self.exchange.control("POST", path, **more)

    def receive(self) -> None:
        """Cases that come: worked to the end, declined, expired, withdrawn, and one that is offered still."""
        case, invitation = invited(self.exchange, self.sender, last="Worked")
        self.act(f"invitations/{invitation}/evaluate")
        self.act(f"invitations/{invitation}/contact_attempted")
        self.act(f"invitations/{invitation}/accept")
        ours = {"organization": self.us["id"]}
        self.act(f"cases/{case}/update", title="Hello", content="We have the file.", **ours)
        self.act(f"cases/{case}/update", title="Good", content="Thank you.", stage="Litigation")
        self.act(f"cases/{case}/edit", **{"client.phone": "+1 415 555 0199"})
        kept = self.act(f"cases/{case}/file", name="police report.pdf", content=PDF)["attachments"][-1]
        gone = self.act(f"cases/{case}/file", name="wrong.pdf", content=PDF)["attachments"][-1]
        self.act(f"cases/{case}/remove-file", attachment=gone["_id"])
        self.act(f"cases/{case}/file", name="program.txt", content="MZ not a text\x00")
        self.act(f"cases/{case}/settle", grossAmount="9000", **ours)
        self.act(f"cases/{case}/conclude", status="disputed")
        self.act(f"cases/{case}/conclude", status="completed", attorneyFee="3000.50")
        assert kept["status"] == "stored"
        _, declined = invited(self.exchange, self.sender, last="Declined")
        self.act(f"invitations/{declined}/decline", reason="No capacity")
        withdrawn, _ = invited(self.exchange, self.sender, last="Withdrawn")
        self.act(f"cases/{withdrawn}/cancel")
        invited(self.exchange, self.sender, last="Open")

    def send(self) -> None:
        """Cases of ours, as they are once they have left: accepted by the second firm, lost, and without a partner."""
        firms = [Office(self.exchange, name=f"Partner {n}", network=self.us["network"]) for n in (1, 2)]
        values = {"organization": self.us["id"], "client.firstName": "Ada", "client.lastName": "Quill",
                  "client.phone": "+1 212 555 0142", "incident.date": "2026-01-05", "incident.address.state": "NY",
                  "summary": "A bite.", "caseType": "Dog Bite Injuries"}  # fmt: skip
        for number, answers in enumerate((("decline", "accept"), ("decline", "decline"), ())):
            area = values["caseType"] if answers else "Wills and Trusts"
            if not answers:
                for firm in firms:
                    self.exchange.control("POST", f"organizations/{firm.id}", case_types=["Dog Bite Injuries"])
            marker = {"externalId": MARKER} if number == 0 else {}
            case = self.act("cases", **values | {"caseType": area} | marker)["id"]
            self.sent.append(case)
            for answer in answers:
                self.exchange.advance(3)
                rows = self.exchange.control("GET", f"cases/{case}")["invitations"]
                self.act(f"invitations/{rows[-1]['id']}/{answer}", reason="Conflict of interest")
            self.exchange.advance(3)

    def put_down(self, desk: Desk) -> None:
        """Write down what the firm has sent: the first without an answer, so that only the marker proves it."""
        for case in self.sent[1:]:
            desk.sent_case(case)
        subject = desk.sent_case("to be replaced", first_name="Ada")
        with firm_scope(desk.firm_id):
            ExternalLink.objects.filter(local_id=subject).delete()
            row = RemoteIntent(
                connection=desk.connection(), work_item_id=uuid.uuid4(), kind="referral", subject_id=subject,
                matter_id=uuid.uuid4(), marker=MARKER, body_hmac=b"-", fence=1, send_deadline="2026-01-01T00:00:00Z",
                settle_until="2026-01-01T00:00:00Z", outcome="applied",
            )  # fmt: skip
            row.save(force_insert=True)


@pytest.fixture
def told(exchange: Any, ours: dict[str, Any], sender: Office, make_desk: MakeDesk) -> Told:
    """The story as it was pushed, and a maker of firms that have heard nothing of it yet."""
    first = make_desk().set_up(*PATTERNS)
    story = Story(exchange, ours, sender)
    story.receive()
    story.send()

    def fresh() -> Desk:
        desk = make_desk().like(first)
        story.put_down(desk)
        return desk

    return fresh, tape_of(exchange, ours)


def test_every_way_ends_the_same(told: Told) -> None:
    fresh, tape = told
    assert len(tape) > 45
    pushed = fresh()
    for event in tape:
        assert pushed.deliver(event) == 200
    pushed.work()
    found = state_of(pushed.firm_id)
    assert sorted((row["direction"], row["state"]) for row in found.values()) == [
        ("in", "accepted"), ("in", "cancelled"), ("in", "declined"), ("in", "invited"), ("out", "accepted"),
        ("out", "all_declined"), ("out", "no_partner"),
    ]  # fmt: skip
    first = next(row for row in found.values() if row["last_name"] == "Worked")
    assert first["matter_id"] and first["stage"] == "Closed With Fee" and first["phone"] == "+1 415 555 0199"
    assert [(one[2], one[1]) for one in first["updates"]] and len(first["updates"]) == 2
    assert [one[1:3] for one in first["settlements"]] == [("completed", "9000.00")]
    assert sorted(one[2] for one in first["files"]) == ["refused", "removed", "stored"]
    wanted = state_hash(pushed.firm_id)
    polled = fresh()
    assert polled.look() == "done"
    polled.work()
    assert state_of(polled.firm_id) == found and state_hash(polled.firm_id) == wanted
    both = fresh()
    for event in tape[::2]:
        both.deliver(event)
    both.look()
    for event in tape:
        both.deliver(event, bare=True)
    both.work()
    assert state_of(both.firm_id) == found
    assert both.results().get("nothing", 0) > 10 and not both.results().get("failed")
    with firm_scope(both.firm_id):
        assert not InboundEvent.objects.filter(result="").exists()


def test_order_and_repetition_change_nothing(told: Told) -> None:
    fresh, tape = told
    straight = fresh()
    for event in tape:
        straight.deliver(event)
    straight.work()
    wanted = state_of(straight.firm_id)
    for seed in range(3):
        shuffled = fresh()
        shuffled.deliver_shuffled(tape, seed=seed)
        assert state_of(shuffled.firm_id) == wanted, seed
