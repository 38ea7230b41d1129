"""Uploaded files: always as a download, never as a page of ours."""

import uuid
from typing import cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from casehug.firms.access import firm_page
from casehug.intake.errors import NotFound
from casehug.intake.selectors.documents import upload_detail
from casehug.intake.services.uploads import upload_path

# What a client sent must not act in our origin, whatever it contains.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_safe
@firm_page("matters.view")
def upload_download(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Send one file. Pictures are also shown on the review page by their address: an image element ignores
    `attachment`, a visit does not.
    """
    try:
        upload = upload_detail(upload_id)
        stream = upload_path(upload).open("rb")
    except (NotFound, FileNotFoundError) as error:
        raise Http404 from error
    response = FileResponse(stream, as_attachment=True, filename=upload.filename, content_type=upload.content_type)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, response)
