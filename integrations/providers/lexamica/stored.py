"""Stored events: pages of a date range, oldest first, and what they tell since a moment (for unanswered writes)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.contract.errors import NetworkTrouble
from integrations.contract.http import Api
from integrations.contract.inbound import StoredEvents, StoredItem, StoredPage
from integrations.contract.onboarding import ONBOARDING
from integrations.contract.operations import StepContext
from integrations.providers.lexamica import catalogue, mapping

MOST_PAGES = 10
SLACK = timedelta(seconds=60)
"""How far the clocks may differ when something of ours is looked for."""


def page(api: Api, since: datetime, until: datetime, number: int) -> StoredPage:
    """Read one page of stored events. Each becomes an enveloped body, as a delivery would bring it."""
    rows, more = _read(api, since, until, number)
    items = [item for row in rows if (item := _item(api, row)) is not None]
    return StoredPage(items, more, len(rows) - len(items))


def told(context: StepContext, events: Iterable[str], since: datetime) -> Sequence[Mapping[str, Any]]:
    """Return the mapped records of stored events of these kinds since a moment, as far as they are kept for us.

    Reads nothing when none of them is kept: then nobody can tell, and the answer is the same as for nothing found.
    """
    kept = context.profile.get(ONBOARDING, {}).get("stored", ())
    found: list[Mapping[str, Any]] = []
    until = datetime.now(UTC) + timedelta(hours=1)
    for event in events:
        if event not in kept:
            continue
        for number in range(1, MOST_PAGES + 1):
            rows, more = _read(context.api, since - SLACK, until, number, event=catalogue.event_name(event))
            found += [data for row in rows if isinstance(data := row.get(_word("row.data")), Mapping)]
            if not more:
                break
    return found


def _word(path: str) -> str:
    return catalogue.text(f"stored_events.{path}")


def _read(
    api: Api, since: datetime, until: datetime, number: int, event: str = ""
) -> tuple[list[Mapping[str, Any]], bool]:
    limit = catalogue.number("stored_events.max_limit")
    query = {
        _word("parameters.start"): _stamp(since), _word("parameters.end"): _stamp(until),
        _word("parameters.page"): str(number - 1 + catalogue.number("stored_events.page.first")),
        _word("parameters.limit"): str(limit),
    }  # fmt: skip
    if event:
        query[_word("parameters.event")] = event
    found = api.read(catalogue.call("query_stored_events").path(), query)
    total = None
    if isinstance(found, Mapping):
        total = found.get(_word("page.total"))
        limit = _size(found.get(_word("page.limit"))) or limit  # what was granted, not what was asked for
        found = found.get(_word("page.data"))
    if not isinstance(found, list):
        raise NetworkTrouble("The answer could not be read.", code="unreadable")
    more = number * limit < total if isinstance(total, int) and not isinstance(total, bool) else len(found) >= limit
    return [row if isinstance(row, Mapping) else {} for row in found], more and bool(found)


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _item(api: Api, row: Mapping[str, Any]) -> StoredItem | None:
    found, at = mapping.key(row.get(_word("row.id"))), mapping.time(row.get(_word("row.created")))
    if not found or at is None:
        return None
    name = {key: entry["value"] for key, entry in catalogue.entry("webhook.envelope_fields").items()}
    body = {
        name["event"]: row.get(_word("row.event")), name["event_id"]: found,
        name["timestamp"]: row.get(_word("row.created")),
        name["organization"]: str(getattr(api, "organization_id", "")), name["data"]: row.get(_word("row.data")),
    }  # fmt: skip
    return StoredItem(f"stored_{found}", json.dumps(body, ensure_ascii=False).encode(errors="replace"), at)


def _pace() -> list[tuple[timedelta, timedelta]]:
    """Return the guides' ranges by what is left of an invitation: the quick end for the half that runs out first."""
    found = []
    for name, life in (("48h", timedelta(hours=48)), ("week", timedelta(days=7))):
        quick, slow = (timedelta(seconds=int(one)) for one in catalogue.value(f"polling.invitation_{name}_seconds"))
        found += [(life / 2, quick), (life, slow)]
    return found


STORED = StoredEvents(
    page=page,
    overlap=timedelta(seconds=catalogue.number("stored_events.overlap_seconds")),
    kept=timedelta(days=catalogue.number("stored_events.retention_days")),
    pace=_pace(),
)
