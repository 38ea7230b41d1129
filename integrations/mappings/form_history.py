"""Form mappings as rows of the version history: read, check, apply, export and import."""

from collections.abc import Mapping, Sequence

from casehug.intake.models import CaseType
from integrations.mappings.forms import form_of, mappings, problems, put
from integrations.mappings.versions import MappingKind, Row
from integrations.models import Connection, FormMapping

WORDS = {"beside": "beside contact and matter", "instead": "instead of contact and matter"}
ARROW = " = "


def _read(connection: Connection) -> list[Row]:
    names = dict(CaseType.objects.values_list("key", "name"))
    rows: list[Row] = []
    for row in mappings(connection).order_by("case_type"):
        form = form_of(connection, row.form_id)
        lines = [f"{name}{ARROW}{source}" for name, source in sorted(row.sources.items())]
        rows.append({
            "key": row.case_type, "case_type_name": names.get(row.case_type, row.case_type), "form": row.form_id,
            "form_name": form.name if form else row.form_id, "mode": row.mode, "fields": "\n".join(lines),
        })  # fmt: skip
    return rows


def _sources(row: Row) -> dict[str, str]:
    """Return the field → source pairs of a row. Raises `ValueError` for a line that is none."""
    pairs = [line.split(ARROW) for line in str(row.get("fields", "")).splitlines() if line.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("“fields” holds one line per field: its id, “ = ”, its source.")
    return {name.strip(): source.strip() for name, source in pairs}


def _check(connection: Connection, rows: Sequence[Row]) -> Mapping[int, str]:
    types = {one.key: one for one in CaseType.objects.all()}
    wrong: dict[int, str] = {}
    for place, row in enumerate(rows):
        case_type = types.get(str(row["key"]))
        if case_type is None:
            wrong[place] = "There is no such case type."
            continue
        try:
            found = problems(connection, case_type, str(row.get("form", "")), str(row.get("mode", "")), _sources(row))
        except ValueError as reason:
            wrong[place] = str(reason)
            continue
        if found is not None:
            wrong[place] = found.detail
    return wrong


def _apply(connection: Connection, rows: Sequence[Row]) -> None:
    before = {str(row["key"]): row for row in _read(connection)}
    FormMapping.objects.filter(connection=connection).exclude(case_type__in=[str(row["key"]) for row in rows]).delete()
    for row in rows:
        old = before.get(str(row["key"]), {})
        if {key: old.get(key) for key in ("form", "mode", "fields")} != {
            key: row.get(key) for key in ("form", "mode", "fields")
        }:
            put(connection, str(row["key"]), str(row["form"]), str(row["mode"]), _sources(row))


def _label(row: Row) -> str:
    return str(row.get("case_type_name") or row["key"])


def _words(row: Row) -> str:
    lines = ", ".join(str(row.get("fields", "")).splitlines())
    mode = WORDS.get(str(row.get("mode")), str(row.get("mode")))
    return f"{row.get('form_name') or row.get('form')}, {mode}: {lines}"


KIND = MappingKind(
    key="forms",
    title="Forms",
    page="integration_forms",
    columns=frozenset({"case_type_name", "form", "form_name", "mode", "fields"}),
    read=_read,
    check=_check,
    apply=_apply,
    label=_label,
    words=_words,
)
