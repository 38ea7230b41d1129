"""The Zapier app: valid by the platform's own rules, and its own tests against the running product; network closed."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from casehug.common import throttle
from casehug.common.scope import firm_scope
from casehug.firms.api_scopes import SCOPES
from casehug.firms.models import ApiKey, Firm
from harness.offices import make_office
from harness.standin import StandIn
from tests.plugin.node import APP, Node
from tests.plugin.stack import Stack


def test_valid_by_the_rules_of_the_platform(platform_command: Node, tmp_path: Path) -> None:
    done = platform_command.run("npm", "run", "validate", folder=tmp_path)
    assert done.returncode == 0 and "structurally sound" in done.stdout, done.stdout + done.stderr


@pytest.fixture
def product(node: Node, stack: Stack, committed_db: None) -> dict[str, str]:
    """A connected firm with three keys, and a place on loopback that web and worker may send to."""
    StandIn(stack.standin_url).reset()
    office = make_office(StandIn(stack.standin_url))
    with firm_scope(office.firm_id):
        firm = Firm.objects.get().name
        _, full = ApiKey.issue(name="Zapier", scopes=list(SCOPES))
        _, narrow = ApiKey.issue(name="Narrow", scopes=["webhooks:read", "webhooks:write"])
        row, busy = ApiKey.issue(name="Busy", scopes=["matters:read"])
    for _ in range(settings.API_REQUESTS_PER_MINUTE):
        throttle.count(name="api", key=str(row.id), window_seconds=60)
    return {
        "CASEHUG_URL": stack.base_url, "CASEHUG_KEY": full, "CASEHUG_KEY_NARROW": narrow, "CASEHUG_KEY_BUSY": busy,
        "CASEHUG_FIRM": firm, "CASEHUG_RECEIVER_PORT": str(stack.receiver_port),
    }  # fmt: skip


@pytest.mark.slow
def test_its_own_tests_pass_against_the_product(
    product: dict[str, str], node: Node, stack: Stack, tmp_path: Path
) -> None:
    done = node.run("npm", "test", folder=tmp_path, **product)
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(re.findall(r"^\W*(tests|pass|skipped|fail) (\d+)$", done.stdout, re.MULTILINE))
    written = sum(len(re.findall(r"^test\(", path.read_text("utf-8"), re.MULTILINE)) for path in APP.glob("test/*.js"))
    assert told == {"tests": str(written), "pass": str(written), "fail": "0", "skipped": "0"}, done.stdout


def test_the_lock_holds_hashes_and_no_host() -> None:
    text = (APP / "package-lock.json").read_text("utf-8")
    packages = text.count('"version":') - 1  # the app's own is there twice, once without a hash
    assert "://" not in text, "`npm run lock` leaves addresses out"
    assert text.count('"integrity": "sha512-') >= packages - 1
    assert "registry" not in (APP / ".npmrc").read_text("utf-8").replace("omit-lockfile-registry-resolved", "")
