"""What the views here share: refusals of the intake services as API answers."""

from typing import Any

from django.http import Http404
from rest_framework.response import Response

from casehug.common.ids import public_id
from casehug.firms.api_auth import FirmAPIView, error
from casehug.firms.api_errors import field_errors
from casehug.intake.errors import IntakeError, Invalid, NotFound

CONFLICTS = ("email_taken",)
# What is missing → its parameter in the path, and the prefix of its id.
IDS = {"matter": ("matter_id", "mat"), "client": ("client_id", "cli"), "document": ("document_id", "doc"),
       "upload": ("slot_id", "upl"), "template": ("template_id", "tmpl")}  # fmt: skip
# Names of the services → names of the API.
FIELDS = {"case_type_id": "intake_template_id", "max_size_mb": "max_file_size_mb"}


class IntakeView(FirmAPIView):
    """A route whose services raise IntakeError: 400 with fields, 404, 409 for what is taken, 422 for the state."""

    resource = ""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, IntakeError):
            return refused(exc, self.kwargs)
        if isinstance(exc, Http404) and self.resource:
            return refused(NotFound(self.resource), self.kwargs)
        return super().handle_exception(exc)


def refused(problem: IntakeError, asked: dict[str, Any]) -> Response:
    """Return the answer for a refusal of a service. `asked`: the ids of the path."""
    if isinstance(problem, Invalid):
        return field_errors({FIELDS.get(name, name): text for name, text in problem.fields.items()})
    if isinstance(problem, NotFound):
        what = problem.code.removesuffix("_not_found")
        details = {"resource": what}
        value = asked.get(IDS[what][0]) if what in IDS else None
        if value is not None:
            details["id"] = public_id(IDS[what][1], value)
        return error(404, problem.message, name=problem.code, details=details)
    return error(409 if problem.code in CONFLICTS else 422, problem.message, name=problem.code)
