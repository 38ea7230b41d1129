"""Refusals of the interface: a code of the catalogue, and what is wrong with which field."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.lexamica import catalogue


class Refusal(Exception):
    """The call is refused with a code of the catalogue; `details` are pairs of field and sentence."""

    def __init__(self, code: str, *details: tuple[str, str]) -> None:
        super().__init__(code)
        self.code, self.details = code, details
        self.status = int(catalogue.entry("errors")[code]["status"])
        self.message = str(catalogue.entry("errors")[code]["message"])

    def payload(self) -> dict[str, Any]:
        """The error envelope."""
        names = {key: item["value"] for key, item in catalogue.entry("error_envelope").items()}
        body: dict[str, Any] = {
            names["status"]: self.status, names["code"]: self.code, names["message"]: self.message,
            names["request_id"]: str(uuid.uuid4()),
        }  # fmt: skip
        if self.details:
            body[names["details"]] = [
                {names["field"]: field, names["field_message"]: sentence} for field, sentence in self.details
            ]
        return body

    def sentence(self) -> str:
        """The refusal for a person."""
        parts = [f"{field}: {sentence}" if field else sentence for field, sentence in self.details]
        return ". ".join([self.message, *parts])


def invalid(*details: tuple[str, str]) -> Refusal:
    """A refusal because of wrong or missing fields."""
    return Refusal("validation_failed", *details)
