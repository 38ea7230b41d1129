"""Codes and tokens of the stand-in: made, found, rotated, revoked. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.lawmatics.records.store import Doc
from sandbox.lawmatics.world import World

CODE_SECONDS = 600
APP_ID = 1


@dataclass(frozen=True)
class Token:
    """Who a valid access token speaks for."""

    account: int
    user: int
    app: int


def client_pair() -> tuple[str, str]:
    """The client id and secret this stand-in accepts."""
    return (
        os.environ.get("LAWMATICS_CLIENT_ID") or "standin-client",
        os.environ.get("LAWMATICS_CLIENT_SECRET") or "standin-secret",
    )


def hashed(value: str) -> str:
    """The form in which a code or token is kept."""
    return hashlib.sha256(value.encode()).hexdigest()


def _keep(
    world: World, value: str, type: str, account: int, user: int, family: str, life: float | None, uri: str
) -> None:
    expires = world.now() + life if life is not None else None
    row = (hashed(value), type, account, user, family, expires, uri)
    world.store.db.execute(
        "INSERT INTO tokens (hash, type, account, user, family, expires, redirect_uri) VALUES (?,?,?,?,?,?,?)", row
    )


def make_code(world: World, account: int, user: int, redirect_uri: str) -> str:
    """A single-use authorization code of 64 hex characters."""
    code = secrets.token_hex(32)
    with world.store.transaction():
        _keep(world, code, "code", account, user, secrets.token_hex(8), CODE_SECONDS, redirect_uri)
    return code


def _row(world: World, value: str, type: str) -> tuple[int, int, str, float | None, str, int] | None:
    with world.store.lock:
        row: tuple[int, int, str, float | None, str, int] | None = world.store.db.execute(
            "SELECT account, user, family, expires, redirect_uri, used FROM tokens WHERE hash = ? AND type = ?",
            (hashed(value), type),
        ).fetchone()
    return row


def _spend(world: World, value: str) -> bool:
    """Mark a code or refresh token as used; False when somebody was faster."""
    changed = world.store.db.execute("UPDATE tokens SET used = 1 WHERE hash = ? AND used = 0", (hashed(value),))
    return changed.rowcount == 1


def exchange_code(world: World, code: str, redirect_uri: str) -> Doc | None:
    """An authorization code for a token answer; None when used, old, unknown or meant for another address."""
    with world.store.transaction():
        row = _row(world, code, "code")
        if row is None or (row[3] is not None and row[3] < world.now()) or row[4] != redirect_uri:
            return None
        return _issue(world, row[0], row[1], row[2]) if _spend(world, code) else None


def refresh(world: World, value: str) -> Doc | None:
    """A refresh token for a new pair; the old one is spent. A second use is refused, by a switch with its family."""
    with world.store.transaction():
        row = _row(world, value, "refresh")
        if row is None:
            return None
        if _spend(world, value):
            old = "DELETE FROM tokens WHERE family = ? AND type = 'access'"
            world.store.db.execute(old, (row[2],))
            return _issue(world, row[0], row[1], row[2])
        if world.switches.get("refresh_reuse", row[0]) == "revoke_family":
            world.store.db.execute("DELETE FROM tokens WHERE family = ?", (row[2],))
        return None


def _issue(world: World, account: int, user: int, family: str) -> Doc:
    access = secrets.token_urlsafe(32)
    answer: Doc = {"token_type": "bearer", "access_token": access, "created_at": int(world.now())}
    life = None
    if world.switches.get("token_mode", account) == "expiring":
        life = world.switches.number("token_lifetime", account)
        again = secrets.token_urlsafe(32)
        answer |= {"expires_in": int(life), "refresh_token": again}
        _keep(world, again, "refresh", account, user, family, None, "")
    _keep(world, access, "access", account, user, family, life, "")
    return answer


def bearer(world: World, header: str) -> Token | None:
    """The token in an Authorization header, if it is good."""
    scheme, _, value = header.partition(" ")
    row = _row(world, value.strip(), "access") if scheme.lower() == "bearer" else None
    if row is None or (row[3] is not None and row[3] < world.now()):
        return None
    return Token(row[0], row[1], APP_ID)


def revoke(world: World, account: int) -> int:
    """The firm removes the app: every code and token of the account is gone. Returns how many there were."""
    with world.store.transaction():
        return world.store.db.execute("DELETE FROM tokens WHERE account = ?", (account,)).rowcount


def expire(world: World, account: int) -> int:
    """Access tokens of the account that have a refresh token end now."""
    sql = "UPDATE tokens SET expires = ? WHERE account = ? AND type = 'access' AND expires IS NOT NULL"
    with world.store.transaction():
        return world.store.db.execute(sql, (world.now() - 1, account)).rowcount


def issue_directly(world: World, account: int, user: int) -> Doc:
    """A token answer without the consent screen, for tests and measurements."""
    with world.store.transaction():
        return _issue(world, account, user, secrets.token_hex(8))


def form_account(world: World, params: dict[str, Any]) -> int | None:
    """The firm a public form route belongs to: its calls count against that firm."""
    if "form_uuid" not in params:
        return None
    where = "kind = 'form' AND json_extract(doc, '$.uuid') = ?"
    found = world.store.select(where, [params["form_uuid"]])
    return found[0].account if found else None
