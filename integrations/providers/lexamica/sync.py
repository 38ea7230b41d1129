"""What goes out: a case, an answer to an invitation, a message about a case, a file, its removal. One call each.

Nothing here has an idempotency key: what was not answered is looked for in the stored events, and a person decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.contract.errors import Unfit
from integrations.contract.http import Exchange
from integrations.contract.onboarding import ONBOARDING
from integrations.contract.operations import Found, Operation, RemoteRef, StepContext, Window, Write
from integrations.contract.records import Leaf, Source
from integrations.contract.referrals import (
    ACCEPT,
    CONSULT_COMPLETE,
    CONTACT_ATTEMPTED,
    DECLINE,
    DRAFT,
    EVALUATE,
    EXISTING,
    SEND,
    SUGGESTIONS,
    AnswerRecord,
    FileRecord,
    ReferralRecord,
    RemovalRecord,
    UpdateRecord,
    record_of,
)
from integrations.providers.lexamica import catalogue, mapping
from integrations.providers.lexamica.catalogue import CASE, FILES, INVITATION, UPDATE
from integrations.providers.lexamica.stored import told

CALLS = {SEND: "send_case", EXISTING: "create_existing_case", SUGGESTIONS: "create_existing_case",
         DRAFT: "create_draft_case"}  # fmt: skip
ACTIONS = {
    ACCEPT: "accept_invitation", DECLINE: "decline_invitation", EVALUATE: "evaluate_invitation",
    CONTACT_ATTEMPTED: "log_contact_attempted", CONSULT_COMPLETE: "log_consult_complete",
}  # fmt: skip
CREATED = ("case_created", "relay_matched", "relay_rejected", "relay_missed")
ANSWERED = {ACCEPT: "invitation_accepted", DECLINE: "invitation_declined", EVALUATE: "invitation_evaluating",
            CONTACT_ATTEMPTED: "invitation_contact_attempted",
            CONSULT_COMPLETE: "invitation_consult_complete"}  # fmt: skip


def _path(context: StepContext, call: str, model: str) -> str:
    """Return the path of a call with the id of the account's mapping. Raises `Unfit` before the account is set up."""
    known = context.profile.get(ONBOARDING, {}).get("mappings", {})
    if not known.get(model):
        raise Unfit("The account is not set up yet: its field mapping is missing.", code="mapping_gone")
    return catalogue.call(call).path(str(known[model]))


class _Once:
    """Parts all these steps share: made by one write, never looked for before it, never changed."""

    key = ""
    model = ""

    @property
    def action(self) -> str:
        return self.key

    def applies(self, context: StepContext) -> bool:
        return True

    def probe(self, context: StepContext) -> Found | None:
        return None

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        return None

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        return True

    def content(self, context: StepContext) -> Mapping[str, Any]:
        return {}

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        return {}

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return None

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        row = mapping.answered(exchange.json(), self.model)
        found = mapping.key(row.get(mapping.MODEL_IDS[self.model]))
        return RemoteRef(self.key, found, mapping.line(row.get("name") or row.get("title"))) if found else None

    def _found(self, rows: Sequence[Mapping[str, Any]]) -> Found:
        ids = sorted({mapping.key(row.get(mapping.MODEL_IDS[self.model])) for row in rows} - {""})
        return Found(tuple(RemoteRef(self.key, one) for one in ids))


class SendReferral(_Once):
    """`send`, `create-existing` or `draft`. Our marker travels as the case's external id."""

    key, model = "referral", CASE

    def create(self, context: StepContext) -> Write:
        record = record_of(context.snapshot, ReferralRecord)
        if record.mode == SEND:
            mapping.demand(CASE, record.values)
        if (record.mode == EXISTING) != bool(record.partner_id):
            raise Unfit("A known partner's id is needed here, and nowhere else.", code="partner_unknown")
        values = dict(record.values) | {"external_id": Leaf(context.marker, Source.SYSTEM)}
        body = mapping.body(CASE, values, {catalogue.text("partner_firm.body_key"): record.partner_id})
        call = CALLS[record.mode]
        return Write(catalogue.call(call).method, _path(context, call, CASE), body)

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        """Look for an event of a case that carries our marker."""
        rows = told(context, CREATED, window.since)
        return self._found([row for row in rows if row.get("external_id") == context.marker])


