"""Asks the web server of this container whether it is ready; the exit status is the answer."""

import os
import sys
import urllib.request


def main() -> int:
    """Return 0 if /readyz answers 200 to the first of our own host names."""
    host = os.environ["CASEHUG_HOSTS"].split(",")[0]
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=4) as response:
            return 0 if response.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
