"""Rows inserted by the short way are the rows that saving them would have made."""

from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.rows import insert
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Firm


def test_the_short_way_writes_what_saving_writes(firm: Firm) -> None:
    with firm_scope(firm.id):
        same = {
            "queue": "sync", "kind": "x", "subject_type": "matter", "next_attempt_at": database_now(), "lane": 2,
            "step_state": {"a": [1, None, "ü"]}, "connection_id": None, "status": "held",
        }  # fmt: skip
        saved, *short = (WorkItem(subject_id=uuid7(), **same) for _ in range(3))
        saved.save(force_insert=True)
        insert(short)
        insert([])
        rows = WorkItem.objects.in_bulk([one.id for one in (saved, *short)])
        own = {"id", "subject_id", "created_at", "updated_at"}
        columns = [field.attname for field in WorkItem._meta.concrete_fields if field.attname not in own]
        assert len({str([getattr(row, name) for name in columns]) for row in rows.values()}) == 1
        assert all(rows[one.id].created_at == one.created_at for one in short)
        short[0].step = "later"
        short[0].save()  # it counts as stored: an update, no second row
        assert WorkItem.objects.filter(kind="x").count() == 3
