"""Records → bodies under our own field names, and answers → facts. Names there come from the catalogue."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.contract.errors import Unfit
from integrations.contract.records import Leaf, SealedBody, seal_body
from integrations.contract.referrals import (
    CaseFacts,
    FileFacts,
    InvitationFacts,
    Party,
    ReferralNews,
    SettlementFacts,
    UpdateFacts,
)
from integrations.providers.lexamica import catalogue
from integrations.providers.lexamica.catalogue import CASE, FILES, INVITATION, SETTLEMENT, UPDATE

Row = Mapping[str, Any]
MOST_ID, MOST_TEXT = 200, 20_000
MODEL_IDS = {
    CASE: "case_id", INVITATION: "invitation_id", UPDATE: "update_id", FILES: "file_id", SETTLEMENT: "settlement_id",
}  # fmt: skip
ENDED = ("cancelled", "expired", "declined", "accepted")
"""States that end an invitation, the one that counts first where several are told."""


def body(model: str, values: Mapping[str, Leaf], extra: Mapping[str, Leaf] | None = None) -> SealedBody:
    """Return the sealed body of a model: empty values left out. `extra` are names there that no mapping translates.

    Raises `Unfit` for a value that is too long, and `KeyError` for a name that is no field of the model.
    """
    known, limits = catalogue.fields(model), catalogue.most(model)
    kept: dict[str, Leaf] = {}
    for name, leaf in values.items():
        if name not in known:
            raise KeyError(name)
        if not leaf:
            continue
        if len(str(leaf.value)) > limits.get(name, MOST_TEXT):
            words = name.replace("_", " ")
            raise Unfit(f"{words.capitalize()} is longer than {limits.get(name, MOST_TEXT)} characters.", code="fields")
        kept[name] = leaf
    return seal_body(kept | {name: leaf for name, leaf in (extra or {}).items() if leaf})


def demand(model: str, values: Mapping[str, Leaf]) -> None:
    """Raise `Unfit` that names what a model needs and is not there."""
    absent = [name.replace("_", " ") for name in catalogue.needed(model) if not values.get(name)]
    if absent:
        raise Unfit(f"Missing: {', '.join(absent)}.", code="fields")


def answered(found: Any, model: str) -> Row:
    """Return the mapped record of an answer, enveloped or bare; empty when it holds none."""
    if not isinstance(found, Mapping):
        return {}
    inner = found.get(catalogue.text("webhook.envelope_fields.data"))
    return inner if isinstance(inner, Mapping) and MODEL_IDS[model] not in found else found


def news_of(model: str, row: Row, at: datetime | None, *, removed: bool = False) -> ReferralNews:
    """Return what a mapped record tells. `at`: when it happened, for records without a time of their own."""
    moment = time(row.get("updated_at")) or at
    parts: dict[str, Any] = {
        CASE: lambda: {"case": _case(row)},
        INVITATION: lambda: {"invitation": _invitation(row, at)},
        UPDATE: lambda: {"update": _update(row, at)},
        SETTLEMENT: lambda: {"settlement": _settlement(row)},
        FILES: lambda: {"file": _file(row, removed)},
    }
    about = parts[model]()
    return ReferralNews(case_id=key(row.get("case_id")), external_id=key(row.get("external_id")), at=moment, **about)


def _case(row: Row) -> CaseFacts:
    names = ("first_name", "last_name", "email", "phone", "place", "case_type", "stage")
    return CaseFacts(
        **{name: line(row.get(name)) for name in names},
        summary=words(row.get("summary")), incident_date=day(row.get("incident_date")),
        handler=_party(row, "handler"), originator=_party(row, "originator"),
    )  # fmt: skip


def _invitation(row: Row, at: datetime | None) -> InvitationFacts:
    state = next((name for name in ENDED if row.get(name) is True), "")
    evaluating = row.get("evaluating") is True
    return InvitationFacts(
        key=key(row.get("invitation_id")),
        state=state or ("evaluating" if evaluating else "new"),
        received_at=time(row.get("created_at")) or at,
        expires_at=time(row.get("expires_at")),
        resolved_at=(time(row.get("responded_at")) or at) if state else None,
        evaluating=evaluating,
        contact_attempted=row.get("contact_attempted") is True,
        consult_complete=row.get("consult_complete") is True,
        reason=words(row.get("decline_reason")),
        handler=_party(row, "handler"),
    )


def _update(row: Row, at: datetime | None) -> UpdateFacts:
    return UpdateFacts(
        key=key(row.get("update_id")), content=words(row.get("content")), title=line(row.get("title")),
        happened_at=time(row.get("happened_at")) or at, stage=line(row.get("stage")), author=_party(row, "author"),
    )  # fmt: skip


def _settlement(row: Row) -> SettlementFacts:
    return SettlementFacts(
        key=key(row.get("settlement_id")), status=line(row.get("status")), note=words(row.get("note")),
        gross=money(row.get("gross")), attorney_fee=money(row.get("attorney_fee")),
        referral_fee=money(row.get("referral_fee")), expenses=money(row.get("expenses")),
        settled_at=time(row.get("settled_at")),
    )  # fmt: skip


def _file(row: Row, removed: bool) -> FileFacts:
    size = row.get("size")
    return FileFacts(
        key=key(row.get("file_id")), name=line(row.get("name")), content_type=line(row.get("content_type")),
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63 else None,
        status=line(row.get("status")), url=line(row.get("url"), 4000), author=_party(row, "author"), removed=removed,
    )  # fmt: skip


def _party(row: Row, side: str) -> Party:
    return Party(key(row.get(f"{side}_id")), line(row.get(f"{side}_name")))


def key(value: object) -> str:
    """Return an id as text; numbers and texts of sane length only (`True` is no id)."""
    if isinstance(value, bool) or not isinstance(value, int | str) or (isinstance(value, int) and abs(value) >= 2**63):
        return ""
    found = str(value).strip()
    return found if len(found) <= MOST_ID and found.isprintable() else ""


def line(value: object, most: int = 300) -> str:
    """Return a short text in one line; neither NUL nor half a surrogate pair can be stored."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return "".join(filter(str.isprintable, " ".join(str(value)[: most * 2].split())))[:most] if _sane(value) else ""


def words(value: object) -> str:
    """Return a long text with its line breaks."""
    if not isinstance(value, str):
        return ""
    return "".join(one for one in value[:MOST_TEXT] if one in "\n\t" or one.isprintable()).strip()


def _sane(value: int | str) -> bool:
    return isinstance(value, str) or abs(value) < 2**63


def time(value: object) -> datetime | None:
    """Return a moment with its zone, in UTC, None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def day(value: object) -> date | None:
    """Return a date, also of a moment."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def money(value: object) -> Decimal | None:
    """Return an amount written as decimal text or number, in cents, None for anything that is none or absurd."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 20:
        return None
    try:
        amount = Decimal(str(value).strip())
        return amount.quantize(Decimal("0.01")) if amount.is_finite() and abs(amount) < 10**12 else None
    except InvalidOperation:
        return None
