"""The command: `manage.py prove [NAME…]`. Ends with 1 on a breach, a sabotage that stays green, or what did not run."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from casehug.local.errors import LocalError
from casehug.local.state import PROJECT
from prove.check import Check
from prove.checks import CHECKS
from prove.report import bound, keep, result, write_page
from prove.run import Verdict, run


def read_options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="manage.py prove", description="Prove what the product promises.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="names or numbers of checks (default: all)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", dest="form", action="store_const", const="quick", help="small numbers (the default)")
    form.add_argument("--long", dest="form", action="store_const", const="long", help="the large numbers; hours")
    form.add_argument(
        "--sabotage", dest="form", action="store_const", const="sabotage", help="remove each protection: must turn red"
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="the same as a NAME")
    parser.add_argument("--seeds", type=int, default=0, help="how many seeds the checks that draw take")
    parser.add_argument("--list", action="store_true", help="show the checks and end")
    parser.add_argument("--out", type=Path, help="keep results and page here (default: docs/proof)")
    parser.set_defaults(form="quick")
    return parser.parse_args(arguments)


def choose(names: Sequence[str]) -> list[Check]:
    """Return the checks that were named, all if none. Raises `LocalError` for a name that no check has."""
    known = {str(check.number): check for check in CHECKS} | {check.name: check for check in CHECKS}
    if unknown := [name for name in names if name not in known]:
        raise LocalError(f"Unknown: {', '.join(unknown)}. There are {', '.join(check.name for check in CHECKS)}.")
    return [check for check in CHECKS if not names or check in [known[name] for name in names]]


def tell(check: Check, verdict: Verdict) -> None:
    """Print one line on a verdict, and its failures."""
    found = verdict.as_json()
    n = f"n = {verdict.trials or verdict.cases:,}"
    print(f"{check.number:>3} {check.name:<22} {n:<12} {bound(found):<10} {result(found, verdict.form)}"
          f" ({verdict.seconds:.0f} s)")  # fmt: skip
    for line in (*(f"failed: {one}" for one in verdict.failed), *(f"skipped: {one}" for one in verdict.skipped)):
        print(f"      {line}")


def main(arguments: list[str]) -> int:
    """Run what was asked for and return the exit status."""
    options = read_options(arguments)
    checks = choose([*options.names, *options.only])
    if options.list:
        for check in checks:
            told = (check.what, f"quick: {check.quick}", f"long: {check.long}", f"sabotage: {check.removed}")
            print(f"{check.number:>3} {check.name:<22} " + f"\n{'':27}".join(told))
        return 0
    folder = options.out or PROJECT / "docs" / "proof"
    verdicts: list[Verdict] = []
    # The long form takes a session for each check, so that what is done is kept if a later one is interrupted.
    for group in [[check] for check in checks] if options.form == "long" else [checks]:
        for check, verdict in zip(group, run(group, options.form, seeds=options.seeds), strict=True):
            keep(check, verdict, folder)
            verdicts.append(verdict)
        write_page(CHECKS, folder)
    print()
    for check, verdict in zip(checks, verdicts, strict=True):
        tell(check, verdict)
    skipped, wrong = sum(len(one.skipped) for one in verdicts), [one for one in verdicts if not one.holds]
    print(f"\n{len(verdicts) - len(wrong)} of {len(verdicts)} hold, {skipped} parts skipped; written to {folder}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalError as error:
        sys.exit(str(error))
