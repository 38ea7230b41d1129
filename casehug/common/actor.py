"""Who acts: a user, the portal, a command or the system. Set once at the door, read by audit and events."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`source` is web, api, portal, command or system; `address` is the network address, empty when there is none."""

    user_id: uuid.UUID | None = None
    source: str = "system"
    address: str = ""
    key_id: uuid.UUID | None = None
    """The API key that was used, when there is no person."""


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def current_actor() -> Actor:
    """Return the actor of this context."""
    return _actor.get()


def current_actor_id() -> uuid.UUID | None:
    """Return the acting user's id, None for the portal, commands and the system."""
    return _actor.get().user_id


@contextmanager
def actor_context(
    *, user_id: uuid.UUID | None = None, source: str = "system", address: str = "", key_id: uuid.UUID | None = None
) -> Iterator[None]:
    """Set the actor for the enclosed block."""
    token = _actor.set(Actor(user_id, source, address, key_id))
    try:
        yield
    finally:
        _actor.reset(token)
