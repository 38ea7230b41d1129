"""A process of its own that runs one row of work: `python -m tests.faults.one_row ROW FIRM [random_ids]`."""

import sys
import uuid

import django

django.setup()

from casehug.common.work_runner import run_item  # noqa: E402  # needs the apps
from integrations.outbound import signatures  # noqa: E402

if "random_ids" in sys.argv:  # the sabotage: another id for each attempt
    signatures.message_id = lambda event_id: f"evt_{uuid.uuid4().hex}"
run_item(uuid.UUID(sys.argv[1]), uuid.UUID(sys.argv[2]))
