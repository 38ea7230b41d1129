"""The components of the look as template tags; templates/components/README.md is their catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from casehug.common import wording
from casehug.common.charts import bar_chart
from casehug.common.help_links import help_address

register = template.Library()
Context = dict[str, Any]

register.filter("filesize", wording.size_words)
register.filter("duration", wording.duration_words)


@register.inclusion_tag("components/_icon.html")
def icon(name: str, label: str = "", size: int = 16) -> Context:
    """Draw an icon of the sprite; without label it is decoration."""
    return {"name": name, "label": label, "size": size}


@register.inclusion_tag("components/_badge.html")
def badge(state: str, label: str = "", detail: str = "", icon: str = "", role: str = "") -> Context:
    """Show a state as icon and word; label, icon and role replace those of the vocabulary."""
    word = wording.state_word(state)
    return {
        "icon": icon or word.icon,
        "role": role or word.role,
        "label": label or word.label,
        "detail": detail,
        "state": state,
    }


@register.inclusion_tag("components/_button.html")
def button(label: str, kind: str = "secondary", **options: Any) -> Context:
    """A submit button; options: icon, name, value, type, form, busy, reason (drawn disabled, with why), id, key."""
    return {"label": label, "kind": kind, "type": "submit", "reason_id": f"why-{uuid.uuid4().hex[:8]}", **options}


@register.inclusion_tag("components/_link_button.html")
def link_button(label: str, url: str, kind: str = "secondary", icon: str = "", external: bool = False) -> Context:
    """A link that looks like a button (GET only)."""
    return {"label": label, "url": url, "kind": kind, "icon": icon, "external": external}


@register.inclusion_tag("components/_field.html")
def field(bound: BoundField, width: str = "m", label: str = "", optional: bool | None = None) -> Context:
    """Label, help, control, error of one bound field; width is xs, s, m, l or full."""
    kind = getattr(bound.field.widget, "input_type", "")
    group = bound.use_fieldset
    return {
        "bound": bound,
        "width": width,
        "label": label or bound.label,
        "group": group,
        "single_check": kind == "checkbox" and not group,
        "optional": (not bound.field.required) if optional is None else optional,
    }


@register.inclusion_tag("components/_form_errors.html")
def form_errors(form: BaseForm) -> Context:
    """A summary that links to each wrong field; nothing when the form is right."""
    wrong = [(bound, message) for bound in form for message in bound.errors] if form.is_bound else []
    general = list(form.non_field_errors()) if form.is_bound else []
    return {"wrong": wrong, "general": general, "count": len(wrong) + len(general)}


@register.simple_tag
def idempotency_key(value: str = "") -> SafeString:
    """A hidden field that makes reload, double click and back button one effect."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', value or uuid.uuid4())


@register.inclusion_tag("components/_empty_state.html")
def empty_state(title: str, text: str = "", button_label: str = "", button_url: str = "", icon: str = "") -> Context:
    """An empty list: what it is for and the first step."""
    return {"title": title, "text": text, "button_label": button_label, "button_url": button_url, "icon": icon}


@register.inclusion_tag("components/_filtered_empty.html")
def filtered_empty(words: str, clear_url: str) -> Context:
    """A list emptied by its filter: the filter in words and the way back."""
    return {"words": words, "clear_url": clear_url}


@register.inclusion_tag("components/_error_state.html", takes_context=True)
def error_state(context: template.Context, what: str, means: str, who: str, **options: Any) -> Context:
    """What happened, what it means for the data, who can fix it; options: label, url, method, code, raw, kind, id.

    A code `class.cause` leads to its paragraph of help.
    """
    options.setdefault("id", f"error-{uuid.uuid4().hex[:8]}")
    code = str(options.pop("code", ""))
    more = {"csrf_token": context.get("csrf_token"), "help_url": help_address(code), "code": code.rstrip(".")}
    return {"what": what, "means": means, "who": who, **more, **options}


@register.inclusion_tag("components/_error_help.html")
def error_help(error_class: str, error_code: str = "", about: str = "") -> Context:
    """The code of an error in a list, with the way to its help; `about` names the row for screen readers."""
    code = f"{error_class}.{error_code}"
    return {"code": code.rstrip("."), "url": help_address(code), "about": about}


@register.inclusion_tag("components/_timeline.html")
def timeline(entries: Iterable[Mapping[str, Any]], empty: str = "Nothing has happened yet.") -> Context:
    """Newest first; an entry has sentence, at and perhaps icon, role, source, url, url_label."""
    return {"entries": list(entries), "empty": empty}


@register.inclusion_tag("components/_steps.html")
def steps(items: Iterable[Mapping[str, Any]], label: str = "Steps") -> Context:
    """An ordered list; an item has label, state and perhaps state_label, detail, at, remote_id, url, url_label."""
    return {"items": list(items), "label": label}


@register.inclusion_tag("components/_progress.html")
def progress_bar(value: int, maximum: int, label: str = "Progress", words: str = "") -> Context:
    """“4 of 7” as bar and text."""
    return {"value": value, "maximum": maximum, "label": label, "words": words or f"{value} of {maximum}"}


