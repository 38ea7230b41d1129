"""Files of a case: kept from an upload, fetched from an address, removed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import requests

from sandbox.lexamica import catalogue
from sandbox.lexamica.events.emit import emit
from sandbox.lexamica.records import cases
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World

LARGEST_STREAM = 2 * 1024**3
CHUNK = 256 * 1024


def file_type(name: str) -> str:
    """The content type of a file name; raises Refusal for a kind that is not taken."""
    known = catalogue.value("file.types")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in known:
        raise Refusal("unsupported_file_type", ("name", f"files ending in {ending or 'nothing'} are not accepted"))
    return str(known[ending])


def _new(world: World, case: Record, name: str, state: str, *, actor: int, **more: object) -> Record:
    cases.participant(world, case, actor)
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-80:]
    doc: Doc = {"name": name[:255], "file_name": safe, "content_type": file_type(name), "size": None} | more
    return world.store.insert("attachment", actor, doc, at=world.stamp(), parent=case.id, state=state)


def path_of(world: World, attachment: Record) -> Path:
    """Where the content lies."""
    return world.files / attachment.id


def upload(world: World, case: Record, name: str, content: bytes, *, actor: int, by_api: bool) -> Record:
    """Keep an uploaded file and tell the participants; raises Refusal."""
    if len(content) > catalogue.number("file.max_upload_bytes"):
        raise Refusal("file_too_large")
    record = _new(world, case, name, "stored", actor=actor, size=len(content))
    path_of(world, record).write_bytes(content)
    _kept(world, case, record, hashlib.sha256(content).hexdigest(), actor=actor, by_api=by_api)
    return record


def _kept(world: World, case: Record, record: Record, digest: str, *, actor: int, by_api: bool) -> None:
    record.doc["sha256"] = digest
    world.store.save(record)
    if by_api:
        key = f"{case.id}:{record.doc['name']}:{digest[:16]}"
        world.ledger.add(account=actor, effect="created", kind="attachment", record=record.n, keys=[key])
    emit(world, "attachment_uploaded", record, case, actor=actor)


def stream(world: World, case: Record, name: str, url: str, *, actor: int) -> Record:
    """Take an address to fetch a file from, later and by itself; raises Refusal."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not local and (parts.scheme != catalogue.text("file.stream_scheme") or not parts.hostname):
        raise invalid(("url", "an https address is needed"))
    record = _new(world, case, name, "pending", actor=actor, from_url=url, tries=0)
    record.due = world.now()
    world.store.save(record)
    return record


def fetch(world: World, attachment: Record) -> None:
    """One try to fetch a streamed file; outside any transaction, as it takes its time."""
    target, digest, size = path_of(world, attachment), hashlib.sha256(), 0
    problem = ""
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(attachment.doc["from_url"], stream=True, timeout=30, allow_redirects=False) as answer:
                if answer.status_code != 200:
                    raise OSError(f"answered {answer.status_code}")
                with target.open("wb") as out:
                    for chunk in answer.iter_content(CHUNK):
                        size += len(chunk)
                        if size > LARGEST_STREAM:
                            raise OSError("too large")
                        digest.update(chunk)
                        out.write(chunk)
    except OSError as error:  # also everything that requests raises
        problem = str(error)[:200] or type(error).__name__
    with world.store.transaction():
        fresh = world.store.get("attachment", attachment.id)
        case = world.store.get("case", attachment.parent)
        if fresh is None or case is None or fresh.state != "pending":
            return
        fresh.doc["tries"] += 1
        if problem:
            _again(world, fresh, problem)
            return
        fresh.state, fresh.due, fresh.doc["size"] = "stored", None, size
        _kept(world, case, fresh, digest.hexdigest(), actor=fresh.org, by_api=True)


def _again(world: World, attachment: Record, problem: str) -> None:
    attachment.doc["problem"] = problem
    if attachment.doc["tries"] >= catalogue.number("file.fetch_tries"):
        attachment.state, attachment.due = "failed", None
    else:
        attachment.due = world.now() + world.scaled(catalogue.number("file.fetch_wait_seconds"))
    world.store.save(attachment)


def remove(world: World, case: Record, attachment_id: str, *, actor: int, by_api: bool) -> Record:
    """Remove a file of a case; doing so again changes nothing. Raises Refusal."""
    cases.participant(world, case, actor)
    record = world.store.get("attachment", attachment_id)
    if record is None or record.parent != case.id:
        raise Refusal("attachment_not_found")
    if record.state == "removed":
        return record
    record.state, record.due = "removed", None
    world.store.save(record)
    path_of(world, record).unlink(missing_ok=True)
    if by_api:
        world.ledger.add(account=actor, effect="deleted", kind="attachment", record=record.n, keys=[record.id])
    emit(world, "attachment_removed", record, case, actor=actor)
    return record
