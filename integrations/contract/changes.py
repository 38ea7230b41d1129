"""Neutral facts that come in: what happened at the provider, and how a matter stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.contract.referrals import ReferralNews


class Kind(StrEnum):
    """What an event is about; everything after the alias table works on this, never on a provider's own name."""

    MATTER_STAGE = "matter_stage"
    MATTER_CREATED = "matter_created"
    CONTACT_CREATED = "contact_created"
    CONTACT_CHANGED = "contact_changed"
    FORM_SUBMITTED = "form_submitted"
    ENVELOPE_COMPLETED = "envelope_completed"
    MATTER_ACTIVITY = "matter_activity"
    INVOICE = "invoice"
    REFERRAL_CREATED = "referral_created"
    REFERRAL_RECEIVED = "referral_received"
    REFERRAL_CHANGED = "referral_changed"
    REFERRAL_STAGE = "referral_stage"
    REFERRAL_DELETED = "referral_deleted"
    REFERRAL_MATCHED = "referral_matched"
    REFERRAL_NO_PARTNER = "referral_no_partner"
    REFERRAL_ALL_DECLINED = "referral_all_declined"
    REFERRAL_INVITATION = "referral_invitation"
    REFERRAL_UPDATE = "referral_update"
    REFERRAL_SETTLEMENT = "referral_settlement"
    REFERRAL_FILE = "referral_file"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class MatterState:
    """How a matter stands at the provider. `sub_status` is its name: matters there do not carry its id."""

    id: str
    stage_id: str
    sub_status: str
    status: str
    updated_at: datetime | None


@dataclass(frozen=True)
class Change:
    """One event, parsed. Empty texts mean that the event does not say.

    `explicit`: it says that stage or status changed, not only that something did. `state`: a polled event carries how
    the matter stood, so that nothing has to be read again. `contact_lost`: the contact was `merged` or `deleted`.
    """

    kind: Kind
    event_type: str
    event_id: str = ""
    remote_firm: str = ""
    matter_id: str = ""
    contact_id: str = ""
    occurred_at: datetime | None = None
    explicit: bool = False
    contact_lost: str = ""
    state: MatterState | None = None
    extra: Mapping[str, Any] | None = None
    news: ReferralNews | None = None
    """What an event of a referral (`Kind.REFERRAL_…`) tells, as a frozen neutral record."""
