"""The mapping engine: a customer's field names to the exchange's and back, and the checks of both."""

from __future__ import annotations

import re
from typing import Any

from sandbox.lexamica import catalogue
from sandbox.lexamica.refusals import Refusal, invalid
from sandbox.lexamica.store import Doc, Record
from sandbox.lexamica.world import World, iso

STATES = set(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY".split()
)
PATH = re.compile(r"[A-Za-z0-9_$ -]+(\.[A-Za-z0-9_$ -]+)*")
MISSING = object()


def names() -> dict[str, str]:
    """The names of a mapping's own keys."""
    return {key: item["value"] for key, item in catalogue.entry("mapping").items()}


def find(doc: Any, path: str) -> Any:
    """The value at a dotted path, or MISSING."""
    for part in path.split(catalogue.text("mapping.path_separator")):
        if not isinstance(doc, dict) or part not in doc:
            return MISSING
        doc = doc[part]
    return doc


def put(doc: Doc, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *parents, last = path.split(catalogue.text("mapping.path_separator"))
    for part in parents:
        doc = doc.setdefault(part, {})
    doc[last] = value


def check(given: Doc) -> Doc:
    """A mapping's body in our own words: name, model, fields; raises Refusal."""
    word = names()
    problems: list[tuple[str, str]] = []
    name, model, fields = given.get(word["name"]), given.get(word["model"]), given.get(word["fields"])
    if not isinstance(name, str) or not name.strip():
        problems.append((word["name"], "a text is needed"))
    known = catalogue.model_fields(model) if isinstance(model, str) else {}
    if not known:
        problems.append((word["model"], "not one of the models"))
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise invalid(*problems, (word["fields"], "a list of objects is needed"))
    kept = [_field(word, field, known, problems, number) for number, field in enumerate(fields)]
    for side in ("source", "target"):
        _apart([field[side] for field in kept], word[side], problems)
    if problems:
        raise invalid(*problems)
    return {"name": name, "model": model, "fields": kept}


def _field(word: dict[str, str], field: Doc, known: Doc, problems: list[tuple[str, str]], number: int) -> Doc:
    where = f"{word['fields']}[{number}]"
    kept: Doc = {}
    for side in ("source", "target"):
        path = field.get(word[side])
        if not isinstance(path, str) or not PATH.fullmatch(path):
            problems.append((f"{where}.{word[side]}", "a path of names and dots is needed"))
            path = f"?{number}"
        kept[side] = path
    if known and kept["target"] not in known and not kept["target"].startswith("?"):
        problems.append((f"{where}.{word['target']}", "the model has no such field"))
    if word["default"] in field:
        kept["default"] = field[word["default"]]
    if field.get(word["required"]) is True:
        kept["required"] = True
    if isinstance(field.get(word["value_map"]), dict):
        kept["value_map"] = field[word["value_map"]]
    return kept


def _apart(paths: list[str], side: str, problems: list[tuple[str, str]]) -> None:
    """No path twice, and none inside another."""
    seen: set[str] = set()
    for path in paths:
        if any(path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.") for other in seen):
            problems.append((path, f"used more than once as {side}"))
        seen.add(path)


def shown(record: Record, organization_id: str) -> Doc:
    """A mapping as the management calls show it."""
    word = names()
    fields = [{word[key]: value for key, value in field.items()} for field in record.doc["fields"]]
    return {
        word["id"]: record.id, word["name"]: record.doc["name"], word["model"]: record.doc["model"],
        word["fields"]: fields, word["organization"]: organization_id, word["created"]: iso(record.at),
        word["updated"]: iso(record.doc["updated"]),
    }  # fmt: skip


def load(world: World, organization: int, mapping_id: object, models: list[str] | None = None) -> Record:
    """A mapping of an organization; raises Refusal when there is none or it belongs to another model."""
    record = world.store.get("mapping", mapping_id, organization)
    if record is None:
        raise Refusal("mapping_not_found")
    if models is not None and record.doc["model"] not in models:
        raise Refusal("mapping_model_mismatch", ("", f"{record.doc['model']} instead of {' or '.join(models)}"))
    return record


def inward(mapping: Record, body: Doc) -> Doc:
    """The exchange's document that a body in customer names means; unmapped names are dropped."""
    result: Doc = {}
    problems: list[tuple[str, str]] = []
    known = catalogue.model_fields(mapping.doc["model"])
    for field in mapping.doc["fields"]:
        value = find(body, field["source"])
        if value is MISSING or value in ("", None):
            value = field.get("default", MISSING)
        if value is MISSING or value in ("", None):
            if field.get("required"):
                problems.append((field["source"], "is required"))
            continue
        if isinstance(value, str):
            value = field.get("value_map", {}).get(value, value)
        facts = known[field["target"]]
        if facts["access"] == "read-only":
            continue
        problem = _wrong(value, facts)
        if problem:
            problems.append((field["source"], problem))
        put(result, field["target"], value)
    if problems:
        raise invalid(*problems)
    return result


def outward(mapping: Record, doc: Doc) -> Doc:
    """A document in customer names; what is not mapped or empty is not sent."""
    result: Doc = {}
    for field in mapping.doc["fields"]:
        value = find(doc, field["target"])
        if value is MISSING or value is None:
            continue
        if isinstance(value, str):
            back = {str(theirs): ours for ours, theirs in field.get("value_map", {}).items()}
            value = back.get(value, value)
        put(result, field["source"], value)
    return result


def source_of(mapping: Record, target: str) -> str:
    """The customer's name of a field, or the exchange's where it is not mapped."""
    return next((str(item["source"]) for item in mapping.doc["fields"] if item["target"] == target), target)


def demand(mapping: Record, doc: Doc, targets: list[str]) -> None:
    """Raise Refusal unless every field is there, naming the absent ones in the customer's names."""
    absent = [target for target in targets if find(doc, target) in (MISSING, None, "")]
    if absent:
        raise invalid(*((source_of(mapping, target), "is required") for target in absent))


def _wrong(value: Any, facts: Doc) -> str:
    """What is wrong with a value, empty when nothing is."""
    kind = facts["type"]
    if kind == "decimal" and isinstance(value, int | float) and not isinstance(value, bool):
        return ""
    if not isinstance(value, str):
        return "a text is needed"
    if len(value) > facts.get("max", 20_000):
        return f"longer than {facts.get('max', 20_000)} characters"
    patterns = {
        "id": (r"[0-9a-f]{24}", "an id of 24 hexadecimal characters is needed"),
        "date": (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date as YYYY-MM-DD is needed"),
        "datetime": (r"\d{4}-\d\d-\d\d([T ].+)?", "an ISO 8601 time is needed"),
        "decimal": (r"-?\d+(\.\d+)?", "a number is needed"),
        "email": (r"[^@\s]+@[^@\s]+", "an e-mail address is needed"),
        "url": (r"https?://\S+", "an address is needed"),
    }
    if kind == "state":
        return "" if value in STATES else "a 2-letter US state is needed"
    pattern, sentence = patterns.get(kind, (r"[\s\S]*", ""))
    return "" if re.fullmatch(pattern, value) else sentence
