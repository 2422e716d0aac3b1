"""The analysis of a course, as its templates are given it.

Places are percentages of a plot's width and pixels of its height; a share that too few responses stand behind is None here
already, so that no template can show it.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from quiz.analysis import PositionStatistics, QuizStatistics
from quiz.distractors import OptionStatistics
from quiz.findings import LEAST_FOR_VERDICT, Finding
from quiz.misconceptions import MisconceptionStatistics
from quiz.moments import Interval


@dataclass(frozen=True, slots=True)
class Dot:
    """One item in a plot: a point, its interval, and the place of what blind choice earns."""

    number: int
    y: int
    x: float
    low: float | None
    high: float | None
    guess: float | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    dots: tuple[Dot, ...]
    height: int


@dataclass(frozen=True, slots=True)
class OptionRow:
    text: Markup
    figures: OptionStatistics
    misconception: str | None
    """In words."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One edition of an item."""

    number: int
    id: str
    stem: Markup
    is_present: bool
    answered: int
    facility: float | None
    interval: Interval | None
    guess: float | None
    position: PositionStatistics | None
    discrimination_interval: Interval | None
    """In percent, as the index is."""
    finding: Finding
    finding_option: Markup | None
    options: tuple[OptionRow, ...]
    distractors: float | None
    difficulty: int | None
    url: str = ""
    """The item's own page: its versions and regrades, and what learners wrote."""
    reports: int = 0
    to_regrade: int = 0
    """Responses that an earlier key scored, with nothing decided about them."""

    @property
    def discriminates(self) -> PositionStatistics | None:
        """The figures that set it against the other items, once enough whole attempts stand behind them."""
        told = self.position is not None and self.position.count >= LEAST_FOR_VERDICT
        return self.position if told else None


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A prediction, which stands in no figure beside the others and has a page of its own as they have."""

    number: int
    stem: Markup
    url: str
    reports: int


QUIET = frozenset({"sound", "too-few", "too-few-to-discriminate"})
"""Findings that ask for nothing."""


@dataclass(frozen=True, slots=True)
class LessonAnalysis:
    title: str
    url: str
    lesson_url: str
    begun: int
    whole_attempts: int
    open: int
    earlier: int
    points: float
    whole: QuizStatistics
    items: tuple[ItemRow, ...]
    facility: Plot
    discrimination: Plot
    predictions: tuple[PredictionRow, ...] = ()

    @property
    def facility_mean(self) -> float | None:
        return None if self.whole.mean is None or not self.points else self.whole.mean / self.points

    @property
    def by_need(self) -> tuple[ItemRow, ...]:
        """Those with something to look at first, each group in the lesson's order."""
        return tuple(sorted(self.items, key=lambda row: row.finding.code in QUIET))

    @property
    def reports(self) -> int:
        return sum(row.reports for row in self.items) + sum(row.reports for row in self.predictions)

    @property
    def to_regrade(self) -> int:
        return sum(row.to_regrade for row in self.items)

    @property
    def to_look_at(self) -> int:
        return sum(row.is_present and row.finding.code not in QUIET for row in self.items)


@dataclass(frozen=True, slots=True)
class MisconceptionRow:
    text: str
    figures: MisconceptionStatistics
    lesson: str | None
    """Title of the lesson that cures it."""
    lesson_url: str | None


@dataclass(frozen=True, slots=True)
class CourseAnalysis:
    learners: int
    responses: int
    lessons: tuple[LessonAnalysis, ...]
    misconceptions: tuple[MisconceptionRow, ...]
