"""Children and their parents: nobody is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casehug.local import processes
from casehug.local.errors import LocalError
from casehug.local.fleet import Fleet, end_leftovers
from casehug.local.state import PROJECT, StateFolder

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
ENV = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}


def gone(pid: int, seconds: float = 5) -> bool:
    """Whether the process ends (or is a zombie) within this time."""
    deadline = time.monotonic() + seconds
    while processes.start_time(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not processes.start_time(pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_children_die_with_a_killed_parent(tmp_path: Path, number: int) -> None:
    script = (
        "import sys, time; from pathlib import Path; from casehug.local.processes import spawn\n"
        f"child = spawn({SLEEPER!r}, env={ENV!r}, log=Path({str(tmp_path / 'log')!r}), death_signal={int(number)})\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], env=ENV, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert processes.start_time(child)
    parent.kill()
    parent.wait()
    assert gone(child)


def test_the_watcher_does_the_same_where_the_kernel_does_not(tmp_path: Path) -> None:
    child = subprocess.Popen(SLEEPER, process_group=0)
    watcher = subprocess.Popen(
        [sys.executable, "-m", "casehug.local.watcher"], stdin=subprocess.PIPE, text=True, env=ENV
    )
    assert watcher.stdin is not None
    watcher.stdin.write(f"{child.pid} {int(signal.SIGKILL)}\n")
    watcher.stdin.close()  # what the kernel does for a killed supervisor
    assert child.wait(timeout=10) == -signal.SIGKILL
    assert watcher.wait(timeout=5) == 0


def test_a_released_watcher_touches_nobody() -> None:
    child = subprocess.Popen(SLEEPER, process_group=0)
    subprocess.run(
        [sys.executable, "-m", "casehug.local.watcher"],
        input=f"{child.pid} {int(signal.SIGKILL)}\ndone\n",
        text=True,
        env=ENV,
        check=True,
    )
    assert child.poll() is None
    child.kill()
    child.wait()


def test_leftovers_of_a_killed_run_are_ended_but_strangers_are_not(tmp_path: Path) -> None:
    state = StateFolder(tmp_path).create()
    left = subprocess.Popen(SLEEPER, process_group=0)
    stranger = subprocess.Popen(SLEEPER, process_group=0)
    noted = {
        "worker": {"pid": left.pid, "started": processes.start_time(left.pid)},
        "web": {"pid": stranger.pid, "started": "1"},  # the number was given to somebody else meanwhile
    }
    state.run_file.write_text(str({"processes": noted}).replace("'", '"'))
    assert end_leftovers(state) == ["worker"]
    assert left.wait(timeout=5) == -signal.SIGTERM
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_process_is_restarted_three_times_then_the_run_stops(tmp_path: Path) -> None:
    state = StateFolder(tmp_path).create()
    fleet = Fleet(state)
    command = [sys.executable, "-c", "print('no reason'); raise SystemExit(3)"]
    fleet.start("relay", command, ENV, death_signal=signal.SIGKILL)
    restarts = 0
    with pytest.raises(LocalError, match=r"relay ended 4 times within a minute:\n(.*\n)*no reason"):
        for _ in range(400):
            restarts += fleet.check()
            time.sleep(0.05)
    assert restarts == 3


def test_a_dead_server_stops_the_run(tmp_path: Path) -> None:
    fleet = Fleet(StateFolder(tmp_path).create())
    fleet.servers["postgres"] = subprocess.Popen([sys.executable, "-c", ""])
    fleet.servers["postgres"].wait()
    with pytest.raises(LocalError, match="postgres ended unexpectedly"):
        fleet.check()


def test_logs_are_cut_by_size_and_writers_go_on(tmp_path: Path) -> None:
    state = StateFolder(tmp_path).create()
    log = state.logs / "web.log"
    log.write_bytes(b"x" * 10_000_001)
    with log.open("ab") as writer:
        state.rotate_logs()
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert log.with_suffix(".log.1").stat().st_size == 10_000_001
