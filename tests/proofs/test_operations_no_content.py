"""The operator's page, its confirmations, `/metrics` and the doctor's output hold nothing of a firm but its id.

Sabotage: the same check finds the mark when one figure is taken from the firm's own rows.
"""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from pytest_django import Settings

from casehug.common import slots
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm, User
from casehug.operations.acts import ACTS
from integrations.models import Connection
from tests.conftest import PASSWORD, make_firm
from tests.proofs.test_route_matrix import CANARY, fill

TOKEN = "figures-for-the-test"


@pytest.fixture
def marked(db: None, settings: Settings, tmp_path: object) -> Firm:
    """A firm whose every text holds the mark."""
    settings.CASEHUG_MEDIA_DIR, settings.METRICS_TOKEN = str(tmp_path), TOKEN
    firm = make_firm(f"{CANARY} Firm")
    with firm_scope(firm.id):
        fill()
        Connection.objects.update(remote_firm_name=CANARY, state_reason=CANARY, remote_email=f"{CANARY}@example.com")
    return firm


def answers(firm: Firm) -> dict[str, bytes]:
    """Return everything an operator can be shown, by address."""
    user = User.objects.create_user("operator@example.com", PASSWORD)
    User.objects.filter(pk=user.pk).update(is_operator=True)
    browser = Browser()
    browser.force_login(user)
    found = {}
    for name in ACTS:
        address = f"/operations/{name}/"
        found[address] = browser.get(address, {"firm": str(firm.id)}).content
        typed = {"firm": str(firm.id), "typed": ACTS[name].typed}
        found[f"POST {address}"] = browser.post(address, typed, follow=True).content
    found["/metrics"] = browser.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content
    out = io.StringIO()
    with suppress(CommandError):  # no relay runs in this test
        call_command("doctor", "--product", "--json", stdout=out)
    assert '"parts"' in out.getvalue()
    return found | {"doctor": out.getvalue().encode()}


def leaks(found: dict[str, bytes]) -> list[str]:
    return [where for where, content in found.items() if CANARY.lower().encode() in content.lower()]


def test_operators_see_firms_as_ids_only(marked: Firm) -> None:
    found = answers(marked)
    assert leaks(found) == []
    assert str(marked.id).encode() in found["/metrics"] and str(marked.id).encode() in found["POST /operations/wake/"]


def test_sabotage_a_figure_with_content_is_found(marked: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Callable[..., Sequence[object]] = slots.fill

    def leaking(slot: str, **context: object) -> Sequence[object]:
        leak = [[(marked.id, CANARY, "connected", False, False, 0, None)]]
        return leak if slot == "operations" else kept(slot, **context)

    monkeypatch.setattr(slots, "fill", leaking)
    found = leaks(answers(marked))
    assert "/metrics" in found and "POST /operations/wake/" in found
