"""The three steps of a sync: push the contact, push the matter, log the activity. The engine keeps the promises.

Calls: new client 3 (find, contact with its note, matter), known e-mail 3, known link 1 and the note, unchanged 0.
"""

from collections.abc import Mapping
from typing import Any

from integrations.contract.behaviour import known
from integrations.contract.http import Exchange
from integrations.contract.operations import Found, Operation, RemoteRef, StepContext, Window, Write
from integrations.contract.records import Leaf, NoteRecord
from integrations.providers.lawmatics import finders, mapping
from integrations.providers.lawmatics.fields import STANDARD_KEYS
from integrations.providers.lawmatics.form_step import SubmitForm, adopt, in_order, instead, replaced
from integrations.providers.lawmatics.reading import Resource, one, text
from integrations.providers.lawmatics.refusals import REFUSED, after_refusal, gone_keys, lost
from integrations.providers.lawmatics.standing import is_filled, stands

OWNERS = {"contact": ("Contact", "contact_id"), "matter": ("Prospect", "matter_id")}


def note_target(context: StepContext) -> str:
    """Return where notes go, `contact` or `matter`: the firm's choice, else what was learned, else contact (C-8)."""
    chosen = context.settings.get("note_target", "auto")
    return str(chosen if chosen in OWNERS else context.profile.get("note_target", "contact"))


class PushContact:
    """`POST /v1/contacts`. A contact that was found is only linked; its blanks are filled if the firm wants that."""

    key = "contact"
    action = "contact"

    def applies(self, context: StepContext) -> bool:
        return not replaced(context, self.key)

    def probe(self, context: StepContext) -> Found | None:
        return finders.find_contact(context.api, context.snapshot.contact)

    def create(self, context: StepContext) -> Write:
        note = _inline_note(context, "contact")
        body = mapping.contact_body(self._values(context), note)
        query = {"fields": "first_name,last_name"}
        return Write("POST", "/v1/contacts", body, query, ("note",) if note else ())

    def content(self, context: StepContext) -> Mapping[str, Any]:
        """Nothing as long as found contacts are left alone: then a change here is never pushed (CaseHug §5 step 4)."""
        if not context.settings.get("update_matched_contacts"):
            return {}
        return _plain(self._values(context))

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        """Fill what is blank there after a fresh read; never a value that stands there, never another person's."""
        if not context.settings.get("update_matched_contacts"):
            return None
        fields = ",".join(("first_name,last_name,email,phone,custom_fields", *STANDARD_KEYS["contact"]))
        there = one(context.api.read(f"/v1/contacts/{ref.id}", {"fields": fields}), "contact")
        if there is None or not finders.same_person(there, context.snapshot.contact):
            return None
        wanted = {key: leaf for key, leaf in self._values(context).items() if key in context.changed}
        blanks = {key: leaf for key, leaf in wanted.items() if not is_filled(there, key)}
        if not blanks:
            return None
        return Write("PUT", f"/v1/contacts/{ref.id}", mapping.contact_body(blanks), {"fields": "first_name,last_name"})

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        return self.update(context, ref) is None

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        row = _answered(exchange, "contact")
        return RemoteRef("contact", str(row["id"]), finders.person_label(row)) if row else None

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        by_filter = _usable(context, "contact_filter")
        return finders.find_contact_again(context.api, context.snapshot.contact, window, deep=deep, by_filter=by_filter)

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        return after_refusal(context, write, exchange, self._values(context))

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return lost(context, exchange, "contact") if exchange.method == "PUT" else None

    def _values(self, context: StepContext) -> dict[str, Leaf]:
        return mapping.contact_values(context.snapshot.contact, gone_keys(context))


