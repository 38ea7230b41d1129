"""The look keeps its own rules: one vocabulary, honest times, no inline style or script, weight limits."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template

from casehug.common import wording
from casehug.common.charts import HEIGHT, bar_chart

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))
NOW = datetime(2026, 5, 3, 18, 5, tzinfo=UTC)


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


class Details(forms.Form):
    """A form with a wrong, helped field."""

    title = forms.CharField(label="Title", help_text="As the client sees it.")
    county = forms.CharField(label="County", required=False)
    side = forms.ChoiceField(label="Side", widget=forms.RadioSelect, choices=[("a", "You"), ("b", "They")])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_nothing_the_content_policy_blocks(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"""<[^>]*\s(style|on[a-z]+)=["']""", text)
    assert not re.search(r"<script(?![^>]*nonce)", text)
    assert not re.search(r"""(src|href)=["']https?://""", text)
    assert len(text.splitlines()) <= 150


def test_weight_of_style_and_script() -> None:
    assert sum(path.stat().st_size for path in (ROOT / "static/css").glob("*.css")) <= 40_000
    assert len((ROOT / "static/app.js").read_text().splitlines()) <= 200


def test_every_named_icon_is_in_the_sprite() -> None:
    named = {word.icon for word in wording.STATES.values()}
    for path in TEMPLATES:
        named |= set(re.findall(r"""{% icon ["']([a-z-]+)["']""", path.read_text()))
    assert named - SPRITE == set()


def test_unknown_state_is_never_drawn_as_done_or_failed() -> None:
    assert wording.state_word("unknown").role == "unknown"
    assert wording.state_word("something_new") == wording.StateWord("dot", "neutral", "Something new")


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=3, minutes=50), "3 h ago"),
        (timedelta(days=2, hours=3), "2 days 3 h ago"),
        (timedelta(days=-1), "in 1 day"),
    ],
)
def test_relative_words(delta: timedelta, words: str) -> None:
    assert wording.relative_words(NOW - delta, NOW) == words


def test_absolute_words_name_zone_and_other_years() -> None:
    zone = ZoneInfo("America/New_York")
    assert wording.absolute_words(NOW, zone, NOW) == "3 May, 2:05 pm EDT"
    assert wording.absolute_words(NOW - timedelta(days=200), zone, NOW) == "15 Oct 2025, 2:05 pm EDT"
    assert wording.absolute_words(NOW, ZoneInfo("America/Sao_Paulo"), NOW) == "3 May, 3:05 pm UTC-03"


@pytest.mark.parametrize(
    ("left", "words", "role"),
    [
        (timedelta(days=3, hours=2), "3 days 2 h left", "neutral"),
        (timedelta(hours=5, minutes=12), "5 h 12 min left", "waiting"),
        (timedelta(hours=1, minutes=50), "1 h 50 min left", "attention"),
        (timedelta(minutes=12), "12 min left", "failed"),
        (timedelta(0), "Time is over", "failed"),
    ],
)
def test_countdown_steps_up(left: timedelta, words: str, role: str) -> None:
    assert wording.countdown_words(NOW + left, NOW) == (words, role)


@pytest.mark.parametrize(("colour", "ink"), [("#7A2E3B", "white"), ("#F2C94C", "black"), ("red; x", "white")])
def test_text_on_a_firms_colour_stays_readable(colour: str, ink: str) -> None:
    band = wording.band_colours(colour)
    assert band["ink"] == ink
    assert re.fullmatch(r"#[0-9A-Fa-f]{6}", band["colour"])


def test_one_failure_stays_visible_beside_thousands() -> None:
    drawn = bar_chart([{"date": NOW.date(), "ok": 5000, "failed": 1}, {"date": NOW.date(), "ok": 0, "failed": 0}])
    assert float(drawn.bars[0].failed_height) >= 3
    assert float(drawn.bars[0].ok_height) + float(drawn.bars[0].failed_height) <= HEIGHT
    assert float(drawn.bars[1].ok_height) == 0
    assert (drawn.ok, drawn.failed, drawn.top) == (5000, 1, 5001)


def test_field_order_and_optional_mark() -> None:
    html = render("{% field form.title %}", form=Details({"title": ""}))
    places = [html.index(part) for part in ("<label", 'class="help"', "<input", 'class="error"')]
    assert places == sorted(places)
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert "(optional)" in render("{% field form.county %}", form=Details())
    assert "<legend>Side</legend>" in render("{% field form.side %}", form=Details())


def test_error_summary_links_to_fields() -> None:
    html = render("{% form_errors form %}", form=Details({"title": ""}))
    assert '<a href="#id_title">Title</a>' in html
    assert "2 things need correcting" in html
    assert render("{% form_errors form %}", form=Details()).strip() == ""


def test_button_with_a_reason_cannot_be_sent() -> None:
    html = render('{% button "Sync" reason="Only a firm admin may do this" %}')
    assert 'type="button"' in html
    assert 'aria-disabled="true"' in html
    assert "Only a firm admin may do this" in html


def test_components_escape_what_they_show() -> None:
    evil = "<script>alert(1)</script>"
    sources = (
        "{% badge 'done' label=evil %}{% note title=evil %}{{ evil }}{% endnote %}{% card title=evil %}x{% endcard %}"
        "{% copy_field evil evil 'a' %}{% secret_once evil evil 'b' %}{% brand_band evil firm_name=evil %}"
        "{% error_state what=evil means=evil who=evil code=evil raw=evil %}{% empty_state evil text=evil %}"
    )
    assert "<script" not in render(sources, evil=evil)


def test_live_fragment_polls_only_with_an_address() -> None:
    assert 'hx-get="/x/"' in render("{% live id='a' url='/x/' %}<p>Now</p>{% endlive %}")
    assert "data-poll" not in render("{% live id='a' %}<p>Done</p>{% endlive %}")
