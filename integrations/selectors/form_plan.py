"""What a form means for the lines of one matter's panel: whether there is one, where it stands, what it replaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from casehug.intake.models import Matter
from integrations.contract.forms import INSTEAD
from integrations.contract.operations import Step
from integrations.mappings.forms import form_of, mapping_of, mappings
from integrations.models import Connection, ExternalLink
from integrations.sync.outgoing.forms import submitted_mode
from integrations.sync.records import links
from integrations.sync.states import StepState

FORM = "form"
LEFT = "Left to the form, which makes it."
UNLINKED = "Left to the form. What it made is not linked: see the log, or link it by hand under Pull Matters."
THERE = "The matter was there before the form was chosen, so the form is not submitted."
WAITS = "Goes to the form “{name}” with the next sync after the client's answers were approved."


@dataclass(frozen=True)
class FormPlan:
    """`shown`: the matter has to do with a form; `replaced`: the steps it stands in for; `submitted`: it is done."""

    shown: bool = False
    instead: bool = False
    submitted: bool = False
    replaced: tuple[str, ...] = ()
    detail: str = ""

    def arrange(self, steps: Sequence[Step]) -> list[Step]:
        """Return the steps in the order in which they run, the form only where there is one."""
        form = [step for step in steps if step.key == FORM and self.shown]
        others = [step for step in steps if step.key != FORM]
        return [*form, *others] if self.instead else [*others, *form]

    def words(self, *, done: str) -> dict[str, str]:
        """Return label and detail of a step that the form stands in for."""
        return {"state_label": done, "detail": UNLINKED if self.submitted else LEFT}


def plan_for(connection: Connection, matter: Matter, step: StepState | None) -> FormPlan:
    """Return what the form is for this matter. `step`: the form's own state, if it has one. In the firm scope."""
    link = links.find(connection=connection, local_type=FORM, local_id=matter.id)
    if link is not None:
        instead = submitted_mode(link) == INSTEAD
        return FormPlan(True, instead, True, ("contact", "matter") if instead else ())
    mapping = mapping_of(connection, matter.case_type.key)
    if mapping is None:
        return FormPlan(shown=step is not None)
    if mapping.mode == INSTEAD and _there_already(connection, matter):
        return FormPlan(shown=True, detail=THERE)
    form = form_of(connection, mapping.form_id)
    instead = mapping.mode == INSTEAD
    detail = WAITS.format(name=form.name if form else mapping.form_id)
    return FormPlan(True, instead, False, ("contact", "matter") if instead else (), detail)


def _there_already(connection: Connection, matter: Matter) -> bool:
    found = links.find(connection=connection, local_type="matter", local_id=matter.id)
    return isinstance(found, ExternalLink)


def effect_words(matter: Matter, names: str) -> str:
    """Return what an approval sends, with the form if the matter's case type has one. In the firm scope."""
    modes = [
        row.mode
        for connection in Connection.objects.filter(state=Connection.State.CONNECTED)
        for row in mappings(connection).filter(case_type=matter.case_type.key)
    ]
    if INSTEAD in modes:
        return f"The client's data and answers then go to a form in {names} within seconds."
    beside = " The form chosen for this case type is submitted as well." if modes else ""
    return f"The client's contact data, the matter and a note then go to {names} within seconds.{beside}"
