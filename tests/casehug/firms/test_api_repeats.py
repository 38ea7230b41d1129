"""`Idempotency-Key`: one effect, the same answer, sealed at rest; other bodies, two at once, refusals, old keys."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from casehug.common.scope import firm_scope
from casehug.firms import api_repeats
from casehug.firms.models import Firm, IdempotentRequest
from casehug.intake.models import Client, IntakeLink, Matter
from tests.casehug.caller import Caller, make_key
from tests.conftest import make_firm

NEW = {"title": "Rivera", "practice_area": "family_law"}


@pytest.fixture
def tool(firm: Firm) -> Caller:
    return Caller(make_key(firm.id))


def test_a_repeat_has_one_effect_and_the_same_answer(firm: Firm, tool: Caller) -> None:
    first = tool.post("matters", NEW, Idempotency_Key="a")
    tag = tool.last["ETag"]
    assert first[0] == 201 and tool.post("matters", NEW, Idempotency_Key="a") == first
    assert tool.last["Idempotency-Replayed"] == "true" and tool.last["ETag"] == tag
    assert tool.post("matters", NEW, Idempotency_Key="b")[1] != first[1]
    code, body = tool.post("matters", {**NEW, "title": "Other"}, Idempotency_Key="a")
    assert (code, body["error"]["code"]) == (422, "idempotency_key_reused")
    assert tool.post("clients", {"first_name": "A", "last_name": "B"}, Idempotency_Key="a")[0] == 422
    assert Caller(make_key(firm.id)).post("matters", NEW, Idempotency_Key="a")[1] != first[1]  # another key's own
    with firm_scope(firm.id):
        assert Matter.objects.count() == 3
        IdempotentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tool.post("matters", NEW, Idempotency_Key="a")[1] != first[1]
    api_repeats.purge_repeats()
    with firm_scope(firm.id):
        assert IdempotentRequest.objects.count() == 1


def test_secrets_in_answers_are_not_stored_in_clear(firm: Firm, tool: Caller) -> None:
    matter = tool.post("matters", NEW)[1]["data"]
    where = f"matters/{matter['id']}/intake-link"
    first = tool.post(where, {}, Idempotency_Key="link")
    assert tool.post(where, {}, Idempotency_Key="link") == first
    token = first[1]["data"]["url"].rstrip("/").rsplit("/", 1)[1]
    with firm_scope(firm.id):
        assert IntakeLink.objects.count() == 1
        stored = IdempotentRequest.objects.values_list("answer", flat=True).get()
        assert stored and token.encode() not in bytes(stored)


def test_refusals_are_not_kept(firm: Firm, tool: Caller) -> None:
    assert tool.post("matters", {}, Idempotency_Key="a")[0] == 400
    assert tool.post("matters", NEW, Idempotency_Key="a")[0] == 201
    assert tool.post("integrations/lawmatics/disconnect", None, Idempotency_Key="d")[0] == 404
    for odd in ("x" * 256, "kürzlich"):
        assert tool.post("matters", NEW, Idempotency_Key=odd)[0] == 400
    with firm_scope(firm.id):
        assert IdempotentRequest.objects.count() == 1 and Matter.objects.count() == 1


def test_one_that_is_under_way_is_waited_for_or_told(firm: Firm, tool: Caller) -> None:
    """A handler that talks to the outside died after two minutes: its key is free again; before that it is not."""
    matter = tool.post("matters", NEW)[1]["data"]
    where = f"matters/{matter['id']}/intake-link"
    assert tool.post(where, {}, Idempotency_Key="a")[0] == 201
    with firm_scope(firm.id):
        IdempotentRequest.objects.update(status_code=None, answer=None)
    code, body = tool.post(where, {}, Idempotency_Key="a")
    assert (code, body["error"]["code"], tool.last["Retry-After"]) == (409, "request_in_progress", "2")
    with firm_scope(firm.id):
        IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    assert tool.post(where, {}, Idempotency_Key="a")[0] == 201


def at_once(key: str, bodies: list[dict[str, str]], header: str) -> list[int]:
    codes: list[int] = []
    barrier = threading.Barrier(len(bodies))

    def send(body: dict[str, str]) -> None:
        caller = Caller(key)
        barrier.wait()
        codes.append(caller.post("clients", body, **({"Idempotency_Key": header} if header else {}))[0])
        connection.close()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_eight_at_once_have_one_effect(committed_db: None) -> None:
    firm = make_firm("Rivera")
    key, body = make_key(firm.id), {"first_name": "Maya", "last_name": "Rivera"}
    assert at_once(key, [body] * 8, "same") == [201] * 8
    with firm_scope(firm.id):
        assert Client.objects.count() == 1
    # Sabotage: without the key there are eight.
    assert at_once(key, [body] * 8, "") == [201] * 8
    with firm_scope(firm.id):
        assert Client.objects.count() == 9
    mail = {**body, "email": "maya@example.com"}
    assert sorted(at_once(key, [mail] * 4, "")) == [201, 409, 409, 409]
