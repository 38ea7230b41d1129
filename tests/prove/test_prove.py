"""The registry names tests that exist; verdicts tell a breach, a sabotage that stays green and what did not run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from casehug.local.errors import LocalError
from casehug.local.state import PROJECT
from harness import size
from prove import __main__ as command
from prove.check import Check
from prove.checks import CHECKS
from prove.report import bound, keep, write_page
from prove.run import Verdict, judge

CHECK = Check(1, "made-up", "What.", "few", "many", ("tests/a.py::test_a",), "a wall", ("tests/a.py::test_sabotage",))


def line(node: str, outcome: str = "passed", **said: object) -> dict[str, Any]:
    return {"node": node, "outcome": outcome, "seconds": 1.0, "reason": "no pooler", "said": list(said.items())}


def test_every_check_is_there_once_with_tests_and_sabotage() -> None:
    numbers = [check.number for check in CHECKS]
    assert numbers == list(range(1, 27))
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.tests and check.sabotage, check.name
        for node in (*check.tests, *check.sabotage):
            path, _, function = node.partition("::")
            file = PROJECT / path
            assert file.is_file() and f"def {function}(" in file.read_text("utf-8"), node


def test_the_product_knows_neither_proofs_nor_harness() -> None:
    """What breaks the product on purpose must not be reachable from it."""
    rooms = re.compile(r"^\s*(?:from|import) (?:harness|prove|bench|tests)\b", re.M)
    files = [file for room in ("casehug", "integrations", "sandbox") for file in (PROJECT / room).rglob("*.py")]
    assert [str(file) for file in files if rooms.search(file.read_text("utf-8"))] == []
    for file in [*(PROJECT / "harness").rglob("*.py"), *(PROJECT / "prove").rglob("*.py")]:
        assert file.read_text("utf-8").startswith('"""'), file


def test_a_failure_a_missing_test_and_a_skip_are_told_apart() -> None:
    lines = [line("tests/a.py::test_a[1]", trials=7, seed=3), line("tests/a.py::test_a[2]", trials=3)]
    good = judge(CHECK, "quick", lines)
    assert (good.holds, good.trials, good.cases, good.seeds, good.seconds) == (True, 10, 2, [3], 2.0)
    assert bound(good.as_json()) == "< 30 %"
    bad = judge(CHECK, "quick", [line("tests/a.py::test_a[1]"), line("tests/a.py::test_a[2]", "failed")])
    assert not bad.holds and bad.failed == ["tests/a.py::test_a[2]"]
    assert not judge(CHECK, "quick", []).holds, "what did not run proves nothing"
    skipped = judge(CHECK, "quick", [line("tests/a.py::test_a", "skipped")])
    assert not skipped.holds and skipped.skipped == ["test_a: no pooler"]


def test_a_sabotage_that_stays_green_fails_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outcome = "failed"

    def run(checks: Any, form: str, **_: Any) -> list[Verdict]:
        return [judge(check, form, [line(node, outcome) for node in check.sabotage]) for check in checks]

    monkeypatch.setattr(command, "run", run)
    assert command.main(["--sabotage", "kill-matrix", "--out", str(tmp_path)]) == 1
    assert "STAYED GREEN" in (tmp_path / "README.md").read_text()
    outcome = "passed"
    assert command.main(["--sabotage", "1", "--out", str(tmp_path)]) == 0


def test_the_latest_result_of_each_form_is_kept(tmp_path: Path) -> None:
    for form, trials in (("quick", 5), ("long", 900), ("long", 1000)):
        keep(CHECK, Verdict(1, form, cases=1, trials=trials, about={"date": "today"}), tmp_path)
    write_page([CHECK], tmp_path)
    kept = json.loads((tmp_path / "01-made-up.json").read_text())
    assert {form: found["trials"] for form, found in kept.items()} == {"quick": 5, "long": 1000}
    page = (tmp_path / "README.md").read_text()
    assert "| 1 | made-up | long | 1,000 | 0 | < 0.3 % | holds |" in page and "Sabotage: a wall." in page


def test_an_unknown_name_is_refused_and_the_list_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LocalError, match="Unknown: speed"):
        command.choose(["speed"])
    assert command.main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert all(check.name in shown for check in CHECKS)


def test_the_long_form_takes_more_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "LONG", True)
    monkeypatch.setattr(size, "SEEDS", 0)
    long = size.seeds((1, 2), 20)
    assert long[:2] == (1, 2) and len(set(long)) == 20 == len(long) and size.pick(1, 9) == 9
    monkeypatch.setattr(size, "SEEDS", 1)
    assert size.seeds((1, 2), 20) == (1,)
