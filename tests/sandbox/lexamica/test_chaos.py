"""Faults on demand: lost and broken answers, the rate limit, the key of a request in the log, durability."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from casehug.local.state import PROJECT
from tests.plugin.exchange import Exchange
from tests.sandbox.conftest import until
from tests.sandbox.lexamica.office import PERSON, Office

SEND = "*/case/*/send"


def counted(exchange: Exchange, number: str) -> int:
    return int(exchange.control("GET", "ledger")["cases"]["by_key"].get(number, 0))


def fault(exchange: Exchange, kind: str, **more: Any) -> None:
    exchange.control("POST", "faults", kind=kind, path=SEND, **more)


@pytest.mark.parametrize(
    ("kind", "made"), [("reset_before", 0), ("reset_after_commit", 1), ("truncate", 1), ("status_before", 0),
                       ("status_after_commit", 1), ("empty_2xx", 1), ("html_body", 1), ("no_id", 1)]
)  # fmt: skip
def test_what_a_lost_answer_leaves_behind(exchange: Exchange, sender: Office, kind: str, made: int) -> None:
    sender.mapping("Case")
    fault(exchange, kind, status=502)
    body = PERSON | {"our_number": "X-1"}
    try:
        answer = sender.inbound("case/{Case}/send", body)
        usable = answer.status_code == 201 and "case_id" in answer.json()
    except requests.RequestException:
        usable = False
    assert not usable and counted(exchange, "X-1") == made
    assert sender.inbound("case/{Case}/send", body).status_code == 201
    assert counted(exchange, "X-1") == made + 1
    log = exchange.control("GET", "requests")["requests"]
    assert [row["fault"] for row in log if row["fault"]] == [kind]


def test_a_late_commit_and_a_held_request(exchange: Exchange, sender: Office) -> None:
    sender.mapping("Case")
    fault(exchange, "late_commit", seconds=0.1)
    assert sender.inbound("case/{Case}/send", PERSON | {"our_number": "L-1"}).status_code == 504
    assert counted(exchange, "L-1") == 0
    until(lambda: counted(exchange, "L-1") == 1)
    fault(exchange, "pause_after_commit", seconds=20)
    thread = threading.Thread(target=sender.send, kwargs={"our_number": "L-2"})
    thread.start()
    until(lambda: counted(exchange, "L-2") == 1)
    assert thread.is_alive()
    exchange.control("DELETE", "faults")
    thread.join(5)
    assert not thread.is_alive()


def test_the_rate_limit_is_per_firm_with_a_burst(exchange: Exchange, sender: Office, firms: list[Office]) -> None:
    sender.mapping("Case")
    exchange.switch(rate_limit=10, rate_burst=5)
    answers = [sender.inbound("case/{Case}/send", PERSON) for _ in range(12)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert 1 <= len(limited) <= 7 and limited[0].json()["error"] == "too_many_requests"
    assert limited[0].headers["Retry-After"] == "1"
    assert firms[0].stored()["total"] == 0  # another firm is not limited
    assert exchange.control("GET", "ledger")["rejected_429"] == len(limited)
    exchange.switch(retry_after="off", rate_limit=0.001, rate_burst=1)
    bare = [sender.inbound("case/{Case}/send", PERSON) for _ in range(2)][-1]
    assert bare.status_code == 429 and "Retry-After" not in bare.headers


def test_control_refuses_what_makes_no_sense(exchange: Exchange) -> None:
    for method, path, body in (
        ("PATCH", "switches", {"nothing": 1}), ("POST", "faults", {"kind": "magic"}),
        ("POST", "clock", {"advance": -1}), ("POST", "events/fire", {"event": "x"}),
    ):  # fmt: skip
        answer = exchange.http.request(method, f"{exchange.url}/control/{path}", json=body)
        assert answer.status_code == 422 and answer.json()["error"], path
    assert exchange.http.get(f"{exchange.url}/control/cases/none").status_code == 404


def test_what_is_answered_survives_a_kill(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite3"
    one = Exchange(store)
    office = Office(one, name="Sender")
    office.keep("Case Created", "Case")
    case = office.send(our_number="K-1")["case_id"]
    one.advance(3)
    one.stop(signal.SIGKILL)
    two = Exchange(store, one.port)
    try:
        office.exchange = two
        assert two.control("GET", f"cases/{case}")["state"] == "invited"
        assert office.events() == ["Case Created"] and counted(two, "K-1") == 1
    finally:
        two.stop()


def test_it_refuses_production() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.lexamica"], cwd=PROJECT, capture_output=True, text=True, check=False,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "casehug.settings.production"},
    )  # fmt: skip
    assert done.returncode != 0 and "production" in done.stderr


def test_a_foreign_page_cannot_write(exchange: Exchange) -> None:
    foreign = {"Origin": "https://elsewhere.example"}
    assert exchange.http.post(f"{exchange.url}/control/reset", json={}, headers=foreign).status_code == 403
    assert exchange.http.post(f"{exchange.url}/app/cases/new", data={}, headers=foreign).status_code == 403
