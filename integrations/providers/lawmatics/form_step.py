"""Submitting a matter to a form: one POST after everything was checked, looked for among the form's entries in doubt.

The answer names the contact or matter that the form made. In “instead” mode those two are linked, never made again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from integrations.contract.errors import NotFound, Refused, Unfit
from integrations.contract.forms import FIELD, FORM, INSTEAD, MODE, FormField, RemoteForm
from integrations.contract.http import Exchange
from integrations.contract.operations import Adoption, Found, RemoteRef, Step, StepContext, Window, Write
from integrations.contract.records import Leaf, Snapshot, seal_body
from integrations.providers.lawmatics.finders import made_lately
from integrations.providers.lawmatics.forms import form_value, read_form
from integrations.providers.lawmatics.reading import Resource, attribute, one, related, text

MADE = {"prospect": "matter", "contact": "contact"}
ENTRY, MORE = "entry", "other entry"
YES, NO = {"yes", "true", "1", "on"}, {"no", "false", "0", "off"}
GONE = "The form does not exist any more. Choose another one for this case type."
NO_MATTER = "The form made a contact there, and no matter."
UNNAMED = "Lawmatics did not say which contact and matter it made from the form."


def instead(context: StepContext) -> bool:
    """Tell whether a form takes the place of contact and matter for this matter."""
    return _mode(context.snapshot) == INSTEAD


def replaced(context: StepContext, key: str) -> bool:
    """Tell whether contact or matter (`key`) is left to the form, which is to make it or has made what it makes.

    A matter that was there before the form was mapped goes on as before.
    """
    free = "matter" in context.links and SubmitForm.key not in context.links
    return instead(context) and key not in context.links and not free


def in_order(snapshot: Snapshot, steps: Sequence[Step]) -> Sequence[Step]:
    """Put the form first when it makes contact and matter itself, else last: it then finds the contact by e-mail."""
    form = [step for step in steps if step.key == SubmitForm.key]
    others = [step for step in steps if step.key != SubmitForm.key]
    return [*form, *others] if _mode(snapshot) == INSTEAD else [*others, *form]


def adopt(context: StepContext, ref: RemoteRef) -> Adoption:
    """Name the contact and matter that the form made, as far as Lawmatics tells. One call for a matter."""
    if not instead(context):
        return Adoption()
    kind, _, number = ref.id.partition(" ")
    if kind == "contact":
        return Adoption((RemoteRef("contact", number, ref.label),), NO_MATTER)
    if kind != "matter":
        return Adoption((), UNNAMED)
    try:
        row = one(context.api.read(f"/v1/prospects/{number}", {"fields": "case_title,contact"}), "prospect")
    except NotFound:
        return Adoption((), "The matter that the form made is not there any more.")
    contacts = [found for kind, found in related(row or {}, "contact")]
    refs = [RemoteRef("contact", found) for found in contacts[:1]]
    return Adoption((*refs, RemoteRef("matter", number, text(row or {}, "case_title"))), "" if refs else UNNAMED)


class SubmitForm:
    """`POST /v1/forms/:uuid/submit`, once per matter, never changed afterwards."""

    key = "form"
    action = "form"

    def applies(self, context: StepContext) -> bool:
        """A matter that is there already is not made a second time by a form that was mapped later."""
        if self.key in context.links:
            return True
        return FORM in context.snapshot.extra and not (instead(context) and "matter" in context.links)

    def probe(self, context: StepContext) -> Found | None:
        return None

    def create(self, context: StepContext) -> Write:
        """Read the form as it is now and check everything against it. Raises `Unfit`: then nothing was sent."""
        form_id = _form_id(context.snapshot)
        try:
            form = read_form(context.api, form_id)
        except NotFound:
            raise Unfit(GONE, code="form_gone") from None
        # Without `fields` the answer could hold everything, licence and social security numbers included.
        shown = {"fields": "case_title,first_name,last_name"}
        return Write("POST", f"/v1/forms/{form_id}/submit", seal_body(_body(form, context.snapshot)), shown)

    def content(self, context: StepContext) -> Mapping[str, Any]:
        """Remember the mode only: what a form made is looked after by the other steps or by nobody."""
        return {"mode": _mode(context.snapshot)}

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        return None

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        return True

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        body = exchange.json()
        row = body.get("data") if isinstance(body, dict) else None
        if not isinstance(row, dict) or not row.get("id") or row.get("type") not in MADE:
            return None
        label = text(row, "case_title") or f"{text(row, 'first_name')} {text(row, 'last_name')}".strip()
        return RemoteRef("form", f"{MADE[row['type']]} {row['id']}", label)

    def reconcile(self, context: StepContext, window: Window, *, deep: bool) -> Found:
        """Look through the form's entries: by our mark where a field carries it, else by what was sent."""
        path = f"/v1/forms/{_form_id(context.snapshot)}/entries"
        try:
            rows = list(made_lately(context.api, path, "body,contactable,created_at", window))
        except NotFound:
            return Found()  # a form that is gone has no entries to find, and nothing can be sent to it again
        ours = [row for row in rows if _is_ours(row, _sent(context), context.marker)] if rows else []
        ordered = sorted(ours, key=lambda row: int(row["id"]) if str(row["id"]).isdigit() else 0)
        known = context.links.get(self.key)
        made = [_made(row) for row in ordered]
        if known and made and known.id not in {ref.id for ref in made}:
            made[0] = known  # named by its own answer, in other words than the entry's
        first: dict[str, RemoteRef] = {}
        for row, ref in zip(ordered, made, strict=True):
            name = f"{MORE} {row['id']}" if ref.id in first else ref.id
            first[name] = RemoteRef("form", name, ref.label)
        return Found(tuple(first.values()))

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        return {}

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return None


