"""The routes of /v1. Everything else under it is the router's 404."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from sandbox.lawmatics.api import finders, forms, main, setup, sub_records
from sandbox.lawmatics.api.gate import Handler, endpoint

Pair = tuple[dict[str, Handler], dict[str, Handler]]


def _pair(name: str, pair: Pair) -> list[URLPattern]:
    return [
        path(name, endpoint(f"/v1/{name}", pair[0])),
        path(f"{name}/<str:id>", endpoint(f"/v1/{name}/:id", pair[1])),
    ]


def _finders(name: str, handler: Handler) -> list[URLPattern]:
    return [
        path(
            f"{name}/find_by_{way}/<path:value>",
            endpoint(f"/v1/{name}/find_by_{way}/:value", {"get": handler}),
            {"way": way},
        )
        for way in finders.WAYS
    ]


CONTACTS: Pair = (
    {"get": main.contacts, "post": main.create_contact},
    {"get": main.contact, "put": main.update_contact, "delete": main.delete_contact},
)
PROSPECTS: Pair = (
    {"get": main.prospects, "post": main.create_prospect},
    {"get": main.prospect, "put": main.update_prospect, "delete": main.delete_prospect},
)
NOTES: Pair = (
    {"get": main.notes, "post": main.create_note},
    {"get": main.note, "put": main.update_note, "delete": main.delete_note},
)
INTERACTIONS: Pair = (
    {"get": main.interactions, "post": main.create_interaction},
    {"get": main.interaction, "put": main.update_interaction, "delete": main.delete_interaction},
)
FORM = "forms/<str:form_uuid>"

urlpatterns = [
    path("users/me", endpoint("/v1/users/me", {"get": main.me})),
    *_pair("users", ({"get": main.users}, {"get": main.user})),
    *_finders("contacts", finders.find_contact),
    *_pair("contacts", CONTACTS),
    *_finders("prospects", finders.find_prospect),
    *_pair("prospects", PROSPECTS),
    *_pair("notes", NOTES),
    *_pair("interactions", INTERACTIONS),
    *_pair("activities", ({"get": main.activities}, {"get": main.one_activity})),
    *_pair("pipelines", setup.PIPELINES),
    *_pair("stages", setup.STAGES),
    *_pair("practice_areas", setup.AREAS),
    *_pair("sub_statuses", setup.SUB_STATUSES),
    *_pair("custom_fields", setup.CUSTOM_FIELDS),
    *_pair("sources", setup.SOURCES),
    *_pair("campaigns", setup.CAMPAIGNS),
    *_pair("custom_contact_types", setup.CONTACT_TYPES),
    path("tags/attach", endpoint("/v1/tags/attach", {"post": setup.attach_tags})),
    path("tags/detach", endpoint("/v1/tags/detach", {"post": setup.detach_tags})),
    *_pair("tags", (setup.TAG_ROUTES[0] | {"get": setup.tags}, setup.TAG_ROUTES[1])),
    *_pair("email_addresses", sub_records.EMAIL_ADDRESSES),
    *_pair("phone_numbers", sub_records.PHONE_NUMBERS),
    *_pair("addresses", sub_records.ADDRESSES),
    path("forms", endpoint("/v1/forms", {"get": forms.forms})),
    path(FORM, endpoint("/v1/forms/:uuid", {"get": forms.form}, public=True)),
    path(f"{FORM}/entries", endpoint("/v1/forms/:uuid/entries", {"get": forms.entries})),
    path(f"{FORM}/submit", endpoint("/v1/forms/:uuid/submit", {"post": forms.submit}, public=True)),
    re_path("", endpoint("(no route)", {}, public=True)),
]
