"""A provider made for one test: three steps over a list in memory, to show what a third provider costs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.contract.auth import ApiKey
from integrations.contract.errors import ProviderError, Refused
from integrations.contract.http import Exchange, Gate
from integrations.contract.operations import Found, Operation, RemoteRef, StepContext, Window, Write
from integrations.contract.provider import Account, Provider
from integrations.contract.records import Leaf, SealedBody, Source, seal_body

STORE: list[dict[str, Any]] = []


@dataclass
class FakeApi:
    """An account in memory; ids count up."""

    base_url: str
    token: str
    gate: Gate
    observer: Callable[[str], None] | None = None
    written: list[SealedBody] = field(default_factory=list)

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        self.gate()
        return [row for row in STORE if row["kind"] == path]

    def write(self, method: str, path: str, body: SealedBody, query: Mapping[str, str] | None = None) -> Exchange:
        self.gate()
        if not body.payload["name"]:
            return Exchange(method, path, 422)
        STORE.append({"kind": path, "id": str(len(STORE) + 1), **body.payload})
        return Exchange(method, path, 201, body=json.dumps(STORE[-1]).encode())

    def error_of(self, exchange: Exchange) -> ProviderError:
        return Refused("a name is needed", status=exchange.status)


@dataclass(frozen=True)
class Push:
    """One record with a name and our marker."""

    key: str
    value: Callable[[StepContext], Leaf]
    action: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "action", self.key)

    def applies(self, context: StepContext) -> bool:
        return self.key != "note" or context.snapshot.note is not None

    def probe(self, context: StepContext) -> Found | None:
        return self.reconcile(context, None, deep=False)

    def create(self, context: StepContext) -> Write:
        tree = {"name": self.value(context), "mark": Leaf(context.marker, Source.SYSTEM)}
        return Write("POST", self.key, seal_body(tree))

    def update(self, context: StepContext, ref: RemoteRef) -> Write | None:
        return None

    def arrived(self, context: StepContext, ref: RemoteRef) -> bool:
        return True

    def content(self, context: StepContext) -> Mapping[str, Any]:
        return {"name": self.value(context).value}

    def read_ref(self, exchange: Exchange) -> RemoteRef | None:
        body = exchange.json()
        return RemoteRef(self.key, body["id"]) if body else None

    def reconcile(self, context: StepContext, window: Window | None, *, deep: bool) -> Found:
        rows = context.api.read(self.key)
        return Found(tuple(RemoteRef(self.key, row["id"]) for row in rows if row["mark"] == context.marker))

    def learn(self, context: StepContext, write: Write, exchange: Exchange) -> Mapping[str, Any]:
        return {}

    def lost_link(self, context: StepContext, exchange: Exchange) -> str | None:
        return None


def _note(context: StepContext) -> Leaf:
    return context.snapshot.note.name if context.snapshot.note else Leaf("", Source.SYSTEM)


PROVIDER = Provider(
    key="fake",
    name="Fakebook",
    blurb="",
    auth=ApiKey(()),
    make_api=FakeApi,
    settings_fields=(),
    operations={
        "sync_matter": Operation(
            "sync_matter",
            (
                Push("contact", lambda context: context.snapshot.contact.last_name),
                Push("matter", lambda context: context.snapshot.matter.title),
                Push("note", _note),
            ),
        )
    },
    who_am_i=lambda api: Account("1", "Fake", "", ""),
    catalogue=lambda api: (),
    prerequisites=(),
    default_stages={},
    record_url=lambda web, kind, remote_id: "",
)
