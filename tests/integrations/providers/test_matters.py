"""Reading Lawmatics' list of matters: what is asked for, and answers in every odd form."""

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.contract.errors import NetworkTrouble, NotFound
from integrations.providers.lawmatics.matters import MATTERS

ROW = {"id": "7", "type": "prospect", "attributes": {"case_title": " Vale  divorce ", "first_name": "Jordan",
       "created_at": "2026-03-02T23:30:00-05:00"}}  # fmt: skip


class Answers:
    """An API that gives one prepared answer and remembers the question."""

    def __init__(self, body: Any) -> None:
        self.body, self.asked = body, {}  # type: ignore[var-annotated]

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        self.asked = {"path": path, **(query or {})}
        return self.body

    def write(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("this only reads")

    error_of = write


def test_a_page_with_figures() -> None:
    api = Answers({"data": [ROW], "meta": {"total_pages": 3, "total_entries": 51}})
    page = MATTERS.page(api, 2, "")
    assert (page.total, page.number, page.more, page.rows[0].title) == (51, 2, True, "Vale divorce")
    assert (page.rows[0].created, page.rows[0].person) == ("2026-03-02", "Jordan")
    assert api.asked["page"] == "2" and "filter_by" not in api.asked and "all" not in api.asked["fields"].split(",")


def test_search_is_a_part_of_the_title() -> None:
    api = Answers({"data": []})
    assert MATTERS.page(api, 1, "vale").more is False
    assert (api.asked["filter_by"], api.asked["filter_on"], api.asked["filter_with"]) == (
        "case_title", "%vale%", "ilike",
    )  # fmt: skip


def test_a_list_without_meta_ends_with_a_short_page() -> None:
    full = [ROW | {"id": str(number)} for number in range(25)]
    assert MATTERS.page(Answers({"data": full}), 1, "").more is True
    short = MATTERS.page(Answers({"data": full[:24]}), 1, "")
    assert short.more is False and short.total is None


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": "1"}}, [], "text"])
def test_an_answer_that_is_no_list_is_trouble_and_not_an_empty_account(body: Any) -> None:
    with pytest.raises(NetworkTrouble):
        MATTERS.page(Answers(body), 1, "")


def test_one_matter_and_a_missing_one() -> None:
    bare = {"id": "7", "type": "prospect", "attributes": {}}
    assert MATTERS.one(Answers({"data": bare}), "7").title == "Matter 7"
    with pytest.raises(NotFound):
        MATTERS.one(Answers({"data": None}), "7")
    api = Answers({"data": ROW})
    MATTERS.one(api, "7/../1")
    assert api.asked["path"] == "/v1/prospects/7%2F..%2F1"
