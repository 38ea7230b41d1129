"""What a run looks at before its next step: its links, how it stands, and who may create the client's contact."""

from integrations.contract.operations import RemoteRef, Step
from integrations.sync import doubts
from integrations.sync.records import contact_keys
from integrations.sync.run import Run

CONTACT = "contact"


def step_ahead(run: Run, step: Step) -> bool:
    """Look before a step: tell whether it has to wait for somebody else. What was just looked at is not asked again.

    For a contact that has to be found or made it takes the mutex of the client's e-mail; `run.contact` then says what
    is known.
    """
    kind = run.prepared.local_type(step.key)
    standing = run.standing_now()
    taken = step.key != CONTACT or CONTACT in run.links or run.contact is not None
    if standing is not None and kind not in standing.open_kinds and taken:
        return run.contact is False if step.key == CONTACT else False
    with run.owned():
        run.look()
        if doubts.wait_for_other(run, step):
            return True
        run.contact = None
        if step.key == CONTACT:
            take_contact(run)
    return run.contact is False


def take_contact(run: Run) -> None:
    """Take the mutex of the client's e-mail, inside the scope, unless the contact is linked or has no address.

    `run.contact` is False while another run has it, a reference when this contact is known already, else True.
    """
    if CONTACT in run.links or not run.prepared.email:
        run.contact = True
        return
    key = contact_keys.take(connection=run.connection, item=run.item, email=run.prepared.email)
    if key is None:
        run.contact = False
        return
    known = contact_keys.known_contact(key, name=run.prepared.name)
    run.contact = RemoteRef(CONTACT, known) if known else True
    run.look_mark = contact_keys.mark_of(key)
