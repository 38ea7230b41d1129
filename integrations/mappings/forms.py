"""Forms of the connected account and which case type goes to which: our copy of their fields, checks, saving."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from casehug.audit import services as audit
from casehug.common.actor import current_actor_id
from casehug.common.models import WorkItem
from casehug.common.scope import firm_scope
from casehug.firms.page_reads import once_a_page
from casehug.intake.models import CaseType, Matter
from integrations.connections.open_api import PAGE_PATIENCE, WORKER_PATIENCE, open_api
from integrations.contract.errors import NotFound, Refused
from integrations.contract.forms import FormField, RemoteForm, RemoteForms
from integrations.mappings.form_sources import labels_for
from integrations.mappings.sources import case_types
from integrations.mappings.versions import recorded
from integrations.models import Connection, FormDefinition, FormMapping
from integrations.registry import provider

KIND_KEY = "forms"


class FormRefused(Refused):
    """A mapping that cannot be saved: `fields` has plain words by field id, `detail` what concerns the whole."""

    def __init__(self, detail: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, code="form")
        self.fields = dict(fields or {})


@dataclass(frozen=True)
class FormCopy:
    """A form as it was read last. `usable` is why it may be chosen or not; `fields` leaves nothing out."""

    id: str
    name: str
    makes: str
    fields: tuple[FormField, ...]
    blocked: tuple[str, ...]
    complete: bool
    gone: bool
    case_types: tuple[str, ...] = field(default_factory=tuple)

    @property
    def usable(self) -> bool:
        """Whether it can be submitted as far as we know."""
        return self.complete and not self.gone and not self.blocked

    @property
    def required(self) -> int:
        """How many of its fields have to have a value."""
        return sum(one.required for one in self.fields)


def offered(connection: Connection) -> RemoteForms:
    """Return the provider's forms capability. Raises `Refused` when it has none."""
    found = provider(connection.provider).forms
    if found is None:
        raise Refused("This integration has no forms.")
    return found


def refresh_forms(*, connection: Connection, daily: bool = False) -> int:
    """Read the forms of the account and store them; returns how many. Call it outside any scope, from a page.

    `daily`: by a worker, and only for an account whose forms somebody uses or has looked at.
    Raises the errors of `contract.errors`; the copy stays as it was then.
    """
    if daily:
        with firm_scope(connection.firm_id):
            if provider(connection.provider).forms is None or read_at(connection) is None:
                return 0
        api = open_api(connection, lane=WorkItem.Lane.BULK, patience=WORKER_PATIENCE)
    else:
        api = open_api(connection, lane=WorkItem.Lane.BUTTON, may_refresh=False, patience=PAGE_PATIENCE)
    found = offered(connection).listed(api)
    with firm_scope(connection.firm_id):
        for form in found:
            _store(connection, form)
        rows = FormDefinition.objects.filter(connection=connection, remote_firm=connection.remote_firm)
        rows.exclude(external_id__in=[one.id for one in found]).filter(gone_at=None).update(gone_at=timezone.now())
    return len(found)


def refresh_form(*, connection: Connection, form_id: str) -> None:
    """Read one form with its fields. Call it outside any scope, from a page. Raises the errors of `contract.errors`."""
    api = open_api(connection, lane=WorkItem.Lane.BUTTON, may_refresh=False, patience=PAGE_PATIENCE)
    try:
        form = offered(connection).one(api, form_id)
    except NotFound:
        with firm_scope(connection.firm_id):
            rows = FormDefinition.objects.filter(connection=connection, remote_firm=connection.remote_firm)
            rows.filter(external_id=form_id, gone_at=None).update(gone_at=timezone.now())
        raise
    with firm_scope(connection.firm_id):
        _store(connection, form)


def _store(connection: Connection, form: RemoteForm) -> None:
    """Keep a form; a list that leaves the fields out does not wipe those that were read before."""
    values = {"name": form.name[:300], "read_at": timezone.now(), "gone_at": None}
    if form.read:
        fields = [vars(one) | {"options": [list(pair) for pair in one.options]} for one in form.fields]
        values |= {"makes": form.makes, "fields": fields, "blocked": list(form.blocked), "complete": True}
    FormDefinition.objects.update_or_create(
        connection=connection, remote_firm=connection.remote_firm, external_id=form.id,
        defaults=values, create_defaults=values if form.read else values | {"complete": False},
    )  # fmt: skip


@once_a_page
def _definitions(connection: Connection) -> Sequence[FormDefinition]:
    rows = FormDefinition.objects.filter(connection=connection, remote_firm=connection.remote_firm)
    return tuple(rows.order_by("name", "id"))


def forms_of(connection: Connection) -> list[FormCopy]:
    """Return the forms of the account as read last, with the case types that use them. In the firm scope."""
    names = {one.key: one.name for one in case_types()}
    used: dict[str, list[str]] = {}
    for case_type, row in mappings_of(connection).items():
        used.setdefault(row.form_id, []).append(names.get(case_type, case_type))
    copies = [_copy(row, used.get(row.external_id, [])) for row in _definitions(connection)]
    return [one for one in copies if not one.gone or one.case_types]


def _copy(row: FormDefinition, used: Sequence[str] = ()) -> FormCopy:
    fields = tuple(FormField(**(one | {"options": tuple(map(tuple, one["options"]))})) for one in row.fields)
    gone = row.gone_at is not None
    return FormCopy(
        row.external_id, row.name, row.makes, fields, tuple(row.blocked), row.complete, gone, tuple(sorted(used))
    )


