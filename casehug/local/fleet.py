"""The product's processes of one run: starts, restarts, watches and ends them."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from casehug.local import processes
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT, StateFolder, read_json, write_private

RESTARTS_PER_MINUTE = 3
# All of it together stays under ten seconds, idle or not: unfinished work is a row and is taken up again.
STOPPED_FIRST = ("web", "beat", "relay", "worker")
PRODUCT_SECONDS, STANDIN_SECONDS = 5.0, 1.5


@dataclass
class Member:
    """One process and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    death_signal: int
    child: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)


class Fleet:
    """All product processes, in the order of their start."""

    def __init__(self, state: StateFolder) -> None:
        self.state = state
        self.members: dict[str, Member] = {}
        self.servers: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self.state.logs / f"{name}.log"

    def start(self, name: str, command: list[str], environment: dict[str, str], *, death_signal: int) -> None:
        """Start a process and note it in the run file."""
        self.members[name] = Member(name, command, environment, death_signal)
        self._spawn(self.members[name])

    def _spawn(self, member: Member) -> None:
        member.starts = [moment for moment in member.starts if moment > time.monotonic() - 60] + [time.monotonic()]
        member.child = processes.spawn(
            member.command,
            env=member.environment,
            log=self.log(member.name),
            cwd=PROJECT,
            death_signal=member.death_signal,
        )
        self.write_run_file()

    def pids(self) -> dict[str, int]:
        """Return name → pid of everything that runs, the supervisor included."""
        running = {name: child.pid for name, child in self.servers.items()}
        running |= {name: member.child.pid for name, member in self.members.items() if member.child is not None}
        return {"supervisor": os.getpid()} | running

    def write_run_file(self) -> None:
        """Note pids with their start times, so that a later run can tell them from strangers. No secrets."""
        noted = {name: {"pid": pid, "started": processes.start_time(pid)} for name, pid in self.pids().items()}
        write_private(self.state.run_file, json.dumps({"processes": noted}, indent=1))

    def check(self) -> bool:
        """Look at every process once. A dead server ends the run; others are started again. True if any was."""
        for name, child in self.servers.items():
            if child.poll() is not None:
                raise LocalError(f"{name} ended unexpectedly:\n{processes.tail(self.log(name))}")
        restarted = False
        for member in self.members.values():
            if member.child is None or member.child.poll() is None:
                continue
            processes.kill_group(member.child)
            recent = [moment for moment in member.starts if moment > time.monotonic() - 60]
            if len(recent) > RESTARTS_PER_MINUTE:
                raise LocalError(
                    f"{member.name} ended {len(recent)} times within a minute:\n{processes.tail(self.log(member.name))}"
                )
            self._spawn(member)
            restarted = True
        self.reap_strangers()
        return restarted

    def reap_strangers(self) -> None:
        """As the first process of a container: reap what others left behind; our own children are Popen's business."""
        while os.getpid() == 1:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in self.pids().values():
                return
            os.waitpid(ended.si_pid, 0)

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """End web, beat, relay and worker, then the stand-in; the servers follow in servers.stop()."""
        rest = [name for name in self.members if name not in STOPPED_FIRST]
        for names, seconds in ((STOPPED_FIRST, PRODUCT_SECONDS), (rest, STANDIN_SECONDS)):
            members = [self.members[name] for name in names if name in self.members]
            children = [member.child for member in members if member.child is not None]
            for child in children:
                processes.send(child, signal.SIGTERM)
            deadline = time.monotonic() + seconds
            while processes.wait_all(children, 0.1) and time.monotonic() < deadline and not hurry():
                pass
            for child in children:
                processes.kill_group(child)  # also what a process of its group left behind


def end_leftovers(state: StateFolder) -> list[str]:
    """End processes of a run whose supervisor was killed; return their names. The caller holds the lock.

    The database is left to its own orderly shutdown, which the next start awaits.
    """
    found = []
    for name, noted in read_json(state.run_file).get("processes", {}).items():
        pid, started = int(noted["pid"]), str(noted["started"])
        if name in ("postgres", "supervisor") or not started or processes.start_time(pid) != started:
            continue
        found.append(name)
        _end_stranger(pid, started)
    state.run_file.unlink(missing_ok=True)
    return found


def _end_stranger(pid: int, started: str) -> None:
    for number, seconds in ((signal.SIGTERM, 4.0), (signal.SIGKILL, 2.0)):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while processes.start_time(pid) == started and time.monotonic() < deadline:
            time.sleep(0.05)
