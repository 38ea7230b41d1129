"""The erasure itself: a plan that changes nothing, one transaction that erases, files after it, the certificate."""

import json
import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from casehug.audit.services import record
from casehug.common import work
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id, firm_scope
from casehug.data_duties.erasure.subject import Result, Subject, subject_of
from casehug.data_duties.erasure.traces import mentions
from casehug.data_duties.models import Erasure
from casehug.intake.errors import NotFound, Refused
from casehug.intake.models import Client, Matter
from casehug.intake.services.uploads import media_root

log = structlog.get_logger(__name__)
KIND, ERASED = "erase_client", "client.erased"
BUSY_SECONDS = 5


class Busy(RuntimeError):
    """Work about this client is running this moment: it ends within two minutes, then the erasure can go on."""


@dataclass(frozen=True)
class Plan:
    """What an erasure would do now, and what may stand against it."""

    counts: dict[str, int] = field(default_factory=dict)
    files: int = 0
    remote: list[dict[str, str]] = field(default_factory=list)
    mentions: dict[str, int] = field(default_factory=dict)
    matters: list[Matter] = field(default_factory=list)

    @property
    def duty(self) -> bool:
        """Whether there are matters: their files may have to be kept for years, and only the firm can know."""
        return bool(self.matters)

    @property
    def open_matters(self) -> int:
        """How many of them are not closed."""
        return sum(one.status in ("pending", "active") for one in self.matters)


def _erase_all(subject: Subject) -> Result:
    result = Result()
    for path in settings.ERASERS:
        import_string(path)(subject, result)
    return result


def plan_erasure(*, client_id: uuid.UUID) -> Plan:
    """Return what would be erased: the erasure itself, taken back. In the firm scope. Raises NotFound."""
    client: Client | None = Client.objects.filter(id=client_id).first()
    if client is None:
        raise NotFound("client")
    matters = list(Matter.objects.filter(client=client).select_related("case_type").order_by("-updated_at"))
    with transaction.atomic():
        subject = subject_of(client)
        words = subject.words()
        result = _erase_all(subject)
        left = mentions(words)
        transaction.set_rollback(True)
    counts = {label: count for label, count in result.counts.items() if count}
    return Plan(counts, len(result.files), result.remote, left, matters)


def request_erasure(*, client_id: uuid.UUID, reason: str, duty_accepted: bool) -> Erasure:
    """Note that a client is to be erased and queue it; asking twice is one erasure. In the firm scope.

    Raises NotFound, Refused (`duty`: matters exist and nobody confirmed that their files need not be kept).
    """
    known: Erasure | None = Erasure.objects.filter(client_id=client_id).first()
    if known is None:
        if not Client.objects.filter(id=client_id).exists():
            raise NotFound("client")
        if not duty_accepted and Matter.objects.filter(client_id=client_id).exists():
            raise Refused("duty", "Confirm first that no duty to keep these files stands against it.")
        known, made = Erasure.objects.get_or_create(
            client_id=client_id,
            defaults={"reason": reason, "duty_accepted": duty_accepted, "requested_by_id": current_actor_id()},
        )
        if made:
            changes = {"erasure": known.public_id, "reason_given": known.reason}
            record(action="client.erasure_started", object_type="client", object_id=client_id, changes=changes)
    erasure: Erasure = known
    if erasure.state != Erasure.State.DONE:
        work.enqueue(
            kind=KIND, queue="maintenance", subject_type="erasure", subject_id=erasure.id,
            lane=WorkItem.Lane.BUTTON, trigger="person", actor_id=current_actor_id(),
        )  # fmt: skip
    return erasure


