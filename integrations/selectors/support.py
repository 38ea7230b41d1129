"""What a firm may paste into a message to support: ids, codes and times of one run. No name, no title, no value."""

from datetime import UTC, datetime

from casehug.common.ids import public_id
from integrations.selectors.runs import RunDetail


def _at(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "-"


def support_text(detail: RunDetail, *, provider_key: str) -> str:
    """Return the run as lines of text. Texts of errors stay out, as they may quote the provider."""
    item = detail.item
    lines = [
        f"run {public_id('run', item.id)} of {public_id('mat', item.subject_id)}, {provider_key}",
        f"state {item.status} {item.hold_reason}".rstrip() + f", trigger {item.trigger or '-'}, tries {item.attempts}",
        f"queued {_at(item.created_at)}, ended {_at(item.finished_at)}, next try {_at(detail.state.until)}",
        f"last error {item.last_error_class or '-'}.{item.last_error_code or '-'}",
        "mappings " + (", ".join(f"{one.kind} {one.number}" for one in detail.versions) or "-"),
    ]
    for step in detail.steps:
        lines += [
            f"  {_at(line.created_at)} {line.action} {line.status} attempt {line.attempt} id {line.external_id or '-'}"
            f" http {line.http_status or '-'} {line.duration_ms if line.duration_ms is not None else '-'} ms"
            f" {line.error_class}.{line.error_code}".rstrip(" .")
            for line in step.lines
        ]
        lines += [
            f"    {_at(call.made_at)} {call.method} {call.path} http {call.http_status or '-'} {call.duration_ms} ms"
            f"{' (looking for an unanswered call)' if call.settling else ''}"
            for call in step.calls
        ]
    for one in detail.evidence:
        lines.append(f"  unanswered: {one.intent.kind}.{one.intent.verb} {one.intent.outcome}, {one.looks} looks")
    return "\n".join(lines)
