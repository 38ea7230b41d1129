"""Reading lists: `fields`, one filter with its operator, sorting, and pages of 25."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.lawmatics.api.gate import ApiError, Call, Reply
from sandbox.lawmatics.api.shapes import Reader, Shape
from sandbox.lawmatics.records.matters import number
from sandbox.lawmatics.records.people import PERSONAL
from sandbox.lawmatics.records.store import Record, normal_email

PAGE = 25
PRESENCE = {
    "null": "IS NULL",
    "empty": "IS NULL",
    "blank": "IS NULL",
    "not_null": "IS NOT NULL",
    "present": "IS NOT NULL",
}
COMPARE = {"=": "=", "!=": "<>", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}
CONTACT_NAMES = {*PERSONAL, "email", "phone", "email_address", "phone_number"}
SAFE = re.compile(r"^[a-z_0-9]+$")
BAD_FILTER = ApiError(
    422, "Filter By Parameter Not Available", "When applying filters, a valid 'filter_by' parameter is required."
)


@dataclass(frozen=True)
class Listing:
    """What a list endpoint allows: its kind of record, shape, owner filters, and the only filters if it is strict."""

    kind: str
    shape: Shape
    owners: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()


def _parameter(call: Call, *names: str) -> str | None:
    return next((call.query[name] for name in names if name in call.query), None)


def _time(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _condition(column: str, operator: str | None, value: str, *, text: bool) -> tuple[str, list[object]]:
    """One SQL condition on a column or expression of ours; strings compare without case by default."""
    if operator in PRESENCE:
        return f"{column} {PRESENCE[operator]}", []
    if operator in ("like", "ilike") or (operator is None and text):
        if operator == "like":
            pattern = re.sub(r"([\[*?])", r"[\1]", value).replace("%", "*").replace("_", "?")
            return f"{column} GLOB ?", [pattern]
        return f"{column} LIKE ?", [value]
    sql = COMPARE.get(operator or "=")
    if sql is None:
        raise ApiError(422, "Filter Operator Not Available", f"{operator} is not an operator.")
    if text:
        return f"{column} {sql} ?", [value]
    try:
        return f"{column} {sql} ?", [float(value)]
    except ValueError:
        return f"{column} {sql} ?", [value]


def where_for(call: Call, listing: Listing) -> tuple[str, list[object]]:
    """The condition of the request's filter; the documented 422 when the filter is not one of the resource."""
    name = _parameter(call, "filter_by", "filter_field")
    if name is None:
        return "", []
    value = _parameter(call, "filter_on", "filter_value")
    operator = _parameter(call, "filter_with", "filter_operator")
    if not SAFE.match(name) or (value is None and operator not in PRESENCE):
        raise BAD_FILTER
    if listing.only and name not in listing.only:
        raise BAD_FILTER
    # Others' accounts refuse or ignore what the documents only imply.
    habit = call.world.switches.get("list_filters", call.account)
    if habit != "honoured" and name in ("email", "contact_id"):
        if habit == "refused":
            raise BAD_FILTER
        return "", []
    return _known(call, listing, name, operator, value or "")


def _known(call: Call, listing: Listing, name: str, operator: str | None, value: str) -> tuple[str, list[object]]:
    shape = listing.shape
    name = "key" if name == "event" else name
    if name in listing.owners:
        return "owner = ?", [f"{listing.owners[name]}:{number(value)}"]
    if name in ("created_at", "updated_at"):
        moment = _time(value)
        if moment is None and operator not in PRESENCE:
            raise BAD_FILTER
        return _condition(name[:-3], operator or "=", str(moment), text=False)
    if name == "id":
        return _condition("id", operator or "=", value, text=False)
    if listing.kind == "prospect" and name in CONTACT_NAMES:
        inner, values = _column(name.removesuffix("_address").removesuffix("_number"), operator, value)
        sub = f"contact IN (SELECT id FROM records WHERE kind = 'contact' AND account = ? AND {inner})"
        return sub, [call.account, *values]
    links = {f"{link}_id" for link in shape.one}
    if name in links or name == "sub_status_id":
        column = f"json_extract(doc, '$.{name}')"
        if operator in (None, "="):
            column = {"contact_id": "contact", "stage_id": "stage"}.get(name, column)
        return _condition(column, operator or "=", value, text=False)
    if name in ("notable_id", "informationable_id", "addressable_id", "interactable_id"):
        return _condition("json_extract(doc, '$.owner_id')", operator or "=", value, text=False)
    if name == "sub_status":
        inner, values = _column("name", operator, value)
        sub = f"json_extract(doc, '$.sub_status_id') IN (SELECT id FROM records WHERE kind = 'sub_status' AND {inner})"
        return sub, values
    if name not in shape.attributes:
        raise BAD_FILTER
    return _column(name, operator, value)


