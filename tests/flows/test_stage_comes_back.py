"""CH-6 with every process running: staff move a stage at Lawmatics → signed webhook → the local status follows."""

import time
import uuid
from collections.abc import Callable

import pytest
import requests

from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.intake.models import CaseType, Matter
from casehug.intake.services.matters import create_matter
from integrations.inbound import endpoints
from integrations.mappings.services import prepare_account
from integrations.models import Connection, ExternalLink, InboundEvent
from tests.conftest import make_firm
from tests.plugin.stack import Stack

SECRET = "whsec_of_the_flow"


def until(check: Callable[[], bool], seconds: float = 25) -> bool:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.1)
    return False


def control(stack: Stack, verb: str, route: str, **body: object) -> dict[str, object]:
    answer = requests.request(verb, f"{stack.standin_url}/control/{route}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("names", ["lawmatics", "casehug", "both"])
def test_stage_comes_back(stack: Stack, committed_db: None, names: str) -> None:
    control(stack, "POST", "reset")
    control(stack, "PATCH", "switches", rate_limit="off", webhook_names=names)
    token = str(control(stack, "POST", "accounts/8101/token")["access_token"])
    firm = make_firm("Alder")
    with firm_scope(firm.id):
        row = Connection(provider="lawmatics", state=Connection.State.CONNECTED, remote_firm="8101",
                         links_account="8101", calls_per_minute=100_000)  # fmt: skip
        row.seal_token("access_token", token)
        row.save(force_insert=True)
    prepare_account(connection=row, lane=0)
    remote = str(control(stack, "POST", "matters", account=8101, first_name="Maya", last_name="Quill",
                         email="maya@example.com", case_title="Quill")["id"])  # fmt: skip
    with firm_scope(firm.id):
        case_type = CaseType.objects.get(key="divorce_standard")
        matter_id = uuid.UUID(str(create_matter(title="Quill", case_type_id=case_type.id).id))
        ExternalLink.objects.create(connection=row, remote_firm="8101", local_type="matter", local_id=matter_id,
                                    external_id=remote)  # fmt: skip
        endpoint = endpoints.ensure_endpoint(row)
        endpoints.save_secret(endpoint_id=endpoint.id, label="All", value=Secret(SECRET), actor_id=None)
        url = endpoints.address(endpoint, "lawmatics")
    control(stack, "POST", "webhooks", account=8101, name="All", url=url, event_type="*", secret=SECRET)

    def status() -> str:
        with firm_scope(firm.id):
            return str(Matter.objects.get(id=matter_id).status)

    assert status() == "pending"
    control(stack, "POST", f"matters/{remote}/stage", stage_name="Retained")
    assert until(lambda: status() == "active"), stack.log("worker")
    control(stack, "POST", f"matters/{remote}/stage", stage_name="New Lead")
    assert until(lambda: status() == "pending"), stack.log("worker")

    def settled() -> bool:
        with firm_scope(firm.id):
            return not InboundEvent.objects.filter(result="").exists()

    assert until(settled)
    with firm_scope(firm.id):
        assert InboundEvent.objects.filter(source="webhook", result="applied").exists()
