"""Tenant matrix at the doors: every route of the URL resolver × {nobody, a stranger to all firms, each role} × method,

asked with ids of another firm. Nothing of that firm may come back or change. Who may open what in the own firm is
tested beside the views. Sabotage: the same questions asked as a member of that firm must be answered.
"""

import io
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from pytest_django import Settings

from casehug.common.ids import public_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.data_duties.models import Erasure, FirmExport
from casehug.firms.api_scopes import SCOPES
from casehug.firms.models import ApiKey, Firm, Membership, Role, TeamInvitation, User
from casehug.intake.models import CaseType, Client, Document, ImportBatch, Matter, SavedView, Upload, UploadSlot
from casehug.intake.services.clients import create_client
from casehug.intake.services.links import create_intake_link
from casehug.intake.services.matters import create_matter
from casehug.intake.services.upload_slots import announce_upload
from casehug.intake.services.uploads import upload_document
from casehug.referrals.facts import CaseFacts, FileFacts, InvitationFacts
from casehug.referrals.models import Attachment, CaseImport, Invitation, PartnerFirm, Referral
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.files import receive_file
from casehug.referrals.services.invitations import receive_invitation
from integrations.models import BulkRow, BulkRun, CallRecord, Connection, ExternalLink
from integrations.models.inbound import InboundEndpoint, InboundEvent, InboundSecret, QuarantinedEvent
from integrations.models.outbound import WebhookDelivery, WebhookEndpoint
from tests.casehug.caller import make_key
from tests.conftest import PASSWORD, make_firm, make_person
from tests.proofs.rows import field_value, firm_models, make_row

CANARY = "Zq7Heron"  # stands in every text of the other firm
PAGE_METHODS, API_METHODS = ("GET", "FIND", "POST"), ("GET", "FIND", "POST", "PUT", "PATCH", "DELETE")
KEY = "a key with every scope"
OUTSIDERS = ("nobody", "without a firm")
CLOSED = (401, 403, 404, 405)

