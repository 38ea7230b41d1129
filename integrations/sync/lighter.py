"""A lighter body after a refusal: mapped fields the provider does not take stay behind, the record still arrives.

Why this may send a second POST and still make one record: a body gets here only after the provider certainly refused
it (400, 404, 422) and its intent was closed as not applied. The lighter body is a new intent with its own hash and the
same marker, and all that follows (sealed copy, search, confirmation) sees the lighter snapshot. A write without an
answer never comes here; it is looked for. At most five bodies, and the last one carries no mapped field at all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from integrations.contract.errors import ProviderError
from integrations.contract.http import Exchange
from integrations.contract.operations import Step, StepContext, Write
from integrations.contract.records import CustomValue, Snapshot, Source
from integrations.models import ExternalLink
from integrations.sync.outgoing.custom_fields import NO_FIELD
from integrations.sync.records import links
from integrations.sync.run import Run

MOST_BODIES = 5
BAD_VALUE = (400, 422)
GONE = "gone"


@dataclass
class Ladder:
    """What was tried for one record in one run. Order: named fields, what the refusal teaches, all fields, both."""

    refusals: int = 0
    asked: bool = False
    aside: dict[str, Any] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    """What the last refusal showed to be missing in the account; its mapping may have to hold the matter."""

    def next_body(
        self, run: Run, step: Step, context: StepContext, write: Write, exchange: Exchange, error: ProviderError
    ) -> bool:
        """Prepare the run for one more, different body after this refusal; False when there is none to try."""
        self.refusals, self.gone = self.refusals + 1, ()
        if self.refusals >= MOST_BODIES:
            return False
        carried = _carried(run, step, context, write) if error.status in BAD_VALUE else ()
        named = [one for one in carried if _named(error.detail, run.prepared.field_names.get(one.key, ("", ""))[1])]
        if named and self.refusals < MOST_BODIES - 1:
            leave_out(run, step, named)
            return True
        if not self.asked:
            self.asked = True
            learned = step.learn(context, write, exchange)
            if learned:
                self.gone = tuple(learned.get(GONE, ()))
                _learn(run, step, learned, carried)
                return True
        if carried:
            leave_out(run, step, carried)
            # Perhaps only a field was wrong: what was merely guessed about the account is set aside for this try.
            self.aside = {key: value for key, value in run.learned.items() if key != GONE}
            run.learned = {key: value for key, value in run.learned.items() if key == GONE}
            return True
        run.learned, again, self.aside = {**run.learned, **self.aside}, bool(self.aside), {}
        return again


def leave_out(run: Run, step: Step, values: Iterable[CustomValue], reason: str = "") -> None:
    """Take mapped values out of the run's snapshot and note them as not arrived, by name and without the value."""
    gone = {one.key: one.value.value for one in values}
    words = reason or f"{run.provider.name} did not accept the value."
    told = []
    for key in gone:
        label, name = run.prepared.field_names.get(key, ("", key))
        told.append(f"{label} (“{name}”): {words}")
    run.prepared = replace(
        run.prepared,
        snapshot=_without(run.prepared.snapshot, step.key, gone),
        left_out=(*run.prepared.left_out, *told),
        refused={**run.prepared.refused, step.key: {**run.prepared.refused.get(step.key, {}), **gone}},
    )


def leave_known(run: Run, step: Step, link: ExternalLink, *, by_hand: bool) -> None:
    """Leave out what this record refused before with the same value. A sync by hand tries again what can be sent."""
    values = _values(run, step)
    known = links.refused_keys(link, {one.key: one.value.value for one in values}) if values else frozenset()
    if by_hand and known:
        known -= set(step.content(run.context(step)))
    if known:
        leave_out(run, step, [one for one in values if one.key in known])


def remember(run: Run, step: Step, link: ExternalLink) -> None:
    """Keep what a record refused, hashed, so that the same value is not offered again by every sync. In the scope."""
    refused = run.prepared.refused.get(step.key)
    if refused:
        links.keep_refused(link, refused)


def _learn(run: Run, step: Step, learned: Mapping[str, Any], carried: Iterable[CustomValue]) -> None:
    run.learned = {**run.learned, **learned}
    lost = [one for one in carried if one.key in learned.get(GONE, ())]
    if lost:
        leave_out(run, step, lost, NO_FIELD)


def _values(run: Run, step: Step) -> tuple[CustomValue, ...]:
    snapshot = run.prepared.snapshot
    if step.key == "contact":
        return snapshot.contact.custom_fields
    return snapshot.matter.custom_fields if step.key == "matter" else ()


def _carried(run: Run, step: Step, context: StepContext, write: Write) -> tuple[CustomValue, ...]:
    """Return the mapped values in this body; an update carries only those that changed."""
    if not any(source == Source.CLIENT_SUBMISSION for _, source, _ in write.body.origins):
        return ()
    return tuple(one for one in _values(run, step) if not context.changed or one.key in context.changed)


def _named(text: str, name: str) -> bool:
    """Tell whether the provider's text names a field. A name that happens to occur costs only this one value."""
    return bool(name.strip()) and bool(re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", text, re.IGNORECASE))


def _without(snapshot: Snapshot, owner: str, keys: Iterable[str]) -> Snapshot:
    lost = set(keys)
    if owner == "contact":
        kept = tuple(one for one in snapshot.contact.custom_fields if one.key not in lost)
        return replace(snapshot, contact=replace(snapshot.contact, custom_fields=kept))
    kept = tuple(one for one in snapshot.matter.custom_fields if one.key not in lost)
    return replace(snapshot, matter=replace(snapshot.matter, custom_fields=kept))
