"""Field Mappings: which answer of the client fills which custom field of contact or matter (CH-37).

One conversion for the sync, the preview and the sample: `outgoing_value`. The rows, and what may be in them: here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from casehug.audit import services as audit
from casehug.firms.page_reads import once_a_page
from integrations.connections.catalogue import items
from integrations.connections.options import follow
from integrations.contract.errors import Refused
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import CUSTOM_FIELD, FieldValue
from integrations.mappings.sources import Source, sources
from integrations.mappings.transforms import kind_after, transform, why_not
from integrations.mappings.versions import MappingKind, Row, recorded
from integrations.models import CatalogueItem, Connection, FieldMapping
from integrations.registry import provider

FIELD = "custom_field"
OWNERS = ("contact", "matter")
NOT_ASKED = "This is not an answer of a client: only questions of the portal and of imported intakes can be mapped."
NO_FIELD = "This field does not exist in the connected account (any more)."
GONE, OK, UNASKED = "gone", "chosen", "unasked"


@dataclass(frozen=True)
class Choice:
    """What one field is filled with: the question and the transform on the way ("" = none)."""

    question: str
    transform: str = ""


@dataclass(frozen=True)
class FieldLine:
    """One mapped field. `state`: chosen, gone (no such field there) or unasked (no question has the key)."""

    owner: str
    field_id: str
    entry: CatalogueEntry | None
    choice: Choice
    state: str

    @property
    def name(self) -> str:
        """Name of the field there, its id when it is gone and was never read."""
        return self.entry.name if self.entry else f"Field {self.field_id}"


def entry_of(item: CatalogueItem) -> CatalogueEntry:
    """Return a stored catalogue row as the contract knows it."""
    return CatalogueEntry(item.kind, item.external_id, item.name, item.parent, item.extra)


def fields_of(connection: Connection, *, with_gone: bool = False) -> dict[str, CatalogueEntry]:
    """Return the account's custom fields of contacts and matters by id, without those a write found missing."""
    lost = {str(one) for one in connection.profile.get("gone", ())} if not with_gone else set()
    return {
        item.external_id: entry_of(item)
        for item in _stored(connection)
        if (with_gone or item.gone_at is None)
        and item.extra.get("owner") in OWNERS
        and f"{CUSTOM_FIELD}{item.external_id}" not in lost
    }


@once_a_page
def _stored(connection: Connection) -> Sequence[CatalogueItem]:
    return tuple(items(connection, kind=FIELD, with_gone=True))


def outgoing_value(connection: Connection, entry: CatalogueEntry, how: str, answer: str) -> FieldValue:
    """Return an answer as its field takes it. Raises `ValueError` with a reason that holds nothing of the answer."""
    convert = provider(connection.provider).custom_value
    changed = follow(entry.extra, transform(how, answer))
    return convert(entry, changed) if convert else changed


def field_lines(connection: Connection) -> list[FieldLine]:
    """Return the mapped fields by owner and name. In the firm scope."""
    known, live, asked = fields_of(connection, with_gone=True), fields_of(connection), sources()
    lines = []
    for row in FieldMapping.objects.filter(connection=connection):
        state = GONE if row.field_id not in live else OK if row.question_key in asked else UNASKED
        choice = Choice(row.question_key, row.transform)
        lines.append(FieldLine(row.owner, row.field_id, known.get(row.field_id), choice, state))
    return sorted(lines, key=lambda one: (one.owner, one.name.casefold(), one.field_id))


def unfit(connection: Connection, entry: CatalogueEntry, source: Source, how: str) -> str:
    """Return why this question can never fill this field with this transform, "" when it may."""
    fits = provider(connection.provider).custom_fits
    for kind in source.kinds:
        reason = why_not(how, kind) or (fits(entry, kind_after(how, kind)) if fits else "")
        if reason:
            return reason
    return ""


