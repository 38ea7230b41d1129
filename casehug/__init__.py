"""The product: firms, intake, referrals. Nothing foreign is imported here: `manage.py` starts on a bare Python."""

import gc

# A start makes 180,000 objects that stay; to search them for garbage after every 700 new ones is a quarter of it.
gc.set_threshold(50_000, 20, 20)
