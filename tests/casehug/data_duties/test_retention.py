"""Retention: every table of a firm is in the registry, what is too old goes, what is younger or not over stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from casehug.audit.models import AuditEntry
from casehug.common import throttle
from casehug.common.scope import firm_scope
from casehug.data_duties.retention import Kept, apply, registry, tick
from casehug.firms.models import Firm, Notice, TeamInvitation
from casehug.intake.models import ImportRow
from casehug.outbox.models import OutboxEvent
from tests.conftest import Person
from tests.proofs.rows import firm_models, make_row


def test_every_table_of_a_firm_has_its_time() -> None:
    listed = [table for rule in registry() for table in rule.tables]
    tables = {model._meta.db_table for model in firm_models()}
    assert tables - set(listed) == set(), "say in RETENTION how long these tables are kept, and why"
    assert set(listed) - tables == set()
    for rule in registry():
        assert rule.why and (rule.days is None or bool(rule.by) + bool(rule.column) + bool(rule.purge) == 1), rule.what
        if rule.by:
            assert rule.by in settings.TICKS or import_string(rule.by)


def _aged(model: Any, days: int, **more: Any) -> Any:
    row = make_row(model)
    old = timezone.now() - timedelta(days=days)
    model.objects.filter(id=row.id).update(created_at=old, **{name: value or old for name, value in more.items()})
    return row.id


@pytest.mark.parametrize(
    ("model", "days", "column", "open_value"),
    [(OutboxEvent, 730, "dispatched_at", "never dispatched"), (Notice, 365, "cleared_at", "still standing"),
     (TeamInvitation, 365, "expires_at", "")],
)  # fmt: skip
def test_old_rows_go_and_others_stay(firm: Firm, model: Any, days: int, column: str, open_value: str) -> None:
    with firm_scope(firm.id):
        model.objects.all().delete()
        old, young = _aged(model, days + 1, **{column: None}), _aged(model, days - 2, **{column: None})
        kept = {young}
        if open_value:
            row = _aged(model, days + 1)
            model.objects.filter(id=row).update(**{column: None})
            kept.add(row)
        done = apply(timezone.now())
        assert set(model.objects.values_list("id", flat=True)) == kept and old not in kept
        assert list(done.values()) == [1]
    with firm_scope(firm.id):
        assert AuditEntry.objects.filter(action="retention.applied", changes=done).exists()


def test_the_text_of_imports_goes_and_the_reference_stays(firm: Firm) -> None:
    with firm_scope(firm.id):
        row = ImportRow.objects.get(id=_aged(ImportRow, 91))
        ImportRow.objects.filter(id=row.id).update(raw=["Mira"], values={"a": 1}, source_reference="R-1")
        type(row.batch).objects.update(status="done")
        apply(timezone.now())
        row.refresh_from_db()
        assert (row.raw, row.values, row.source_reference) == ([], {}, "R-1")


def test_the_tick_works_once_an_hour_and_changes_nothing_twice(firm: Firm) -> None:
    with firm_scope(firm.id):
        _aged(Notice, 400, cleared_at=None)
    assert (tick(), tick()) == (1, 0)
    throttle.clear(name="retention", key=str(firm.id))
    assert tick() == 0


def test_the_page_says_it(firm: Firm, auditor: Person, staff: Person) -> None:
    page = auditor.browser.get("/settings/data/").content.decode()
    for words in ("Audit log", "Until erased", "72 hours", "24 months", "Unverified events"):
        assert words in page
    assert staff.browser.get("/settings/data/").status_code == 403


def test_periods_in_words() -> None:
    assert [Kept("x", (), "y", days=days).period for days in (None, 1, 3, 30, 90, 365, 730)] == [
        "Until erased", "24 hours", "72 hours", "30 days", "90 days", "12 months", "24 months",
    ]  # fmt: skip
