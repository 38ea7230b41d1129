"""Paths of matters, clients, documents, uploads and templates below `/api/v1/` (no trailing slash)."""

from django.urls import path, register_converter

from casehug.common.ids import converter_for
from casehug.intake.api import clients, documents, matters, templates, uploads
from casehug.intake.services.upload_slots import STORAGE_PATH

register_converter(converter_for("tmpl"), "tmpl")

urlpatterns = [
    path("api/v1/matters", matters.MattersView.as_view(), name="api-matters"),
    path("api/v1/matters/<mat:matter_id>", matters.MatterView.as_view(), name="api-matter"),
    path("api/v1/matters/<mat:matter_id>/archive", matters.ArchiveView.as_view(), name="api-matter-archive"),
    path("api/v1/matters/<mat:matter_id>/intake-link", matters.IntakeLinkView.as_view(), name="api-matter-link"),
    path("api/v1/matters/<mat:matter_id>/documents", documents.ChecklistView.as_view(), name="api-documents"),
    path("api/v1/matters/<mat:matter_id>/documents/request", documents.RequestView.as_view(), name="api-request"),
    path("api/v1/clients", clients.ClientsView.as_view(), name="api-clients"),
    path("api/v1/clients/<cli:client_id>", clients.ClientView.as_view(), name="api-client"),
    path("api/v1/documents/<doc:document_id>", documents.DocumentView.as_view(), name="api-document"),
    path("api/v1/documents/<doc:document_id>/approve", documents.ApproveView.as_view(), name="api-document-approve"),
    path("api/v1/documents/<doc:document_id>/reject", documents.RejectView.as_view(), name="api-document-reject"),
    path("api/v1/uploads/signed-url", uploads.SignedUrlView.as_view(), name="api-upload-url"),
    path("api/v1/uploads/<upl:slot_id>/confirm", uploads.ConfirmView.as_view(), name="api-upload-confirm"),
    path("api/v1/templates", templates.TemplatesView.as_view(), name="api-templates"),
    path("api/v1/templates/<tmpl:template_id>", templates.TemplateView.as_view(), name="api-template"),
    path(f"{STORAGE_PATH.strip('/')}/<str:token>", uploads.StorageView.as_view(), name="storage-upload"),
]
