"""Events about referrals reach a receiver with ids, states and times, and nothing of the client."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.referrals.services.alarms import raise_due_alarms
from casehug.referrals.services.invitations import expire_overdue
from tests.casehug.referrals.conftest import invite
from tests.integrations.outbound.conftest import Post
from tests.integrations.outbound.test_events import URL, bodies


def test_the_deadline_radar_tells_other_programs(post: Post) -> None:
    made = post.receiver(URL, with_client_data=True, agreement_confirmed=True)
    with firm_scope(post.firm.id):
        invitation = invite(received=timezone.now() - timedelta(hours=47))
        raise_due_alarms()
        expire_overdue(now=invitation.expires_at)
    found: dict[str, Any] = bodies(post, made)
    assert set(found) == {"referral.received", "referral.invitation_received", "referral.deadline_near",
                          "referral.expired"}  # fmt: skip
    near = found["referral.deadline_near"]["data"]
    assert near["invitation_id"] == public_id("inv", invitation.id) and near["expires_at"].endswith("Z")
    assert near["threshold"] in ("50%", "90%", "24h", "2h") and near["direction"] == "in"
    for word in ("Quill", "ada@example.com", "Rear-ended"):
        assert word not in json.dumps(found)
