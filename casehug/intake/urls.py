"""Routes of the product pages and of the client portal."""

from django.urls import include, path, register_converter

from casehug.common.ids import converter_for
from casehug.intake.services.links import PORTAL_PATH
from casehug.intake.views import (
    clients,
    dashboard,
    documents,
    imports,
    intake_links,
    matter,
    matters,
    new_matter,
    portal,
    portal_documents,
    saved_views,
    uploads,
)

register_converter(converter_for("viw"), "viw")

matter_routes = [
    path("", matter.matter_page, name="matter"),
    path("edit/", matter.matter_edit, name="matter_edit"),
    path("status/", matter.matter_status, name="matter_status"),
    path("client/", new_matter.matter_client, name="matter_client"),
    path("archive/", matter.matter_archive, name="matter_archive"),
    path("restore/", matter.matter_restore, name="matter_restore"),
    path("approve/", matter.intake_approve, name="intake_approve"),
    path("notes/", matter.note_add, name="note_add"),
    path("link/", intake_links.link_create, name="link_create"),
    path("link/send/", intake_links.link_send, name="link_send"),
    path("link/sent/", intake_links.link_mark_sent, name="link_mark_sent"),
    path("link/revoke/", intake_links.link_revoke, name="link_revoke"),
    path("documents/new/", documents.document_request, name="document_request"),
]

document_routes = [
    path("", documents.document_page, name="document"),
    path("approve/", documents.document_approve, name="document_approve"),
    path("send-back/", documents.document_send_back, name="document_send_back"),
    path("reverse/", documents.document_reverse, name="document_reverse"),
    path("required/", documents.document_required, name="document_required"),
]

import_routes = [
    path("", imports.import_report, name="import_report"),
    path("start/", imports.import_start, name="import_start"),
    path("progress/", imports.import_progress, name="import_progress"),
    path("explanations.csv", imports.import_explanations, name="import_explanations"),
]

portal_routes = [
    path("", portal.portal_welcome, name="portal_welcome"),
    path("questions/<int:part>/", portal.portal_questions, name="portal_questions"),
    path("documents/", portal_documents.portal_documents, name="portal_documents"),
    path("documents/<doc:document_id>/", portal_documents.portal_upload, name="portal_upload"),
    path("uploads/<upl:upload_id>/remove/", portal_documents.portal_remove, name="portal_remove"),
    path("send/", portal.portal_send, name="portal_send"),
    path("done/", portal.portal_done, name="portal_done"),
]

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("search/", dashboard.search, name="search"),
    path("matters/", matters.matter_list, name="matters"),
    path("matters/new/", new_matter.matter_new, name="matter_new"),
    path("matters/new/clients/", new_matter.client_choices, name="client_choices"),
    path("matters/views/", saved_views.view_save, name="view_save"),
    path("matters/views/<viw:view_id>/delete/", saved_views.view_delete, name="view_delete"),
    path("matters/<mat:matter_id>/", include(matter_routes)),
    path("clients/<cli:client_id>/", clients.client_page, name="client"),
    path("clients/<cli:client_id>/edit/", clients.client_edit, name="client_edit"),
    path("documents/", documents.document_queue, name="documents"),
    path("documents/<doc:document_id>/", include(document_routes)),
    path("uploads/<upl:upload_id>/", uploads.upload_download, name="upload_download"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<imp:import_id>/", include(import_routes)),
    # The token is the whole credential: it stands in the path only, never in a query, a message or a log line of ours.
    path(f"{PORTAL_PATH.strip('/')}/<str:token>/", include(portal_routes)),
]
