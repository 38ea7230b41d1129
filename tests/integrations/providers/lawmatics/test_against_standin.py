"""The provider against the running stand-in over real HTTP: every assumption both ways, lost answers, counted effects.

`push` is a bare engine: look, write once, and after an answer that says nothing look again before writing again.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract.errors import AuthRejected, NotFound, ProviderError, Throttled
from integrations.contract.http import Outcome, classify
from integrations.contract.operations import RemoteRef, Step, StepContext, Window
from integrations.contract.provider import CatalogueEntry
from integrations.contract.records import Leaf, NoteRecord, Snapshot, Source
from integrations.providers.lawmatics.client import LawmaticsApi
from integrations.providers.lawmatics.provider import PROVIDER
from tests.integrations.providers.lawmatics.conftest import contact, matter
from tests.sandbox.conftest import Standin

STEPS = PROVIDER.operations["sync_matter"].steps
BOTH_WAYS = [
    ("oauth_scope", "ignore"), ("oauth_scope", "invalid_scope"),
    ("token_mode", "non_expiring"), ("token_mode", "expiring"),
    ("finder_not_found", "404"), ("finder_not_found", "null"), ("email_finder", "exact"), ("email_finder", "fuzzy"),
    ("contact_create", "upsert"), ("contact_create", "duplicate"), ("sub_status_effect", "linked"),
    ("sub_status_effect", "independent"), ("note_target", "all"), ("note_target", "no_contact"),
    ("webhook_names", "casehug"), ("stage_event", "off"), ("shuffle_lists", "on"), ("custom_field_ids", "int"),
]  # fmt: skip
LOST = [
    {"kind": "reset_before"},
    {"kind": "status_before", "status": 500},
    {"kind": "status_before", "status": 504},
    {"kind": "reset_after_commit"},
    {"kind": "status_after_commit", "status": 500},
    {"kind": "status_after_commit", "status": 502},
    {"kind": "truncate", "bytes": 20},
    {"kind": "truncate", "bytes": 0},
    {"kind": "empty_2xx"},
    {"kind": "html_body"},
    {"kind": "no_id"},
]
PATHS = {"contact": "/v1/contacts", "matter": "/v1/prospects", "note": "/v1/notes"}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    standin = Standin(tmp_path_factory.mktemp("provider-standin") / "store.sqlite3")
    yield standin
    standin.stop()


@pytest.fixture
def standin(running: Standin) -> Standin:
    """Empty, without a rate limit, with a fresh token."""
    running.control("POST", "reset")
    running.switch(rate_limit="off")
    running.connect()
    return running


def open_api(standin: Standin) -> LawmaticsApi:
    token = str(standin.http.headers["Authorization"]).removeprefix("Bearer ")
    return LawmaticsApi(base_url=standin.url, token=token, gate=lambda: None)


@dataclass
class Case:
    """One client with one matter on our side, and what was linked so far."""

    email: str = "maya.rivera@example.com"
    first: str = "Maya"
    last: str = "Rivera"
    custom: Mapping[str, Any] = field(default_factory=dict)
    stage: str = ""
    links: dict[str, RemoteRef] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    same_person: bool = True

    def __post_init__(self) -> None:
        self.markers = {key: uuid.uuid4().hex.translate(str.maketrans("0189", "WXYZ")).upper()[:20] for key in PATHS}

    def context(self, api: LawmaticsApi, key: str) -> StepContext:
        text = f"All documents are in.\nCaseHug matter {self.markers['note']} intake_completed"
        note = NoteRecord("m", "intake_completed", Leaf("Intake completed", Source.SYSTEM), Leaf(text, Source.SYSTEM))
        snapshot = Snapshot(
            contact(email=self.email, first=self.first, last=self.last),
            matter(title=f"{self.last} / custody", area="", stage=self.stage, custom=self.custom),
            note,
        )
        return StepContext(api, snapshot, dict(self.links), self.markers[key], self.settings, dict(self.profile))


def push(api: LawmaticsApi, case: Case) -> None:
    """Bring one case over, exactly once."""
    for step in STEPS:
        if step.key in PATHS and step.key not in case.links:
            _push_step(api, case, step)


def _push_step(api: LawmaticsApi, case: Case, step: Step) -> None:
    found = step.probe(case.context(api, step.key))
    if found is not None and found.refs:
        case.links[step.key], case.same_person = found.refs[0], found.same_person
        return
    for _ in range(4):
        context, since = case.context(api, step.key), datetime.now(UTC)
        write = step.create(context)
        exchange = api.write(write.method, write.path, write.body, write.query)
        ref = step.read_ref(exchange)
        outcome = classify(exchange, ref.id if ref else None)
        if outcome is Outcome.UNKNOWN:
            again = step.reconcile(context, Window(since), deep=True)
            ref = again.refs[0] if again.refs else None
            if ref is None:
                continue
        elif outcome is Outcome.NOT_APPLIED:
            lost = step.lost_link(context, exchange)
            if lost:
                del case.links[lost]
                return push(api, case)
            learned = step.learn(context, write, exchange)
            if not learned:
                raise api.error_of(exchange)
            case.profile |= learned
            continue
        assert ref is not None
        case.links[step.key] = ref
        if "note" in write.carries and outcome is Outcome.APPLIED:
            case.links["note"] = RemoteRef("note", "inline")
        elif "note" in write.carries:  # the note inside is looked for by itself
            note = STEPS[2].reconcile(case.context(api, "note"), Window(since), deep=True)
            case.links |= dict(zip(["note"], note.refs, strict=False))
        return
    raise AssertionError("gave up")


def ledger(standin: Standin) -> dict[str, Any]:
    return dict(standin.control("GET", "ledger"))


def once_each(standin: Standin, *cases: Case, contacts: int) -> None:
    """Count at the stand-in: one matter and one note per case, and so many contacts."""
    counted = ledger(standin)
    assert counted["contacts"]["total"] == contacts
    assert counted["prospects"]["by_marker"] == {case.markers["matter"]: 1 for case in cases}
    assert counted["notes"]["by_marker"] == {case.markers["note"]: 1 for case in cases}


@pytest.mark.parametrize(("switch", "value"), BOTH_WAYS)
def test_the_story_holds_whatever_the_account_is_like(standin: Standin, switch: str, value: str) -> None:
    standin.switch(**{switch: value})
    api = open_api(standin)
    standin.post("contacts", first_name="Joan", last_name="Other", email="joan.maya.rivera@example.com")
    first, second = Case(), Case(email=" MAYA.Rivera@EXAMPLE.com ")
    shared, nobody = Case(first="Jonas"), Case(email="", first="Ana", last="Silva")
    for case in (first, second, shared, nobody):
        push(api, case)
    assert first.links["contact"] == second.links["contact"] and second.same_person
    assert shared.links["contact"].id == first.links["contact"].id and not shared.same_person
    once_each(standin, first, second, shared, nobody, contacts=3)


def test_each_case_costs_the_calls_it_should(standin: Standin) -> None:
    api = open_api(standin)

    def calls(action: Callable[[], None]) -> dict[str, int]:
        before = ledger(standin)["calls"]
        action()
        after = ledger(standin)["calls"]
        return {route: after[route] - before.get(route, 0) for route in after if after[route] != before.get(route, 0)}

    new = Case()
    assert sum(calls(lambda: push(api, new)).values()) == 3
    known_email = Case()
    assert sum(calls(lambda: push(api, known_email)).values()) == 3
    known_link = Case(links={"contact": new.links["contact"], "note": RemoteRef("note", "later")})
    assert sum(calls(lambda: push(api, known_link)).values()) == 1
    del known_link.links["note"]
    assert sum(calls(lambda: push(api, known_link)).values()) == 1
    without_email = Case(email="", first="Ana")
    assert sum(calls(lambda: push(api, without_email)).values()) == 2
    assert calls(lambda: push(api, new)) == {}


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: " ".join(str(part) for part in fault.values()))
@pytest.mark.parametrize("key", ["contact", "matter", "note"])
@pytest.mark.parametrize("email", ["maya.rivera@example.com", ""], ids=["with e-mail", "without"])
def test_a_lost_answer_makes_no_second_record(standin: Standin, key: str, fault: dict[str, Any], email: str) -> None:
    case = Case(email=email, profile={"inline_note": False} if key == "note" else {})
    standin.control("POST", "faults", method="POST", path=PATHS[key], **fault)
    push(open_api(standin), case)
    assert standin.control("GET", "faults")["faults"] == []  # it has met its request
    once_each(standin, case, contacts=1)


@pytest.mark.parametrize("skew", [-600, 600])
@pytest.mark.parametrize("key", ["contact", "matter", "note"])
def test_a_lost_answer_with_clocks_apart(standin: Standin, key: str, skew: int) -> None:
    standin.switch(clock_skew=skew)
    case = Case(email="", profile={"inline_note": False})
    standin.control("POST", "faults", kind="reset_after_commit", method="POST", path=PATHS[key])
    push(open_api(standin), case)
    once_each(standin, case, contacts=1)


def test_an_upsert_of_the_account_is_no_second_contact(standin: Standin) -> None:
    """The finder lags, so the look misses; the account merges by e-mail by itself."""
    api, first, second = open_api(standin), Case(), Case()
    push(api, first)
    standin.control("POST", "faults", kind="finder_lag", method="POST", path="/v1/contacts", seconds=5)
    push(api, second)
    assert ledger(standin)["contacts"]["total"] == 1


def test_a_contact_deleted_by_staff_is_found_missing_and_made_again(standin: Standin) -> None:
    api, first, second = open_api(standin), Case(), Case()
    push(api, first)
    standin.control("POST", f"contacts/{first.links['contact'].id}/delete")
    second.links["contact"] = first.links["contact"]
    push(api, second)
    assert second.links["contact"].id != first.links["contact"].id
    assert ledger(standin)["prospects"]["by_marker"][second.markers["matter"]] == 1


def test_a_stage_deleted_by_staff_is_left_out(standin: Standin) -> None:
    api = open_api(standin)
    case = Case(stage="999999")
    push(api, case)
    assert case.profile["gone"] == ["stage_id:999999"]
    once_each(standin, case, contacts=1)


def test_a_contact_that_takes_no_notes_gets_them_on_the_matter(standin: Standin) -> None:
    standin.switch(note_target="no_contact")
    case = Case(profile={"inline_note": False})
    push(open_api(standin), case)
    assert case.profile["note_target"] == "matter"
    once_each(standin, case, contacts=1)


@pytest.mark.parametrize("target", ["contact", "matter"])
def test_an_inline_note_is_found_by_itself(standin: Standin, target: str) -> None:
    api, case = open_api(standin), Case(settings={"note_target": target})
    push(api, case)
    assert case.links["note"].id == "inline"
    note = STEPS[2]
    for deep in (False, True):
        found = note.reconcile(case.context(api, "note"), Window(datetime.now(UTC)), deep=deep)
        assert len(found.refs) == 1


@pytest.mark.parametrize("body", ["envelope", "empty", "html"])
def test_a_limit_is_told_apart_and_its_wait_is_read(standin: Standin, body: str) -> None:
    standin.switch(rate_limit="1", rate_body=body)
    api = open_api(standin)
    api.read("/v1/users/me")
    with pytest.raises(Throttled) as caught:
        api.read("/v1/users/me")
    assert caught.value.by_provider and caught.value.seconds == 60
    case = Case()
    write = STEPS[0].create(case.context(api, "contact"))
    exchange = api.write(write.method, write.path, write.body)
    assert classify(exchange, None) is Outcome.NOT_APPLIED
    assert isinstance(api.error_of(exchange), Throttled)


def test_a_removed_app_and_a_wrong_token_are_auth_errors(standin: Standin) -> None:
    api = open_api(standin)
    standin.control("POST", "accounts/8101/remove-app")
    for opened in (api, LawmaticsApi(base_url=standin.url, token="not-a-token", gate=lambda: None)):
        with pytest.raises(AuthRejected):
            PROVIDER.who_am_i(opened)


def test_the_account_and_its_catalogue_are_read_whole(standin: Standin) -> None:
    api = open_api(standin)
    account = PROVIDER.who_am_i(api)
    assert (account.firm_id, account.user_email) == ("8101", "robin.sample@example.com")
    entries = PROVIDER.catalogue(api)
    stages = [entry for entry in entries if entry.kind == "stage"]
    assert len(stages) > 25  # more than one page
    assert stages[0].extra["pipeline_type"] == "intake" and stages[0].extra["order"] == 1
    names = {entry.name for entry in stages}
    assert set(PROVIDER.default_stages.values()) <= names  # odd spaces and all
    assert len({(entry.kind, entry.id) for entry in entries}) == len(entries)


ANSWERS = {"string": "text", "text": "two\nlines", "integer": "12", "boolean": "yes", "currency": "12.50",
           "date": "1991-06-28", "time": "09:30", "datetime": "2023-12-31T00:00:00+00:00", "list": "south"}  # fmt: skip


@pytest.mark.parametrize("ids", ["string", "int"])
def test_every_kind_of_custom_field_is_written_and_recognised(standin: Standin, ids: str) -> None:
    standin.switch(custom_field_ids=ids)
    api = open_api(standin)
    fields = _fields(api)
    custom = {entry.id: PROVIDER.custom_value(entry, ANSWERS[kind]) for kind, entry in fields.items()}  # type: ignore[misc]
    case = Case(custom=custom)
    push(api, case)
    context = case.context(api, "matter")
    changed = frozenset(STEPS[1].content(context))
    assert len(changed) == 1 + len(fields)
    context = StepContext(api, context.snapshot, context.links, context.marker, changed=changed)
    assert STEPS[1].arrived(context, case.links["matter"])


def _fields(api: LawmaticsApi) -> dict[str, CatalogueEntry]:
    entries = [entry for entry in PROVIDER.catalogue(api) if entry.kind == "custom_field"]
    own = [entry for entry in entries if entry.extra["owner"] == "matter"]
    return {entry.extra["field_type"]: entry for entry in own if entry.extra["field_type"] in ANSWERS}


def test_blanks_are_filled_and_values_stay(standin: Standin) -> None:
    there = standin.post("contacts", first_name="Maya", last_name="Rivera", email="maya.rivera@example.com")
    api, case = open_api(standin), Case(settings={"update_matched_contacts": True})
    push(api, case)
    base = case.context(api, "contact")
    changed = frozenset(STEPS[0].content(base))
    context = StepContext(api, base.snapshot, base.links, base.marker, base.settings, changed=changed)
    write = STEPS[0].update(context, case.links["contact"])
    assert write is not None and set(write.body.payload) == {"phone"}
    assert api.write(write.method, write.path, write.body, write.query).status == 200
    assert STEPS[0].arrived(context, RemoteRef("contact", there["id"]))


def test_a_path_that_does_not_exist_is_no_silent_miss_elsewhere(standin: Standin) -> None:
    api = open_api(standin)
    with pytest.raises(NotFound) as caught:
        api.read("/v1/matters")
    assert isinstance(caught.value, ProviderError) and "path" in caught.value.detail
