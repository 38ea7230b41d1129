"""Where help on an error stands: one rule for every place that shows a code."""

from django.urls import NoReverseMatch, reverse

GENERAL = "general"


def help_address(code: str) -> str:
    """Return the paragraph of help on a code like `network.checking` or `auth.`; "" for any other kind of code."""
    error_class, dot, rest = code.partition(".")
    if not dot or not error_class.replace("_", "").isalpha():
        return ""
    try:
        return reverse("help_error", args=[error_class]) + f"#{rest.strip('.') or GENERAL}"
    except NoReverseMatch:
        return ""
