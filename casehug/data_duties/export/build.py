"""Build an export in steps that can be stopped: pieces are added to the ZIP, the row remembers how far it is."""

import hashlib
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from casehug.audit.services import record
from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.data_duties.export.contents import (
    Piece,
    file_pieces,
    firm_models,
    firm_piece,
    left_out,
    table_piece,
    total,
)
from casehug.data_duties.models import FirmExport
from casehug.firms.models import Firm
from casehug.intake.services.uploads import media_root

KIND, KEPT, WORK_SECONDS = "export_firm", timedelta(hours=24), 40.0
ABANDONED = timedelta(hours=24)
"""After so long an export that nobody works on is over: its work was given up, or the command was stopped."""
ABOUT = "Every table as JSON lines (UTF-8), every stored file. `sha256` is the hash of each member of this archive."
BLOCK = 1 << 20


def request_export() -> FirmExport:
    """Queue an export of the scope's firm; while one is being made that one is returned."""
    for row in FirmExport.objects.filter(state__in=FirmExport.OPEN):
        if _is_being_made(row):
            found: FirmExport = row
            return found
        _give_up(row)
    made = new_export()
    work.enqueue(
        kind=KIND, queue="maintenance", subject_type="export", subject_id=made.id, lane=WorkItem.Lane.BUTTON,
        trigger="person", actor_id=current_actor_id(),
    )  # fmt: skip
    return made


def _is_being_made(row: FirmExport) -> bool:
    return bool(WorkItem.objects.filter(kind=KIND, subject_id=row.id, status__in=WorkItem.LIVE).exists())


def _give_up(row: FirmExport) -> None:
    """Nobody goes on with it: a half file holds client data and must not stay behind."""
    if row.path:
        file_of(row).unlink(missing_ok=True)
    FirmExport.objects.filter(id=row.id).update(state=FirmExport.State.FAILED, path="", contents={})


def new_export() -> FirmExport:
    """Make the row of an export, in the firm scope."""
    made: FirmExport = FirmExport.objects.create(created_by_id=current_actor_id(), total=total())
    FirmExport.objects.filter(id=made.id).update(path=f"{made.firm_id}/exports/zip/{made.id}.zip")
    record(action="export.requested", object_type="export", object_id=made.id)
    made.refresh_from_db()
    return made


def file_of(export: FirmExport) -> Path:
    """Return where the file of an export is."""
    return media_root() / export.path


def build(
    *, firm_id: uuid.UUID, export_id: uuid.UUID, seconds: float = 0.0, progress: Callable[[int], None] | None = None
) -> bool:
    """Add pieces until all are there or the time is over (0: no limit); returns whether it is finished.

    Call it outside any scope. A file that does not fit what the row remembers (a crash) is begun anew.
    """
    with firm_scope(firm_id):
        export = FirmExport.objects.filter(id=export_id).first()
    if export is None or export.state not in FirmExport.OPEN:
        return True
    state = _begin(export)
    until, finished = time.monotonic() + seconds, False
    with zipfile.ZipFile(file_of(export), "a", zipfile.ZIP_DEFLATED) as archive:
        while True:
            finished = _step(firm_id, archive, state)
            if progress is not None:
                progress(state["done"])
            if finished or (seconds and time.monotonic() > until):
                break
        if finished:
            archive.writestr("manifest.json", _manifest(firm_id, export, state))
    _save(firm_id, export, state, finished)
    return finished


def _begin(export: FirmExport) -> dict[str, Any]:
    path, state = file_of(export), dict(export.contents)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if state and path.exists():
        try:
            with zipfile.ZipFile(path) as archive:
                if set(archive.namelist()) == set(state["members"]):
                    return state
        except zipfile.BadZipFile:
            pass
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    with zipfile.ZipFile(path, "w"):
        pass
    return {"members": {}, "rows": {}, "missing": [], "table": -1, "after": "", "part": 1, "files": 0, "done": 0,
            "started": timezone.now().isoformat()}  # fmt: skip


