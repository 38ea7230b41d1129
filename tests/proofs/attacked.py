"""What the scanners attack: a firm with one record of everything on the running site, and each address with parameters.

The limits on tries are lifted meanwhile, so that attacks arrive and are not refused for their number.
"""

import os
import threading
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import psycopg
import requests
from django.conf import settings
from django.db import connection
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import Role
from casehug.intake.services.links import create_intake_link
from casehug.referrals.choices import Choices, save_choices
from casehug.referrals.models import LeadForm
from tests.casehug.caller import make_key
from tests.conftest import make_firm, make_person
from tests.proofs.scanners import Target
from tests.proofs.test_route_matrix import PLAIN, RECORDS, Route, fill, routes

FORM_TOKEN = "a" * 32  # cookie and field of the form check; the same in both is what it asks for
# Pages by route name, with what they read from the address.
QUERIES = {
    "search": "q", "matters": "q status case_type practice_area progress age after", "client_choices": "find",
    "documents": "show after", "imports": "after", "import_report": "show after", "settings_audit":
    "action who outcome object since until before after", "settings_audit_csv": "action object since", "referrals":
    "show", "referrals_cases": "after", "referral_import": "show after", "referral_import_choose": "q",
    "referral": "draft", "integration_log":
    "status action cause since until text matter run before after group", "integration_webhooks":
    "result type source text matter before after", "outgoing_webhook": "status before after",
    "integration_case_types": "q", "portal_questions": "then",
}  # fmt: skip
SAMPLES = {"since": "2026-01-02", "until": "2026-12-30", "after": "", "before": "", "status": "active"}
IDS = {"matter": "matter_id", "run": "run_id"}
FORMS = ("lead_form", "portal_questions", "matter_new", "account_login", "firm_profile")


class _Form(HTMLParser):
    """Reads the fields of the first form of a page that is posted."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post" and "logout" not in given.get("action", ""):
            self._inside = not self._done
        taken = tag in ("input", "select", "textarea") and given.get("type") not in ("file", "submit", "button")
        if self._inside and taken and given.get("name"):
            self.fields.setdefault(given["name"], given.get("value") or "Jordan")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of the form."""
        if tag == "form" and self._inside:
            self._inside, self._done = False, True


@dataclass
class Site:
    """The running site and the ways in: a firm admin's session, a key, a client's link, nothing."""

    base: str
    ids: dict[str, uuid.UUID] = field(default_factory=dict)
    cookie: str = ""
    key: str = ""
    token: str = ""
    firm_slug: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)

    def fill(self) -> "Site":
        """Make the firm, its records and the ways in."""
        firm = make_firm("Attacked")
        person = make_person(firm, Role.ADMIN)
        session = person.browser.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={FORM_TOKEN}"
        self.key, self.firm_slug = make_key(firm.id), firm.slug
        connection.allow_http_in_atomic = True  # type: ignore[attr-defined]
        with firm_scope(firm.id):
            self.ids = fill("Own")
            self.token = create_intake_link(matter_id=self.ids["matter_id"]).token.reveal()
            save_choices(Choices(vocabulary=("Dog bite",), case_types={"Dog bite": "divorce_standard"}))
            LeadForm.objects.create(
                enabled=True, slug="your-case", title="Your case", consent_text="I agree.", case_types=["Dog bite"]
            )
        connection.allow_http_in_atomic = False  # type: ignore[attr-defined]
        threading.Thread(target=self._lift_limits, daemon=True).start()
        return self

    def close(self) -> None:
        """Let the limits hold again."""
        self._stop.set()

    def _lift_limits(self) -> None:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            while not self._stop.wait(0.2):
                owner.execute("DELETE FROM common_throttle")

    def address(self, route: Route) -> str:
        """Return where a route is, with the ids of the firm's own records."""
        plain = {"token": self.token, "firm_slug": self.firm_slug, "form_slug": "your-case"}
        values = {
            one: self.ids[one] if one in RECORDS else {**PLAIN, **plain}[one] for one in route.parameters
        }
        return self.base + reverse(route.name, kwargs=values)

    def pages(self) -> list[Target]:
        """Return the pages with parameters, to be asked for by the admin."""
        known = {route.name: route for route in routes()}
        found = []
        for name, names in QUERIES.items():
            own = {short: public_id(RECORDS[long][0], self.ids[long]) for short, long in IDS.items()}
            query = urlencode({one: (own | SAMPLES).get(one, "Own") for one in names.split()})
            found.append(Target(f"{self.address(known[name])}?{query}", tuple(names.split()), cookie=self.cookie))
        return found

    def forms(self) -> list[Target]:
        """Return the forms of some pages, filled in, each posted by the admin or, where it is public, by nobody."""
        known, found = {route.name: route for route in routes()}, []
        for name in FORMS:
            cookie = f"{settings.CSRF_COOKIE_NAME}={FORM_TOKEN}"
            cookie = cookie if name in ("lead_form", "portal_questions", "account_login") else self.cookie
            url, form = self.address(known[name]), _Form()
            form.feed(requests.get(url, headers={"Cookie": cookie}, timeout=30).text)
            fields = form.fields | {"csrfmiddlewaretoken": FORM_TOKEN}
            names = tuple(one for one in fields if one != "csrfmiddlewaretoken")
            assert names, f"{url} has no form"
            found.append(Target(url, names, data=urlencode(fields), cookie=cookie))
        return found

    def calls(self) -> list[Target]:
        """Return every GET of the API that takes parameters, to be asked for with a key."""
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        found = []
        for path, operations in document["paths"].items():
            taken = operations.get("get", {}).get("parameters", [])
            names = tuple(one["name"] for one in taken if one["in"] == "query")
            if not names:
                continue
            for one in (one["name"] for one in taken if one["in"] == "path"):
                value = public_id(RECORDS[one][0], self.ids[one]) if one in RECORDS else PLAIN[one]
                path = path.replace("{" + one + "}", str(value))
            query = urlencode({one["name"]: self.sample(one) for one in taken if one["in"] == "query"})
            if operations["get"]["operationId"] == "integration_sync_history":  # its choices are not described
                query = query.replace("status=active", "status=success")
            found.append(Target(f"{self.base}{path}?{query}", names, headers={"X-Api-Key": self.key}))
        return found

    def sample(self, parameter: dict[str, Any]) -> str:
        """Return a value that the API takes, so that the attack starts from an answer."""
        name, kind = str(parameter["name"]), parameter["schema"]
        if name.removeprefix("intake_") in RECORDS:
            own = name.removeprefix("intake_")
            return public_id(RECORDS[own][0], self.ids[own])
        if kind.get("format") == "date-time":
            return "2026-01-02T03:04:05Z"
        plain = {"integer": "1", "boolean": "false"}.get(kind.get("type"), "Own")
        return str((kind.get("enum") or [kind.get("default")])[0] or SAMPLES.get(name, plain))
