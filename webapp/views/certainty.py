"""How often each certainty was right, as the templates are given it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LevelView:
    """One certainty: how often it was right. Places are in percent of the plot's width, heights in pixels."""

    level: int
    n: int
    right: int
    share: float | None
    """None below the answers that are needed, and so are the next three."""
    low: float | None
    high: float | None
    verdict: str | None
    """`over`, `under` or `fits`."""
    y: int
    middle: int
    fair_from: float
    fair_width: float
    """From where and how wide the shares are at which this level pays most."""
    x: float | None
    x_low: float | None
    x_high: float | None


@dataclass(frozen=True, slots=True)
class CalibrationView:
    levels: tuple[LevelView, ...]
    n: int
    right: int
    mean_mark: float
    least: int
    """Answers at a level below which nothing is told of it."""
    height: int
    drawn: bool
    advice: tuple[str, int] | None
    """`over`, `under` or `fits`, and the level that it is about; None where no level has enough answers."""
