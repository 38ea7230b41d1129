"""One message as people read it: what happened, what it means, who can fix it, one button."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One message in the order of UX-5.

    `target`: reconnect, connection, case_type_mappings, forms, matter_edit, log, evidence, retry, record.
    """

    what: str
    means: str
    who: str
    button: str
    target: str

    @property
    def text(self) -> str:
        """What happened and what it means, as one paragraph."""
        return f"{self.what} {self.means}".strip()


NOBODY = "Nobody has to do anything."
ADMIN = "A firm admin can fix this."
YOU = "You can fix this."
OPERATOR = "The operator of CaseHug looks into it."
