"""The address of a large file for the exchange: no sign-in, the signed token is the credential."""

from typing import cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from casehug.intake.views.uploads import FILE_POLICY
from casehug.referrals.errors import NotFound
from casehug.referrals.services.handout import handed_out


@require_safe
def handout(request: HttpRequest, token: str) -> HttpResponse:
    """Give the one file the token names, as a download that nobody keeps."""
    try:
        found = handed_out(token)
    except NotFound as error:
        raise Http404 from error
    response = FileResponse(
        found.path.open("rb"), as_attachment=True, filename=found.name, content_type=found.content_type
    )
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return cast(HttpResponse, response)
