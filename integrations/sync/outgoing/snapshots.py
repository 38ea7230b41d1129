"""The only reader of the domain for what goes out: builds sealed records, every value tagged with its source.

The privilege guard lives here: what has no tag here has no way out. Notes, descriptions and remarks are never read.
"""

import uuid
from dataclasses import dataclass, replace

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.intake.errors import NotFound
from casehug.intake.selectors.sync import MatterForSync, matter_for_sync
from integrations.contract.records import (
    ContactRecord,
    Leaf,
    MatterRecord,
    NoteRecord,
    Snapshot,
    Source,
)
from integrations.mappings.holding import blocker
from integrations.mappings.services import MappedTarget, mapping_for
from integrations.models import Connection
from integrations.sync.outgoing import custom_fields, forms, note_text
from integrations.sync.outgoing.markers import marker_for
from integrations.sync.outgoing.prepared import Sendable
from integrations.sync.records import strangers

COMPLETED, STATUS = "intake_completed", "intake_status"


class NoClient(RuntimeError):
    """The matter has no client: there is nobody to make a contact for."""


class MatterGone(RuntimeError):
    """The matter does not exist (any more)."""


@dataclass(frozen=True)
class Prepared(Sendable):
    """What one run of a matter may send, and the local identity behind it."""

    client_id: uuid.UUID
    note_kind: str
    target: MappedTarget

    def local_type(self, step_key: str) -> str:
        """Return the local type of a step's record: its key, for notes with the kind."""
        return f"note.{self.note_kind}" if step_key == "note" else step_key

    def local_id(self, step_key: str) -> uuid.UUID:
        """Return the local id of a step's record."""
        return self.client_id if step_key == "contact" else self.matter_id


def read(*, connection: Connection, item: WorkItem) -> Prepared:
    """Read the latest state of the item's matter inside the firm scope.

    Raises `NoClient`, `MatterGone`, or `PrivilegeGuard` when a value has no allowed source.
    """
    try:
        matter = matter_for_sync(item.subject_id)
    except NotFound as missing:
        raise MatterGone(str(item.subject_id)) from missing
    client_id = matter.client_id
    if client_id is None:
        raise NoClient(str(matter.matter_id))
    if strangers.is_strangers(connection=connection, client_id=client_id, email=matter.client_email):
        matter = replace(matter, client_email="")  # also no form of theirs may carry it: forms are merged by e-mail
    target = mapping_for(connection, matter)
    kind = _note_kind(matter, by_hand=item.lane == WorkItem.Lane.BUTTON)
    mapped = custom_fields.read(connection, matter)
    snapshot = Snapshot(
        contact=ContactRecord(
            local_id=str(client_id),
            first_name=Leaf(matter.client_first_name, Source.IDENTITY),
            last_name=Leaf(matter.client_last_name, Source.IDENTITY),
            email=Leaf(matter.client_email, Source.IDENTITY),
            phone=Leaf(matter.client_phone, Source.IDENTITY),
            custom_fields=mapped.fields["contact"],
        ),
        matter=MatterRecord(
            local_id=str(matter.matter_id),
            title=Leaf(matter.title, Source.CASE),
            practice_area_id=Leaf(target.practice_area_id, Source.SYSTEM),
            stage_id=Leaf(target.stage_id, Source.SYSTEM),
            custom_fields=mapped.fields["matter"],
        ),
        note=_note(matter, kind) if kind else None,
        extra=_extra(target) | forms.read(connection, matter, trigger=item.trigger),
    )
    blocked = blocker(connection, matter, target)
    return Prepared(
        matter.matter_id, snapshot, client_id, kind, target, left_out=mapped.left_out,
        field_names=mapped.names, blocker=blocked,
    )  # fmt: skip


def _extra(target: MappedTarget) -> dict[str, Leaf]:
    return {"sub_status_id": Leaf(target.sub_status_id, Source.SYSTEM)} if target.sub_status_id else {}


def _note_kind(matter: MatterForSync, *, by_hand: bool) -> str:
    """Return which note is due: the completed intake once; by a manual sync of an open intake its status (CH-17)."""
    if matter.intake_completed_at is not None:
        return COMPLETED
    return STATUS if by_hand else ""


def _note(matter: MatterForSync, kind: str) -> NoteRecord:
    marker = marker_for(f"note.{kind}", matter.matter_id)
    name, body = note_text.compose(matter, kind=kind, marker=marker)
    return NoteRecord(
        local_id=public_id("mat", matter.matter_id),
        kind=kind,
        name=Leaf(name, Source.SYSTEM),
        body=Leaf(body, Source.SYSTEM),
    )
