"""The export of the firm: ask for it, follow it, download it."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from casehug.audit.services import record
from casehug.common.models import WorkItem
from casehug.data_duties.export.build import KIND, file_of, request_export
from casehug.data_duties.models import FirmExport
from casehug.firms.access import can, firm_page, who_can

GONE = "This export is no longer there. Ask for a new one."


def _is_there(export: FirmExport) -> bool:
    ends = export.expires_at
    return export.state == FirmExport.State.READY and ends is not None and ends > timezone.now()


def export_state(request: HttpRequest) -> dict[str, Any]:
    """Return what the card of the export shows: the newest export, its progress, why a button cannot be used."""
    export = FirmExport.objects.order_by("-created_at", "-id").first()
    open_now, failed = False, export is not None and export.state == FirmExport.State.FAILED
    if export is not None and export.state in FirmExport.OPEN:
        open_now = True
        item = WorkItem.objects.filter(kind=KIND, subject_id=export.id).order_by("-created_at").first()
        failed = item is None or item.status in ("dead", "cancelled")
    ready = export is not None and _is_there(export)
    refused = "" if can(request.membership, "data.manage") else f"Only a {who_can('data.manage')} may do this."  # type: ignore[attr-defined]
    running = open_now and not failed
    return {"export": export, "running": running, "ready": ready, "export_failed": failed, "refused": refused,
            "total": max(export.total, export.done, 1) if export else 1,
            "poll_url": reverse("settings_export_live") if running else ""}  # fmt: skip


@require_POST
@firm_page("data.manage", fresh=True)
def export_start(request: HttpRequest) -> HttpResponse:
    """Have the export made; pressing twice is one export."""
    request_export()
    return redirect(f"{reverse('settings_data')}#export")


@require_safe
@firm_page("data.view")
def export_live(request: HttpRequest) -> HttpResponse:
    """Answer the live part of the card; the last answer stands still."""
    return render(request, "data_duties/_export.html", export_state(request))


@require_safe
@firm_page("data.manage", fresh="always")
def export_download(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Send the file while its day lasts; each download is an entry of the audit log."""
    export = get_object_or_404(FirmExport, id=export_id)
    if not _is_there(export) or not file_of(export).is_file():
        messages.error(request, GONE)
        return redirect("settings_data")
    FirmExport.objects.filter(id=export.id).update(downloads=F("downloads") + 1)
    record(action="export.downloaded", object_type="export", object_id=export.id)
    name = f"{request.membership.firm_slug}-{export.created_at.date().isoformat()}.zip"  # type: ignore[attr-defined]
    answer = FileResponse(file_of(export).open("rb"), as_attachment=True, filename=name)
    answer["Content-Type"], answer["Cache-Control"] = "application/zip", "no-store"
    return answer  # type: ignore[return-value]  # a streamed answer is no HttpResponse, but every caller takes it
