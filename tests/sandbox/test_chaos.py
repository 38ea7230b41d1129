"""Faults, rate limit, durability: the stand-in breaks on demand, and its ledger tells what was kept."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Standin, until

MARK = "MMMMMMMMMMMMMMMMMM22"


def send(standin: Standin, **more: Any) -> requests.Response:
    body = {"first_name": "Ida", "last_name": "Berg", "email": "ida@example.com", "notes": [{"body": MARK}]}
    return standin.call("POST", "contacts", json=body, **more)


def made(standin: Standin) -> tuple[int, int]:
    ledger = standin.control("GET", "ledger")
    return ledger["contacts"]["total"], ledger["notes"]["by_marker"].get(MARK, 0)


def fault(standin: Standin, kind: str, **more: Any) -> None:
    standin.control("POST", "faults", kind=kind, method="POST", path="/v1/contacts*", **more)


@pytest.mark.parametrize(("kind", "kept"), [("reset_before", 0), ("reset_after_commit", 1)])
def test_reset(standin: Standin, kind: str, kept: int) -> None:
    fault(standin, kind)
    with pytest.raises(requests.ConnectionError):
        send(standin)
    assert made(standin) == (kept, kept)
    row = standin.control("GET", "requests")["requests"][-1]
    assert row["status"] is None and row["fault"] == kind and row["committed"] is bool(kept)
    assert send(standin).status_code == 201  # used up


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("kind", "kept"), [("status_before", 0), ("status_after_commit", 1)])
def test_status(standin: Standin, kind: str, kept: int, status: int) -> None:
    fault(standin, kind, status=status)
    answer = send(standin)
    assert answer.status_code == status and answer.headers["Content-Type"].startswith("text/html")
    assert made(standin) == (kept, kept)


@pytest.mark.parametrize("size", [0, 1, 40])
def test_truncated_body(standin: Standin, size: int) -> None:
    fault(standin, "truncate", bytes=size)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        send(standin)
    assert made(standin) == (1, 1)


def test_empty_html_and_idless_answers(standin: Standin) -> None:
    fault(standin, "empty_2xx")
    answer = send(standin)
    assert answer.status_code == 201 and answer.content == b""
    fault(standin, "html_body")
    answer = send(standin)
    assert answer.status_code == 201 and answer.text.startswith("<!DOCTYPE")
    fault(standin, "no_id")
    assert "id" not in send(standin).json()["data"]


def test_late_commit(standin: Standin) -> None:
    fault(standin, "late_commit", seconds=0.6)
    assert send(standin).status_code == 504
    assert made(standin) == (0, 0)
    until(lambda: made(standin) == (1, 1))


def test_pause_is_seen_and_released(standin: Standin) -> None:
    fault(standin, "pause_before_commit", seconds=60)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(send(standin).status_code))
    thread.start()
    until(lambda: [r for r in standin.control("GET", "requests")["requests"] if r["state"] == "held before commit"])
    assert made(standin) == (0, 0)
    standin.control("DELETE", "faults")
    thread.join(5)
    assert answers == [201] and made(standin) == (1, 1)


def test_slow_answers_before_or_after_the_commit(standin: Standin) -> None:
    fault(standin, "slow", seconds=1.5, when="after")
    with pytest.raises(requests.Timeout):
        standin.http.post(f"{standin.url}/v1/contacts", json={"first_name": "I"}, timeout=0.5)
    assert made(standin)[0] == 1
    standin.control("DELETE", "faults")


def test_finder_lag_hides_from_finders_and_filters_only(standin: Standin) -> None:
    standin.switch(finder_lag=0.8)
    made_id = send(standin).json()["data"]["id"]
    assert standin.call("GET", "contacts/find_by_email/ida@example.com").status_code == 404
    assert standin.call("GET", "contacts?filter_by=email&filter_on=ida@example.com").json()["data"] == []
    assert standin.call("GET", f"contacts/{made_id}").status_code == 200
    assert len(standin.call("GET", "contacts").json()["data"]) == 1
    until(lambda: standin.call("GET", "contacts/find_by_email/ida@example.com").status_code == 200)


def test_fault_selection(standin: Standin) -> None:
    fault(standin, "status_before", status=500, skip=1, body_contains="ida@")
    assert [send(standin).status_code for _ in range(3)] == [201, 500, 201]
    fault(standin, "status_before", status=500, count=None)
    assert [send(standin).status_code for _ in range(3)] == [500] * 3
    assert standin.control("DELETE", "faults")["removed"] == 1
    bad = requests.post(f"{standin.url}/control/faults", json={"kind": "nonsense"}, timeout=5)
    assert bad.status_code == 422 and "kind must be" in bad.json()["error"]


@pytest.mark.parametrize("kind", ["sliding", "fixed", "bucket"])
def test_rate_limit(standin: Standin, kind: str) -> None:
    standin.switch(rate_limit=5, rate_window=kind, rate_window_seconds=3600, rival_calls=2)
    answers = [standin.call("GET", "users/me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"] == "3600"
    assert answers[-1].json()["errors"][0]["title"] == "Too Many Requests"
    ledger = standin.control("GET", "ledger")
    assert ledger["rejected_429"] == 2 and ledger["max_calls_in_any_60s"] == 5
    other = standin.control("POST", "accounts", name="Other")
    standin.connect(other["id"])
    assert standin.call("GET", "users/me").status_code == 200


@pytest.mark.parametrize(("mode", "start"), [("empty", ""), ("html", "<!DOCTYPE")])
def test_rate_limit_bodies(standin: Standin, mode: str, start: str) -> None:
    standin.switch(rate_limit=0, rate_body=mode)
    answer = standin.call("GET", "users/me")
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "60"
    assert answer.text.startswith(start) and bool(answer.text) is bool(start)


def test_rate_window_opens_again(standin: Standin) -> None:
    standin.switch(rate_limit=1, rate_window_seconds=1)
    assert standin.call("GET", "users/me").status_code == 200
    assert standin.call("GET", "users/me").status_code == 429
    until(lambda: standin.call("GET", "users/me").status_code == 200, 3)


def test_latency_dial(standin: Standin) -> None:
    standin.switch(latency=200)
    started = time.monotonic()
    standin.call("GET", "users/me")
    assert time.monotonic() - started >= 0.2


def test_switches_are_checked(standin: Standin) -> None:
    for body in ({"note_target": "maybe"}, {"no_such": 1}, {"finder_lag": -1}):
        answer = requests.patch(f"{standin.url}/control/switches", json=body, timeout=5)
        assert answer.status_code == 422
    standin.control("PATCH", "switches", account=8101, latency=5)
    assert standin.control("GET", "switches")["switches"]["latency"] == "off"


def test_staff_can_pull_the_rug(standin: Standin) -> None:
    stage = standin.call("GET", "stages").json()["data"][0]
    matter = standin.post("prospects", first_name="Ida", stage_id=stage["id"])
    standin.control("POST", f"stages/{stage['id']}", name="Renamed")
    assert standin.call("GET", f"stages/{stage['id']}").json()["data"]["attributes"]["name"] == "Renamed"
    standin.control("POST", f"matters/{matter['id']}/stage", stage_name="Retained")
    standin.control("POST", f"matters/{matter['id']}/convert")
    seen = standin.call("GET", f"prospects/{matter['id']}?fields=status,converted_date,stage").json()["data"]
    assert seen["attributes"]["status"] == "hired" and seen["attributes"]["converted_date"]
    line = standin.call("GET", f"activities?filter_by=matter_id&filter_on={matter['id']}").json()["data"][0]
    assert line["relationships"]["owner"]["data"]["type"] == "user"
    gone = seen["relationships"]["stage"]["data"]["id"]
    standin.control("POST", f"stages/{gone}/delete")
    assert standin.call("GET", f"stages/{gone}").status_code == 404
    assert standin.call("PUT", f"prospects/{matter['id']}", json={"stage_id": gone}).status_code == 422
    assert standin.control("GET", "ledger")["prospects"]["updated"] == 0
    standin.control("POST", "accounts/8101/remove-app")
    assert standin.call("GET", "users/me").status_code == 401


def test_reset_is_quick_and_can_keep_connections(standin: Standin) -> None:
    first = send(standin).json()["data"]["id"]
    stages = standin.call("GET", "stages").json()["data"]
    answer = standin.control("POST", "reset", keep_connections=True)
    assert answer["milliseconds"] < 50
    assert standin.call("GET", "users/me").status_code == 200
    assert standin.call("GET", "contacts").json()["data"] == []
    assert [stage["id"] for stage in standin.call("GET", "stages").json()["data"]] == [s["id"] for s in stages]
    assert int(send(standin).json()["data"]["id"]) > int(first)  # numbers are never used again


def test_effects_survive_kill_9(tmp_path: Path) -> None:
    first = Standin(tmp_path / "s.sqlite3")
    first.connect()
    assert send(first).status_code == 201
    header = first.http.headers["Authorization"]
    first.stop(signal.SIGKILL)
    second = Standin(tmp_path / "s.sqlite3", port=first.port)
    try:
        second.http.headers["Authorization"] = header
        assert made(second) == (1, 1)
        assert second.call("GET", "contacts/find_by_email/ida@example.com").status_code == 200
    finally:
        second.stop()
