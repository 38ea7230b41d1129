"""Files of a case through the interface, and the download addresses, which need no key."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.lexamica import catalogue
from sandbox.lexamica.api.gate import Call, Reply
from sandbox.lexamica.api.inbound import case_of, mapped
from sandbox.lexamica.records import files, mapping, views
from sandbox.lexamica.records.files_urls import fresh_url, resolve
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import world


def _named(call: Call, found: Record) -> tuple[Record, Doc]:
    """The case a body names, and the body in the exchange's names.

    With an Attachment mapping the case is its `referral._id`; with a Case mapping it is `_id`, and all else is plain.
    """
    body: Doc = dict(call.body)
    if found.doc["model"] == catalogue.text("models.attachment.name"):
        doc = mapping.inward(found, body)
        doc.setdefault("name", body.get(catalogue.text("file.part_name")))
        doc.setdefault("url", body.get(catalogue.text("file.stream_url")))
        return case_of(call, found, doc), doc
    source = mapping.source_of(found, "_id")
    case_id = mapping.find(body, source)
    doc = {
        "_id": body.get(catalogue.text("file.attachment_id_unmapped")),
        "name": body.get(catalogue.text("file.part_name")), "url": body.get(catalogue.text("file.stream_url")),
    }  # fmt: skip
    if not isinstance(case_id, str):
        raise invalid((source, "is required"))
    case = call.world.store.get("case", case_id)
    if case is None:
        raise Refusal("case_not_found")
    return case, doc


def _reply(call: Call, found: Record, record: Record) -> Reply:
    url = fresh_url(call.world, record) if record.state == "stored" else None
    doc = views.attachment(call.world, record, viewer=call.org, url=url)
    if found.doc["model"] != catalogue.text("models.attachment.name"):
        return Reply({name: value for name, value in doc.items() if value is not None})
    return Reply(mapping.outward(found, doc), id_path=mapping.source_of(found, "_id").partition(".")[0])


def upload(call: Call) -> Reply:
    """Take a file from a multipart body."""
    found = mapped(call)
    case, doc = _named(call, found)
    part = call.files.get(catalogue.text("file.part_file"))
    if part is None:
        raise invalid((catalogue.text("file.part_file"), "is required"))
    if (part.size or 0) > catalogue.number("file.max_upload_bytes"):
        raise Refusal("file_too_large")
    name = str(doc.get("name") or part.name or "")
    return _reply(
        call, found, files.upload(call.world, case, name, part.read(), actor=call.org, by_api=True)
    )


def stream(call: Call) -> Reply:
    """Take an address to fetch a file from."""
    found = mapped(call)
    case, doc = _named(call, found)
    url = doc.get("url")
    if not isinstance(url, str):
        raise invalid((mapping.source_of(found, "url"), "is required"))
    name = str(doc.get("name") or url.partition("?")[0].rpartition("/")[2])
    return _reply(call, found, files.stream(call.world, case, name, url, actor=call.org))


def remove(call: Call) -> Reply:
    """Remove a file from a case."""
    found = mapped(call)
    case, doc = _named(call, found)
    if not isinstance(doc.get("_id"), str):
        raise invalid((mapping.source_of(found, "_id"), "is required"))
    return _reply(call, found, files.remove(call.world, case, doc["_id"], actor=call.org, by_api=True))


def download(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The content of a file behind an address that still lives."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405)
    here = world()
    fault = here.faults.take("GET", request.path)
    here.meter.arrived("download", None)
    if fault is not None and fault.kind == "status_before":
        return HttpResponse("Stand-in fault", status=fault.status, content_type="text/plain")
    try:
        record = resolve(here, token)
        content = files.path_of(here, record).open("rb")
    except Refusal as refusal:
        return JsonResponse(refusal.payload(), status=refusal.status)
    except OSError:
        missing = Refusal("attachment_not_found")
        return JsonResponse(missing.payload(), status=missing.status)
    answer = FileResponse(content, as_attachment=True, filename=record.doc["name"])
    answer.headers["Content-Type"] = record.doc["content_type"]
    if fault is not None and fault.kind == "truncate":
        request.META["sandbox.wire"].truncate_to = fault.bytes
    return answer
