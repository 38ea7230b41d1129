"""Operations beside the sync of a matter, named in settings: what each may send, and who hears how it ended.

The engine knows none of them. `OUTGOING_OPERATIONS` names, by kind of work, one `Outgoing` in dotted form.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from casehug.common.models import WorkItem
from casehug.intake.errors import IntakeError
from integrations.contract.onboarding import ONBOARDING
from integrations.contract.operations import Operation, Step
from integrations.contract.provider import Provider
from integrations.models import Connection, RemoteIntent
from integrations.registry import provider
from integrations.sync.messages import message_for
from integrations.sync.outgoing.prepared import SendableRecord

OPEN = (RemoteIntent.Outcome.INFLIGHT, RemoteIntent.Outcome.UNKNOWN)
LONGEST_WORDS = 300
SET_UP = "set_up"
"""Held: the account has not been set up for us, so there is nothing that could be addressed there."""
logger = structlog.get_logger(__name__)


class NotSendable(RuntimeError):
    """This can never be sent as it is; `code` and `words` say why. Nothing was sent."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class NotYet(RuntimeError):
    """Something of the same case has to go first; look again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Outgoing:
    """One operation: how the row behind it is read, and what happens to it. All run inside the firm scope.

    `read` raises `NotSendable`, `NotYet` or `PrivilegeGuard`. `confirmed(connection, subject id, id there)`: it stands
    there; the id may be empty. `refused(subject id, words)`: it certainly does not. `unknown(subject id)`: nobody can
    tell yet. `undecided(subject id)`: nobody can tell and a person has to. `again(subject id)`: the person said that it
    did not arrive. All may be called twice. `proven(connection, subject id)`: its id there when news have told
    meanwhile that it arrived ("" when the id is not known), else None.
    """

    local_type: str
    subject_type: str
    read: Callable[[Connection, WorkItem], SendableRecord]
    confirmed: Callable[[Connection, uuid.UUID, str], object]
    refused: Callable[[uuid.UUID, str], object]
    unknown: Callable[[uuid.UUID], object]
    undecided: Callable[[uuid.UUID], object]
    again: Callable[[uuid.UUID], object]
    proven: Callable[[Connection, uuid.UUID], str | None]
    names_record: bool = True
    """Whether the id in an answer is a record of its own; several answers name one and the same invitation."""


@cache
def _load(path: str) -> Outgoing:
    found: Outgoing = import_string(path)
    return found


def outgoing(kind: str) -> Outgoing | None:
    """Return the operation behind a kind of work, None for the sync of a matter and for other work."""
    path = settings.OUTGOING_OPERATIONS.get(kind)
    return _load(path) if path else None


def kind_of(local_type: str) -> str:
    """Return the kind of work that sends records of this local type, "" for those of a matter."""
    return next((kind for kind in settings.OUTGOING_OPERATIONS if _load_kind(kind).local_type == local_type), "")


def _load_kind(kind: str) -> Outgoing:
    return _load(settings.OUTGOING_OPERATIONS[kind])


def of_intent(intent: RemoteIntent) -> Outgoing | None:
    """Return the operation a write belongs to, None for one of a matter."""
    kind = kind_of(intent.kind)
    return outgoing(kind) if kind else None


def proof_of(intent: RemoteIntent) -> str | None:
    """Return the id there of a write that news have proven to have arrived, None when nothing does."""
    found = of_intent(intent)
    return found.proven(intent.connection, intent.subject_id) if found else None


def step_of(declared: Provider, intent: RemoteIntent) -> tuple[Operation, Step]:
    """Return the provider's operation and step that made a write. Raises `LookupError`."""
    key = intent.kind.split(".")[0]
    for operation in declared.operations.values():
        for step in operation.steps:
            if step.key == key:
                return operation, step
    raise LookupError(key)


def is_addressable(connection: Connection) -> bool:
    """Tell whether an account that has to be set up for us was set up, as far as anything can be sent."""
    known = connection.profile.get(ONBOARDING, {}).get("mappings")
    return bool(known) or provider(connection.provider).onboarding is None


def tell(what: Callable[..., object], *values: object) -> None:
    """Tell a row how it stands. What was sent is a fact: a row that refuses the news must not undo it."""
    try:
        with transaction.atomic():
            what(*values)
    except IntakeError:
        logger.exception("sync.outcome.not_taken", step=getattr(what, "__qualname__", ""))


def ended(item: WorkItem, status: str, error_class: str, error_code: str) -> None:
    """Listener of ended work (settings `WORK_ENDED`): a row that was given up tells its subject why."""
    found = outgoing(item.kind)
    if found is None or status != "dead":
        return
    left = RemoteIntent.objects.filter(
        connection_id=item.connection_id, kind=found.local_type, subject_id=item.subject_id, outcome__in=OPEN
    )
    if left.exists():  # something was sent and nobody knows whether it arrived: given up is not refused
        tell(found.unknown, item.subject_id)
        return
    row = WorkItem.objects.get(id=item.id)
    words = row.last_error_text
    if error_class in ("network", "unknown") and error_code not in ("gave_up", "poison"):
        name = provider(Connection.objects.get(id=item.connection_id).provider).name
        words = message_for("network" if error_class == "network" else "unknown", "too_many_tries", name=name).text
    tell(found.refused, item.subject_id, words[:LONGEST_WORDS])