def _step(firm_id: uuid.UUID, archive: zipfile.ZipFile, state: dict[str, Any]) -> bool:
    """Add one piece of the tables, or a few files; returns whether nothing is left."""
    models = firm_models()
    with firm_scope(firm_id):
        if state["table"] < 0:
            _add(archive, firm_piece(), state)
            state["table"] = 0
            return False
        if state["table"] < len(models):
            model = models[state["table"]]
            piece = table_piece(model, after=state["after"], part=state["part"])
            if piece is None:
                state |= {"table": state["table"] + 1, "after": "", "part": 1}
                return False
            rows = state["rows"]
            rows[model._meta.db_table] = rows.get(model._meta.db_table, 0) + piece.rows
            state |= {"after": piece.after, "part": state["part"] + 1, "done": state["done"] + piece.rows}
        else:
            piece = next(file_pieces(skip=state["files"]), None)
            if piece is None:
                return True
            state |= {"files": state["files"] + 1, "done": state["done"] + 1}
    _add(archive, piece, state)  # outside the scope: a large file would keep the transaction open
    return False


def _add(archive: zipfile.ZipFile, piece: Piece, state: dict[str, Any]) -> None:
    if piece.name.startswith("files/") and piece.path is None:
        state["missing"].append(piece.name)
        return
    digest = hashlib.sha256(piece.data)
    member = zipfile.ZipInfo(piece.name, time.gmtime()[:6])
    # Files of clients are compressed already; rows of tables shrink to a tenth.
    member.compress_type = zipfile.ZIP_STORED if piece.path is not None else zipfile.ZIP_DEFLATED
    with archive.open(member, "w", force_zip64=True) as target:
        target.write(piece.data)
        if piece.path is not None:
            with piece.path.open("rb") as source:
                while block := source.read(BLOCK):
                    digest.update(block)
                    target.write(block)
    state["members"][piece.name] = digest.hexdigest()


def _manifest(firm_id: uuid.UUID, export: FirmExport, state: dict[str, Any]) -> str:
    with firm_scope(firm_id):
        firm = Firm.objects.get()
        said = {
            "about": ABOUT, "export": export.public_id, "firm": {"id": str(firm.id), "name": firm.name},
            "started_at": state["started"], "finished_at": timezone.now().isoformat(), "rows": state["rows"],
            "left_out": {"why": "keys, tokens, secrets and digests leave with nobody", "columns": left_out()},
            "files_missing_in_the_store": state["missing"], "sha256": state["members"],
        }  # fmt: skip
    return json.dumps(said, indent=1, ensure_ascii=False)


def _save(firm_id: uuid.UUID, export: FirmExport, state: dict[str, Any], finished: bool) -> None:
    path = file_of(export)
    values: dict[str, Any] = {"state": FirmExport.State.BUILDING, "contents": state, "done": state["done"]}
    if finished and path.exists():
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        now = timezone.now()
        values = {
            "state": FirmExport.State.READY, "contents": {"rows": state["rows"]}, "done": state["done"],
            "total": state["done"], "size_bytes": path.stat().st_size, "sha256": digest, "ready_at": now,
            "expires_at": now + KEPT,
        }  # fmt: skip
    with firm_scope(firm_id):
        changed = FirmExport.objects.filter(id=export.id, state__in=FirmExport.OPEN).update(**values)
        if changed and values["state"] == FirmExport.State.READY:
            record(action="export.ready", object_type="export", object_id=export.id, changes={"sha256": digest})
    if not changed:  # a client was erased meanwhile: this file, half or whole, still holds them
        path.unlink(missing_ok=True)


def run_export(item: Any) -> work.Settlement:
    """Work handler `export_firm`: build for a while, then let others in and go on."""
    finished = build(firm_id=item.firm_id, export_id=item.subject_id, seconds=WORK_SECONDS)
    return work.done() if finished else work.wait(seconds=0)


def drop_expired(now: Any) -> int:
    """Delete the files whose day is over; the rows stay. In the firm scope. Returns how many."""
    for row in FirmExport.objects.filter(state__in=FirmExport.OPEN, created_at__lt=now - ABANDONED):
        if not _is_being_made(row):
            _give_up(row)
    rows = list(FirmExport.objects.filter(state=FirmExport.State.READY, expires_at__lt=now))
    for row in rows:
        file_of(row).unlink(missing_ok=True)
        FirmExport.objects.filter(id=row.id).update(state=FirmExport.State.GONE, path="")
        record(action="export.expired", object_type="export", object_id=row.id)
    return len(rows)
