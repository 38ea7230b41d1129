"""What a service answers when it cannot do what was asked. Doors turn these into pages and API errors."""

from collections.abc import Mapping


class IntakeError(Exception):
    """Base of all refusals: `code` for programs, `message` in plain words for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Invalid(IntakeError):
    """Some values are not usable. `fields` maps a field (or question key) to one sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("validation_error", "Some values need another look.")
        self.fields = dict(fields)


class Refused(IntakeError):
    """The state of the matter, document or import does not allow this now."""


class NotFound(IntakeError):
    """No such record in this firm."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}_not_found", f"This {what.replace('_', ' ')} does not exist.")
