"""The table of Settings → Referrals that says which status news of cases we referred out stand for."""

from casehug.firms.page_reads import once_a_page
from casehug.referrals.exchanges import exchanges
from casehug.referrals.models import CaseUpdate, Referral
from casehug.referrals.statuses import STAGE, UNMAPPED, StatusLine, key_of, table

MOST_SEEN = 40


@once_a_page
def seen_words() -> list[str]:
    """Return the stage words told about cases we referred out, in order of the alphabet."""
    out = Referral.objects.filter(direction="out").exclude(stage="").values_list("stage", flat=True)
    told = CaseUpdate.objects.filter(referral__direction="out", direction="in").exclude(stage="")
    heard = told.values_list("stage", flat=True).distinct()[:MOST_SEEN]
    words = set(out.distinct()[:MOST_SEEN].union(heard))
    return sorted(words, key=str.casefold)


def stage_words() -> list[str]:
    """Return the stage words the exchange is known to use, then those seen."""
    return [*(word for one in exchanges() for word in one.stages), *seen_words()]


def status_lines(kind: str) -> list[StatusLine]:
    """Return the lines of one kind (`result`, `stage`)."""
    return [line for line in table(stage_words()) if line.key.startswith(f"{kind}:")]


def unmapped_stages() -> list[str]:
    """Return the stage words that were seen and mean nothing here: such news leave the status alone."""
    seen = {key_of(STAGE, word) for word in seen_words()}
    return [line.name for line in status_lines(STAGE) if line.key in seen and line.value == UNMAPPED]
