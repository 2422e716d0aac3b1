"""What the last loading of a course made of each lesson, so that after an edit the edited lesson alone is read and typeset again.

Nothing here decides what an edit changes: a lesson is taken as it was only where everything that it was made of is equal. One
loading is remembered and no more, so this is never larger than the course.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from webapp.course.course import Lesson
from webapp.course.errors import CourseError
from webapp.course.manuscript import Manuscript, read_manuscript
from webapp.course.report import Report

Found = dict[str, tuple[CourseError, ...]]
"""By path."""


@dataclass(slots=True)
class Remembered:
    _manuscripts: dict[str, tuple[Manuscript, tuple[CourseError, ...]]] = field(default_factory=dict)
    _lessons: dict[str, tuple[tuple[object, ...], Lesson, Found]] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)
    """Paths and slugs that this loading asked for."""

    def manuscript(self, lines: Sequence[str], report: Report) -> Manuscript:
        """Reads it, or gives it with its errors as it was read from the same lines."""
        path = report.path
        self._read.add(path)
        known = self._manuscripts.get(path)
        if known is None or known[0].lines != tuple(lines):
            before = len(report.found)
            known = (read_manuscript(lines, report), tuple(report.found[before:]))
            self._manuscripts[path] = known
        else:
            report.found += known[1]
        return known[0]

    def lesson(self, slug: str, made_of: tuple[object, ...], reports: Reports, make: Callable[[], Lesson]) -> Lesson:
        """Makes it, or gives it as it was made of the same. With an error it is made again: a text may have been too late."""
        self._read.add(slug)
        known = self._lessons.get(slug)
        if known is not None and known[0] == made_of:
            reports.add(known[2])
            return known[1]
        before = reports.counts()
        lesson = make()
        found = reports.since(before)
        self._lessons.pop(slug, None)
        if all(error.is_warning for errors in found.values() for error in errors):
            self._lessons[slug] = (made_of, lesson, found)
        return lesson

    def forget_the_rest(self) -> None:
        """A loading is over: what it did not ask for is no part of the course any more."""
        self._manuscripts = {path: known for path, known in self._manuscripts.items() if path in self._read}
        self._lessons = {slug: known for slug, known in self._lessons.items() if slug in self._read}
        self._read = set()


class Reports(dict[str, Report]):
    """The reports of all files of one loading, by path."""

    def of(self, path: object) -> Report:
        return self.setdefault(str(path), Report(str(path)))

    def counts(self) -> dict[str, int]:
        return {path: len(report.found) for path, report in self.items()}

    def since(self, counts: dict[str, int]) -> Found:
        found = {path: tuple(report.found[counts.get(path, 0) :]) for path, report in self.items()}
        return {path: errors for path, errors in found.items() if errors}

    def add(self, found: Found) -> None:
        for path, errors in found.items():
            self.of(path).found += errors
