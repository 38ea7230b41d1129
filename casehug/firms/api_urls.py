"""API keys' pages, the firm over the API, the description, and what answers unknown addresses below `/api/`."""

from django.urls import path, re_path, register_converter
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from casehug.common.ids import converter_for
from casehug.firms import api_docs, api_firm, key_views
from casehug.firms.api_errors import error

register_converter(converter_for("key"), "key")

urlpatterns = [
    path("settings/api-keys/", key_views.api_keys, name="api_keys"),
    path("settings/api-keys/new/", key_views.api_key_new, name="api_key_new"),
    path("settings/api-keys/<key:key_id>/rotate/", key_views.api_key_rotate, name="api_key_rotate"),
    path("settings/api-keys/<key:key_id>/revoke/", key_views.api_key_revoke, name="api_key_revoke"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", api_docs.api_docs, name="api_docs"),
    path("api/v1/firms", api_firm.FirmView.as_view(), name="api-firm"),
    path("api/v1/firms/settings", api_firm.FirmSettingsView.as_view(), name="api-firm-settings"),
    path("api/v1/firms/members", api_firm.MembersView.as_view(), name="api-firm-members"),
    path("api/v1/firms/usage", api_firm.UsageView.as_view(), name="api-firm-usage"),
]


class UnknownView(APIView):
    """Every address below `/api/` that is no route: 404 in the API's envelope instead of a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def dispatch(self, request: object, *args: object, **kwargs: object) -> Response:
        self.args, self.kwargs = args, kwargs
        asked: Request = self.initialize_request(request)  # type: ignore[arg-type]
        self.request, self.headers = asked, {}
        return self.finalize_response(asked, error(404, "There is nothing at this address."))


last_urlpatterns = [re_path(r"^api/", UnknownView.as_view(), name="api_unknown")]
