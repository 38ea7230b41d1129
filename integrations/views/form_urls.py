"""Routes of the Forms pages."""

from django.urls import path

from integrations.views import forms

HERE = "settings/integrations/<slug:provider>/forms/"
urlpatterns = [
    path(HERE, forms.form_list, name="integration_forms"),
    path(f"{HERE}read-again/", forms.forms_read_again, name="integration_forms_read_again"),
    path(f"{HERE}case-types/<slug:case_type>/", forms.form_mapping, name="integration_form"),
    path(f"{HERE}case-types/<slug:case_type>/remove/", forms.form_remove, name="integration_form_remove"),
]
