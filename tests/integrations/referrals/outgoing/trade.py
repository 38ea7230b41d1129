"""Two firms of the product that trade cases over the stand-in: who sends, who handles, and what work they have due."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casehug.common.actor import actor_context
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.work_runner import run_item
from casehug.intake.models import CaseType
from casehug.intake.services.clients import create_client
from casehug.intake.services.matters import create_matter
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.models import Invitation, InvitationAnswer, Referral
from casehug.referrals.services.answers import answer_invitation
from casehug.referrals.services.invitations import record_conflict_check
from casehug.referrals.services.sending import Offer, refer_out
from integrations.models import Connection, RemoteIntent
from tests.integrations.referrals.desk import Desk

WORD = "Dog Bite Injuries"
OFFER = Offer(case_type=WORD, summary="A dog bit her.", place="CA", incident_date=date(2026, 1, 3), consent=True)
LATER = ("late_sweep", "notice_mail", "inbound_poll", "refresh_catalogue")


@dataclass
class Side(Desk):
    """One firm of the trade."""

    user_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def act(self, call: Any, /, **values: Any) -> Any:
        """Call a service as a person of this firm."""
        with firm_scope(self.firm_id), actor_context(user_id=self.user_id, source="web"):
            return call(**values)

    def start(self, *patterns: str) -> "Side":
        """Connect, be set up for polling, know the vocabulary."""
        self.connect()
        self.set_up(*patterns, mode="polling")
        self.act(save_choices, wanted=Choices(vocabulary=(WORD,), case_types={}, conflict_check_first=False))
        return self

    def matter(self) -> uuid.UUID:
        """One matter with a client."""
        with firm_scope(self.firm_id):
            person = create_client(first_name="Ida", last_name="Berg", phone="+1 415 555 0100", email="ida@example.com")
            case_type = CaseType.objects.first()
            assert case_type is not None
            made = create_matter(title="Berg, dog bite", case_type_id=case_type.id, client_id=person.id)
            return uuid.UUID(str(made.id))

    def refer(self, matter_id: uuid.UUID | None = None) -> Referral:
        """Refer a matter out, as a person does."""
        found: Referral = self.act(refer_out, matter_id=matter_id or self.matter(), offer=OFFER)
        return found

    def answer(self, action: str, **more: Any) -> InvitationAnswer:
        """Answer the one invitation there is."""
        found: InvitationAnswer = self.act(
            answer_invitation, invitation_id=self.invitation().id, action=action, **more
        )  # fmt: skip
        return found

    def invitation(self) -> Invitation:
        """Read the one invitation there is."""
        with firm_scope(self.firm_id):
            return Invitation.objects.select_related("referral").get()

    def checked(self) -> None:
        """Write the conflict check down."""
        self.act(record_conflict_check, invitation_id=self.invitation().id, result="clear")

    def news(self) -> None:
        """Look at what the exchange kept, and work on it."""
        self.look()
        self.settle()

    def settle(self, *, seconds: float = 8) -> None:
        """Run due work until nothing is due or on its way; what waits for a person stays."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with firm_scope(self.firm_id):
                rows = WorkItem.objects.filter(status="ready").exclude(kind__in=LATER)
                ids = list(rows.order_by("lane", "next_attempt_at").values_list("id", flat=True))
                checking = WorkItem.objects.filter(status="held", hold_reason="checking").exists()
            if not ids and not checking:
                return
            for item_id in ids:
                run_item(item_id, self.firm_id)
            time.sleep(0.02)
        raise AssertionError(f"work stays: {self.rows()}")

    def rows(self, kind: str = "") -> list[tuple[str, str, str, str]]:
        """Kind, status, hold reason and error code of the rows."""
        with firm_scope(self.firm_id):
            found = WorkItem.objects.exclude(kind__in=LATER).order_by("created_at")
            found = found.filter(kind=kind) if kind else found
            return list(found.values_list("kind", "status", "hold_reason", "last_error_code"))

    def read(self, row: Any) -> Any:
        """Read a row again."""
        with firm_scope(self.firm_id):
            return type(row).objects.get(id=row.id)

    def intents(self) -> list[RemoteIntent]:
        """All writes, oldest first."""
        with firm_scope(self.firm_id):
            return list(RemoteIntent.objects.order_by("created_at"))

    def change(self, **values: Any) -> None:
        """Write columns of the connection."""
        with firm_scope(self.firm_id):
            Connection.objects.update(**values)

    def lose(self, call: str, kind: str = "reset_after_commit") -> None:
        """Let the next answer of a call get lost after it took effect."""
        models = {"case": "case", "case-invitation": "case_invitation", "case-update": "case_update"}
        first = call.split("/")[0]
        model = "attachment" if "/file/" in call else models[first]
        mapping = self.connection().profile["onboarding"]["mappings"][model]
        path = f"/organization/{self.facts['id']}/inbound-webhooks/{first}/{mapping}/{call.split('/', 1)[1]}"
        self.exchange.control("POST", "faults", kind=kind, method="POST", path=path)

    def forget_kept(self) -> None:
        """Nothing is kept there for us: nobody can tell what arrived."""
        found = self.connection()
        found.profile["onboarding"]["stored"] = []
        self.change(profile=found.profile)
