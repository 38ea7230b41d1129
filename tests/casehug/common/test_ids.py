"""Public ids: round trip, wrong prefixes refused, time order kept."""

import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from casehug.common.ids import parse_public_id, public_id, uuid7


@given(st.uuids())
def test_round_trip(value: uuid.UUID) -> None:
    text = public_id("mat", value)
    assert text.startswith("mat_") and len(text) == 30
    assert parse_public_id("mat", text) == value
    assert parse_public_id("cli", text) is None


@given(st.text(max_size=40))
def test_anything_else_is_none_or_canonical(text: str) -> None:
    parsed = parse_public_id("mat", "mat_" + text)
    assert parsed is None or isinstance(parsed, uuid.UUID)


def test_uuid7_is_ordered_by_time() -> None:
    first = uuid7()
    time.sleep(0.002)
    assert first < uuid7() and first.version == 7


def test_ids_of_a_process_keep_their_order_also_within_a_millisecond() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {one.version for one in made} == {7} and {one.variant for one in made} == {uuid.RFC_4122}
