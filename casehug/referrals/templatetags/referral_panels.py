"""What others put on the page of a referred case or invitation (slot `referral_panel`)."""

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from casehug.common import slots
from casehug.referrals.models import Referral

register = template.Library()


@register.simple_tag(takes_context=True)
def referral_panels(context: dict[str, Any], referral: Referral) -> SafeString:
    """Draw every panel; the fillers answer safe HTML."""
    panels = slots.fill("referral_panel", request=context["request"], referral=referral)
    return format_html_join("", "{}", ((panel,) for panel in panels))
