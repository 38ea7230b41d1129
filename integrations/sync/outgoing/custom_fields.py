"""Mapped answers as custom fields (CH-37): only what the client submitted, in the form the remote field takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from casehug.intake.selectors.sync import MatterForSync, SubmittedAnswer
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import CustomValue, Leaf, PrivilegeGuard, Source
from integrations.mappings.fields import OWNERS, fields_of, outgoing_value
from integrations.models import Connection, FieldMapping

Fields = dict[str, tuple[CustomValue, ...]]
NO_FIELD = "the mapped field no longer exists there."


@dataclass(frozen=True)
class Mapped:
    """The mapped values by owner, why others were left out, and what people call each field (by content key)."""

    fields: Fields = field(default_factory=lambda: dict.fromkeys(OWNERS, ()))
    left_out: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Content key → the question's label and the field's name there."""


def read(connection: Connection, matter: MatterForSync) -> Mapped:
    """Return what a matter's mapped answers become. A failing field never stops the sync, an empty one is not sent.

    Raises `PrivilegeGuard` for an answer that no submission stands behind.
    """
    answers = {answer.question_key: answer for answer in matter.answers if answer.value.strip()}
    if not answers:
        return Mapped()
    rows = [row for row in FieldMapping.objects.filter(connection=connection) if row.question_key in answers]
    live = fields_of(connection) if rows else {}
    fields: Fields = dict.fromkeys(OWNERS, ())
    names: dict[str, tuple[str, str]] = {}
    left_out = []
    for row in sorted(rows, key=lambda one: (len(one.field_id), one.field_id)):
        answer, entry = answers[row.question_key], live.get(row.field_id)
        if not answer.submission_id:
            raise PrivilegeGuard(f"{row.question_key}: an answer without a submission")
        if entry is None or entry.extra.get("owner") != row.owner:
            left_out.append(f"{answer.label}: {NO_FIELD}")
            continue
        try:
            value = _value(connection, entry, row.transform, answer)
        except ValueError as reason:
            left_out.append(f"{answer.label}: {reason}")
            continue
        fields[row.owner] += (value,)
        names[value.key] = (answer.label, entry.name)
    return Mapped(fields, tuple(left_out), names)


def _value(connection: Connection, entry: CatalogueEntry, how: str, answer: SubmittedAnswer) -> CustomValue:
    value = outgoing_value(connection, entry, how, answer.value)
    return CustomValue(Leaf(entry.id, Source.SYSTEM), Leaf(value, Source.CLIENT_SUBMISSION, str(answer.submission_id)))
