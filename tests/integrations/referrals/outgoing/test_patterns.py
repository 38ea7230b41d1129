"""Every way to work with the exchange as a story at its stand-in; with webhooks and with polling it ends the same."""

import io
import time
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from casehug.common.scope import firm_scope
from casehug.intake.models import Matter
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.models import Attachment, CaseUpdate, Invitation, PartnerFirm, Referral, Settlement
from casehug.referrals.services import lead_forms
from casehug.referrals.services.files import share_file
from casehug.referrals.services.removal import remove_file
from casehug.referrals.services.sending import import_case
from casehug.referrals.services.updates import post_update
from integrations.models import ExternalLink, InboundEvent
from tests.integrations.referrals.desk import tape_of
from tests.integrations.referrals.outgoing.trade import WORD, Side
from tests.sandbox.lexamica.office import Office, invitations
from tests.sandbox.lexamica.office import invited as offered

MODES = pytest.mark.parametrize("mode", ["webhooks", "polling"])
PDF = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
MAPPED = Choices(vocabulary=(WORD,), case_types={WORD: "divorce_standard"}, conflict_check_first=False)


class Ours(Side):
    """The firm of the story, in one of the two modes."""

    mode = ""

    def begin(self, mode: str, *patterns: str) -> "Ours":
        """Connect and be set up for these ways of working."""
        self.connect()
        self.mode = mode
        self.set_up(*patterns, mode=mode)
        self.act(save_choices, wanted=MAPPED)
        return self

    def hear(self) -> None:
        """Take in what the exchange tells in this mode, and work on it."""
        if self.mode == "webhooks":
            for event in tape_of(self.exchange, self.facts):
                assert self.deliver(event) == 200
        else:
            assert any(self._looked() for _ in range(50))
        self.settle()
        with firm_scope(self.firm_id):
            came = set(InboundEvent.objects.values_list("source", flat=True))
            assert not InboundEvent.objects.filter(result__in=("", "failed")).exists()
        assert came == {"webhook" if self.mode == "webhooks" else "poll"}

    def _looked(self) -> bool:
        """Look once; one that is planned for a moment later is waited for."""
        if self.look() == "done":
            return True
        time.sleep(0.1)
        return False

    def remote(self) -> str:
        """The exchange's id of the one case."""
        with firm_scope(self.firm_id):
            return str(ExternalLink.objects.get(local_type="referral").external_id)

    def all(self, model: Any, *names: str) -> list[tuple[Any, ...]]:
        """Columns of all rows of a table, sorted."""
        with firm_scope(self.firm_id):
            return sorted(model.objects.values_list(*names), key=str)


def ours(market: Any, *, handler: bool) -> Ours:
    return Ours(market, market.firm(name="Alder", network=market.network, handler=handler, invitation_seconds=7200))


def work_there(market: Any, case: str, firm: str) -> None:
    """The handler's staff write an update, move the stage and settle, which moves the stage once more."""
    there = {"organization": firm}
    market.control("POST", f"cases/{case}/update", title="Filed", content="Suit filed.", **there)
    market.control("POST", f"cases/{case}/stage", stage="Litigation", **there)
    market.control("POST", f"cases/{case}/settle", grossAmount="9000", **there)


def answer_there(market: Any, case: str, action: str, **more: Any) -> None:
    """The firm that was asked last answers on the exchange's screen."""
    market.advance(3)
    market.control("POST", f"invitations/{invitations(market, case)[-1]['id']}/{action}", **more)


def followed(firm: Ours) -> None:
    """What `work_there` told stands here, once."""
    assert firm.all(CaseUpdate, "direction", "state", "content") == [("in", "received", "Suit filed.")]
    assert [str(one[0]) for one in firm.all(Settlement, "gross")] == ["9000.00"]


def test_lead_form(market: Any) -> None:
    """What a person writes on the public form is one case there; nothing is asked for, nothing comes back."""
    firm = ours(market, handler=False).begin("polling", "lead_form")
    form = firm.act(
        lead_forms.save_lead_form, enabled=True, slug="your-case", title="Your case", intro="",
        consent_text="I agree.", case_types=[WORD],
    )  # fmt: skip
    lead = lead_forms.Lead(
        first_name="Ida", last_name="Berg", email="ida@example.com", phone="+1 415 555 0100", case_type=WORD,
        place="CA", incident_date=date(2026, 1, 3), summary="A dog bit her.", consent=True,
    )  # fmt: skip
    for _ in range(2):
        firm.act(lead_forms.take_lead, form=form, lead=lead)
    firm.settle()
    assert firm.only().state == "matching" and market.control("GET", "ledger")["cases"]["total"] == 1
    assert market.control("GET", f"cases/{firm.remote()}")["state"] in ("matching", "no_partner", "invited", "rejected")


