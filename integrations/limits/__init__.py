"""The shared rate limiter: one budget per connection for all processes; a provider's "wait" is law."""

from integrations.limits.shared import acquire, mark_present, report_throttled, usage

__all__ = ["acquire", "mark_present", "report_throttled", "usage"]