@register.simple_tag
def when(moment: datetime | None, show: str = "both", missing: str = "—") -> SafeString:
    """A time in the active zone; show is both, relative, absolute or deadline (absolute first).

    Without the template's last line break: a full stop may follow.
    """
    context = {"moment": None, "missing": missing} if moment is None else _moment(moment, show)
    return SafeString(render_to_string("components/_when.html", context).strip())  # nosec B703  # a rendered, escaped template


def _moment(moment: datetime, show: str) -> Context:
    now = timezone.now()
    return {
        "moment": moment,
        "show": show,
        "utc": wording.utc_words(moment),
        "relative": wording.relative_words(moment, now),
        "absolute": wording.absolute_words(moment, timezone.get_current_timezone(), now),
    }


@register.inclusion_tag("components/_countdown.html")
def countdown(deadline: datetime) -> Context:
    """What is left until a deadline, in words that keep themselves current, and its exact time."""
    now = timezone.now()
    words, role = wording.countdown_words(deadline, now)
    absolute = wording.absolute_words(deadline, timezone.get_current_timezone(), now)
    return {"words": words, "role": role, "utc": wording.utc_words(deadline), "absolute": absolute}


@register.inclusion_tag("components/_chart.html")
def chart(days: Sequence[Mapping[str, Any]], title: str, good: str = "Synced", bad: str = "Failed") -> Context:
    """Bars per day (date, ok, failed), with the same figures as a table."""
    return {"title": title, "good": good, "bad": bad, "chart": bar_chart(days), "id": uuid.uuid4().hex[:8]}


@register.inclusion_tag("components/_pager.html")
def pager(
    previous_url: str = "", next_url: str = "", shown: int = 0, total: str | int = "", noun: str = "rows"
) -> Context:
    """Older and newer page by key; total may be a word such as “10 000+”."""
    return {"previous_url": previous_url, "next_url": next_url, "shown": shown, "total": total, "noun": noun}


@register.inclusion_tag("components/_tabs.html")
def tabs(items: Iterable[Mapping[str, Any]], label: str) -> Context:
    """Links between sibling pages; an item has label, url, current and perhaps count."""
    return {"items": list(items), "label": label}


@register.inclusion_tag("components/_crumbs.html")
def crumbs(*pairs: str) -> Context:
    """The way here: label, address, label, address, …; the page itself is its title."""
    return {"links": list(zip(pairs[::2], pairs[1::2], strict=True))}


@register.inclusion_tag("components/_copy_field.html")
def copy_field(label: str, value: str, id: str, help: str = "") -> Context:
    """A value to copy, readable and selectable without script."""
    return {"label": label, "value": value, "id": id, "help": help}


@register.inclusion_tag("components/_secret_field.html")
def secret_field(label: str, **options: Any) -> Context:
    """A write-only secret; options: set_at, set_by, ends_in, replace_url, remove_url, help."""
    return {"label": label, **options}


@register.inclusion_tag("components/_secret_once.html")
def secret_once(label: str, value: str, id: str, filename: str = "secret.txt") -> Context:
    """A new secret, shown this once, to copy and to download."""
    return {"label": label, "value": value, "id": id, "filename": filename}


@register.inclusion_tag("components/_skeleton.html")
def skeleton(rows: int = 5) -> Context:
    """A list being loaded, drawn after 300 ms."""
    return {"rows": range(rows)}


@register.inclusion_tag("components/_sort_header.html")
def sort_header(label: str, url: str, direction: str = "", figures: bool = False) -> Context:
    """A table head that sorts; direction of the present order is ascending, descending or empty."""
    return {"label": label, "url": url, "direction": direction, "figures": figures}


@register.inclusion_tag("components/_brand_band.html")
def brand_band(colour: str, logo_url: str = "", firm_name: str = "") -> Context:
    """The firm's colour as a band; the text on it turns black or white by contrast."""
    return {"logo_url": logo_url, "firm_name": firm_name, **wording.band_colours(colour)}


@register.simple_block_tag
def note(content: str, kind: str = "info", title: str = "") -> SafeString:
    """An inline message where it concerns; kind is info, done, waiting, unknown, attention or failed."""
    drawn = {"info": "info", "done": "tick", "waiting": "hourglass", "unknown": "question", "failed": "octagon"}
    values = {"content": content, "kind": kind, "title": title, "icon": drawn.get(kind, "warning")}
    return render_to_string("components/_note.html", values)


@register.simple_block_tag
def card(content: str, title: str = "", id: str = "", kind: str = "", level: int = 2) -> SafeString:
    """A surface with a heading; kind is empty, sunk or private (“Never leaves the firm”)."""
    values = {"content": content, "title": title, "id": id, "kind": kind, "level": level}
    return render_to_string("components/_card.html", values)


@register.simple_block_tag
def live(content: str, id: str, url: str = "") -> SafeString:
    """A fragment that fetches itself from url while something can change; without url it stands still."""
    return render_to_string("components/_live.html", {"content": content, "id": id, "url": url})
