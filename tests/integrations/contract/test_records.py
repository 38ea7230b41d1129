"""The one function that builds bodies: values without a tag, or with a foreign one, do not leave."""

from typing import Any

import pytest

from integrations.contract.records import Leaf, PrivilegeGuard, Source, seal_body


def test_a_body_is_built_from_tagged_leaves_and_remembers_them() -> None:
    tree = {
        "case_title": Leaf("Rivera", Source.CASE),
        "custom_fields": [{"id": Leaf("7", Source.SYSTEM), "value": Leaf(3, Source.CLIENT_SUBMISSION, "sub_1")}],
    }
    sealed = seal_body(tree)
    assert sealed.payload == {"case_title": "Rivera", "custom_fields": [{"id": "7", "value": 3}]}
    assert sealed.origins == (
        ("case_title", "case", ""),
        ("custom_fields[0].id", "system", ""),
        ("custom_fields[0].value", "client_submission", "sub_1"),
    )


@pytest.mark.parametrize("bare", ["text", 7, None, True, b"bytes", 1.5, object()])
def test_a_bare_value_is_refused_wherever_it_stands(bare: Any) -> None:
    for tree in ({"a": bare}, {"a": {"b": bare}}, {"a": [Leaf("x", Source.CASE), bare]}):
        with pytest.raises(PrivilegeGuard):
            seal_body(tree)


@pytest.mark.parametrize("source", ["internal_note", "work_product", "message", "", None])
def test_a_source_that_is_not_listed_is_refused(source: Any) -> None:
    with pytest.raises(PrivilegeGuard):
        seal_body({"a": Leaf("x", source)})


def test_there_is_no_tag_for_notes_or_work_product() -> None:
    assert {str(source) for source in Source} == {"client_submission", "identity", "case", "system", "composed"}


def test_an_empty_leaf_is_false_but_zero_and_no_are_answers() -> None:
    assert not Leaf("", Source.CASE) and not Leaf(None, Source.CASE)
    assert Leaf(0, Source.CASE) and Leaf(False, Source.CASE)
