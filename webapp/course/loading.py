"""A folder of lessons, or a stack of them -> a frozen Course, all of it or nothing, with everything that is wrong told at once.

It goes on after every error as far as anything can still be read: the manuscripts of all lessons, then what only the whole
course knows, then the rendering. With what was `Remembered` of the last loading, and a renderer that remembers its texts, loading
again after an edit costs the edited lesson alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

from webapp.course.course import Course, Lesson, Mode
from webapp.course.crosschecks import check_ids, check_names, old_slugs
from webapp.course.drafts import LESSON_FILE, Draft, read_draft
from webapp.course.errors import CourseError, CourseErrors
from webapp.course.glossary import in_order, typeset_glossary
from webapp.course.linting import lint_items
from webapp.course.manifest import Manifest
from webapp.course.numbers import refuse_numbers
from webapp.course.quizchecks import check_quizzes, quiz_of
from webapp.course.references import Surroundings
from webapp.course.remembered import Remembered, Reports
from webapp.course.render import Fragment, Rendered, Renderer
from webapp.course.report import nearest
from webapp.course.stack import COURSE_FILE, Folders, folders_of, lesson_folders, place_of, read_stack
from webapp.course.typesetting import typeset


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a folder: a course unless there are errors, and all that was found, in the order of files and lines."""

    course: Course | None
    found: tuple[CourseError, ...]

    @property
    def errors(self) -> tuple[CourseError, ...]:
        return tuple(error for error in self.found if not error.is_warning)

    @property
    def warnings(self) -> tuple[CourseError, ...]:
        return tuple(error for error in self.found if error.is_warning)


def load_course(folders: Folders, renderer: Renderer, remembered: Remembered | None = None) -> Course:
    """Raises CourseErrors with every error of every file. Blocks: call it in a thread."""
    reading = read_course(folders, renderer, remembered)
    if reading.course is None:
        raise CourseErrors(reading.errors)
    return reading.course


def read_course(folders: Folders, renderer: Renderer, remembered: Remembered | None = None) -> Reading:
    """The course and its warnings, or its errors and warnings. Paths are told as the folders were given, the top one first."""
    memory = Remembered() if remembered is None else remembered
    reading = _Folders(folders_of(folders), renderer, memory).read()
    memory.forget_the_rest()
    return reading


class _Folders:
    def __init__(self, folders: tuple[Path, ...], renderer: Renderer, remembered: Remembered) -> None:
        self.folders = folders
        self.renderer = renderer
        self.remembered = remembered
        self.reports = Reports()
        self.stack = read_stack(folders, self.reports.of)

    def read(self) -> Reading:
        manifest = self.stack.manifest
        drafts = self._drafts(manifest)
        check_ids(drafts, self.stack.layers)
        was = old_slugs(drafts)
        if manifest:
            check_names(manifest, drafts, self.stack.layers)
            check_quizzes(manifest, drafts, self.stack.layers)
        modes = {draft.slug: frozenset(text.mode for text in draft.manuscript.modes if text.mode) for draft in drafts}
        lessons = tuple(self._lesson(draft, number, modes, was) for number, draft in enumerate(drafts, 1))
        if manifest:  # behind the lessons: what other lessons ask is nothing that one of them is made of
            lint_items(manifest, drafts)
        summary = self._summary()
        around = Surroundings("", frozenset(), modes, was)
        terms = [typeset_glossary(entries, around, self.renderer, report) for entries, report in self.stack.terms()]
        found = tuple(sorted({error for report in self.reports.values() for error in report.found}))
        if manifest is None or any(not error.is_warning for error in found):
            return Reading(None, found)
        ids = {lesson.slug: lesson.id for lesson in lessons}
        course = Course(
            id=manifest.id,
            title=manifest.title,
            summary=summary,
            lang=manifest.lang or "en",
            parts=manifest.parts,
            lessons=lessons,
            skills=MappingProxyType(manifest.skills),
            misconceptions=MappingProxyType(manifest.misconceptions),
            glossary=in_order(term for some in terms for term in some),
            quizzes=tuple(quiz_of(declared, ids) for declared in manifest.quizzes),
            policies=MappingProxyType({ids[own.lesson]: own.policy for own in manifest.own}),
        )
        return Reading(course, found)

    def _lesson(
        self, draft: Draft, number: int, modes: Mapping[str, frozenset[Mode]], was: Mapping[str, str]
    ) -> Lesson:
        part = _part_of(draft, self.stack.manifest)
        around = Surroundings(draft.slug, frozenset(draft.shown), modes, was)
        lesson = self.remembered.lesson(
            draft.slug,
            (*draft.made_of, number, part, around),
            self.reports,
            lambda: typeset(draft, number, part, around=around, renderer=self.renderer, report_of=self.reports.of),
        )
        manifest = self.stack.manifest
        return asking_certainty(lesson) if manifest and manifest.certainty else lesson

    def _drafts(self, manifest: Manifest | None) -> list[Draft]:
        """Every lesson that can be read. Without a manifest, which is an error by itself, all folders are lessons."""
        there = lesson_folders(self.folders)
        slugs = manifest.slugs if manifest else tuple(there)
        drafts = []
        for slug in slugs:
            if slug not in there:
                self._tell_missing(slug, [other for other in there if other not in slugs])
            elif draft := read_draft(there[slug], self.reports.of, self.remembered.manuscript):
                drafts.append(draft)
        for slug, folder in there.items():
            if slug not in slugs:
                report = self.reports.of(folder / LESSON_FILE)
                report.add(1, "W20", f"the lesson `{slug}` is in no part of {COURSE_FILE}, so nobody sees it")
        return drafts

    def _tell_missing(self, slug: str, others: list[str]) -> None:
        report, line = self.stack.listing(slug)
        folder = place_of(self.folders, slug)
        if folder.is_symlink():
            message = f"the lesson folder `{slug}` is a symbolic link; put the folder itself there"
        elif folder.is_dir():
            message = f"the lesson folder `{slug}` has no {LESSON_FILE}"
        else:
            close = nearest(slug, others)
            message = f"there is no lesson folder `{slug}`" + (f": did you mean `{close}`?" if close else "")
        if report.path != str(folder.parent / COURSE_FILE) and os.path.lexists(folder):
            # Another folder lists it: what is to be mended is the one that hides that folder's lesson.
            report, line = self.reports.of(folder / LESSON_FILE), 1
        report.add(line, "E22", message)

    def _summary(self) -> Markup:
        told = self.stack.summary()
        if told is None:
            return Markup()
        text, report, line = told
        result = self.renderer.render_all([Fragment(text, None, "line")])[0]
        if isinstance(result, Rendered):
            refuse_numbers(result.numbers, line, report)
            return result.html[0]
        report.add(line, "E30", f"the summary {result.message}")
        return Markup()


def asking_certainty(lesson: Lesson) -> Lesson:
    """The lesson, its questions asking how sure a learner is where they do not say whether they do."""
    return replace(
        lesson,
        items=tuple(
            replace(item, rules=replace(item.rules, certainty=True))
            if item.rules.certainty is None and item.measured is None
            else item
            for item in lesson.items
        ),
    )


def _part_of(draft: Draft, manifest: Manifest | None) -> str:
    parts = manifest.parts if manifest else ()
    return next((part.title for part in parts if draft.slug in part.lessons), "")