def read_at(connection: Connection) -> datetime | None:
    """Return when the forms of the account were read last, None for never. In the firm scope."""
    return max((row.read_at for row in _definitions(connection)), default=None)


def form_of(connection: Connection, form_id: str) -> FormCopy | None:
    """Return one form of the account as read last, None when it was never seen. In the firm scope."""
    row = FormDefinition.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, external_id=form_id
    ).first()
    return _copy(row) if row else None


def mappings(connection: Connection) -> "QuerySet[FormMapping]":
    """Return the mappings that are in force in the account connected now, unordered."""
    rows: QuerySet[FormMapping] = FormMapping.objects.filter(connection=connection, remote_firm=connection.remote_firm)
    return rows


@once_a_page
def mappings_of(connection: Connection) -> Mapping[str, FormMapping]:
    """Return the mappings in force by case type. In the firm scope."""
    return {row.case_type: row for row in mappings(connection)}


def waits_for_answers(connection: Connection, matter_id: uuid.UUID) -> bool:
    """Tell whether a new matter is left to a form alone, which waits for an approval. In the firm scope."""
    case_type = Matter.objects.filter(id=matter_id).values_list("case_type__key", flat=True).first()
    found = mapping_of(connection, case_type or "")
    return found is not None and found.mode == FormMapping.Mode.INSTEAD


def mapping_of(connection: Connection, case_type: str) -> FormMapping | None:
    """Return the form mapping of a case type, None without one. In the firm scope."""
    return mappings_of(connection).get(case_type)


def problems(
    connection: Connection, case_type: CaseType, form_id: str, mode: str, sources: Mapping[str, str]
) -> FormRefused | None:
    """Return why a mapping cannot be used, None when it can: the form, the mode, each source, each required field."""
    form = form_of(connection, form_id)
    if form is None or form.gone:
        return FormRefused("This form does not exist in the connected account (any more).")
    if form.blocked:
        return FormRefused(f"“{form.name}” cannot be used. {' '.join(form.blocked)}")
    if not form.complete:
        return FormRefused(f"The fields of “{form.name}” were not read yet. Read this form first.")
    if mode not in FormMapping.Mode.values:
        return FormRefused("Choose whether the form goes beside contact and matter or instead of them.")
    allowed, known = labels_for(case_type), {one.id: one for one in form.fields}
    wrong = {name: "This field is not in the form." for name in sources if name not in known}
    for name, source in sources.items():
        if source not in allowed:
            wrong[name] = "This may not leave the firm or does not exist for this case type."
        elif name in known and known[name].refused:
            wrong[name] = known[name].refused
    for one in form.fields:
        if one.required and not sources.get(one.id):
            wrong[one.id] = "The form requires this field: choose where its value comes from."
    if not sources and not wrong:
        return FormRefused("Choose a source for at least one field.")
    named = [known[name].label if name in known else f"{name[:60]} (not in the form)" for name in wrong]
    return FormRefused(f"Please look at: “{'”, “'.join(named)}”.", fields=wrong) if wrong else None


def save_form_mapping(
    *, connection: Connection, case_type: CaseType, form_id: str, mode: str, sources: Mapping[str, str]
) -> bool:
    """Map a case type to a form; returns whether anything changed. In the firm scope, audited, with a version.

    Raises `FormRefused` and then changes nothing.
    """
    chosen = {name: source for name, source in sources.items() if source}
    wrong = problems(connection, case_type, form_id, mode, chosen)
    if wrong is not None:
        raise wrong
    with recorded(connection=connection, kind=KIND_KEY, note=f"{case_type.name}: form chosen"):
        row = FormMapping.objects.filter(connection=connection, case_type=case_type.key).first()
        wanted = (connection.remote_firm, form_id, mode, chosen)
        if row and (row.remote_firm, row.form_id, row.mode, row.sources) == wanted:
            return False
        put(connection, case_type.key, form_id, mode, chosen)
        changes = {case_type.key: {"form": form_id, "mode": mode, "sources": chosen}}
        audit.record(
            action="form_mapping.changed", object_type="connection", object_id=connection.id, changes=changes
        )
    return True


def put(connection: Connection, case_type: str, form_id: str, mode: str, sources: Mapping[str, str]) -> None:
    """Write one checked row."""
    actor: uuid.UUID | None = current_actor_id()
    FormMapping.objects.update_or_create(
        connection=connection, case_type=case_type,
        defaults={"remote_firm": connection.remote_firm, "form_id": form_id, "mode": mode,
                  "sources": dict(sources), "changed_by_id": actor},
    )  # fmt: skip


def remove_form_mapping(*, connection: Connection, case_type: CaseType) -> bool:
    """Let a case type go without a form again; returns whether it had one. In the firm scope, audited, versioned."""
    with recorded(connection=connection, kind=KIND_KEY, note=f"{case_type.name}: no form"):
        removed, _ = FormMapping.objects.filter(connection=connection, case_type=case_type.key).delete()
        if removed:
            audit.record(
                action="form_mapping.removed", object_type="connection", object_id=connection.id,
                changes={"case_type": case_type.key},
            )  # fmt: skip
    return bool(removed)
