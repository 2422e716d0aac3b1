"""Item analysis: what the marks of a quiz say of its items and of itself. Pure functions over rows; of ours it knows `moments`.

The formulas are those of Moodle's quiz statistics (docs.moodle.org/dev/Quiz_statistics_calculations; calculator.php of
`question` and of `quiz_statistics`), in its words: S attempts, P positions, x the mark at a position, T an attempt's total,
X = T - x the *other mark*. Indices that Moodle shows as percentages are percentages here. A mark that is missing in a finished
attempt is 0; whoever calls gives first attempts alone, and one edition of each item: marks of different keys are never pooled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from quiz.moments import SAME, central_moment, correlation, covariance, deviation, mean, variance

Marks = Sequence[Sequence[float]]
"""One row an attempt, one mark a position; all rows are equally long."""


@dataclass(frozen=True, slots=True)
class PositionStatistics:
    """What the marks at one position say of its item. None where it cannot be told."""

    count: int
    """Attempts: S."""
    maximum: float
    facility: float | None
    """Mean share of the mark, from 0 to 1."""
    deviation: float | None
    mark_variance: float | None
    other_variance: float | None
    """Of the other mark."""
    covariance: float | None
    """Of mark and other mark."""
    covariance_max: float | None
    """What it would be had the same marks gone to the best attempts."""
    discrimination: float | None
    """The index: 100 times the correlation of mark and other mark."""
    efficiency: float | None
    """Discriminative efficiency: 100 times the covariance over the largest that these marks allow."""
    effective_weight: float | None
    """The percentage of the spread of totals that comes from here; None where it is negative."""
    intended_weight: float | None
    """The percentage of the points."""


@dataclass(frozen=True, slots=True)
class QuizStatistics:
    """What the totals say of a quiz as a whole. None where it cannot be told."""

    count: int
    mean: float | None
    median: float | None
    deviation: float | None
    skewness: float | None
    kurtosis: float | None
    consistency: float | None
    """Coefficient of internal consistency: Cronbach's alpha as a percentage. Negative where items pull against each other."""
    error_ratio: float | None
    """The percentage of the deviation that is chance; above 100 where the consistency is negative."""
    standard_error: float | None
    """Of one attempt's total, in points."""


def positions(
    marks: Marks, maxima: Sequence[float], totals: Sequence[float] | None = None
) -> tuple[PositionStatistics, ...]:
    """Statistics by position. `totals` are the attempts' totals where they are not the sums of their marks."""
    sums = _totals(marks) if totals is None else totals
    columns = [[row[at] for row in marks] for at in range(len(maxima))]
    pulls = [covariance(column, sums) for column in columns]
    # Moodle's sum leaves out the positions that pull against the total.
    pull = math.fsum(math.sqrt(one) for one in pulls if one is not None and one > 0)
    points = math.fsum(maxima)
    return tuple(
        _position(column, sums, maximum, of_total, pull, points)
        for column, maximum, of_total in zip(columns, maxima, pulls, strict=True)
    )


def whole_quiz(marks: Marks, totals: Sequence[float] | None = None) -> QuizStatistics:
    """Statistics of the quiz. Consistency needs two positions, skewness three attempts that differ, kurtosis four."""
    sums = _totals(marks) if totals is None else totals
    spread = deviation(sums)
    consistency = _consistency(marks, sums)
    # Rounding may lift the consistency of identical items a hair above 100.
    ratio = None if consistency is None else 100 * math.sqrt(max(0.0, 1 - consistency / 100))
    return QuizStatistics(
        count=len(marks),
        mean=mean(sums),
        median=_median(sums),
        deviation=spread,
        skewness=_skewness(sums),
        kurtosis=_kurtosis(sums),
        consistency=consistency,
        error_ratio=ratio,
        standard_error=None if ratio is None or spread is None else ratio * spread / 100,
    )


def alpha(marks: Marks, totals: Sequence[float] | None = None) -> float | None:
    """Cronbach's alpha, from any negative number to 1; KR-20 where every mark is 0 or 1."""
    consistency = _consistency(marks, _totals(marks) if totals is None else totals)
    return None if consistency is None else consistency / 100


def random_guess_score(fractions: Sequence[float]) -> float | None:
    """What blind choice of one option earns on average, from each option's fraction (Moodle: `get_random_guess_score`).

    There is none where several may be chosen: pass no fractions then.
    """
    return mean(fractions)


def _position(
    marks: Sequence[float], totals: Sequence[float], maximum: float, of_total: float | None, pull: float, points: float
) -> PositionStatistics:
    others = [total - mark for mark, total in zip(marks, totals, strict=True)]
    average = mean(marks)
    together, most = covariance(marks, others), covariance(sorted(marks), sorted(others))
    r = correlation(marks, others)
    weighed = of_total is not None and of_total >= 0 and pull > 0
    return PositionStatistics(
        count=len(marks),
        maximum=maximum,
        facility=average / maximum if average is not None and maximum else None,
        deviation=deviation(marks),
        mark_variance=variance(marks),
        other_variance=variance(others),
        covariance=together,
        covariance_max=most,
        discrimination=None if r is None else 100 * r,
        efficiency=100 * together / most if together is not None and most is not None and most > SAME else None,
        effective_weight=100 * math.sqrt(of_total) / pull if of_total is not None and weighed else None,
        intended_weight=100 * maximum / points if points else None,
    )


def _consistency(marks: Marks, totals: Sequence[float]) -> float | None:
    """100 P / (P - 1) (1 - sum of the marks' variances / variance of the totals)."""
    places = len(marks[0]) if marks else 0
    whole = variance(totals)
    if places < 2 or whole is None or whole < SAME:
        return None
    parts = math.fsum(variance([row[at] for row in marks]) or 0.0 for at in range(places))
    return 100 * places / (places - 1) * (1 - parts / whole)


def _median(values: Sequence[float]) -> float | None:
    ordered, half = sorted(values), len(values) // 2
    return mean(ordered[half - 1 + len(values) % 2 : half + 1])


def _skewness(values: Sequence[float]) -> float | None:
    """k3 / k2^1.5, by k-statistics."""
    s, m3, k2 = len(values), central_moment(values, 3), variance(values)
    if s < 3 or m3 is None or k2 is None or k2 < SAME:
        return None
    k3 = s * s * m3 / ((s - 1) * (s - 2))
    return float(k3 / k2**1.5)


def _kurtosis(values: Sequence[float]) -> float | None:
    """k4 / k2^2, by k-statistics: 0 for a normal distribution."""
    s, m2, m4, k2 = len(values), central_moment(values, 2), central_moment(values, 4), variance(values)
    if s < 4 or m2 is None or m4 is None or k2 is None or k2 < SAME:
        return None
    k4 = s * s * ((s + 1) * m4 - 3 * (s - 1) * m2 * m2) / ((s - 1) * (s - 2) * (s - 3))
    return k4 / (k2 * k2)


def _totals(marks: Marks) -> list[float]:
    return [math.fsum(row) for row in marks]
