"""What every page here needs: the provider and connection of the address, tabs, and where a message's button leads."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from casehug.firms.access import CurrentMembership, can, who_can
from casehug.firms.views import settings_tabs
from integrations.contract.provider import Provider
from integrations.mappings.versions import kind_of
from integrations.sync.messages import Message


@dataclass(frozen=True)
class Button:
    """One button of a message: a link, or a form when `post`."""

    label: str
    url: str
    post: bool = False


def member(request: HttpRequest) -> CurrentMembership:
    """Return the membership the page decorator has checked."""
    found: CurrentMembership = request.membership  # type: ignore[attr-defined]
    return found


def reason_unless(request: HttpRequest, capability: str) -> str:
    """Return why a button is disabled for this member, "" when it is not."""
    return "" if can(member(request), capability) else f"Only a {who_can(capability)} may do this."


def page_context(request: HttpRequest, declared: Provider | None = None, **more: Any) -> dict[str, Any]:
    """Return the context every settings page starts from."""
    refusals = {
        "why_not_manage": reason_unless(request, "integrations.manage"),
        "why_not_map": reason_unless(request, "mappings.manage"),
    }
    parts = _parts(request, declared) if declared else []
    return {"tabs": settings_tabs(request, "integrations"), "parts": parts, "provider": declared, **refusals, **more}


PARTS = (
    ("Connection", "integration"),
    ("Case Type Mappings", "integration_case_types"),
    ("Stage → Status", "integration_status_mapping"),
    ("Field Mappings", "integration_fields"),
    ("Forms", "integration_forms"),
    ("Webhook events", "integration_webhooks"),
    ("Matches to review", "integration_matches"),
    ("Pull Matters", "integration_pull"),
    ("Bulk sync", "integration_bulk"),
    ("Sync log", "integration_log"),
)
NEED_SYNC = (
    "integration_case_types", "integration_status_mapping", "integration_fields", "integration_bulk",
)  # fmt: skip
NEED_INBOUND = ("integration_status_mapping", "integration_webhooks")


def _parts(request: HttpRequest, declared: Provider) -> list[dict[str, Any]]:
    """Return the links between the pages of one provider."""
    here = getattr(request.resolver_match, "url_name", "")
    here = "integration_log" if here == "integration_run" else here
    here = "integration_webhooks" if here.startswith("integration_webhook_") else here
    here = "integration_pull" if here.startswith("integration_pull_") else here
    here = "integration_matches" if here == "integration_match" else here
    here = "integration_bulk" if here.startswith("integration_bulk_") else here
    here = "integration_forms" if here == "integration_form" else here
    if here.startswith("integration_mapping_"):
        here = kind_of(request.resolver_match.kwargs["kind"]).page  # type: ignore[union-attr]
    left_out = (
        *(() if declared.inbound else NEED_INBOUND),
        *(() if "sync_matter" in declared.operations else NEED_SYNC),
        *(() if declared.matters else ("integration_pull",)),
        *(() if declared.forms else ("integration_forms",)),
    )
    return [
        {"label": label, "url": reverse(name, args=[declared.key]), "current": name == here}
        for label, name in PARTS
        if name not in left_out
    ]


def button_for(
    message: Message, request: HttpRequest, *, key: str, matter_id: uuid.UUID | None = None,
    run_id: uuid.UUID | None = None, record_url: str = "",
) -> Button | None:  # fmt: skip
    """Return the one button of a message as far as this member may follow it."""
    allowed = {name: can(member(request), name) for name in ("integrations.view", "sync_log.view", "sync.start")}
    settings_page, target = allowed["integrations.view"], message.target
    if target in ("reconnect", "connection") and settings_page:
        return Button(message.button, reverse("integration", args=[key]))
    if target == "forms" and settings_page:
        return Button(message.button, reverse("integration_forms", args=[key]))
    if target == "case_type_mappings" and settings_page:
        return Button(message.button, reverse("integration_case_types", args=[key]))
    if target == "field_mappings" and settings_page:
        return Button(message.button, reverse("integration_fields", args=[key]))
    if target in ("log", "evidence") and run_id and allowed["sync_log.view"]:
        return Button(message.button, reverse("integration_run", args=[key, run_id]))
    if target == "matter_edit" and matter_id:
        return Button(message.button, reverse("matter_client", args=[matter_id]))
    if target == "retry" and run_id and allowed["sync.start"]:
        return Button(message.button, reverse("integration_retry", args=[key, run_id]), post=True)
    if target == "record" and record_url:
        return Button(message.button, record_url)
    return None
