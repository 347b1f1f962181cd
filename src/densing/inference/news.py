"""What a fit reports while it runs."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """What a fit reports while it runs."""

    stage: str
    chain: int = 0
    done: int = 0
    total: int = 0
    step_size: float = float("nan")
    divergences: int = 0


Listener = Callable[[Progress], None]


def nobody(progress: Progress) -> None:
    """Listen to nothing."""