def check_choice(connection: Connection, entry: CatalogueEntry | None, choice: Choice,
                 asked: Mapping[str, Source]) -> str:  # fmt: skip
    """Return why a field may not be filled this way, "" when it may: the one gate for pages, files and versions."""
    if entry is None:
        return NO_FIELD
    if choice.question not in asked:
        return NOT_ASKED
    return unfit(connection, entry, asked[choice.question], choice.transform)


def save_fields(*, connection: Connection, changes: Mapping[str, Choice | None]) -> int:
    """Set what fields are filled with: field id → choice, None to stop filling it. All or none. In the firm scope.

    Returns how many changed. Raises `Refused` with the field's id as code, and then changes nothing.
    """
    with recorded(connection=connection, kind="fields", note="Changed on the page"):
        live, asked = fields_of(connection), sources()
        for field_id, choice in changes.items():
            reason = check_choice(connection, live.get(field_id), choice, asked) if choice else ""
            if reason:
                raise Refused(reason, code=field_id)
        audited = {}
        for field_id, choice in changes.items():
            owner = str(live[field_id].extra["owner"]) if field_id in live else ""
            before = _set(connection, owner, field_id, choice)
            after = [choice.question, choice.transform] if choice else []
            if before != after:
                audited[field_id] = [before, after]
        if audited:
            audit.record(action="field_mapping.changed", object_type="connection", object_id=connection.id,
                         changes=audited)  # fmt: skip
    return len(audited)


def _set(connection: Connection, owner: str, field_id: str, choice: Choice | None) -> list[str]:
    """Write one row and return what it was; a field belongs to one owner, so its id alone finds the row."""
    rows = FieldMapping.objects.filter(connection=connection, field_id=field_id)
    known = rows.first()
    before = [known.question_key, known.transform] if known else []
    if choice is None:
        rows.delete()
    elif before != [choice.question, choice.transform]:
        FieldMapping.objects.update_or_create(
            connection=connection, owner=owner, field_id=field_id,
            defaults={"question_key": choice.question, "transform": choice.transform},
        )  # fmt: skip
    return before


def _read(connection: Connection) -> list[Row]:
    asked = sources()
    return [
        {
            "key": f"{line.owner}:{line.field_id}", "owner": line.owner, "field": line.field_id,
            "question": line.choice.question, "transform": line.choice.transform, "field_name": line.name,
            "question_name": asked[line.choice.question].label if line.choice.question in asked else "",
        }
        for line in field_lines(connection)
    ]  # fmt: skip


def _check(connection: Connection, rows: Sequence[Row]) -> dict[int, str]:
    live, asked, wrong = fields_of(connection), sources(), {}
    for place, row in enumerate(rows):
        entry, choice = live.get(row.get("field", "")), Choice(row.get("question", ""), row.get("transform", ""))
        reason = check_choice(connection, entry, choice, asked)
        if not reason and entry is not None and row.get("owner") != entry.extra.get("owner"):
            reason = f"This field belongs to the {entry.extra.get('owner')}."
        if not reason and row["key"] != f"{row['owner']}:{row['field']}":
            reason = "“key” must be the owner and the field's id, like “contact:12”."
        if reason:
            wrong[place] = reason
    return wrong


@transaction.atomic
def _apply(connection: Connection, rows: Sequence[Row]) -> None:
    kept = {str(row["field"]): row for row in rows}
    FieldMapping.objects.filter(connection=connection).exclude(field_id__in=kept).delete()
    for field_id, row in kept.items():
        _set(connection, str(row["owner"]), field_id, Choice(str(row["question"]), str(row.get("transform", ""))))


def _words(row: Row) -> str:
    name = str(row.get("question_name") or row.get("question", ""))
    return f"{name} ({row['transform']})" if row.get("transform") else name


KIND = MappingKind(
    key="fields", title="Field Mappings", page="integration_fields",
    columns=frozenset({"owner", "field", "question", "transform", "field_name", "question_name"}),
    read=_read, check=_check, apply=_apply,
    label=lambda row: f"{str(row.get('owner', '')).capitalize()}: {row.get('field_name') or row.get('field', '')}",
    words=_words,
)  # fmt: skip
