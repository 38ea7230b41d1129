"""Statements that the settings and inbox pages cost, with one row of everything and with many.

A page whose number of statements grows with its rows gets slower with each client. The pages are the real views, asked
for as a signed-in admin of a connected firm by the app role; the counter counts what reaches the database driver.
"""

import time
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.result import Result
from bench.size import Size
from casehug.common.ids import uuid7
from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Role
from casehug.firms.services import add_member
from casehug.referrals.facts import CaseFacts, InvitationFacts
from casehug.referrals.services.cases import receive_case
from casehug.referrals.services.invitations import receive_invitation
from harness.offices import Office, make_office, person
from harness.stack import Stack
from harness.standin import StandIn
from integrations.inbound.endpoints import ensure_endpoint
from integrations.models import Connection, InboundEvent, SyncLog

MOST = 12
PLAIN = ("firm_profile", "settings_notifications", "team", "settings_referrals", "integrations", "api_keys",
         "settings_audit", "settings_data", "referrals", "referrals_due", "dashboard")  # fmt: skip
OF_PROVIDER = ("integration", "integration_case_types", "integration_status_mapping", "integration_fields",
               "integration_forms", "integration_webhooks", "integration_log")  # fmt: skip
FRAME = ("SELECT set_config", "SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


def _pages() -> dict[str, str]:
    """Return the pages that exist, by name."""
    names: dict[str, str] = {}
    for name, arguments in [*((one, []) for one in PLAIN), *((one, ["lawmatics"]) for one in OF_PROVIDER)]:
        names[name] = reverse(name, args=arguments)
    return names


def _statements(browser: Browser, address: str) -> tuple[int, int, float]:
    """Return statements in all, those that read or write rows, and the seconds."""
    with CaptureQueriesContext(database) as seen:
        begun = time.perf_counter()
        answer: Any = browser.get(address, HTTP_HOST="127.0.0.1")
        took = time.perf_counter() - begun
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    rows = [one["sql"] for one in seen.captured_queries if not str(one["sql"]).startswith(FRAME)]
    return len(seen), len(rows), took


def _add(office: Office, first: int, count: int) -> None:
    """Add matters with a log line each, events that came in, and invitations to cases."""
    with firm_scope(office.firm_id):
        connection = Connection.objects.get()
        endpoint, now = ensure_endpoint(connection), database_now()
        for number in range(first, first + count):
            matter = office.intake(person(f"page.{number}"))
            SyncLog.objects.create(
                connection=connection, work_item_id=uuid7(), matter_id=matter.id, action="matter.create",
                status=("failed", "success")[number % 2], error_class="network", trigger="button",
            )  # fmt: skip
            InboundEvent.objects.create(
                endpoint=endpoint, connection=connection, source="webhook", verification="verified",
                event_id=f"page_{number}", event_type="invoice.paid", kind="invoice", subject=uuid7(), received_at=now,
                headers={}, size=2, result="logged",
            )  # fmt: skip
            facts = CaseFacts(first_name="Ada", last_name=f"Quill {number}", email=f"ada.{number}@example.com",
                              phone="(212) 555-0142", place="NY", summary="Rear-ended.")  # fmt: skip
            case = receive_case(facts=facts, origin=f"connection:{connection.id}")
            asked = InvitationFacts(received_at=now, expires_at=now + timedelta(hours=48))
            receive_invitation(referral_id=case.id, facts=asked)


def measure(stack: Stack, size: Size) -> Result:
    """Count the statements of each page with one row of everything, then with many."""
    office = make_office(StandIn(stack.standin_url), account=None)
    member = add_member(firm_id=office.firm_id, email="pages@example.com", name="Pages", role=Role.ADMIN,
                        password=uuid7().hex)  # fmt: skip
    browser, pages = Browser(), _pages()
    browser.force_login(member.user)
    found: dict[str, dict[int, tuple[int, int, float]]] = {name: {} for name in pages}
    _add(office, 0, 1)
    for rows in (1, size.page_rows):
        if rows > 1:
            _add(office, 1, rows - 1)
        for name, address in pages.items():
            _statements(browser, address)  # what is read once per process
            tries = [_statements(browser, address) for _ in range(size.rounds)]
            # The fewest: a note such as "last seen" is written once in a while, by whichever page comes then.
            least, few = min(one[0] for one in tries), min(one[1] for one in tries)
            found[name][rows] = (least, few, median(one[2] for one in tries))
    return _result(size, found)


def _result(size: Size, found: dict[str, dict[int, tuple[int, int, float]]]) -> Result:
    many = size.page_rows
    result = Result(
        "pages", "Statements of the settings and inbox pages",
        f"One firm with one and then {many:,} matters, log lines, events and invitations. Each page asked"
        f" {size.rounds} times; statements that open a transaction or say whose firm it is are counted apart.",
        ["page", "statements", f"at {many:,} rows", "with those that open the scope", "time at 1 row",
         f"at {many:,} rows", f"≤ {MOST} and none more"],
        counters={"pages that did not answer": 0},
        raw={name: {str(rows): numbers for rows, numbers in one.items()} for name, one in found.items()},
    )  # fmt: skip
    for name, one in found.items():
        few, lots = one[1], one[many]
        good = lots[1] <= MOST and lots[1] <= few[1]
        result.rows.append([name, f"{few[1]}", f"{lots[1]}", f"{lots[0]}", f"{few[2] * 1000:.0f} ms",
                            f"{lots[2] * 1000:.0f} ms", "met" if good else "MISSED"])  # fmt: skip
    over = [name for name, one in found.items() if one[many][1] > MOST]
    grew = [name for name, one in found.items() if one[many][1] > one[1][1]]
    result.aim(f"statements of a settings or inbox page (most, of {len(found)} pages)",
               max(one[many][1] for one in found.values()), MOST, digits=0)  # fmt: skip
    result.aim("pages whose statements grow with the rows", len(grew), 0, digits=0)
    result.notes.append(f"Over {MOST}: {', '.join(over) or 'none'}. Growing: {', '.join(grew) or 'none'}.")
    return result
