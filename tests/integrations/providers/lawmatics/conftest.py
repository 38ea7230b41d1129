"""A stub at the transport of the real client: recorded shapes (invented people) are played back, calls are kept."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import responses

from integrations.contract.http import Exchange
from integrations.contract.operations import RemoteRef, StepContext
from integrations.contract.records import ContactRecord, CustomValue, Leaf, MatterRecord, NoteRecord, Snapshot, Source
from integrations.providers.lawmatics.client import LawmaticsApi

BASE = "https://lawmatics.example"
FIXTURES = Path(__file__).parent / "fixtures"
MATTER_MARKER = "M" * 20
NOTE_MARKER = "N" * 20


def recorded(name: str) -> Any:
    """Return a recorded answer."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


class Stub:
    """What the account answers. Each route answers in the order given; the last answer stays."""

    def __init__(self, wire: responses.RequestsMock) -> None:
        self.wire = wire
        self.gate_calls = 0

    def answers(
        self, method: str, path: str, fixture: str | None = None, *, status: int | None = None, **more: Any
    ) -> None:
        if fixture is not None:
            more["json"] = recorded(fixture)
        self.wire.add(method, BASE + path, status=status or (200 if method in ("GET", "PUT") else 201), **more)

    def gate(self) -> None:
        self.gate_calls += 1

    @property
    def api(self) -> LawmaticsApi:
        return LawmaticsApi(base_url=BASE + "/v1", token="tok-invented-123", gate=self.gate)

    @property
    def calls(self) -> list[str]:
        """Method and path of every call, in order."""
        return [
            f"{call.request.method} {str(call.request.url).removeprefix(BASE).partition('?')[0]}"
            for call in self.wire.calls
        ]

    def query(self, number: int) -> dict[str, str]:
        return dict(self.wire.calls[number].request.params)  # type: ignore[attr-defined]

    def body(self, number: int) -> Any:
        return json.loads(self.wire.calls[number].request.body or b"null")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        yield Stub(wire)


def contact(
    *, email: str = "maya.rivera@example.com", first: str = "Maya", last: str = "Rivera", phone: str = "+1 555 0143",
    custom: Mapping[str, Any] | None = None,
) -> ContactRecord:  # fmt: skip
    """A client's record."""
    return ContactRecord(
        "cli_1",
        Leaf(first, Source.IDENTITY),
        Leaf(last, Source.IDENTITY),
        Leaf(email, Source.IDENTITY),
        Leaf(phone, Source.IDENTITY),
        _custom(custom),
    )


def matter(
    *, title: str = "Rivera / custody", area: str = "2", stage: str = "31", custom: Mapping[str, Any] | None = None
) -> MatterRecord:
    """A matter's record."""
    return MatterRecord(
        "mat_1", Leaf(title, Source.CASE), Leaf(area, Source.SYSTEM), Leaf(stage, Source.SYSTEM), _custom(custom)
    )


def _custom(values: Mapping[str, Any] | None) -> tuple[CustomValue, ...]:
    return tuple(
        CustomValue(Leaf(key, Source.SYSTEM), Leaf(value, Source.CLIENT_SUBMISSION, "sub_1"))
        for key, value in (values or {}).items()
    )


NOTE = NoteRecord(
    "mat_1",
    "intake_completed",
    Leaf("Intake completed", Source.SYSTEM),
    Leaf(f"All documents are in.\nCaseHug matter {NOTE_MARKER} intake_completed", Source.SYSTEM),
)


def context(
    stub: Stub, *,
    person: ContactRecord | None = None, case: MatterRecord | None = None, note: NoteRecord | None = NOTE,
    links: Mapping[str, str] | None = None, marker: str = MATTER_MARKER, settings: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None, changed: frozenset[str] = frozenset(),
) -> StepContext:  # fmt: skip
    """What the engine hands to a step."""
    return StepContext(
        api=stub.api,
        snapshot=Snapshot(person or contact(), case or matter(), note),
        links={key: RemoteRef(key, found) for key, found in (links or {}).items()},
        marker=marker,
        settings=settings or {},
        profile=profile or {},
        changed=changed,
    )


def exchange(fixture: str | None, *, status: int = 201, method: str = "POST", path: str = "/v1/x") -> Exchange:
    """An answer as the client returns it."""
    body = (FIXTURES / f"{fixture}.json").read_bytes() if fixture else b""
    return Exchange(method, path, status, {}, body)
