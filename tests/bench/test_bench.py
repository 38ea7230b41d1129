"""Measurements run with tiny numbers; their correctness counters are zero and can become non-zero."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.report import ORDER, contents, keep, section
from bench.result import Result, fairness, met, percentile, slope
from casehug.local.state import PROJECT

# The others restart the product, fill long tables or wait for minutes: `manage.py bench --quick` runs them all.
QUICKEST = ("calls", "overhead", "latency", "memory", "pages")


@pytest.mark.slow
def test_the_quickest_measurements_run_and_count_nothing_wrong(tmp_path: Path) -> None:
    sizes = ["--quick", "--rounds", "1", "--per-round", "2", "--matters", "20", "--page-rows", "3"]  # fmt: skip
    arguments = [sys.executable, "manage.py", "bench", *QUICKEST, *sizes, "--out", str(tmp_path)]
    done = subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "measurements").iterdir()}
    assert found.keys() == set(QUICKEST)
    assert all(count == 0 for result in found.values() for count in result["counters"].values())
    assert found["calls"]["raw"]["new client"] == {"casehug": [3], "naive": [4]}
    assert found["calls"]["raw"]["linked matter, nothing changed"]["casehug"] == [0]
    assert all(len(pair["casehug"]) == len(pair["bare"]) == 2 for pair in found["latency"]["raw"].values())
    assert len(found["memory"]["raw"]["memory_mb"]) == 3
    page = (tmp_path / "measurements.md").read_text()
    assert page.count("\n## ") == len(QUICKEST) + 1  # and the overview
    assert all(result["targets"] for result in found.values())


def test_a_counter_that_is_not_zero_fails_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from contextlib import nullcontext

    wrong = Result("calls", "Calls", "how", ["what"], [["row"]], counters={"doubled": 1}, about={"date": "today"})
    monkeypatch.setattr(command, "running_stack", lambda: nullcontext(None))
    monkeypatch.setattr(command, "run_one", lambda *_: wrong)
    assert command.main(["calls", "--out", str(tmp_path)]) == 1
    wrong.counters["doubled"] = 0
    assert command.main(["calls", "--out", str(tmp_path)]) == 0


def test_a_later_run_keeps_the_tables_of_the_others(tmp_path: Path) -> None:
    one, other = (
        Result(name, name.title(), "how", ["what"], [["row"]], counters={"lost": 0}, about={"date": "today"})
        for name in ("calls", "memory")
    )
    keep([one], tmp_path)
    keep([other], tmp_path)
    page = (tmp_path / "measurements.md").read_text()
    assert page.index("## Calls") < page.index("## Memory")
    assert section(one.as_json()) in page


def test_numbers_of_samples() -> None:
    samples = [float(number) for number in range(1, 101)]
    assert (percentile(samples, 0.5), percentile(samples, 0.99), percentile([7.0], 0.99)) == (50, 99, 7)
    assert slope([(0, 1), (10, 3), (20, 5)]) == pytest.approx(0.2)
    assert slope([(0, 1)]) == 0
    assert fairness([2, 2, 2]) == 1
    assert fairness([3, 0, 0]) == pytest.approx(1 / 3)
    assert (met(1, 1), met(1.01, 1)) == ("met", "MISSED")


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.read_options(["speed"])
    assert "unknown: speed" in capsys.readouterr().err


def test_a_target_is_met_or_missed_and_says_why(tmp_path: Path) -> None:
    result = Result("calls", "Calls", "how", ["what"], [["row"]], about={"date": "today"})
    assert result.aim("share", 0.9, 0.85, unit="×", least=True) == "met"
    assert result.aim("time", 30.04, 25, unit=" ms", digits=1) == "MISSED"
    (tmp_path / "measurements").mkdir()
    (tmp_path / "measurements" / "reasons.json").write_text('{"time": "three disks in turn"}')
    keep([result], tmp_path)
    page = (tmp_path / "measurements.md").read_text()
    assert "| share | ≥ 0.85× | 0.90× | met |  |" in page
    assert "| time | ≤ 25 ms | 30.0 ms | MISSED | three disks in turn |" in page


def test_every_measurement_says_what_it_compares() -> None:
    assert [name for name, _ in contents()] == list(ORDER)
    assert all(text.endswith(".") for _, text in contents())
