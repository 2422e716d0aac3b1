"""A lesson in the outline and at the foot of its pages, as the templates are given it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the nine modes of a lesson."""

    mode: str
    url: str | None
    """None where the lesson has no such mode: a gap among the nine."""
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class GradeView:
    """What a learner's attempts at a quiz come to by its rule."""

    policy: str
    mark: float
    max_mark: float
    attempt: int | None
    """The number of the attempt that decides it; None for an average."""


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """A lesson in the outline, on home and on the progress page."""

    number: int
    slug: str
    title: str
    summary: Markup
    url: str
    """To where the learner left off, else its first mode."""
    minutes: int
    cells: tuple[Cell, ...]
    current: bool
    points: float
    points_possible: float
    answered: int
    items: int
    impact: float | None
    """The largest ratio of wall times that this learner's runs showed; None before there is one."""
    wrong: int = 0
    """Questions whose response is not right and can be tried again."""
    grade: GradeView | None = None
    """What the lesson's quiz comes to, where another attempt than the last one may count."""

    @property
    def done(self) -> int:
        return sum(cell.done for cell in self.cells)

    @property
    def total(self) -> int:
        return sum(cell.url is not None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class PartEntry:
    title: str
    lessons: tuple[LessonEntry, ...]

    @property
    def done(self) -> int:
        return sum(lesson.done == lesson.total for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class Outline:
    parts: tuple[PartEntry, ...]
    quizzes: int = 0
    """How many quizzes the course sets over its lessons."""

    @property
    def lessons(self) -> tuple[LessonEntry, ...]:
        return tuple(lesson for part in self.parts for lesson in part.lessons)

    @property
    def done(self) -> int:
        return sum(lesson.done for lesson in self.lessons)

    @property
    def total(self) -> int:
        return sum(lesson.total for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class Step:
    """A link to the next or the previous page, within the lesson or along one mode of the whole course."""

    url: str
    mode: str
    lesson: str
    """The lesson's title where the step leaves the lesson, else empty."""


@dataclass(frozen=True, slots=True)
class Next:
    """The foot of a mode page."""

    action: str
    """Where going on is posted: it marks the cell done and redirects to the next page."""
    previous: Step | None
    following: Step | None
    way: str | None
    """The mode along which the reader goes through the whole course; None within the lesson."""
    marks_done: bool
    """Whether going on completes this cell (Why, Learn, Visualize, and what only the learner can tell)."""
