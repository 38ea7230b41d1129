"""What mapped answers would become: with a real matter or a typed sample, before anything is saved. Sends nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from casehug.intake.models import Matter
from casehug.intake.selectors.sync import LEAVING_SOURCES, MatterForSync
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import FieldValue
from integrations.mappings.fields import Choice, outgoing_value
from integrations.mappings.sources import Source
from integrations.models import Connection

MOST_MATTERS = 25
SENT, EMPTY, OUT = "done", "skipped", "noted"
NOT_SENT = "Empty is not sent."
NO_ANSWER = "The client has not answered this. Empty is not sent."


@dataclass(frozen=True)
class PreviewRow:
    """One field of the preview: the answer, what would be sent, and the verdict in words."""

    owner: str
    field: str
    question: str
    answer: str
    sent: str
    state: str
    words: str


def matters_to_try() -> list[Matter]:
    """Return the newest matters whose client has submitted answers. In the firm scope."""
    answered = Matter.objects.filter(submissions__source__in=LEAVING_SOURCES, submissions__submitted_at__isnull=False)
    return list(answered.order_by("-created_at", "-id").distinct()[:MOST_MATTERS])


def preview(
    connection: Connection, matter: MatterForSync, drafts: Iterable[tuple[CatalogueEntry, Choice]],
    asked: Mapping[str, Source],
) -> list[PreviewRow]:  # fmt: skip
    """Return what each field would get from this matter, by the same conversion as a sync."""
    answers = {one.question_key: one.value for one in matter.answers if one.value.strip()}
    return [try_value(connection, entry, choice, answers.get(choice.question, ""), asked) for entry, choice in drafts]


def try_value(
    connection: Connection, entry: CatalogueEntry, choice: Choice, answer: str, asked: Mapping[str, Source]
) -> PreviewRow:  # fmt: skip
    """Return what one field would get from this answer."""
    label = asked[choice.question].label if choice.question in asked else choice.question
    owner, name = str(entry.extra.get("owner", "")), entry.name
    if not answer.strip():
        return PreviewRow(owner, name, label, "", "", EMPTY, NO_ANSWER)
    try:
        value = outgoing_value(connection, entry, choice.transform, answer)
    except ValueError as reason:
        return PreviewRow(owner, name, label, answer, "", OUT, f"Left out: {reason}")
    shown = _shown(value)
    if not shown:
        return PreviewRow(owner, name, label, answer, "", EMPTY, NOT_SENT)
    return PreviewRow(owner, name, label, answer, shown, SENT, "Fits.")


def _shown(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
