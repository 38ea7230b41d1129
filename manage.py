#!/usr/bin/env python3
"""The one entry point: prepares the locked environment, then runs a local command or a Django command."""
# The lines up to `run()` are readable by very old Pythons, so that the answer is a sentence and not a syntax error.
import os
import subprocess
import sys

LOWEST = (3, 11)
HIGHEST = (3, 14)


def find_another_python():
    for minor in range(HIGHEST[1], LOWEST[1] - 1, -1):
        name = "python3.%d" % minor
        try:
            with open(os.devnull, "w") as silence:
                works = subprocess.call([name, "-c", ""], stdout=silence, stderr=silence) == 0
        except OSError:
            works = False
        if works:
            sys.stdout.flush()
            os.execvp(name, [name] + sys.argv)
    sys.exit(
        "This is Python %d.%d; CaseHug needs Python %d.%d to %d.%d, and none of them is on your PATH."
        % (sys.version_info[:2] + LOWEST + HIGHEST)
    )


def run():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casehug.settings.local")
    from casehug.local import bootstrap

    bootstrap.ensure(sys.argv)
    from casehug.local.commands import main

    main(sys.argv)


if __name__ == "__main__":
    if not LOWEST <= sys.version_info[:2] <= HIGHEST:
        find_another_python()
    run()