def perform(*, firm_id: uuid.UUID, erasure_id: uuid.UUID) -> None:
    """Erase, outside any scope: all rows in one transaction, then the files, then the certificate.

    Stopped anywhere, a second run goes on; a finished one does nothing. Raises `Busy`, NotFound.
    """
    with firm_scope(firm_id):
        erasure = _locked(erasure_id)
        if erasure.state == Erasure.State.QUEUED:
            _erase_rows(erasure)
    with firm_scope(firm_id):
        erasure = _locked(erasure_id)
        if erasure.state == Erasure.State.FILES:
            for path in erasure.files:
                _delete_file(firm_id, path)
            _certify(erasure)


def _locked(erasure_id: uuid.UUID) -> Erasure:
    found: Erasure | None = Erasure.objects.select_for_update().filter(id=erasure_id).first()
    if found is None:
        raise NotFound("erasure")
    return found


def _erase_rows(erasure: Erasure) -> None:
    client: Client | None = Client.objects.select_for_update().filter(id=erasure.client_id).first()
    if client is not None:
        list(Matter.objects.select_for_update().filter(client=client).order_by("id").values_list("id"))
        subject = subject_of(client)
        _refuse_running(erasure, subject.everything())
        words = subject.words()
        result = _erase_all(subject)
        # Once more: what was claimed since the first look could not be cancelled above, and would write again.
        _refuse_running(erasure, [*subject.everything(), *result.watched])
        erasure.matters = [str(one) for one in subject.of("matter")]
        erasure.counts = {label: count for label, count in result.counts.items() if count}
        erasure.counts["Files"] = len(result.files)
        erasure.remote, erasure.files = result.remote, result.files
        erasure.mentions = mentions(words)
    erasure.state = Erasure.State.FILES
    erasure.save()


def _refuse_running(erasure: Erasure, ids: list[uuid.UUID]) -> None:
    if WorkItem.objects.filter(subject_id__in=ids, status="running").exists():
        raise Busy(str(erasure.id))


def _delete_file(firm_id: uuid.UUID, relative: str) -> None:
    root = media_root().resolve()
    path = (root / relative).resolve()
    if path.is_relative_to(root / str(firm_id)):
        path.unlink(missing_ok=True)


def certificate(erasure: Erasure) -> dict[str, Any]:
    """Return what the certificate says, the same every time: ids, counts, times, no word of the client."""
    ended = erasure.finished_at
    return {
        "certificate": erasure.public_id, "firm": str(erasure.firm_id), "client": str(erasure.client_id),
        "matters": list(erasure.matters), "reason": erasure.reason, "duty_accepted": erasure.duty_accepted,
        "requested_by": str(erasure.requested_by_id or "command"), "requested_at": erasure.created_at.isoformat(),
        "erased_at": ended.isoformat() if ended else None, "erased": dict(erasure.counts),
        "to_delete_elsewhere": list(erasure.remote), "still_mentioned": dict(erasure.mentions),
    }  # fmt: skip


def digest_of(erasure: Erasure) -> str:
    """Return the SHA-256 of the certificate: keys sorted, no spaces, UTF-8."""
    text = json.dumps(certificate(erasure), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _certify(erasure: Erasure) -> None:
    erasure.files, erasure.state, erasure.finished_at = [], Erasure.State.DONE, timezone.now()
    erasure.digest = digest_of(erasure)
    erasure.save()
    record(
        action=ERASED, object_type="client", object_id=erasure.client_id,
        changes={"erasure": erasure.public_id, "certificate": erasure.digest, "remote": len(erasure.remote)},
    )  # fmt: skip
    # The ledger outside the database: after a restore it tells who has to be erased again.
    log.info(ERASED, firm=str(current_firm_id()), kind="client", code=str(erasure.client_id))


def run_erasure(item: Any) -> work.Settlement:
    """Work handler `erase_client`."""
    try:
        perform(firm_id=item.firm_id, erasure_id=item.subject_id)
    except Busy:
        return work.wait(seconds=BUSY_SECONDS)
    except NotFound as error:
        return work.dead(error_class="validation", error_code=error.code, error_text=error.message)
    return work.done()
