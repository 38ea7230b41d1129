"""The screens of forms: what is in them, what the API refuses about them, and what was submitted."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from sandbox.lawmatics.api.forms import EXCLUDED
from sandbox.lawmatics.records.store import Record
from sandbox.lawmatics.screen import pages
from sandbox.lawmatics.world import world

ROWS = 50
TAG = re.compile(r"<[^>]*>")
MADE = {"prospect": ("Matter", "matters"), "contact": ("Contact", "contacts")}


def _parts(form: Record) -> list[dict[str, Any]]:
    parts = [part for row in form.doc["rows"] for part in row["components"]]
    return [part | {"words": TAG.sub("", str(part["label"])), "hidden": bool(part.get("hidden"))} for part in parts]


def _entries(form: Record) -> tuple[str, list[object]]:
    values: list[object] = [form.account, form.id]
    return "account = ? AND kind = 'form_entry' AND json_extract(doc, '$.form_id') = ?", values


def _refused(form: Record) -> str:
    kinds = {part["component_type"] for part in _parts(form)}
    return ", ".join(words for kind, words in EXCLUDED.items() if kind in kinds)


def forms(request: HttpRequest) -> HttpResponse:
    """The forms of the account."""
    account = pages.account_in_view(request)
    rows = [
        {
            "id": form.id, "name": form.doc["name"], "makes": MADE[
                "prospect" if form.doc["type"] == "Prospect" else "contact"
            ][0],
            "fields": sum(part["component_type"] in ("field", "general_field") for part in _parts(form)),
            "refused": _refused(form), "entries": world().store.count(*_entries(form)),
        }
        for form in world().store.all("form", account.id)
    ]  # fmt: skip
    return pages.page(request, "Forms", "_forms.html", rows=rows)


def form(request: HttpRequest, number: int) -> HttpResponse:
    """One form with its blocks and its newest entries."""
    record = world().store.get("form", number)
    if record is None:
        raise Http404
    found = world().store.select(*_entries(record), order="id DESC", limit=ROWS)
    entries = [
        {
            "id": entry.id, "body": [line | {"label": TAG.sub("", str(line["label"]))} for line in entry.doc["body"]],
            "made": MADE[entry.doc["owner_kind"]], "owner": entry.doc["owner_id"],
            "when": pages.clock(entry.created, entry.account),
        }
        for entry in found
    ]  # fmt: skip
    return pages.page(
        request, record.doc["name"], "_form.html", uuid=record.doc["uuid"], parts=_parts(record), entries=entries,
        refused=_refused(record),
    )  # fmt: skip


ROUTES = [path("crm/forms", forms), path("crm/forms/<int:number>", form)]
