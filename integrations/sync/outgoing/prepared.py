"""What one run may send, whatever it is about: the sealed snapshot and the local identity behind each of its steps."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.records import FieldValue, Snapshot
from integrations.mappings.holding import Blocker

NO_MATTER = uuid.UUID(int=0)
"""Stands where a matter is expected and what is sent belongs to none."""


@dataclass(frozen=True)
class Sendable:
    """What one run may send, and the matter it belongs to (`NO_MATTER` for none)."""

    matter_id: uuid.UUID
    snapshot: Snapshot
    left_out: tuple[str, ...] = field(default=(), kw_only=True)
    """Why mapped answers were not sent, in plain words without any value."""
    field_names: Mapping[str, tuple[str, str]] = field(default_factory=dict, kw_only=True)
    """Content key of a mapped field → the question's label and the field's name there."""
    refused: Mapping[str, Mapping[str, FieldValue | None]] = field(default_factory=dict, kw_only=True)
    """Step key → mapped values that the provider did not take in this run or before."""
    blocker: Blocker | None = field(default=None, kw_only=True)
    """What this matter is mapped to and no longer exists there: it waits for another choice."""

    @property
    def email(self) -> str:
        """Comparable e-mail of the client, empty for none."""
        return normalise_email(str(self.snapshot.contact.email.value or ""))

    @property
    def name(self) -> str:
        """Comparable name of the client."""
        contact = self.snapshot.contact
        return normalise_name(str(contact.first_name.value or ""), str(contact.last_name.value or ""))

    def local_type(self, step_key: str) -> str:
        """Return the local type of a step's record: its key."""
        return step_key

    def local_id(self, step_key: str) -> uuid.UUID:
        """Return the local id of a step's record."""
        raise NotImplementedError(step_key)


@dataclass(frozen=True)
class SendableRecord(Sendable):
    """One record of an operation that is not about a matter (`contract.referrals`), behind one local row."""

    subject_id: uuid.UUID

    def local_id(self, step_key: str) -> uuid.UUID:
        return self.subject_id
