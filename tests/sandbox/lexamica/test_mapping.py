"""The mapping engine alone: both directions, what is dropped, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.lexamica.records import mapping
from sandbox.lexamica.refusals import Refusal
from sandbox.lexamica.store import Record


def made(model: str, *fields: dict[str, Any]) -> Record:
    doc = mapping.check({"name": "M", "model": model, "fields": list(fields)})
    return Record(1, "mapping", "0" * 24, 1, "", "", None, 0.0, doc)


def field(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"source": source, "target": target, **more}


def test_inward_follows_paths_and_drops_the_unmapped() -> None:
    one = made("Case", field("person.first", "client.firstName"), field("kind", "caseType"))
    body = {"person": {"first": "Ida", "last": "Berg"}, "kind": "Dog Bite Injuries", "more": 1}
    assert mapping.inward(one, body) == {"client": {"firstName": "Ida"}, "caseType": "Dog Bite Injuries"}


def test_outward_sends_only_what_is_mapped_and_there() -> None:
    one = made("CaseInvitation", field("id", "_id"), field("case.id", "referral._id"), field("why", "declineReason"))
    doc = {"_id": "a", "referral": {"_id": "b"}, "declineReason": None, "expires": "x"}
    assert mapping.outward(one, doc) == {"id": "a", "case": {"id": "b"}}


def test_default_required_and_value_map() -> None:
    one = made("Case", field("a", "caseType", valueMap={"dog": "Dog Bite Injuries"}),
               field("b", "summary", default="none"), field("c", "client.lastName", required=True))  # fmt: skip
    assert mapping.inward(one, {"a": "dog", "c": "Berg"})["caseType"] == "Dog Bite Injuries"
    assert mapping.inward(one, {"a": "dog", "c": "Berg"})["summary"] == "none"
    assert mapping.outward(one, {"caseType": "Dog Bite Injuries"}) == {"a": "dog"}
    with pytest.raises(Refusal) as refused:
        mapping.inward(one, {"a": "dog"})
    assert refused.value.details == (("c", "is required"),)


def test_read_only_fields_are_not_taken_in() -> None:
    one = made("Case", field("id", "_id"), field("stage", "stage"), field("n", "client.firstName"))
    assert mapping.inward(one, {"id": "f" * 24, "stage": "Retained", "n": "Ida"}) == {"client": {"firstName": "Ida"}}


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("client.email", "no address"), ("incident.date", "01/03/2026"), ("incident.address.state", "California"),
        ("summary", 5), ("summary", "x" * 20_001), ("feePercent", "much"),
    ],
)  # fmt: skip
def test_wrong_values_are_named_in_the_customers_words(target: str, value: object) -> None:
    with pytest.raises(Refusal) as refused:
        mapping.inward(made("Case", field("mine", target)), {"mine": value})
    assert refused.value.code == "validation_failed" and refused.value.details[0][0] == "mine"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "M", "model": "Nothing", "fields": []},
        {"name": "", "model": "Case", "fields": []},
        {"name": "M", "model": "Case", "fields": "all"},
        {"name": "M", "model": "Case", "fields": [field("a", "no.such")]},
        {"name": "M", "model": "Case", "fields": [field("a", "_id"), field("a", "stage")]},
        {"name": "M", "model": "Case", "fields": [field("a", "_id"), field("b", "_id")]},
        {"name": "M", "model": "Case", "fields": [field("a", "_id"), field("a.b", "stage")]},
        {"name": "M", "model": "Case", "fields": [field("a[0]", "_id")]},
    ],
)  # fmt: skip
def test_mappings_that_make_no_sense(body: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        mapping.check(body)
    assert refused.value.status == 400
