"""Where items stand in the plots of an analysis: the facility of each, and how it discriminates."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.views.analysis import Dot, ItemRow, Plot

ROW_HEIGHT = 26
LEFT, SPAN = 8.0, 88.0
"""Where a plot's scale begins and how long it is, in percent of the picture."""


def facility(rows: Sequence[ItemRow]) -> Plot:
    dots = [
        Dot(
            row.number,
            _y(at),
            place(row.facility),
            place(row.interval.low),
            place(row.interval.high),
            None if row.guess is None else place(row.guess),
        )
        for at, row in enumerate(rows)
        if row.facility is not None and row.interval is not None
    ]
    return Plot(tuple(dots), _y(len(rows)))


def discrimination(rows: Sequence[ItemRow]) -> Plot:
    dots = []
    for at, row in enumerate(rows):
        told, around = row.discriminates, row.discrimination_interval
        if told is not None and told.discrimination is not None:
            low, high = (_side(around.low), _side(around.high)) if around else (None, None)
            dots.append(Dot(row.number, _y(at), _side(told.discrimination), low, high))
    return Plot(tuple(dots), _y(len(rows)))


def place(share: float) -> float:
    """Of a share from 0 to 1 on a plot's scale."""
    return round(LEFT + SPAN * share, 2)


def _side(index: float) -> float:
    """The place of an index from -100 to 100."""
    return place((index + 100) / 200)


def _y(row: int) -> int:
    return ROW_HEIGHT * row + ROW_HEIGHT // 2 + 4
