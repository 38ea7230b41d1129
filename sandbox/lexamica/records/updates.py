"""Case updates of both sides, and settlements."""

from __future__ import annotations

import hashlib
import re

from sandbox.ledger import markers_in
from sandbox.lexamica import catalogue
from sandbox.lexamica.events.emit import emit
from sandbox.lexamica.records import cases, views
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, moment


def key(case: Record, title: str, content: str) -> str:
    """What the ledger counts an update under when it has no marker."""
    return f"{case.id}:{hashlib.sha256(f'{title}|{content}'.encode()).hexdigest()[:16]}"


def post(world: World, case: Record, doc: Doc, *, actor: int, by_api: bool) -> Record:
    """Keep an update of a participant, move the stage if it names one; raises Refusal."""
    cases.participant(world, case, actor)
    content, title = str(doc.get("content") or ""), str(doc.get("title") or "")
    if not content.strip():
        raise invalid(("content", "is required"))
    try:
        date = moment(doc["date"]) if doc.get("date") else world.now()
    except ValueError:
        raise invalid(("date", "an ISO 8601 time is needed")) from None
    kept = {"title": title or None, "content": content, "date": date, "stage": doc.get("stage")}
    record = world.store.insert("update", actor, kept, at=world.stamp(), parent=case.id)
    if by_api:
        found = [*markers_in(title, content), key(case, title, content)]
        world.ledger.add(account=actor, effect="created", kind="update", record=record.n, keys=found)
    emit(world, "update_made", record, case, actor=actor)
    if doc.get("stage"):
        cases.set_stage(world, case, str(doc["stage"]), actor=actor)
    return record


def settle(world: World, case: Record, amounts: Doc, *, actor: int) -> Record:
    """Begin the settlement of an accepted case. Amounts are decimal strings."""
    cases.participant(world, case, actor)
    if case.state not in ("accepted", "settling"):
        raise invalid(("", f"a case that is {case.state} cannot be settled"))
    if world.store.under("settlement", case.id):
        raise invalid(("", "the settlement has begun already"))
    doc = {"note": amounts.get("note") or None} | _money(amounts)
    case.state = "settling"
    cases.touch(world, case)
    record = world.store.insert("settlement", case.org, doc, at=world.stamp(), parent=case.id, state="started")
    emit(world, "settlement", record, case, actor=actor)
    cases.set_stage(world, case, catalogue.text("stage_on_settlement"), actor=actor)
    return record


def conclude(world: World, case: Record, given: Doc, *, actor: int) -> Record:
    """Dispute or complete the settlement; completing names the day and closes the case."""
    found = world.store.under("settlement", case.id)
    status = given.get("status", "completed")
    if not found:
        raise Refusal("case_not_found", ("", "no settlement has begun"))
    if status not in catalogue.value("settlement_statuses"):
        raise invalid(("status", "not a status of settlements"))
    record = found[-1]
    record.state = status
    record.doc |= {name: value for name, value in _money(given).items() if value is not None}
    if status == "completed":
        record.doc["settled"] = world.now()
    world.store.save(record)
    emit(world, "settlement_completed" if status == "completed" else "settlement", record, case, actor=actor)
    if status == "completed":
        cases.set_stage(world, case, catalogue.value("stages_closed")[0], actor=actor)
    return record


def _money(given: Doc) -> Doc:
    kept: Doc = {}
    for name in views.MONEY:
        text = str(given.get(name) or "").replace(",", "").strip()
        if text and not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", text):
            raise invalid((name, "an amount such as 1250.00 is needed"))
        kept[name] = f"{text}.00" if text and "." not in text else text or None
    return kept
