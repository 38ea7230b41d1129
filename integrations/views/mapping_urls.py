"""Routes of the editable tables' history."""

from django.urls import path

from integrations.views import mappings, status_mapping, versions

HERE = "settings/integrations/<slug:provider>/"
urlpatterns = [
    path(f"{HERE}case-types/reset-all/", mappings.reset_all, name="integration_case_types_reset_all"),
    path(f"{HERE}status/reset-all/", status_mapping.reset_all, name="integration_statuses_reset_all"),
    path(f"{HERE}mappings/<slug:kind>/", versions.version_list, name="integration_mapping_versions"),
    path(f"{HERE}mappings/<slug:kind>/export/", versions.export, name="integration_mapping_export"),
    path(f"{HERE}mappings/<slug:kind>/import/", versions.import_file, name="integration_mapping_import"),
    path(f"{HERE}mappings/<slug:kind>/notes/", versions.close_notes, name="integration_mapping_notes"),
    path(f"{HERE}mappings/<slug:kind>/<int:number>/", versions.version, name="integration_mapping_version"),
]
