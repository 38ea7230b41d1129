"""Opening a provider's API for one connection: fresh token, shared budget, clear text only inside the client."""

import time
from collections.abc import Callable

from casehug.common.scope import assert_no_transaction, firm_scope
from casehug.common.secret import Secret
from integrations.connections.endpoints import api_base
from integrations.connections.refresh import fresh_token, request_refresh
from integrations.connections.tokens import Held, read_tokens
from integrations.contract.errors import AuthRejected, ProviderError, Throttled
from integrations.contract.http import Api
from integrations.limits import acquire, report_throttled
from integrations.models import Connection
from integrations.registry import provider

PAGE_PATIENCE, WORKER_PATIENCE = 15.0, 35.0
"""A page holds a person, a worker its lease: both wait a little for the budget rather than give up a long read."""
ENVIRONMENT = "environment"
"""Key of a connection's settings: which of a provider's hosts its keys are for."""
Observer = Callable[[str], None]


def open_api(
    connection: Connection,
    *,
    lane: int,
    observer: Observer | None = None,
    may_refresh: bool = True,
    patience: float = 0.0,
    held: Held | None = None,
) -> Api:
    """Return a client of this connection's provider; every call on it pays from the shared budget in this lane.

    Call it outside any transaction; it opens short scopes itself. Pages pass `may_refresh=False`: renewing is a
    worker's job. `patience`: seconds the client may wait for the budget in all, instead of raising `Throttled`.
    `held`: the tokens as a worker read them a moment ago, in the scope that it has just left.
    Raises `AuthRejected` (no token, or the connection was just marked) and `NetworkTrouble`.
    """
    assert_no_transaction()
    token = fresh_token(connection=connection, held=held) if may_refresh else _stored_token(connection)
    return client_for(connection=connection, token=token, lane=lane, observer=observer, patience=patience)


def client_for(
    *, connection: Connection, token: Secret, lane: int, observer: Observer | None = None, patience: float = 0.0
) -> Api:
    """Return a client that uses exactly this token. `observer` hears the points a write passes (proofs)."""
    left, number = patience, int(lane)  # the limiter's script takes plain numbers, not members of an enumeration

    def gate() -> None:
        nonlocal left
        while (seconds := acquire(connection, number)) > 0:
            if seconds > left:
                raise Throttled("our own budget for this account is used up", seconds=seconds, by_provider=False)
            left -= seconds
            time.sleep(seconds)

    declared = provider(connection.provider)
    base = api_base(declared, str(connection.settings.get(ENVIRONMENT, "")))
    return declared.make_api(base_url=base, token=token.reveal(), gate=gate, observer=observer)


def note_throttle(connection: Connection, problem: ProviderError) -> None:
    """Tell the shared limiter when the provider itself asked us to wait. Call it outside any transaction."""
    if isinstance(problem, Throttled) and problem.by_provider:
        report_throttled(connection, problem.seconds)


def _stored_token(connection: Connection) -> Secret:
    with firm_scope(connection.firm_id):
        held = read_tokens(connection.id)
        if held.due:
            request_refresh(connection=connection)
    if held.access is None:
        raise AuthRejected("no token is stored", code="no_token")
    return held.access
