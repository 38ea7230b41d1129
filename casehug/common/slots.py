"""Slots: places in product pages that other apps fill. Settings name the fillers, so the product knows none of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def _fillers(slot: str) -> tuple[Callable[..., Any], ...]:
    return tuple(import_string(path) for path in settings.SLOTS.get(slot, []))


def fill(slot: str, **context: Any) -> list[Any]:
    """Return what every filler of a slot answers, in settings order, without empty answers.

    Slots: `matter_panel` (request, matter) and `dashboard_card` (request) → safe HTML; `banner` (request) →
    {"kind", "text", "button_label", "button_url", "urgency"}; `matter_states` (matter_ids) → {id: (state, label)};
    `frame_facts` () → {name: database expression}, all asked in the frame's one statement (`firms.page_reads.fact`),
    made once a process: the same whenever asked, so the time is the database's (`Now()`);
    `nav_counts` () → {route name: things waiting for a decision}; `approval_effect` (matter) → sentence;
    `client_hint` (client, None for one not entered yet) → sentence about what a sync would lack;
    `matter_list_filters` () → [`casehug.intake.selectors.added_filters.AddedFilter`];
    `matter_list_actions` (request, words of the filter) → safe HTML whose form has the id `chosen-matters`: the list
    then has a box per matter that belongs to this form (name `matter`, value its public id);
    `known_template` (template_id) → True for an active template of the firm;
    `setup_steps` (request) → [{"label", "done", "url"}];
    `referral_panel` (request, referral) → safe HTML on the page of a referred case and of its invitations;
    `referral_exchange` () → {"key", "name", "connected", "url", "stages"} of one exchange of cases;
    `timeline` (matter) → [entry]; `attention` (request) → [{"text", "url", "count"}];
    `operations` () → rows of `casehug.operations.figures.Outside`.
    """
    return [answer for answer in (filler(**context) for filler in _fillers(slot)) if answer]
