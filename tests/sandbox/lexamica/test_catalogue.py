"""The catalogue file: complete, labelled, and the only place of what is assumed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.switches import SWITCHES

LABELS = {"documented", "observed", "assumed"}
CODE = Path(catalogue.__file__).parent


def leaves(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    if "label" in node:
        return [(path, node)]
    return [leaf for name, item in node.items() for leaf in leaves(item, f"{path}/{name}")]


def test_every_entry_says_how_sure_it_is() -> None:
    found = leaves(catalogue.content())
    assert len(found) > 250
    for path, entry in found:
        assert entry["label"] in LABELS, path
        assert len(entry) > 1, path


def test_every_operation_has_a_key_a_status_and_known_models() -> None:
    models = {item["name"]["value"] for item in catalogue.entry("models").values()}
    for name, item in catalogue.entry("operations").items():
        assert item["key"] in ("public", "private") and item["path"].startswith("/organization/{orgId}/"), name
        assert 200 <= item["status"] < 300 and set(item.get("models", [])) <= models, name
        assert (item["key"] == "public") == ("inbound-webhooks" in item["path"]), name


def test_events_and_required_fields_point_at_models() -> None:
    for name, item in catalogue.entry("events").items():
        assert catalogue.model_key(item["model"]) and set(item["to"]) <= {"originator", "handler"}, name
    for model in catalogue.entry("models").values():
        assert set(model["required"]["value"]) <= set(model["fields"])
    actions = catalogue.entry("invitation")["actions"]
    assert {item["operation"] for item in actions.values()} <= set(catalogue.entry("operations"))
    assert {item["event"] for item in actions.values()} <= set(catalogue.entry("events"))


def test_nothing_assumed_stands_in_the_code() -> None:
    """Header names, path parts, event names and error codes are read, never written."""
    words = [item["name"] for item in catalogue.entry("events").values()]
    words += ["X-Lexamica-", "inbound-webhooks", "webhook-subscriptions", "stored-event-subscriptions", "partnerFirmId"]
    for path in CODE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert [word for word in words if re.search(rf"[\"'/]{re.escape(word)}", text)] == [], path.name


def test_switches_start_at_the_assumptions() -> None:
    for switch in SWITCHES.values():
        assert switch.accepts(switch.default), switch.name
    assert SWITCHES["invitation_seconds"].default == "172800" and SWITCHES["match_seconds"].default == "2"