class AnswerInvitation(_Once):
    """One of the five actions. An identical second answer is accepted there (assumed), a different one refused."""

    key, model = "invitation_answer", INVITATION

    def create(self, context: StepContext) -> Write:
        record = record_of(context.snapshot, AnswerRecord)
        if record.action == DECLINE and not record.reason:
            raise Unfit("A reason is needed to decline.", code="fields")
        values = {"invitation_id": record.invitation_id}
        if record.action == DECLINE:
            values["decline_reason"] = record.reason
        elif record.action == ACCEPT:
            values["note"] = record.note
        call = ACTIONS[record.action]
        return Write(catalogue.call(call).method, _path(context, call, INVITATION), mapping.body(INVITATION, values))

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        record = record_of(context.snapshot, AnswerRecord)
        rows = told(context, (ANSWERED[record.action],), window.since)
        return self._found([row for row in rows if row.get("invitation_id") == record.invitation_id.value])


class PostUpdate(_Once):
    """A message about a case, to both firms of it."""

    key, model = "case_update", UPDATE

    def create(self, context: StepContext) -> Write:
        record = record_of(context.snapshot, UpdateRecord)
        values = {"case_id": record.case_id, **record.values}
        mapping.demand(UPDATE, values)
        return Write(
            catalogue.call("post_update").method, _path(context, "post_update", UPDATE), mapping.body(UPDATE, values)
        )

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        """Look for the same words on the same case, written by us."""
        record = record_of(context.snapshot, UpdateRecord)
        content, title = (_plain(record.values.get(name)) for name in ("content", "title"))
        mine = str(getattr(context.api, "organization_id", ""))
        return self._found([
            row for row in told(context, ("update_made",), window.since)
            if row.get("case_id") == record.case_id.value and mapping.words(row.get("content")) == content
            and mapping.words(row.get("title") or "") == title and row.get("author_id", mine) == mine
        ])  # fmt: skip


class PushFile(_Once):
    """A file's content, or for a large one the address it is fetched from (then it is there when an event says so)."""

    key, model = "attachment", FILES

    def create(self, context: StepContext) -> Write:
        record = record_of(context.snapshot, FileRecord)
        values = {"case_id": record.case_id, "name": record.name}
        if record.file is not None:
            most = catalogue.number("file.max_upload_bytes")
            if record.file.size > most:
                raise Unfit(f"The file is larger than {most // 1024**2} MB; give its address.", code="file_too_large")
            body = mapping.body(FILES, values)
            return Write("POST", _path(context, "upload_file", FILES), body, file=record.file)
        if not record.url:
            raise Unfit("There is neither a file nor its address.", code="fields")
        body = mapping.body(FILES, values | {"url": record.url})
        return Write(catalogue.call("stream_file").method, _path(context, "stream_file", FILES), body)

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        record = record_of(context.snapshot, FileRecord)
        mine = str(getattr(context.api, "organization_id", ""))
        return self._found([
            row for row in told(context, ("attachment_uploaded",), window.since)
            if row.get("case_id") == record.case_id.value and row.get("name") == record.name.value
            and row.get("author_id", mine) == mine and record.file is not None and row.get("size") == record.file.size
        ])  # fmt: skip


class RemoveFile(_Once):
    """Takes a file off a case; a second time is harmless (assumed)."""

    key, model = "attachment_removal", FILES

    def create(self, context: StepContext) -> Write:
        record = record_of(context.snapshot, RemovalRecord)
        values = {"case_id": record.case_id, "file_id": record.file_id}
        return Write(
            catalogue.call("remove_file").method, _path(context, "remove_file", FILES), mapping.body(FILES, values)
        )

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        record = record_of(context.snapshot, RemovalRecord)
        rows = told(context, ("attachment_removed",), window.since)
        return self._found([row for row in rows if row.get("file_id") == record.file_id.value])


def _plain(leaf: Leaf | None) -> str:
    return mapping.words(leaf.value) if leaf and isinstance(leaf.value, str) else ""


def _operation(key: str, step: Any) -> Operation:
    return Operation(key, (step,), ask_person=frozenset({step.key}))


OPERATIONS = {
    one.key: one
    for one in (
        _operation("send_referral", SendReferral()), _operation("answer_invitation", AnswerInvitation()),
        _operation("post_update", PostUpdate()), _operation("push_file", PushFile()),
        _operation("remove_file", RemoveFile()),
    )
}  # fmt: skip
