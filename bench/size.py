"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much of everything; the command line can change each number.

    `rounds` of A-B; `per_round` approvals in each half of one; `matters` of the memory run; `bulk` of a bulk sync;
    `log_rows` of the long log; `busy` matters of the bulk behind the button; `minutes` of provider time; `seconds` of
    each turn of a flood; `firms` at full quota, `each` matters of one; `page_rows` behind a page; `cases` to import.
    """

    rounds: int = 7
    per_round: int = 43
    matters: int = 10_000
    bulk: int = 2_000
    log_rows: int = 1_000_000
    busy: int = 5_000
    minutes: int = 30
    minute_seconds: float = 10.0
    seconds: float = 2.0
    firms: int = 40
    each: int = 15
    page_rows: int = 1_000
    cases: int = 200

    @property
    def every(self) -> int:
        """Matters between two looks at the memory."""
        return max(10, min(1_000, self.matters // 20))

    @property
    def warm_up(self) -> int:
        """Matters before growth is counted."""
        return 2 * self.every


QUICK = Size(
    rounds=2, per_round=50, matters=1_000, bulk=60, log_rows=20_000, busy=200, minutes=3, minute_seconds=3.0,
    seconds=0.5, firms=6, each=5, page_rows=100, cases=20,
)  # fmt: skip
