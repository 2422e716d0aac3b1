"""The calibration picture: for each certainty how often its learner was right, beside how often honest use asks for."""

from __future__ import annotations

from sqlmodel import Session

from quiz.certainty import LEAST_ANSWERS, PAYS_FROM, Level, calibration
from quiz.statements import stated
from webapp.views.certainty import CalibrationView, LevelView

LEFT, RIGHT = 8.0, 96.0
"""Where 0 and 100 % lie, in percent of the plot's width."""
ROW = 44
"""Height of a row, in pixels."""


def load(session: Session, learner: str | None, course: str) -> CalibrationView | None:
    """None where the learner has never said how sure they were."""
    told = calibration(stated(session, learner=learner, course=course)) if learner else None
    if told is None or not told.n:
        return None
    return CalibrationView(
        levels=tuple(_level(level, at) for at, level in enumerate(told.levels)),
        n=told.n,
        right=told.right,
        mean_mark=told.mean_mark or 0.0,
        least=LEAST_ANSWERS,
        height=ROW * len(told.levels),
        drawn=told.is_told,
        advice=_advice(told.levels),
    )


def _level(level: Level, at: int) -> LevelView:
    ends = PAYS_FROM.get(level.level + 1, 1)
    return LevelView(
        level=level.level,
        n=level.n,
        right=level.right,
        share=level.share,
        low=level.interval.low if level.interval else None,
        high=level.interval.high if level.interval else None,
        verdict=level.verdict,
        y=ROW * at,
        middle=ROW * at + ROW // 2,
        fair_from=_at(float(PAYS_FROM[level.level])),
        fair_width=round(_at(float(ends)) - _at(float(PAYS_FROM[level.level])), 3),
        x=_at(level.share) if level.share is not None else None,
        x_low=_at(level.interval.low) if level.interval else None,
        x_high=_at(level.interval.high) if level.interval else None,
    )


def _advice(levels: tuple[Level, ...]) -> tuple[str, int] | None:
    """What to do, as a code and the level that it is about: being too sure costs most, so the highest such level comes first."""
    told = [level for level in levels if level.verdict]
    for verdict in ("over", "under"):
        found = [level.level for level in told if level.verdict == verdict]
        if found:
            return verdict, max(found)
    return ("fits", 0) if told else None


def _at(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 3)
