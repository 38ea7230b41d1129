"""What has to stand in an account: field mappings, and one subscription per event, pushed or kept. Found and mended."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.contract.errors import NetworkTrouble, NotFound
from integrations.contract.http import Api, Exchange, Outcome, classify
from integrations.contract.onboarding import WEBHOOKS, Choice, Finding, Kind, Onboarding, Pattern, State, Wanted
from integrations.contract.records import Leaf, SealedBody, Source, seal_body
from integrations.providers.lexamica import catalogue, mapping
from integrations.providers.lexamica.catalogue import CASE, FILES, INVITATION, SETTLEMENT, UPDATE

OURS = "CaseHug "
"""How the names of our mappings begin: others in the account are left alone."""
RELAY = ("relay_matched", "relay_rejected", "relay_missed")
INVITED = ("invitation_sent", "invitation_received", "invitation_expired", "invitation_cancelled")
RESOLVED = ("invitation_accepted", "invitation_declined", "invitation_evaluating", "invitation_contact_attempted",
            "invitation_consult_complete")  # fmt: skip
MONEY = ("settlement", "settlement_completed")
FOLLOW = ("update_made", "case_stage_changed", *MONEY)
EVENTS: Mapping[str, Sequence[str]] = {
    "lead_form": ("case_created",),
    "receive": ("case_received",),
    "originator": ("case_created", *RELAY, *INVITED, *RESOLVED, *FOLLOW, "case_edited", "case_deleted"),
    "handler": ("case_received", *INVITED, *RESOLVED, *FOLLOW, "case_edited", "case_fields_updated", "case_deleted"),
    "import": ("case_created", *FOLLOW),
    "files": ("attachment_uploaded", "attachment_removed"),
}
MODELS: Mapping[str, Sequence[str]] = {
    "lead_form": (CASE,), "receive": (CASE,), "originator": (CASE, INVITATION, UPDATE, SETTLEMENT),
    "handler": (CASE, INVITATION, UPDATE, SETTLEMENT), "import": (CASE, UPDATE, SETTLEMENT), "files": (FILES,),
}  # fmt: skip
STORED_ALWAYS = ("lead_form",)
"""Patterns without notices: their one event is only kept, so that a case whose sending got no answer can be found."""


def _between(*names: str) -> tuple[int, int]:
    numbers = [one for name in names for one in _numbers(catalogue.value(f"polling.{name}_seconds"))]
    return min(numbers), max(numbers)


def _numbers(found: Any) -> Sequence[int]:
    return [int(one) for one in found] if isinstance(found, list) else [int(found)]


PATTERNS = (
    Pattern("lead_form", "Send cases from a form", "Cases go out; what becomes of them is read in Lexamica.",
            "notice", "none"),
    Pattern("originator", "Send cases and follow them", "Matching, answers, updates and settlements come back.",
            "full", "none", {"polling": _between("originator")}),
    Pattern("import", "Follow cases that partners already work", "Known handlers; matching is skipped.",
            "known", "none", {"polling": _between("import_near_real_time", "batch")}),
    Pattern("receive", "Learn of cases that are referred to us", "Answers are given in Lexamica.",
            "none", "notice", {"polling": _between("near_real_time", "normal")}),
    Pattern("handler", "Receive, answer and work cases from here", "Invitations, answers and updates both ways.",
            "none", "full", {"polling": _between("invitation_48h")}),
    Pattern("files", "Exchange files", "Documents of a case, with any of the others.", "none", "none",
            {"polling": _between("near_real_time", "normal")}),
)  # fmt: skip


def wanted(choice: Choice) -> Sequence[Wanted]:
    """Return mappings first, then kept events, then webhooks where they are chosen (kept ones close their gaps)."""
    models = dict.fromkeys(model for pattern in choice.patterns for model in MODELS[pattern])
    found = [
        Wanted(Kind.MAPPING, model, f"Fields of {catalogue.model_name(model)}", fields=catalogue.fields(model))
        for model in models
    ]
    found += [_subscription(Kind.STORED, event) for event in _events(choice.patterns)]
    if choice.mode == WEBHOOKS:
        pushed = _events(one for one in choice.patterns if one not in STORED_ALWAYS)
        found += [_subscription(Kind.WEBHOOK, event, choice.address) for event in pushed]
    return found


def _events(patterns: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(event for pattern in patterns for event in EVENTS[pattern]))


def _subscription(kind: Kind, event: str, address: str = "") -> Wanted:
    return Wanted(kind, event, catalogue.event_name(event), needs=catalogue.model_of(event), address=address)


def look(api: Api, wants: Sequence[Wanted], known: Mapping[str, str]) -> Sequence[Finding]:
    """Compare what stands there with what is wanted: three lists are read. Of two of ours the lowest id stays."""
    there = {kind: _rows(api, kind) for kind in Kind}
    found = [_mapping(one, there[Kind.MAPPING], known) for one in wants if one.kind is Kind.MAPPING]
    ids = {one.wanted.key: one.remote_id for one in found if one.remote_id}
    ours = {*ids.values(), *known.values()} | {
        mapping.key(row.get(_word(Kind.MAPPING, "id"))) for row in there[Kind.MAPPING] if _is_ours(row)
    }
    used: set[str] = set()
    for one in (one for one in wants if one.kind is not Kind.MAPPING):
        finding = _subscribed(one, there[one.kind], ids, ours)
        used.add(finding.remote_id)
        found.append(finding)
    address = next((one.address for one in wants if one.address), "")
    return [*found, *_too_many(there, used, ours, address)]


def _is_ours(row: Mapping[str, Any]) -> bool:
    return str(row.get(_word(Kind.MAPPING, "name"), "")).startswith(OURS)


def _mapping(one: Wanted, rows: Sequence[Mapping[str, Any]], known: Mapping[str, str]) -> Finding:
    identity, name = _word(Kind.MAPPING, "id"), _word(Kind.MAPPING, "name")
    mine = [row for row in rows if row.get(identity) == known.get(one.key)] or sorted(
        (row for row in rows if row.get(name) == _name(one)), key=lambda row: str(row.get(identity))
    )
    if not mine:
        return Finding(one, State.MISSING, words="It is not there.")
    found = mapping.key(mine[0].get(identity))
    if mine[0].get(_word(Kind.MAPPING, "model")) != catalogue.model_name(one.key):
        return Finding(one, State.MISSING, words="It belongs to another kind of record.")
    stands = _pairs(mine[0])
    absent = [own for own, target in one.fields.items() if stands.get(own) != target]
    if absent:
        return Finding(one, State.DIFFERS, found, f"Not as wanted: {', '.join(absent)}.")
    return Finding(one, State.FITS, found)


def _pairs(row: Mapping[str, Any]) -> dict[str, str]:
    fields = row.get(_word(Kind.MAPPING, "fields"))
    pairs = [one for one in fields if isinstance(one, Mapping)] if isinstance(fields, list) else []
    return {str(one.get(_word(Kind.MAPPING, "source"))): str(one.get(_word(Kind.MAPPING, "target"))) for one in pairs}


def _subscribed(
    one: Wanted, rows: Sequence[Mapping[str, Any]], ids: Mapping[str, str], ours: set[str]
) -> Finding:  # fmt: skip
    """Find a subscription of ours: it has our address, or keeps events with a mapping of ours."""
    name = {key: _word(one.kind, key) for key in ("id", "event", "mapping", "active")}
    event = catalogue.event_name(one.key)
    mine = [row for row in rows if row.get(name["event"]) == event and _mine(one.kind, row, ours, one.address)]
    if not mine:
        return Finding(one, State.MISSING, words="It is not there.")
    best = min(mine, key=lambda row: (row.get(name["mapping"]) != ids.get(one.needs), str(row.get(name["id"]))))
    found = mapping.key(best.get(name["id"]))
    if best.get(name["mapping"]) != ids.get(one.needs):
        return Finding(one, State.DIFFERS, found, "It uses other field names than ours.")
    if best.get(name["active"]) is False:
        return Finding(one, State.DIFFERS, found, "It is switched off.")
    return Finding(one, State.FITS, found)


def _mine(kind: Kind, row: Mapping[str, Any], ours: set[str], address: str) -> bool:
    if kind is Kind.WEBHOOK:
        return bool(address) and row.get(_word(kind, "url")) == address
    return row.get(_word(kind, "mapping")) in ours


def _too_many(
    there: Mapping[Kind, Sequence[Mapping[str, Any]]], used: set[str], ours: set[str], address: str
) -> list[Finding]:
    found = []
    for kind in (Kind.STORED, Kind.WEBHOOK):
        for row in there[kind]:
            remote_id, name = mapping.key(row.get(_word(kind, "id"))), mapping.line(row.get(_word(kind, "event")), 100)
            at_us = row.get(_word(kind, "mapping")) in ours or _mine(kind, row, ours, address)
            if remote_id and remote_id not in used and at_us:
                event = catalogue.event_key(name)
                found.append(Finding(Wanted(kind, event, name), State.UNWANTED, remote_id, "It is no longer needed."))
    return found


LISTS = {Kind.MAPPING: ("mapping", "mapping.list_key"), Kind.WEBHOOK: ("webhook_subscription", "webhook.list_key"),
         Kind.STORED: ("stored_event_subscription", "stored_events.subscription_list_key")}  # fmt: skip
WORDS = {Kind.MAPPING: "mapping", Kind.WEBHOOK: "webhook.fields", Kind.STORED: "stored_events.subscription_fields"}


def _word(kind: Kind, name: str) -> str:
    return catalogue.text(f"{WORDS[kind]}.{name}")


def _rows(api: Api, kind: Kind) -> Sequence[Mapping[str, Any]]:
    noun, list_key = LISTS[kind]
    found = api.read(catalogue.call(f"list_{noun}s").path())
    rows = found.get(catalogue.text(list_key)) if isinstance(found, Mapping) else found
    if not isinstance(rows, list):
        raise NetworkTrouble("The answer could not be read.", code="unreadable")
    return [row for row in rows if isinstance(row, Mapping)]


def _name(one: Wanted) -> str:
    return f"{OURS}{one.key.replace('_', ' ')}"


def mend(api: Api, finding: Finding, mappings: Mapping[str, str], secret: str) -> str:
    """Make, replace or delete one thing there; returns its id. Raises the errors of `contract.errors`."""
    kind, noun = finding.wanted.kind, LISTS[finding.wanted.kind][0]
    if finding.state is State.UNWANTED:
        _delete(api, catalogue.call(f"delete_{noun}").path(finding.remote_id))
        return ""
    body = _mapping_body(finding.wanted) if kind is Kind.MAPPING else _subscription_body(finding, mappings, secret)
    call = catalogue.call(f"{'create' if finding.state is State.MISSING else 'replace'}_{noun}")
    exchange = api.write(call.method, call.path(finding.remote_id), body)
    found = mapping.key(_answer(exchange).get(_word(kind, "id"))) or finding.remote_id
    if classify(exchange, found or None) is not Outcome.APPLIED:
        raise api.error_of(exchange)
    return found


def _answer(exchange: Exchange) -> Mapping[str, Any]:
    body = exchange.json()
    return body if isinstance(body, Mapping) else {}


def _delete(api: Api, path: str) -> None:
    exchange = api.write("DELETE", path, seal_body({}))
    if classify(exchange, "gone") is Outcome.APPLIED:
        return
    problem = api.error_of(exchange)
    if not isinstance(problem, NotFound):  # gone already is as good
        raise problem


def _system(value: str | bool) -> Leaf:
    return Leaf(value, Source.SYSTEM)


def _mapping_body(one: Wanted) -> SealedBody:
    source, target = _word(Kind.MAPPING, "source"), _word(Kind.MAPPING, "target")
    return seal_body({
        _word(Kind.MAPPING, "name"): _system(_name(one)),
        _word(Kind.MAPPING, "model"): _system(catalogue.model_name(one.key)),
        _word(Kind.MAPPING, "fields"): [{source: _system(own), target: _system(there)}
                                        for own, there in one.fields.items()],
    })  # fmt: skip


def _subscription_body(finding: Finding, mappings: Mapping[str, str], secret: str) -> SealedBody:
    one = finding.wanted
    values: dict[str, str | bool] = {
        "event": catalogue.event_name(one.key), "mapping": mappings[one.needs], "active": True,
    }  # fmt: skip
    if one.kind is Kind.WEBHOOK:
        values |= {"url": one.address, "secret": secret}
    return seal_body({_word(one.kind, name): _system(given) for name, given in values.items()})


ONBOARDING = Onboarding(patterns=PATTERNS, wanted=wanted, look=look, mend=mend)
