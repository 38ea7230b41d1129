"""The single-use OAuth state: 32 random bytes kept as a hash, ten minutes, bound to session, user and firm (CH-59)."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.db import connection as database

from casehug.common import encryption
from casehug.common.scope import firm_scope
from casehug.common.secret import Secret
from casehug.common.ticks import firm_ids
from casehug.common.work import database_now
from integrations.models import OAuthState

LIFETIME, KEPT = timedelta(minutes=10), timedelta(days=1)
TABLE = "integrations_oauthstate"


class BadState(RuntimeError):
    """The callback's state is not good; `kind` is unknown, replayed, expired or foreign."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def make_state(*, provider_key: str, user_id: uuid.UUID, session_key: str, redirect_uri: str, verifier: str) -> str:
    """Store a new state inside the firm scope; return its clear text, which exists only in the browser's address."""
    text = secrets.token_urlsafe(32)
    state = OAuthState(
        provider=provider_key,
        state_hash=_digest(text),
        user_id=user_id,
        session_hash=_digest(session_key),
        redirect_uri=redirect_uri,
        expires_at=database_now() + LIFETIME,
    )
    if verifier:
        state.verifier = encryption.seal(Secret(verifier), table=TABLE, column="verifier", row_id=state.id)
    state.save(force_insert=True)
    return text


def firm_of(text: str) -> uuid.UUID | None:
    """Return the firm that started this authorisation, before any scope is open; None for a state we never made."""
    with database.cursor() as cursor:
        cursor.execute("SELECT firm_id FROM resolve_oauth_state(%s)", [_digest(text)])
        row = cursor.fetchone()
    return row[0] if row else None


def take_state(text: str, *, provider_key: str, user_id: uuid.UUID | None, session_key: str) -> OAuthState:
    """Use up a state inside its firm's scope. Raises `BadState`; a foreign browser does not use it up."""
    state = OAuthState.objects.filter(state_hash=_digest(text), provider=provider_key).first()
    if state is None:
        raise BadState("unknown")
    if bytes(state.session_hash) != _digest(session_key) or state.user_id != user_id:
        raise BadState("foreign")
    if state.used_at is not None:
        raise BadState("replayed")
    now = database_now()
    # Two callbacks at once: exactly one of them sees its own row here.
    taken = OAuthState.objects.filter(id=state.id, used_at__isnull=True, expires_at__gt=now).update(used_at=now)
    if not taken:
        raise BadState("expired" if state.expires_at <= now else "replayed")
    state.used_at = now
    fresh: OAuthState = state
    return fresh


def open_verifier(state: OAuthState) -> str:
    """Return the PKCE verifier of a state, empty when none was used."""
    if state.verifier is None:
        return ""
    return encryption.unseal(state.verifier, table=TABLE, column="verifier", row_id=state.id).reveal()


def forget_states(*, provider_key: str) -> None:
    """Make every open state of this provider unusable (a disconnect ends authorisations under way)."""
    OAuthState.objects.filter(provider=provider_key, used_at__isnull=True).update(used_at=database_now())


def purge_states() -> None:
    """Tick: delete states a day after they expired, per firm."""
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            OAuthState.objects.filter(expires_at__lt=database_now() - KEPT).delete()