def _mode(snapshot: Snapshot) -> str:
    leaf = snapshot.extra.get(MODE)
    return str(leaf.value) if leaf else ""


def _form_id(snapshot: Snapshot) -> str:
    leaf = snapshot.extra.get(FORM)
    return str(leaf.value) if leaf else ""


def _answers(snapshot: Snapshot) -> dict[str, Leaf]:
    return {key.removeprefix(FIELD): leaf for key, leaf in snapshot.extra.items() if key.startswith(FIELD) and leaf}


def _body(form: RemoteForm, snapshot: Snapshot) -> dict[str, Leaf]:
    """Return one tagged value per field, or raise `Unfit` naming every field that stands in the way."""
    if form.blocked:
        raise Unfit(" ".join(form.blocked), code="form_blocked")
    answers, fields = _answers(snapshot), {field.id: field for field in form.fields}
    wrong = [f"“{field.label}” is required and has no value." for field in form.fields
             if field.required and field.id not in answers]  # fmt: skip
    body: dict[str, Leaf] = {}
    for name, leaf in answers.items():
        field = fields.get(name)
        if field is None or field.refused:
            wrong.append(field.refused if field else "A mapped field is not in the form any more.")
            continue
        try:
            body[name] = Leaf(form_value(field, leaf.value), leaf.source, leaf.reference)
        except ValueError as reason:
            wrong.append(str(reason))
    if not wrong and not body:
        wrong.append("There is no value for any of its fields.")
    if wrong:
        raise Unfit(" ".join(dict.fromkeys(wrong)), code="form_incomplete")
    return body


def _sent(context: StepContext) -> list[set[str]]:
    """Return the spellings of each value that was sent: as answered and as converted by the form's present fields."""
    answers = _answers(context.snapshot)
    try:
        fields = {field.id: field for field in read_form(context.api, _form_id(context.snapshot)).fields}
    except Refused:
        fields = {}
    return [_spellings(leaf.value) | _converted(fields.get(name), leaf) for name, leaf in answers.items()]


def _converted(field: FormField | None, leaf: Leaf) -> set[str]:
    try:
        return _spellings(form_value(field, leaf.value)) if field else set()
    except ValueError:
        return set()


def _is_ours(row: Resource, sent: Sequence[set[str]], marker: str) -> bool:
    """Our mark decides where it was sent; else every value we sent has to stand in the entry."""
    shown = attribute(row, "body")
    entries = [item.get("value") for item in shown if isinstance(item, Mapping)] if isinstance(shown, list) else []
    if any(marker.casefold() in one for one in sent):
        return any(marker in str(value) for value in entries)
    there = [_spellings(value) for value in entries]
    return bool(sent) and all(any(ours & each for each in there) for ours in sent)


def _spellings(value: Any) -> set[str]:
    """Return the ways in which a value may be shown: without case and spaces, digits only, a day, yes and no."""
    words = " ".join(str(value).split()).casefold()
    digits = "".join(character for character in words if character.isdigit())
    said = next((group for group in (YES, NO) if words in group), set())
    numbers = {digits, digits[-10:]} if len(digits) > 3 else set()
    return {words, *numbers, *said, *_days(words)}


def _days(words: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return
    yield from (f"{day:%m/%d/%Y}", f"{day:%m%d%Y}", f"{day:%B} {day.day}, {day.year}".casefold())


def _made(row: Resource) -> RemoteRef:
    """Return what an entry says it made; the entry itself when it does not say."""
    found = next(((MADE[kind], number) for kind, number in related(row, "contactable") if kind in MADE), None)
    return RemoteRef("form", f"{found[0]} {found[1]}" if found else f"{ENTRY} {row['id']}")
