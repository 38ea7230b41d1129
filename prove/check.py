"""What a check is: the sentence it proves, the tests that run it, and the sabotage that must turn them red."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check. `tests` and `sabotage` are nodes of the test suite (`path::function`).

    A sabotage is a test that removes one protection and succeeds only when the check's own count turns red.
    `quick` and `long` say the numbers of each form, `short` what the long form leaves out of what was planned.
    """

    number: int
    name: str
    what: str
    quick: str
    long: str
    tests: tuple[str, ...]
    removed: str
    sabotage: tuple[str, ...]
    short: str = ""

    @property
    def title(self) -> str:
        """The name as a heading."""
        return f"{self.number}. {self.name.replace('-', ' ').capitalize()}"


def nodes(file: str, *names: str) -> tuple[str, ...]:
    """Return the test functions of a file below `tests/`; names go without `test_`."""
    return tuple(f"tests/{file}::test_{name}" for name in names)
