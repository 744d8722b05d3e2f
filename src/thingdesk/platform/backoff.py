"""When to try again: doubling, bounded, spread. Pure; the draw comes from `ids.draw`."""

from dataclasses import dataclass
from datetime import timedelta

# 2**n overflows a float beyond 1023; 32 doublings are beyond any bound in use
_MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that begin at `first` and grow to `longest`.

    The spread takes up to half of a pause away, so that what failed together does not come back
    together.
    """

    first: timedelta
    longest: timedelta

    def pause(self, attempts: int, draw: float) -> timedelta:
        """The pause after so many attempts, from 1; `draw` is random in [0, 1)."""
        doublings = min(max(attempts, 1) - 1, _MOST_DOUBLINGS)
        ceiling = min(self.longest / self.first, 2.0**doublings)
        return self.first * (ceiling * (1.0 - 0.5 * draw))
