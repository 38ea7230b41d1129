"""The command: `manage.py bench [NAME…]`. Ends with 1 when a correctness counter is not zero."""

import argparse
import sys
import time
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path

from bench import report
from bench.result import Result
from bench.size import QUICK, Size
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT
from harness import machine
from harness.stack import Stack, running_stack


def read_options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="manage.py bench", description="Measure the product, side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(report.ORDER)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="small numbers; the page is not written")
    parser.add_argument("--rounds", type=int, help="rounds of A and B (default 7, quick 2)")
    parser.add_argument("--per-round", type=int, help="approvals per round (default 43, quick 50)")
    parser.add_argument("--matters", type=int, help="matters of the memory run (default 10000, quick 1000)")
    parser.add_argument("--bulk", type=int, help="matters of the bulk sync (default 2000, quick 60)")
    parser.add_argument("--log-rows", type=int, help="rows of the long log (default 1000000, quick 20000)")
    parser.add_argument("--busy", type=int, help="matters of the bulk behind the button (default 5000, quick 200)")
    parser.add_argument("--minutes", type=int, help="minutes of provider time (default 30, quick 3)")
    parser.add_argument("--minute-seconds", type=float, help="how long such a minute lasts (default 10, quick 3)")
    parser.add_argument("--seconds", type=float, help="seconds of each turn of a flood (default 2, quick 0.5)")
    parser.add_argument("--firms", type=int, help="firms at full quota (default 40, quick 6)")
    parser.add_argument("--each", type=int, help="matters of each of them (default 15, quick 5)")
    parser.add_argument("--page-rows", type=int, help="rows behind a page (default 1000, quick 100)")
    parser.add_argument("--cases", type=int, help="cases of the import (default 200, quick 20)")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    parser.add_argument("--out", type=Path, help="write the page and the raw results into this folder (default: docs)")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(report.ORDER):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(report.ORDER)}")
    if chosen.matters is not None and chosen.matters < 20:
        parser.error("--matters must be at least 20")
    return chosen


def size_of(chosen: argparse.Namespace) -> Size:
    """Return how much to measure."""
    given = {one.name: getattr(chosen, one.name) for one in fields(Size)}
    return replace(QUICK if chosen.quick else Size(), **{name: value for name, value in given.items() if value})


def run_one(name: str, stack: Stack, size: Size) -> Result:
    """Run one measurement and note when and where."""
    stack.fresh()
    before, started = machine.load(), time.monotonic()
    # Imported now: these modules need Django, which is set up with the stack.
    result: Result = import_module(f"bench.{name}").measure(stack, size)
    result.about = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        **machine.described(),
        "load": f"load average {before:.1f} before and {machine.load():.1f} after",
        "took": f"{time.monotonic() - started:.0f} s",
    }
    print(report.section(result.as_json()), flush=True)
    return result


def main(arguments: list[str]) -> int:
    """Measure what was asked for and return the exit status."""
    chosen = read_options(arguments)
    if chosen.list:
        print("\n".join(f"{name:10} {text}" for name, text in report.contents()))
        return 0
    size, results = size_of(chosen), []
    folder = chosen.out or (None if chosen.quick else PROJECT / "docs")
    with running_stack() as stack:
        for name in chosen.names or report.ORDER:
            results.append(run_one(name, stack, size))
            if folder is not None:
                report.keep(results, folder)
    wrong = {f"{one.name} {key}": count for one in results for key, count in one.counters.items() if count}
    if wrong:
        print(f"Correctness counters that are not zero: {wrong}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LocalError, TimeoutError) as error:
        sys.exit(str(error))
