"""What one page asks the database once: the firm with the figures of the frame, and reads that several parts share.

It lives as long as one safe request (`firm_page` opens it for GET and HEAD) and is never shared between requests, so
nothing on a page is older than the page itself. Outside a page every read is made anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.db.models import DateTimeField, Func, IntegerField, QuerySet, Subquery
from django.db.models.expressions import Combinable

from casehug.common import slots
from casehug.common.scope import current_firm_id
from casehug.common.work import database_now
from casehug.firms.models import Firm

Asked = ParamSpec("Asked")
Found = TypeVar("Found")
FIRM = object()  # the place of the scope's firm among the values of a kept statement
_kept: ContextVar[dict[Any, Any] | None] = ContextVar("page_reads", default=None)


@contextmanager
def page_reads() -> Iterator[None]:
    """Keep what `once_a_page` reads until the end of this block; a block inside another one shares its reads."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def page_is_open() -> bool:
    """Tell whether a page is being made, so that a wider read now may save several narrow ones."""
    return _kept.get() is not None


def once_a_page(read: Callable[Asked, Found]) -> Callable[Asked, Found]:
    """Decorate a read with hashable arguments: the same question is asked once a page. Do not change its answer."""

    @wraps(read)
    def found(*args: Asked.args, **kwargs: Asked.kwargs) -> Found:
        kept = _kept.get()
        if kept is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = read(*args, **kwargs)
        answer: Found = kept[key]
        return answer

    return found


def count_of(rows: "QuerySet[Any]") -> Subquery:
    """Return the number of rows as an expression, to be asked together with others (`answers`)."""
    number = Func(template="COUNT(*)", output_field=IntegerField())
    return Subquery(rows.order_by().annotate(number_of=number).values("number_of"), output_field=IntegerField())


def answers(**questions: Combinable) -> dict[str, Any]:
    """Return the values of several expressions in one statement. In the firm scope; names are not those of a firm."""
    found: Any = Firm.objects.values(**questions).get()
    return dict(found)


def frame_statement() -> tuple[str, tuple[Any, ...]]:
    """Return the frame's one statement and its values; `FIRM` stands where the firm of the scope belongs."""
    asked = {name: question for filled in slots.fill("frame_facts") for name, question in filled.items()}
    rows = Firm.objects.annotate(asked_at=Func(function="now", output_field=DateTimeField()), **asked)
    sql, values = rows.query.sql_with_params()
    here = current_firm_id()
    return sql, tuple(FIRM if value == here else value for value in values)


# Putting the statement together costs three times what the database needs for it, and every page asks it: it is made
# once a process. So a figure of the frame may hold no moment (a test compares two of them) and no setting.
_kept_statement = cache(frame_statement)


@once_a_page
def _own_firm() -> Any:
    here = current_firm_id()
    sql, values = _kept_statement()
    found = list(Firm.objects.raw(sql, [here if value is FIRM else value for value in values]))
    if not found:
        raise Firm.DoesNotExist
    return found[0]


def own_firm() -> Firm:
    """Return the firm of the scope; on a page as it was when the page was asked for."""
    if _kept.get() is None:
        return Firm.objects.get()
    firm: Firm = _own_firm()
    return firm


def fact(name: str) -> Any:
    """Return one figure that a filler of the slot `frame_facts` asks for; several cost one statement on a page."""
    return getattr(_own_firm(), name)


def page_now() -> datetime:
    """Return the database's time; on a page the one at which its frame was read."""
    if _kept.get() is None:
        return database_now()
    asked_at: datetime = _own_firm().asked_at
    return asked_at
