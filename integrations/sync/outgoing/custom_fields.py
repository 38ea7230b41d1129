"""Mapped answers as custom fields (CH-37): only what the client submitted, in the form the remote field takes."""

from casehug.intake.selectors.sync import MatterForSync, SubmittedAnswer
from integrations.connections.options import follow
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import CustomValue, Leaf, PrivilegeGuard, Source
from integrations.models import CatalogueItem, Connection, FieldMapping
from integrations.registry import provider

OWNERS = ("contact", "matter")
Fields = dict[str, tuple[CustomValue, ...]]


def read(connection: Connection, matter: MatterForSync) -> tuple[Fields, tuple[str, ...]]:
    """Return the mapped values by owner, and why others were left out. A failing field never stops the sync.

    Raises `PrivilegeGuard` for an answer that no submission stands behind.
    """
    answers = {answer.question_key: answer for answer in matter.answers if answer.value}
    rows = [row for row in FieldMapping.objects.filter(connection=connection) if row.question_key in answers]
    entries = _entries(connection, {row.field_id for row in rows})
    fields: Fields = dict.fromkeys(OWNERS, ())
    left_out = []
    for row in sorted(rows, key=lambda one: one.field_id):
        answer, entry = answers[row.question_key], entries.get(row.field_id)
        if not answer.submission_id:
            raise PrivilegeGuard(f"{row.question_key}: an answer without a submission")
        if entry is None:
            left_out.append(f"{answer.label}: the mapped field no longer exists there.")
            continue
        try:
            fields[row.owner] += (_value(connection, entry, answer),)
        except ValueError as reason:
            left_out.append(f"{answer.label}: {reason}")
    return fields, tuple(left_out)


def _entries(connection: Connection, ids: set[str]) -> dict[str, CatalogueEntry]:
    rows = CatalogueItem.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, kind="custom_field",
        external_id__in=ids, gone_at__isnull=True,
    )  # fmt: skip
    return {row.external_id: CatalogueEntry(row.kind, row.external_id, row.name, row.parent, row.extra) for row in rows}


def _value(connection: Connection, entry: CatalogueEntry, answer: SubmittedAnswer) -> CustomValue:
    convert = provider(connection.provider).custom_value
    given = follow(entry.extra, answer.value)
    value = convert(entry, given) if convert else given
    return CustomValue(Leaf(entry.id, Source.SYSTEM), Leaf(value, Source.CLIENT_SUBMISSION, str(answer.submission_id)))
