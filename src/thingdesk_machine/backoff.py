from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """How long to wait before trying again, in seconds: doubling, bounded, spread.

    The spread takes up to half of the wait away, so that a fleet whose broker came back does
    not return in the same moment.
    """

    first: float
    longest: float

    def delay(self, attempt: int, draw: float) -> float:
        """The wait after failed attempt number `attempt`, from 0; `draw` is random in [0, 1)."""
        # 2**attempt overflows a float beyond 1023; 32 doublings are beyond any bound in use.
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt, 32))
        return ceiling * (1.0 - 0.5 * draw)
