"""Setting an account up for us: what has to stand there, what was found, and the one write that mends a difference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from integrations.contract.http import Api

ONBOARDING = "onboarding"
"""Key of a connection's profile: {"mappings": {key: id}, "stored": [event keys]} as the last set-up left them."""
WEBHOOKS, POLLING = "webhooks", "polling"


@dataclass(frozen=True)
class Pattern:
    """One way of working with the account. `sends`, `receives`: none, `notice` (one way), `full` or `known` (partners).

    `advice`: by mode, (shortest, longest) seconds between two looks; `words` is one sentence for a person.
    """

    key: str
    label: str
    words: str
    sends: str
    receives: str
    advice: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What a firm decided: its patterns, webhooks or polling, and the address that webhooks go to."""

    patterns: Sequence[str]
    mode: str
    address: str


class Kind(StrEnum):
    """What can be set up there."""

    MAPPING = "mapping"
    WEBHOOK = "webhook"
    STORED = "stored"


@dataclass(frozen=True)
class Wanted:
    """One thing that has to stand there. `needs`: key of the mapping it uses; `fields`: own name → name there."""

    kind: Kind
    key: str
    label: str
    needs: str = ""
    address: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class State(StrEnum):
    """How a wanted thing was found. `unwanted`: ours, but no longer wanted, or there twice."""

    FITS = "fits"
    MISSING = "missing"
    DIFFERS = "differs"
    UNWANTED = "unwanted"


@dataclass(frozen=True)
class Finding:
    """One wanted thing as it stands: its id there, and in plain words what is not as wanted."""

    wanted: Wanted
    state: State
    remote_id: str = ""
    words: str = ""


@dataclass(frozen=True)
class Onboarding:
    """Pure functions over a client; nothing here stores anything. All raise the errors of `contract.errors`.

    `wanted(choice)` → what has to stand there, mappings first. `look(api, wanted, known)` → one finding per wanted
    thing, and one per thing of ours too many; `known` holds the ids of mappings from the last time. Only reads.
    `mend(api, finding, mappings, secret)` → id there after the one write that makes it fit ("" when it was removed);
    `mappings` holds the ids by key, `secret` is what a webhook there will sign with. Repeating look and mend is safe:
    a thing made by a write without an answer is found by the next look.
    """

    patterns: Sequence[Pattern]
    wanted: Callable[[Choice], Sequence[Wanted]]
    look: Callable[[Api, Sequence[Wanted], Mapping[str, str]], Sequence[Finding]]
    mend: Callable[[Api, Finding, Mapping[str, str], str], str]