def _column(name: str, operator: str | None, value: str) -> tuple[str, list[object]]:
    if name == "email" and operator in (None, "=", "ilike") and not set("%_") & set(value):
        return "email = ?", [normal_email(value)]
    text = not name.endswith("_cents") and name != "order"
    return _condition(f"json_extract(doc, '$.{name}')", operator, value, text=text)


def order_for(call: Call, shape: Shape) -> str:
    """The ORDER BY of the request; names we cannot sort by are ignored."""
    direction = "ASC" if call.query.get("sort_order", "desc").lower() == "asc" else "DESC"
    name = call.query.get("sort_by", "id")
    if name in ("created_at", "updated_at"):
        return f"{name[:-3]} {direction}, id {direction}"
    if name != "id" and SAFE.match(name) and name in shape.attributes:
        return f"json_extract(doc, '$.{name}') {direction}, id {direction}"
    return f"id {direction}"


def lag(call: Call) -> tuple[str, list[object]]:
    """Hides records that finders and filters cannot see yet."""
    if time.time() >= call.world.store.lag_until:
        return "", []
    return " AND visible <= ?", [time.time()]


def list_reply(call: Call, listing: Listing, extra: tuple[str, list[object]] = ("", [])) -> Reply:
    """One page of a list."""
    where, values = "account = ? AND kind = ?", [call.account, listing.kind]
    arguments: list[object] = list(values)
    for condition, more in (where_for(call, listing), extra):
        if condition:
            where += f" AND {condition}"
            arguments += more
    if "filter_by" in call.query or "filter_field" in call.query:
        hidden, more = lag(call)
        where += hidden
        arguments += more
    page = number(call.query.get("page")) or 1
    store = call.world.store
    with store.lock:
        total = store.count(where, arguments)
        order = order_for(call, listing.shape)
        rows = store.select(where, arguments, order=order, limit=PAGE, offset=(page - 1) * PAGE)
    if call.world.switches.get("shuffle_lists", call.account) == "on":
        random.shuffle(rows)
    return Reply(200, envelope(call, listing.shape, rows, page, total))


def envelope(call: Call, shape: Shape, rows: list[Record], page: int, total: int) -> dict[str, Any]:
    """A page in its envelope. `links` name a path that is often wrong and drop the query, as the original does."""
    reader = Reader(call.world, call.account)
    names = shape.names(call.query.get("fields"))
    payload: dict[str, Any] = {"data": [shape.show(reader, row, names) for row in rows]}
    if shape.bare_lists and total <= PAGE:
        return payload
    pages = max(1, -(-total // PAGE))
    payload["meta"] = {"total_pages": pages, "limit_per_page": PAGE, "total_entries": total}
    payload["links"] = {"self": f"/v1/{shape.path}?page={page}"}
    if page < pages:
        payload["links"]["next"] = f"/v1/{shape.path}?page={page + 1}"
    if page > 1:
        payload["links"]["prev"] = f"/v1/{shape.path}?page={page - 1}"
    return payload


def one_reply(
    call: Call, shape: Shape, record: Record, *, status: int = 200, full: bool = False, type: str = ""
) -> Reply:
    """One resource; `full` shows everything when `fields` is not given."""
    wanted = call.query.get("fields") or ("all" if full else None)
    return Reply(status, {"data": shape.show(Reader(call.world, call.account), record, shape.names(wanted), type=type)})