class PushMatter:
    """`POST /v1/prospects` with `contact_id`; later `PUT` with the values that changed here and no others."""

    key = "matter"
    action = "matter"

    def applies(self, context: StepContext) -> bool:
        return not replaced(context, self.key)

    def probe(self, context: StepContext) -> Found | None:
        return None  # a first create needs no look: nothing of ours can be there yet

    def create(self, context: StepContext) -> Write:
        note = _inline_note(context, "matter")
        body = mapping.matter_body(
            self._values(context), contact_id=context.links["contact"].id, marker=context.marker, note=note
        )
        # Without `fields` a create answers with everything, licence and social security numbers included.
        return Write("POST", "/v1/prospects", body, {"fields": "case_title"}, ("note",) if note else ())

    def content(self, context: StepContext) -> Mapping[str, Any]:
        return _plain(self._values(context))

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        """Send what changed here: a stage that staff moved there is not pulled back by a new title."""
        values = {key: leaf for key, leaf in self._values(context).items() if key in context.changed}
        if not values:
            return None
        return Write("PUT", f"/v1/prospects/{ref.id}", mapping.matter_body(values), {"fields": "case_title"})

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        fields = ("case_title,stage,practice_area,sub_status,custom_fields", *STANDARD_KEYS["matter"])
        query = {"fields": ",".join(fields)}
        there = one(context.api.read(f"/v1/prospects/{ref.id}", query), "prospect")
        values = {key: leaf for key, leaf in self._values(context).items() if key in context.changed}
        if there is not None and (leaf := values.pop("sub_status_id", None)):
            # A matter shows its sub-status by name only.
            wanted = one(context.api.read(f"/v1/sub_statuses/{leaf.value}", {"fields": "name"}), "sub_status") or {}
            if text(there, "sub_status").strip() != text(wanted, "name").strip():
                return False
        return there is not None and all(stands(there, key, leaf.value) for key, leaf in values.items())

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        row = _answered(exchange, "prospect")
        return RemoteRef("matter", str(row["id"]), text(row, "case_title")) if row else None

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        contact = context.links.get("contact")
        title = str(context.snapshot.matter.title.value or "")
        contact_id = contact.id if contact else ""
        return finders.find_matter(
            context.api, contact_id, title, context.marker, window, deep=deep,
            by_filter=_usable(context, "matter_filter"),
        )  # fmt: skip

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        return after_refusal(context, write, exchange, self._values(context))

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return lost(context, exchange, "matter" if exchange.method == "PUT" else "contact")

    def _values(self, context: StepContext) -> dict[str, Leaf]:
        sub_status = context.snapshot.extra.get("sub_status_id")
        return mapping.matter_values(context.snapshot.matter, gone_keys(context), sub_status)


class LogActivity:
    """`POST /v1/notes`: the intake's activity, written once, never changed. It rides in a first create when it can."""

    key = "note"
    action = "note"

    def applies(self, context: StepContext) -> bool:
        """A form may have made a contact or matter that nobody named to us: then there is nowhere to write."""
        nowhere = instead(context) and note_target(context) not in context.links
        return context.snapshot.note is not None and not nowhere

    def probe(self, context: StepContext) -> Found | None:
        return None

    def create(self, context: StepContext) -> Write:
        note, target = context.snapshot.note, note_target(context)
        if note is None:
            raise ValueError("this snapshot has no note")
        body = mapping.note_body(note, notable_type=OWNERS[target][0], notable_id=context.links[target].id)
        return Write("POST", "/v1/notes", body, {"fields": "name"})

    def content(self, context: StepContext) -> Mapping[str, Any]:
        return {}

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        return None

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        return True

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        row = _answered(exchange, "note")
        return RemoteRef("note", str(row["id"]), text(row, "name")) if row else None

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        """Look where the note should be and, while Lawmatics chooses, also where it could have gone before."""
        first = note_target(context)
        order = [first, *(name for name in OWNERS if name != first)]
        owners = [(OWNERS[name][1], context.links[name].id) for name in order if name in context.links]
        by_activity = _usable(context, "activities")
        return finders.find_note(context.api, owners, context.marker, window, deep=deep, by_activity=by_activity)

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        """Some accounts take no notes on contacts (A26): try the matter, and keep to it if that works."""
        automatic = context.settings.get("note_target", "auto") not in OWNERS
        if automatic and exchange.status in REFUSED and note_target(context) == "contact" and "matter" in context.links:
            return {"note_target": "matter"}
        return {}

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return lost(context, exchange, note_target(context))


def _inline_note(context: StepContext, owner: str) -> NoteRecord | None:
    """Return the note if it may ride in the first create of its owner; `notes` adds one each time, so never later."""
    fits = note_target(context) == owner and context.profile.get("inline_note") is not False
    return context.snapshot.note if fits and "note" not in context.links else None


def _usable(context: StepContext, key: str) -> bool:
    """Tell whether a way of listing works, as far as is known of this account (`behaviour.py`)."""
    return known(context.profile, key) not in ("refused", "ignored")


def _plain(values: Mapping[str, Leaf]) -> dict[str, Any]:
    return {key: leaf.value for key, leaf in values.items()}


def _answered(exchange: Exchange, kind: str) -> Resource | None:
    """Return the record an answer names, None when the body is empty, broken, without id or of another kind."""
    body = exchange.json()
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) and data.get("type") == kind and data.get("id") else None


SYNC_MATTER = Operation(
    "sync_matter",
    (PushContact(), PushMatter(), LogActivity(), SubmitForm()),
    order=in_order,
    adopt={SubmitForm.key: adopt},
    refusal_codes={SubmitForm.key: "form_refused"},
)
