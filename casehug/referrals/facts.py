"""What an exchange can tell about referrals, in neutral words. An empty value means “not told”, never “deleted”."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """One account of a case. `at` is when it was true at the exchange: an older account never replaces a newer one."""

    at: datetime | None = None
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    place: str = ""
    summary: str = ""
    case_type: str = ""
    incident_date: date | None = None
    stage: str = ""
    partner_name: str = ""
    partner_remote_id: str = ""


@dataclass(frozen=True, kw_only=True)
class InvitationFacts:
    """One account of an invitation; `state` is a value of `Invitation.State` or empty. `at`: when it was told."""

    at: datetime | None = None
    state: str = ""
    received_at: datetime | None = None
    expires_at: datetime | None = None
    evaluating_at: datetime | None = None
    contact_attempted_at: datetime | None = None
    consult_complete_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RelayFacts:
    """What became of a case we referred out; `state` is a value of `Referral.State`."""

    state: str
    at: datetime | None = None
    look: int = 0
    invitation: str = ""
    """The exchange's id of an invitation: each counts as one look."""
    partner_name: str = ""
    partner_remote_id: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class UpdateFacts:
    """One message about a case; `ours` when the exchange repeats what this firm wrote. `key`: its id there.

    `at` is when it was told, `happened_at` what its author entered.
    """

    key: str
    content: str
    at: datetime | None = None
    title: str = ""
    happened_at: datetime | None = None
    stage: str = ""
    author_name: str = ""
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class SettlementFacts:
    """What was told about the money of a case; `at`: when."""

    key: str = ""
    at: datetime | None = None
    status: str = ""
    gross: Decimal | None = None
    attorney_fee: Decimal | None = None
    referral_fee: Decimal | None = None
    expenses: Decimal | None = None
    settled_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """One file of a case; `key`: its id at the exchange."""

    key: str
    name: str
    content_type: str = ""
    size: int | None = None
    ours: bool = False
