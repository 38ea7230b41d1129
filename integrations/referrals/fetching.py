"""Work of kind `fetch_referral_file`: copies a file of a case before its address dies.

The address is read from the sealed event that told of it and kept nowhere else.
"""

import tempfile
import uuid

from casehug.common import work
from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.common.settlements import Settlement
from casehug.referrals.facts import FileFacts
from casehug.referrals.models import Attachment, Referral
from casehug.referrals.services import files
from integrations.contract.changes import Kind
from integrations.inbound.endpoints import inbound_of
from integrations.inbound.store import open_payload
from integrations.models import Connection, ExternalLink, InboundEvent
from integrations.outbound.download import Fetched, download
from integrations.referrals import cases, translate

FETCH = "fetch_referral_file"
QUEUE = "inbound"
IN_MEMORY = 1024 * 1024
NO_ADDRESS = "Its address is no longer kept. Ask the sender for the file."


def ask(attachment: Attachment, *, lane: int = WorkItem.Lane.AUTOMATIC) -> WorkItem:
    """Queue the copying of a file; one that waits is joined. In the firm scope."""
    return work.enqueue(
        kind=FETCH, queue=QUEUE, subject_type="attachment", subject_id=attachment.id, lane=lane, trigger="file"
    )


def run_fetch(item: WorkItem) -> Settlement:
    """Handler of kind `fetch_referral_file`."""
    with firm_scope(item.firm_id):
        work.guard(item)
        found = Attachment.objects.select_related("referral").filter(id=item.subject_id).first()
        if found is None or found.path or found.state in (Attachment.State.REMOVED, Attachment.State.REFUSED):
            return work.done()
        told = _told(found)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
        most = files.LIMIT_MB * 1024**2
        outcome = download(told[1], into=content, most=most) if told else Fetched(problem=NO_ADDRESS)
        content.seek(0)
        with firm_scope(item.firm_id):
            work.guard(item)
            if told and not outcome.problem:
                files.receive_file(referral_id=found.referral_id, facts=told[0], file=content, origin=told[2])
                return work.done()
            return _trouble(item, found.id, outcome)


def _trouble(item: WorkItem, attachment_id: uuid.UUID, outcome: Fetched) -> Settlement:
    again = outcome.again and item.attempts + 1 < work.MAX_ATTEMPTS
    text = f"{outcome.problem} It is tried again." if again else outcome.problem
    files.fetching_trouble(attachment_id=attachment_id, trouble=text, final=not again)
    if again:
        return work.retry(error_class="network", error_code=outcome.code, error_text=outcome.problem)
    return work.done()


def _told(attachment: Attachment) -> tuple[FileFacts, str, str] | None:
    """Return the newest account of a file that names an address: its facts, the address, and who told it."""
    referral: Referral = attachment.referral
    for link in ExternalLink.objects.filter(local_type=cases.CASE, local_id=referral.id).select_related("connection"):
        connection: Connection = link.connection
        declared = inbound_of(connection.provider)
        rows = InboundEvent.objects.filter(
            connection=connection, matter_external_id=link.external_id, kind=Kind.REFERRAL_FILE, payload__isnull=False
        )
        for event in rows.exclude(content="").order_by("-received_at", "-id") if declared else ():
            try:
                body = open_payload(event)
            except DecryptionError:
                continue
            change = declared.change_of(event.headers, body) if declared and body is not None else None
            told = change.news.file if change and change.news else None
            facts = translate.file(told, connection.remote_firm) if told else None
            if told and facts and told.url and facts.key[:120] == attachment.own_key:
                return facts, told.url, cases.origin(connection)
    return None
