"""The finders of contacts and matters: fuzzy as documented, first match, with the switches of A10 and A12."""

from __future__ import annotations

from sandbox.lawmatics.api.gate import ApiError, Call, Reply
from sandbox.lawmatics.api.query import lag, one_reply
from sandbox.lawmatics.api.tables import CONTACT, PROSPECT
from sandbox.lawmatics.records.store import Record, digits, normal_email


def _escape(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _owners(call: Call, where: str, values: list[object]) -> list[int]:
    """Numbers of the contacts that own a matching address or phone, lowest first."""
    hidden, more = lag(call)
    condition = f"{where} AND account = ?{hidden}"
    found = call.world.store.select(condition, [*values, call.account, *more])
    return sorted({record.doc["owner_id"] for record in found if record.doc["owner_kind"] == "contact"})


def _contacts_by_email(call: Call) -> list[int]:
    wanted = normal_email(call.params["value"])
    if wanted is None:
        return []
    if call.world.switches.get("email_finder", call.account) == "fuzzy":
        return _owners(call, "email LIKE ? ESCAPE '!' AND kind = 'email_address'", [f"%{_escape(wanted)}%"])
    return _owners(call, "email = ? AND kind = 'email_address'", [wanted])


def _contacts_by_phone(call: Call) -> list[int]:
    wanted = digits(call.params["value"])
    return _owners(call, "phone LIKE ? AND kind = 'phone_number'", [f"%{wanted}%"]) if wanted else []


def _contacts_by_name(call: Call) -> list[int]:
    wanted = " ".join(call.params["value"].split()).casefold()
    if not wanted:
        return []
    hidden, more = lag(call)
    where = f"name >= ? AND name < ? AND kind = 'contact' AND account = ?{hidden}"
    return call.world.store.ids(where, [wanted, wanted + "\U0010ffff", call.account, *more])


WAYS = {"email": _contacts_by_email, "phone": _contacts_by_phone, "name": _contacts_by_name}


def _answer(call: Call, kind: str, found: Record | None) -> Reply:
    if found is not None:
        return one_reply(call, CONTACT if kind == "contact" else PROSPECT, found)
    if call.world.switches.get("finder_not_found", call.account) == "null":
        return Reply(200, {"data": None})
    raise ApiError(
        404, "Not found", f"{kind.capitalize()} with {call.params['way']} {call.params['value']} was not found."
    )


def find_contact(call: Call) -> Reply:
    """`/contacts/find_by_<way>/<value>`: the first contact by number."""
    numbers = WAYS[call.params["way"]](call)
    return _answer(call, "contact", call.world.store.get("contact", numbers[0]) if numbers else None)


def find_prospect(call: Call) -> Reply:
    """`/prospects/find_by_<way>/<value>`: the first matter of a matching contact."""
    numbers = WAYS[call.params["way"]](call)[:500]
    marks = ",".join("?" * len(numbers))
    hidden, more = lag(call)
    found = call.world.store.select(f"contact IN ({marks}) AND kind = 'prospect'{hidden}", [*numbers, *more], limit=1)
    return _answer(call, "prospect", found[0] if found else None)
