"""What Linux says about processes and the machine: memory, processor time, load. Read from /proc."""

import os
import platform
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _status(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the command's name; none when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def tree(pid: int) -> list[int]:
    """Return a process and everything below it."""
    parents = {int(path.name): _status(int(path.name)) for path in _PROC.iterdir() if path.name.isdigit()}
    found = [pid]
    for known in found:
        found += [child for child, fields in parents.items() if fields and int(fields[1]) == known]
    return found


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process tree in MB (2^20 bytes)."""
    pages = sum(int(fields[21]) for fields in map(_status, tree(pid)) if fields)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_seconds(pid: int) -> float:
    """Return the processor time a process tree has used, children that ended included."""
    ticks = sum(sum(map(int, fields[11:15])) for fields in map(_status, tree(pid)) if fields)
    return ticks / _TICK


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def described() -> dict[str, str]:
    """Return what a reader needs to know about this machine."""
    lines = (_PROC / "cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "processor": f"{os.cpu_count()} cores, {model}",
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}",
    }
