"""Cases that go from one firm to another through an exchange: what comes in, what goes out, and the exchange's terms.

An empty value means “not told”, never “deleted”. Ids are the exchange's own, as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from integrations.contract.http import OutgoingFile
from integrations.contract.records import ContactRecord, Leaf, MatterRecord, Snapshot, Source


@dataclass(frozen=True)
class Party:
    """A firm at the exchange."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """One account of a case. `place` is the state or region in the exchange's own form."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    place: str = ""
    summary: str = ""
    case_type: str = ""
    incident_date: date | None = None
    stage: str = ""
    handler: Party = Party()
    originator: Party = Party()


@dataclass(frozen=True, kw_only=True)
class InvitationFacts:
    """One account of an invitation. `state`: new, evaluating, accepted, declined, expired, cancelled.

    `contact_attempted` and `consult_complete` are milestones beside the state; `key` is empty where it is not told.
    """

    key: str = ""
    state: str = "new"
    received_at: datetime | None = None
    expires_at: datetime | None = None
    resolved_at: datetime | None = None
    evaluating: bool = False
    contact_attempted: bool = False
    consult_complete: bool = False
    reason: str = ""
    handler: Party = Party()


@dataclass(frozen=True, kw_only=True)
class UpdateFacts:
    """One message about a case. Whoever knows the own account compares `author` to find what it wrote itself."""

    key: str
    content: str
    title: str = ""
    happened_at: datetime | None = None
    stage: str = ""
    author: Party = Party()


@dataclass(frozen=True, kw_only=True)
class SettlementFacts:
    """What was told about the money of a case. `status`: started, disputed, completed or the exchange's own word."""

    key: str = ""
    status: str = ""
    gross: Decimal | None = None
    attorney_fee: Decimal | None = None
    referral_fee: Decimal | None = None
    expenses: Decimal | None = None
    settled_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """One file of a case. `url` lives a few hours only: fetch it, never keep it in the clear."""

    key: str
    name: str
    content_type: str = ""
    size: int | None = None
    status: str = ""
    url: str = ""
    removed: bool = False
    author: Party = Party()


@dataclass(frozen=True, kw_only=True)
class ReferralNews:
    """What one event tells about one case. `at` orders two accounts; `external_id` is the marker we sent with it."""

    case_id: str = ""
    external_id: str = ""
    at: datetime | None = None
    case: CaseFacts | None = None
    invitation: InvitationFacts | None = None
    update: UpdateFacts | None = None
    settlement: SettlementFacts | None = None
    file: FileFacts | None = None


SEND, EXISTING, SUGGESTIONS, DRAFT = "send", "existing", "suggestions", "draft"
"""Ways a case goes out: matched by the exchange; to a known partner; a draft with suggested partners; a plain draft."""
ACCEPT, DECLINE, EVALUATE = "accept", "decline", "evaluate"
CONTACT_ATTEMPTED, CONSULT_COMPLETE = "contact_attempted", "consult_complete"


@dataclass(frozen=True)
class ReferralRecord:
    """A case on its way to an exchange (operation `send_referral`). `mode`: SEND, EXISTING, SUGGESTIONS or DRAFT.

    `values`: by name of `CaseFacts` (`first_name` … `incident_date` as ISO text), each with its source; empty ones are
    left out of the body. `partner_id` is needed for EXISTING and refused elsewhere.
    """

    local_id: str
    mode: str
    values: Mapping[str, Leaf]
    partner_id: Leaf = Leaf(None, Source.SYSTEM)


@dataclass(frozen=True)
class AnswerRecord:
    """An answer to an invitation (operation `answer_invitation`). A decline needs its reason."""

    local_id: str
    invitation_id: Leaf
    action: str
    reason: Leaf = Leaf(None, Source.COMPOSED)
    note: Leaf = Leaf(None, Source.COMPOSED)


@dataclass(frozen=True)
class UpdateRecord:
    """A message about a case (operation `post_update`). `values`: content, title, happened_at (ISO), stage."""

    local_id: str
    case_id: Leaf
    values: Mapping[str, Leaf]


@dataclass(frozen=True)
class FileRecord:
    """A file for a case (operation `push_file`): its content, or for a large one an address to fetch it from."""

    local_id: str
    case_id: Leaf
    name: Leaf
    file: OutgoingFile | None = None
    url: Leaf = Leaf(None, Source.SYSTEM)


@dataclass(frozen=True)
class RemovalRecord:
    """A file to be taken off a case (operation `remove_file`)."""

    local_id: str
    case_id: Leaf
    file_id: Leaf


OutgoingRecord = ReferralRecord | AnswerRecord | UpdateRecord | FileRecord | RemovalRecord
Wanted = TypeVar("Wanted", ReferralRecord, AnswerRecord, UpdateRecord, FileRecord, RemovalRecord)
RECORD = "record"
"""Key of `Snapshot.extra` under which an outgoing record travels."""


def snapshot_of(record: OutgoingRecord) -> Snapshot:
    """Return the snapshot of an operation that is not about a matter: the record, and nobody's contact or matter."""
    none = Leaf(None, Source.SYSTEM)
    contact = ContactRecord(record.local_id, none, none, none, none)
    matter = MatterRecord(record.local_id, none, none, none)
    return Snapshot(contact, matter, None, {RECORD: record})


def record_of(snapshot: Snapshot, kind: type[Wanted]) -> Wanted:
    """Return the record of an operation's snapshot. Raises `TypeError` when it is of another kind."""
    found: Any = snapshot.extra.get(RECORD)
    if not isinstance(found, kind):
        raise TypeError(f"a {kind.__name__} is needed, not {type(found).__name__}")
    return found


@dataclass(frozen=True, kw_only=True)
class ReferralTerms:
    """What an exchange expects, as far as it is known, for checks before anything is sent.

    `case_types` and `stages` are starting points: the firm keeps its own exact list. `required`: names of
    `ReferralRecord.values` that a case needs. `file_types`: ending → content type. Seconds and days are whole numbers.
    """

    case_types: Sequence[str]
    stages: Sequence[str]
    required: Sequence[str]
    most_characters: Mapping[str, int]
    places: str
    """Form of `place` in words."""
    file_types: Mapping[str, str]
    most_upload_bytes: int
    update_due_days: int
    update_warning_days: int
    invitation_seconds: int
    bulk_spacing_ms: int
    partner_help: Sequence[str] = ()
    """Where a person finds a partner's id there, one sentence each."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Code of a `Refused` → what it means, in plain words."""
