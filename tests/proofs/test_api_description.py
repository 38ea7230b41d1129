"""Schemathesis over the whole description of the API, with the credentials of two firms: no server error, nothing

of the other firm. Ids of both firms are mixed into what it draws; the long form draws more. Sabotage: with
the key of the other firm the same questions find its texts; with an error planted in a view the run reports it.
"""

import json
import os
import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from django.db import connection, transaction
from django.test import Client as Browser
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from pytest_django import Settings

from casehug.common.ids import public_id
from casehug.common.scope import firm_scope
from casehug.firms.models import Firm
from harness.size import pick
from integrations.models import Connection
from tests.casehug.caller import make_key
from tests.conftest import make_firm
from tests.proofs.test_route_matrix import CANARY, RECORDS, fill

CASES = int(os.environ.get("CASEHUG_API_CASES", "") or pick(3, 100))
SEED = int(os.environ.get("CASEHUG_API_SEED", "20261121"))


@dataclass
class Two:
    """Our firm, which asks, and the other one, whose texts and ids must not come back."""

    ours: Firm
    theirs: Firm
    own: dict[str, uuid.UUID] = field(default_factory=dict)
    foreign: dict[str, uuid.UUID] = field(default_factory=dict)
    key: str = ""
    their_key: str = ""
    faults: list[str] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)


@pytest.fixture
def two(db: None, settings: Settings, tmp_path: Any) -> Iterator[Two]:
    settings.CASEHUG_MEDIA_DIR = str(tmp_path)
    settings.API_REQUESTS_PER_MINUTE = 10**9
    connection.allow_http_in_atomic = True  # type: ignore[attr-defined]
    made = Two(make_firm("Ours"), make_firm(f"{CANARY} Firm"))
    with firm_scope(made.theirs.id):
        made.foreign = fill()
    with firm_scope(made.ours.id):
        # The same records, without the other firm's mark and without an account there to talk to.
        made.own = fill("Own")
        Connection.objects.update(state="not_connected")
    made.key, made.their_key = make_key(made.ours.id), make_key(made.theirs.id)
    yield made
    connection.allow_http_in_atomic = False  # type: ignore[attr-defined]


def schema() -> Any:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schemathesis.openapi.from_dict(document)


def known(two: Two, name: str, dice: random.Random) -> str | None:
    """Return a real id for a parameter: our own or, every second time, the other firm's."""
    ids = two.foreign if dice.random() < 0.5 else two.own
    if name == "provider":
        return "lawmatics"
    return public_id(RECORDS[name][0], ids[name]) if name in RECORDS and name in ids else None


def mixed(two: Two, case: Any, dice: random.Random) -> None:
    """Put real ids where the description only knows a pattern."""
    for name in list(case.path_parameters or {}):
        case.path_parameters[name] = known(two, name, dice) or case.path_parameters[name]
    if isinstance(case.body, dict):
        for name in list(case.body):
            case.body[name] = known(two, name, dice) or case.body[name]


def ask(two: Two, case: Any, key: str) -> Any:
    """Send a case as the key's tool, in this process; the database is put back afterwards."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    headers = {str(k): str(v) for k, v in sent["headers"].items() if k.lower() not in ("x-api-key", "cookie")}
    sendable = {k: v.encode("latin-1", "ignore").decode("latin-1") for k, v in headers.items()}
    body = sent.get("data") if sent.get("data") is not None else sent.get("json")
    ready = requests.Request(sent["method"], sent["url"], params=sent.get("params")).prepare()
    text = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else ""
    path = re.sub(r"^http://testserver", "", ready.url or "")
    browser = Browser(raise_request_exception=False)
    with transaction.atomic():
        answer = browser.generic(
            sent["method"], path, text, content_type="application/json", headers={**sendable, "X-Api-Key": key}
        )
        transaction.set_rollback(True)
    return answer


def run(two: Two, key: str, cases: int = CASES) -> list[str]:
    """Draw cases for every operation; return what went wrong in words."""
    return [fault for found in schema().get_all_operations() for fault in drawn(two, found.ok(), key, cases)]


def drawn(two: Two, operation: Any, key: str, cases: int) -> list[str]:
    """Draw and send cases of one operation; the same ones every time."""
    faults: list[str] = []
    dice, label = random.Random(f"{SEED}{operation.label}"), operation.label
    marks = [CANARY, str(two.theirs.id), *(str(one) for one in two.foreign.values())]
    quiet = hypothesis.settings(
        max_examples=cases, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @hypothesis.seed(SEED)
    @quiet
    @hypothesis.given(case=operation.as_strategy())
    def one(case: Any) -> None:
        mixed(two, case, dice)
        answer = ask(two, case, key)
        two.codes[answer.status_code] += 1
        told = answer.content.decode(errors="replace")
        if answer.status_code >= 500 and answer.status_code != 502:
            faults.append(f"{label}: {answer.status_code} {case.path_parameters} {case.query} {case.body!r}"[:600])
        faults.extend(f"{label}: holds {mark}" for mark in marks if mark in told)
        if answer.status_code == 404 and not answer["Content-Type"].startswith("application/json"):
            faults.append(f"{label}: a page instead of an answer")

    one()
    return faults


def test_no_server_error_and_nothing_of_the_other_firm(
    two: Two, record_property: Callable[[str, object], None]
) -> None:
    with firm_scope(two.theirs.id):
        before = {model: count_of(model) for model in COUNTED}
    faults = run(two, two.key)
    record_property("trials", sum(two.codes.values()))
    print(f"{sum(two.codes.values())} cases, by status {dict(sorted(two.codes.items()))}, {len(faults)} faults")
    assert not faults, "\n".join(faults[:20])
    assert any(code < 300 for code in two.codes) and two.codes[404] and two.codes[400]
    with firm_scope(two.theirs.id):
        assert {model: count_of(model) for model in COUNTED} == before


COUNTED = [model for _, model in RECORDS.values()]


def count_of(model: Any) -> int:
    return int(model.objects.count())


def test_sabotage_the_other_firms_key_and_a_planted_error_are_reported(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any("holds" in one for one in run(two, two.their_key, 1))

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("casehug.intake.api.templates.template_body", broken)
    assert any(one.startswith("GET /api/v1/templates") and ": 500" in one for one in run(two, two.key, 1))
