"""Rows of the Forms pages: the form of each case type, and each field of a form with its source."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from casehug.intake.models import CaseType, Matter
from integrations.contract.forms import FormField
from integrations.mappings.form_sources import guess, labels_for
from integrations.mappings.forms import FormCopy, mappings_of, problems
from integrations.mappings.sources import case_types
from integrations.models import Connection
from integrations.selectors.connections import user_names

KINDS = {
    "string": "Text", "text": "Long text", "integer": "Whole number", "boolean": "Yes or no", "currency": "Money",
    "date": "Date", "time": "Time", "datetime": "Date and time", "list": "One of a list",
    "multi_picklist": "Several of a list",
}  # fmt: skip


@dataclass(frozen=True)
class CaseTypeRow:
    """One case type: its form, and `problem` when the mapping does not work any more. `state` of the vocabulary."""

    key: str
    label: str
    state: str
    form: str
    mode: str
    problem: str
    matters: int
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True)
class FieldRow:
    """One field of a form as the page draws it."""

    field: FormField
    kind: str
    source: str
    source_label: str
    error: str

    @property
    def options(self) -> str:
        """The labels of a list, for people."""
        return ", ".join(label for label, _ in self.field.options)


def case_type_rows(connection: Connection, forms: Sequence[FormCopy]) -> list[CaseTypeRow]:
    """Return every active case type, and those that still have a form. In the firm scope."""
    saved = mappings_of(connection)
    counts = dict(Matter.objects.values_list("case_type__key").annotate(n=Count("id")).order_by())
    people = user_names(row.changed_by_id for row in saved.values())
    names = {one.id: one.name for one in forms}
    rows = []
    for case_type in case_types():
        row = saved.get(case_type.key)
        if row is None and not case_type.active:
            continue
        wrong = problems(connection, case_type, row.form_id, row.mode, row.sources) if row else None
        rows.append(CaseTypeRow(
            key=case_type.key, label=case_type.name, matters=counts.get(case_type.key, 0),
            state="needs_choice" if wrong else "chosen" if row else "skipped",
            form=names.get(row.form_id, row.form_id) if row else "", mode=row.get_mode_display() if row else "",
            problem=wrong.detail if wrong else "", changed_at=row.updated_at if row else None,
            changed_by=people.get(row.changed_by_id or uuid.UUID(int=0), "") if row else "",
        ))  # fmt: skip
    return rows


def field_rows(
    form: FormCopy | None, case_type: CaseType, sources: Mapping[str, str], errors: Mapping[str, str], *, fresh: bool
) -> list[FieldRow]:
    """Return the fields of a form, required ones first. `fresh`: nothing is saved yet, so sources are suggested."""
    if form is None:
        return []
    labels = labels_for(case_type)
    rows = []
    for field in sorted(form.fields, key=lambda one: not one.required):
        suggested = guess(field.label, field.id, case_type) if fresh and not field.refused else ""
        source = sources.get(field.id) or suggested
        rows.append(FieldRow(
            field, KINDS.get(field.kind, field.kind.replace("_", " ").capitalize()), source,
            labels.get(source, source), errors.get(field.id, ""),
        ))  # fmt: skip
    return rows
