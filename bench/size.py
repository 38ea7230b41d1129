"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """`rounds` of A-B; `per_round` approvals in each half of one; `matters` of the memory run; `bulk` of a bulk sync;

    `log_rows` of the long log.
    """

    rounds: int = 7
    per_round: int = 43
    matters: int = 10_000
    bulk: int = 2_000
    log_rows: int = 1_000_000

    @property
    def every(self) -> int:
        """Matters between two looks at the memory."""
        return max(10, self.matters // 20)

    @property
    def warm_up(self) -> int:
        """Matters before growth is counted."""
        return 2 * self.every


QUICK = Size(rounds=2, per_round=50, matters=1_000, bulk=60, log_rows=20_000)