# Routes without a sign-in, each with what stands in its place.
PUBLIC = {
    "healthz": "says only that the process answers",
    "readyz": "says only which part is missing",
    "api_schema": "the description of the API, the same for everybody",
    "api_docs": "the same description as a page",
    "api_unknown": "answers that there is nothing",
    "storage-upload": "the signed token of the path names one announced file, for 15 minutes",
    "referral_handout": "the signed token of the path names one file a person shared, for a day",
    "api-integrations-callback": "the single-use state names firm, person and session",
    "api-integrations-webhook": "the path's token names the connection, the signature proves the sender",
    **dict.fromkeys(
        ("portal_welcome", "portal_questions", "portal_documents", "portal_upload", "portal_remove", "portal_send",
         "portal_done"),
        "the link's token is the client's credential",
    ),
    **dict.fromkeys(
        ("account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate",
         "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
         "account_reset_password_from_key_done", "account_change_password", "account_set_password",
         "usersessions_list", "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_login_webauthn",
         "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
         "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn",
         "mfa_remove_webauthn", "mfa_edit_webauthn"),
        "sign-in itself: knows no firm, only the signed-in person's own factors and sessions",
    ),
    "metrics": "the bearer token of the installation; figures with firms as ids, see test_operations_no_content",
    "team_join": "the link's token is the invited person's credential",
    "lead_form": "a form the firm opened to everybody; off, it answers 404 like an unknown address",
    "lead_thanks": "says only that it arrived",
}  # fmt: skip
# The record behind each parameter that names one; a new parameter has to be added here.
RECORDS: dict[str, tuple[str, type]] = {
    "bulk_id": ("blk", BulkRun),
    "matter_id": ("mat", Matter), "client_id": ("cli", Client), "document_id": ("doc", Document),
    "upload_id": ("upl", Upload), "import_id": ("imp", ImportBatch), "run_id": ("run", WorkItem),
    "event_id": ("ine", InboundEvent), "row_id": ("inq", QuarantinedEvent), "secret_id": ("ins", InboundSecret),
    "invite_id": ("tin", TeamInvitation), "membership_id": ("mem", Membership),
    "endpoint_id": ("wh", WebhookEndpoint), "delivery_id": ("whd", WebhookDelivery),
    "link_id": ("lnk", ExternalLink), "call_id": ("cal", CallRecord), "slot_id": ("upl", UploadSlot),
    "template_id": ("tmpl", CaseType), "key_id": ("key", ApiKey), "view_id": ("viw", SavedView),
    "referral_id": ("ref", Referral), "invitation_id": ("inv", Invitation), "attachment_id": ("att", Attachment),
    "partner_id": ("par", PartnerFirm), "case_import_id": ("rim", CaseImport),
    "erasure_id": ("era", Erasure), "export_id": ("exp", FirmExport),
}  # fmt: skip
PLAIN = {
    "provider": "lawmatics", "part": 1, "pk": 1, "uidb36": "0", "key": "none", "token": "A" * 43, "external_id": "7701",
    "kind": "case_types", "number": 1, "case_type": "divorce_standard",
    "error_class": "network", "position": 1, "act": "discard", "direction": "in", "operation": "wake",
    "firm_slug": "no-firm", "form_slug": "none",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One leaf of the resolver."""

    name: str
    pattern: str
    parameters: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The parameters that name a record."""
        return tuple(one for one in self.parameters if one in RECORDS)

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    def address(self, ids: dict[str, uuid.UUID], **plain: Any) -> str:
        values = {one: ids[one] if one in RECORDS else {**PLAIN, **plain}[one] for one in self.parameters}
        return reverse(self.name, kwargs=values)


def routes() -> list[Route]:
    """Return every route of the product."""
    found: list[Route] = []

    def walk(patterns: list[URLPattern | URLResolver], before: str, taken: tuple[str, ...]) -> None:
        for each in patterns:
            route = before + str(each.pattern)
            names = (*taken, *getattr(each.pattern, "converters", {}), *_groups(each))
            if isinstance(each, URLResolver):
                walk(each.url_patterns, route, names)
            else:
                found.append(Route(each.name or f"nameless: {route}", route, names))

    walk(get_resolver().url_patterns, "", ())
    return found


def _groups(each: URLPattern | URLResolver) -> tuple[str, ...]:
    regex = getattr(each.pattern, "regex", None)
    known = getattr(each.pattern, "converters", {})
    return tuple(name for name in regex.groupindex if name not in known) if regex is not None else ()


ROUTES = routes()
CLOSED_ROUTES = [route for route in ROUTES if route.name not in PUBLIC]


@dataclass
class World:
    """Two firms: `theirs` holds the records that are asked for, the callers belong to `ours`."""

    ours: Firm
    theirs: Firm
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    callers: dict[str, Browser] = field(default_factory=dict)
    member: Browser = field(default_factory=Browser)
    token: str = ""

    def marks(self, route: Route, method: str) -> list[bytes]:
        """What would show that an answer holds something of the other firm. What we ask with may be repeated to us."""
        texts = [CANARY, str(self.theirs.id), *(str(one) for one in self.ids.values())]
        if method == "GET":
            asked = {name: one for name, one in self.ids.items() if name not in route.parameters}
            texts += [public_id(RECORDS[name][0], one) for name, one in asked.items()]
        return [text.encode() for text in texts]

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Everything the other firm has."""
        with firm_scope(self.theirs.id):
            return {
                model.__name__: [
                    {key: bytes(value) if isinstance(value, memoryview) else value for key, value in row.items()}
                    for row in model._default_manager.order_by("pk").values()
                ]
                for model in firm_models()
            }


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Any) -> Iterator[World]:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path / "uploads")
    settings.API_REQUESTS_PER_MINUTE = 10**9
    settings.LAWMATICS_CLIENT_ID = settings.LAWMATICS_CLIENT_SECRET = "matrix"
    connection.allow_http_in_atomic = True  # type: ignore[attr-defined]
    made = World(make_firm("Ours"), make_firm(f"{CANARY} Firm"))
    for role in Role:
        made.callers[role.value] = make_person(made.ours, role).browser
    made.callers[KEY] = Browser(headers={"X-Api-Key": make_key(made.ours.id)})
    made.callers["nobody"] = Browser()
    made.callers["without a firm"] = Browser()
    made.callers["without a firm"].force_login(User.objects.create_user("nofirm@example.com", PASSWORD))
    made.member = make_person(made.theirs, Role.ADMIN).browser
    with firm_scope(made.ours.id):
        Connection.objects.create(provider="lawmatics")
        case_type = CaseType.objects.first()
        assert case_type is not None
        own = create_matter(title="Our own matter", case_type_id=case_type.id)
        made.token = create_intake_link(matter_id=own.id).token.reveal()
    with firm_scope(made.theirs.id):
        made.ids = fill()
    yield made
    connection.allow_http_in_atomic = False  # type: ignore[attr-defined]


def fill(mark: str = CANARY) -> dict[str, uuid.UUID]:
    """Make one record of each kind in the open scope, each text with the mark; return their ids by parameter."""
    person = create_client(first_name=mark, last_name=mark, email=f"{mark}@example.com", notes=mark)
    case_type = CaseType.objects.get(key="divorce_standard")
    matter = create_matter(title=f"{mark} v. {mark}", case_type_id=case_type.id, client_id=person.id)
    document = Document.objects.filter(matter=matter).order_by("position").first()
    assert document is not None
    upload = upload_document(document_id=document.id, file=io.BytesIO(b"%PDF-1.7\n1 0 obj\n"), filename=f"{mark}.pdf")
    slot = announce_upload(
        document_id=document.id, filename=f"{mark}.pdf", content_type="application/pdf", size_bytes=5
    ).slot
    linked = Connection.objects.create(provider="lawmatics", state="connected", remote_firm="1", links_account="1")
    run = make_row(WorkItem)
    WorkItem.objects.filter(id=run.id).update(
        kind="sync_matter", subject_id=matter.id, connection_id=linked.id, status="dead"
    )
    link = ExternalLink.objects.create(
        connection=linked, remote_firm="1", local_type="matter", local_id=matter.id, external_id="7701", label=mark
    )
    bulk = BulkRun.objects.create(connection=linked, choice=mark, matched=1, remote_firm="1", status="planned")
    BulkRow.objects.create(run=bulk, position=1, matter_id=matter.id, action="either")
    endpoint = InboundEndpoint(connection=linked, token_hash=os.urandom(32))
    endpoint.seal_token("t" * 22)
    endpoint.save(force_insert=True)
    made: dict[str, uuid.UUID] = {
        "matter_id": matter.id, "client_id": person.id, "document_id": document.id, "upload_id": upload.id,
        "bulk_id": bulk.id, "run_id": run.id, "import_id": make_row(ImportBatch).id, "link_id": link.id,
        "slot_id": slot.id, "template_id": case_type.id,
        "key_id": ApiKey.issue(name=mark, scopes=["matters:read"])[0].id,
    }  # fmt: skip
    for name in ("event_id", "row_id", "secret_id"):
        made[name] = made_for(RECORDS[name][1], linked, endpoint)
    hook = WebhookEndpoint(kind="zapier", description=mark, events=["*"], version="1")
    hook.seal_url(f"https://{mark}.example.com/")
    hook.save(force_insert=True)
    delivery = WebhookDelivery(endpoint=hook, event_id=matter.id, event_type="matter.created", digest=b"x",
                               occurred_at=matter.created_at, status="delivered", last_error=mark)  # fmt: skip
    delivery.save(force_insert=True)
    made |= {"endpoint_id": hook.id, "delivery_id": delivery.id, **_referred(mark)}
    for name, (_, model) in RECORDS.items():
        if name not in made:
            made[name] = made_for(model, linked, endpoint) if hasattr(model, "connection") else make_row(model).id
    return made


def _referred(mark: str) -> dict[str, uuid.UUID]:
    """Make a case another firm referred, with its invitation and a stored file."""
    case = receive_case(facts=CaseFacts(first_name=mark, last_name=mark, summary=mark, partner_name=mark))
    invitation = receive_invitation(referral_id=case.id, facts=InvitationFacts())
    facts = FileFacts(key="7", name=f"{mark}.pdf")
    file = receive_file(referral_id=case.id, facts=facts, file=io.BytesIO(b"%PDF-1.7\n1 0 obj\n"))
    return {"referral_id": case.id, "invitation_id": invitation.id, "attachment_id": file.id}


def made_for(model: Any, linked: Connection, endpoint: InboundEndpoint) -> uuid.UUID:
    """Make a row of what came in over this connection."""
    given = {"connection": linked, "endpoint": endpoint}
    row = model(**{one.name: given[one.name] for one in model._meta.concrete_fields if one.name in given})
    for one in model._meta.concrete_fields:
        special = one.name in ("id", "firm_id", "created_at", "updated_at") or one.name in given
        if not special and not one.has_default() and not one.null and not (one.blank and not one.choices):
            setattr(row, one.name, field_value(one))
    row.save(force_insert=True)
    return uuid.UUID(str(row.id))


def ask(browser: Browser, route: Route, method: str, world: World, **plain: Any) -> Any:
    """Ask a route with the other firm's ids: in the path, in the query (`FIND`), and in the body."""
    inside: dict[str, Any] = {name: public_id(RECORDS[name][0], one) for name, one in world.ids.items()}
    inside |= {
        "client": inside["client_id"],
        "matter": inside["matter_id"],
        "q": "a",
        "key": "area:other",
        "status": "active",
    }
    address = route.address(world.ids, **plain)
    if method in ("GET", "FIND"):
        return browser.get(address, inside if method == "FIND" else {})
    if route.is_api:
        return browser.generic(method, address, json.dumps(inside), content_type="application/json")
    return browser.post(address, inside)


def breaches(world: World, browser: Browser, caller: str, route: Route, **plain: Any) -> list[str]:
    """Return in words what a caller got of the other firm, or how a door stood open."""
    found = []
    for method in API_METHODS if route.is_api else PAGE_METHODS:
        if method == "FIND" and (route.ids or caller in OUTSIDERS):
            continue  # a query adds nothing where the path names the record, or nobody gets as far
        answer = ask(browser, route, method, world, **plain)
        code, where = answer.status_code, f"{method} {route.name} as {caller}"
        to_sign_in = code == 302 and answer.headers["Location"].startswith("/accounts/login/")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found += [f"{where}: the answer holds {mark.decode()}" for mark in world.marks(route, method) if mark in body]
        if code >= 500:
            found.append(f"{where}: {code}")
        if caller in OUTSIDERS:
            open_door = not (to_sign_in or code in CLOSED)
        else:
            open_door = bool(route.ids) and code not in CLOSED
        if open_door:
            found.append(f"{where}: open, {code}")
    return found


def test_every_route_is_covered() -> None:
    names = [route.name for route in ROUTES]
    assert not [name for name in names if name.startswith("nameless")]
    assert len(names) == len(set(names)), "two routes share a name"
    assert set(PUBLIC) == {name for name in names if name in PUBLIC}, "a public route is gone"
    unknown = {one for route in ROUTES for one in route.parameters} - set(RECORDS) - set(PLAIN)
    assert not unknown, "say in RECORDS which record these parameters name"


def test_another_firms_records_stay_closed(world: World) -> None:
    before = world.snapshot()
    found = [
        breach
        for route in CLOSED_ROUTES
        for caller, browser in world.callers.items()
        if route.is_api or caller != KEY  # pages know no keys
        for breach in breaches(world, browser, caller, route)
    ]
    assert not found, "\n".join(found)
    assert world.snapshot() == before


def test_a_key_does_only_what_its_scope_says(world: World) -> None:
    """Each API route × method × key with one scope: refused without the route's own scope, never for lack of it."""
    keys = {scope: Browser(headers={"X-Api-Key": make_key(world.ours.id, scope)}) for scope in SCOPES}
    found, asked = [], 0
    for route in (one for one in CLOSED_ROUTES if one.is_api and one.name != "api-me"):  # any key may ask who it is
        view: Any = getattr(resolve(route.address(world.ids)).func, "view_class", None)
        for method in (one for one in API_METHODS if view and hasattr(view, one.lower())):
            needed = view.api_scopes.get("read" if method == "GET" else "write", "")
            for scope, browser in keys.items():
                with transaction.atomic():
                    code = ask(browser, route, method, world).status_code
                    transaction.set_rollback(True)
                asked += 1
                if (code == 403) != (scope != needed):
                    found.append(f"{method} {route.name} with {scope}: {code}")
    assert asked > 300 and not found, "\n".join(found)


def test_public_routes_hold_nothing_of_a_firm(world: World) -> None:
    """With nothing but the address, and in the portal with the token of one's own matter and another one's ids."""
    before, found = world.snapshot(), []
    for route in (one for one in ROUTES if one.name in PUBLIC):
        for method in PAGE_METHODS:
            for token in (PLAIN["token"], world.token) if "token" in route.parameters else (PLAIN["token"],):
                answer = ask(Browser(), route, method, world, token=token)
                body, where = answer.content, f"{method} {route.name}"
                found += [f"{where}: holds {mark.decode()}" for mark in world.marks(route, method) if mark in body]
                if answer.status_code >= 500 or (route.ids and answer.status_code not in CLOSED):
                    found.append(f"{where}: {answer.status_code}")
                if "token" in route.parameters and token != world.token and answer.status_code not in CLOSED:
                    found.append(f"{where}: open without a valid token, {answer.status_code}")
    assert not found, "\n".join(found)
    assert world.snapshot() == before


def test_sabotage_the_same_questions_are_answered_inside_the_firm(world: World) -> None:
    """With the wall away (the caller is a member there) the matrix reports: the addresses and records are real."""
    silent = []
    for route in (one for one in CLOSED_ROUTES if one.ids):
        with transaction.atomic():  # each route finds the records as they were
            if not breaches(world, world.member, "member", route):
                silent.append(route.name)
            transaction.set_rollback(True)
    assert not silent