@MODES
def test_receive(market: Any, mode: str) -> None:
    """Cases are only learnt of; they are answered on the exchange's own screen."""
    firm = ours(market, handler=True).begin(mode, "receive")
    other = Office(market, name="Nordwind Law", network=market.network, handler=False)
    case, invitation = offered(market, other)
    market.control("POST", f"invitations/{invitation}/accept")
    firm.hear()
    row = firm.only()
    assert (row.direction, row.last_name, row.partner_name, firm.remote()) == ("in", "Berg", "Nordwind Law", case)


@MODES
def test_originator(market: Any, mode: str) -> None:
    """A matter is referred out; the first firm declines, the second takes it and works on it."""
    firm = ours(market, handler=False).begin(mode, "originator")
    partners = [market.firm(name=f"Partner {number}", network=market.network) for number in (1, 2)]
    firm.refer()
    firm.settle()
    case = firm.remote()
    answer_there(market, case, "decline", reason="Conflict of interest")
    answer_there(market, case, "accept")
    work_there(market, case, partners[1]["id"])
    firm.hear()
    row = firm.only()
    assert (row.state, row.partner_name, row.looks, row.stage) == ("accepted", "Partner 2", 2, "Settlement")
    followed(firm)


@MODES
def test_handler(market: Any, mode: str) -> None:
    """An invitation is answered from here, the matter is made, updates go both ways and do not come back."""
    firm = ours(market, handler=True).begin(mode, "handler")
    other = Office(market, name="Nordwind Law", network=market.network, handler=False)
    case, _ = offered(market, other)
    firm.hear()
    for action in ("evaluate", "contact_attempted", "accept", "consult_complete"):
        firm.answer(action)
    firm.settle()
    firm.act(post_update, referral_id=firm.only().id, content="Client met.", title="Hello")
    firm.settle()
    market.control("POST", f"cases/{case}/update", title="Thanks", content="Thank you.", organization=other.id)
    firm.hear()
    (one,) = invitations(market, case)
    assert one["state"] == "accepted" and firm.only().state == "accepted" and len(firm.all(Matter, "id")) == 1
    ((state, *times),) = firm.all(
        Invitation, "state", "evaluating_at", "contact_attempted_at", "consult_complete_at"
    )  # fmt: skip
    assert state == "accepted" and all(times)
    thread = [("in", "received", "Thank you."), ("out", "sent", "Client met.")]
    assert firm.all(CaseUpdate, "direction", "state", "content") == thread
    assert set(market.control("GET", "ledger")["updates"]["by_key"].values()) == {1}


@MODES
def test_import_existing(market: Any, mode: str) -> None:
    """A case that a partner works already is followed: no relay, no invitation."""
    firm = ours(market, handler=False).begin(mode, "import")
    partner = market.firm(name="Partner 1", network=market.network)
    with firm_scope(firm.firm_id):
        known = PartnerFirm.objects.create(name="Partner 1", remote_id=partner["id"])
    firm.act(import_case, matter_id=firm.matter(), case_type=WORD, partner_id=known.id, suggestions=False)
    firm.settle()
    case = firm.remote()
    assert invitations(market, case) == []
    work_there(market, case, partner["id"])
    firm.hear()
    assert firm.all(Referral, "state", "stage", "is_import") == [("following", "Settlement", True)]
    followed(firm)


@MODES
def test_files(market: Any, mode: str, settings: Settings) -> None:
    """A file of ours goes there and is taken off; one of the other firm is told of and fetched."""
    settings.CASEHUG_LOCAL, settings.OUTBOUND_LOCAL_TARGETS = True, [urlsplit(market.url).netloc]
    firm = ours(market, handler=True).begin(mode, "handler", "files")
    other = Office(market, name="Nordwind Law", network=market.network, handler=False)
    case, _ = offered(market, other)
    firm.hear()
    firm.answer("accept")
    firm.settle()
    row = firm.act(
        share_file, referral_id=firm.only().id, file=io.BytesIO(PDF.encode()), filename="ours.pdf",
        content_type="application/pdf",
    )  # fmt: skip
    firm.settle()
    assert firm.read(row).state == "shared"
    firm.act(remove_file, referral_id=firm.only().id, attachment_id=row.id)
    firm.settle()
    market.control("POST", f"cases/{case}/file", name="theirs.pdf", content=PDF + "2", organization=other.id)
    firm.hear()
    files = [("in", "stored", "theirs.pdf"), ("out", "removed", "ours.pdf")]
    assert firm.all(Attachment, "direction", "state", "name") == files
