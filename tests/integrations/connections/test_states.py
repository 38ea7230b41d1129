"""OAuth states do not pile up."""

import uuid
from datetime import timedelta

from casehug.common.scope import firm_scope
from casehug.common.work import database_now
from casehug.firms.models import Firm
from integrations.connections import states
from integrations.models import OAuthState


def test_old_states_are_deleted_a_day_after_they_expired(firm: Firm) -> None:
    with firm_scope(firm.id):
        for number in range(2):
            states.make_state(
                provider_key="lawmatics", user_id=uuid.uuid4(), session_key=f"s{number}", redirect_uri="x", verifier=""
            )
        old = OAuthState.objects.first()
        OAuthState.objects.filter(id=old.id).update(expires_at=database_now() - timedelta(days=2))
    states.purge_states()
    with firm_scope(firm.id):
        assert OAuthState.objects.count() == 1
