"""The notices about webhook receivers; settings `NOTICE_KINDS` names this list."""

from datetime import timedelta

from casehug.firms.notices import NoticeKind

FAILING, OFF = "webhook.failing", "webhook.off"
KINDS = (
    NoticeKind(
        FAILING, "A webhook receiver fails", "Nothing could be delivered to it for four hours.",
        capability="integrations.view", quiet=timedelta(hours=12), tells_end=True,
    ),
    NoticeKind(
        OFF, "A webhook receiver was switched off", "After five days of only failures, or because it asked for it.",
        capability="integrations.view",
    ),
)  # fmt: skip
