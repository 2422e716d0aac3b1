"""What only the whole course knows of its quizzes: whether the lessons, items, skills and wrong ideas that they name exist, and
whether there are enough items to draw from. Makes the quiz of a course from what was declared.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from quiz.items import Item
from quiz.quizzes import ASKED, Content, Feedback, Mixed, Named, OfLesson, Pool, Quiz, pool_of
from webapp.course.drafts import Draft
from webapp.course.manifest import Manifest
from webapp.course.quizzes import Declared
from webapp.course.report import Report, meant
from webapp.course.stack import Layer


def check_quizzes(manifest: Manifest, drafts: Sequence[Draft], layers: Iterable[Layer]) -> None:
    """Tells the course.toml that declares a quiz. `manifest` is what the layers say together."""
    pool = pool_of((draft.slug, _items(draft)) for draft in drafts)
    readable = {draft.slug for draft in drafts if all(error.is_warning for error in draft.report.found)}
    whole = readable >= set(manifest.slugs)
    for layer in layers:
        for declared in layer.manifest.quizzes if layer.manifest else ():
            if declared in manifest.quizzes:
                _Checking(declared, manifest, pool, layer.report, whole=whole).check()
        for own in layer.manifest.own if layer.manifest else ():
            if own.lesson not in manifest.slugs:
                layer.report.add(own.line, "E21", f"no lesson `{own.lesson}`: {meant(own.lesson, manifest.slugs)}")


def quiz_of(declared: Declared, ids: Mapping[str, str]) -> Quiz:
    """`ids`: what each slug's lesson is stored under."""
    content: Content
    if declared.lesson is not None:
        content = OfLesson(ids[declared.lesson])
    elif declared.draw is None:
        content = Named(declared.items)
    else:
        content = Mixed(
            declared.draw,
            tuple(ids[slug] for slug in declared.lessons),
            frozenset(declared.skills),
            frozenset(declared.misconceptions),
            declared.per_lesson,
        )
    return Quiz(
        slug=declared.slug,
        title=declared.title,
        content=content,
        summary=declared.summary,
        policy=declared.policy,
        attempts=declared.attempts,
        minutes=declared.minutes,
        opens=declared.opens,
        closes=declared.closes,
        feedback=cast("Feedback", declared.feedback),
        line=declared.line(),
    )


class _Checking:
    def __init__(self, declared: Declared, manifest: Manifest, pool: Pool, report: Report, *, whole: bool) -> None:
        """`whole`: whether every lesson could be read without an error, so that an item that is missing is missing."""
        self.declared = declared
        self.manifest = manifest
        self.pool = pool
        self.report = report
        self.whole = whole

    def check(self) -> None:
        declared, manifest = self.declared, self.manifest
        before = len(self.report.found)
        named = (declared.lesson,) if declared.lesson else ()
        self._names("lesson", named, manifest.slugs, "lesson")
        self._names("lessons", declared.lessons, manifest.slugs, "lesson")
        self._names("skills", declared.skills, tuple(manifest.skills), "skill")
        self._names("misconceptions", declared.misconceptions, tuple(manifest.misconceptions), "misconception")
        if not self.whole:
            return
        self._names("items", declared.items, tuple(self.pool), "item")
        for name in declared.items:
            if name in self.pool and self.pool[name][1].kind not in ASKED:
                self._wrong("items", f"`{name}` is a prediction, which belongs to its lab: a quiz cannot ask it")
        if len(self.report.found) == before:
            self._count()

    def _count(self) -> None:
        """Whether it asks anything, and a draw has enough."""
        quiz = quiz_of(self.declared, {slug: slug for slug in self.manifest.slugs})
        if isinstance(quiz.content, Mixed):
            most = quiz.content.most(self.pool)
            if most < quiz.content.count:
                self._wrong(
                    "draw", f"{quiz.content.count} items are to be drawn, and {most} fit: ask for fewer, or for less"
                )
        elif isinstance(quiz.content, OfLesson) and not quiz.content.choose(self.pool, random.Random(0)):  # noqa: S311  # no chance in it
            self._wrong("lesson", f"the lesson `{self.declared.lesson}` has no item that a quiz can ask")

    def _names(self, key: str, names: Iterable[str], known: Sequence[str], what: str) -> None:
        for name in names:
            if name not in known:
                self._wrong(key, f"no {what} `{name}`: {meant(name, known)}")

    def _wrong(self, key: str, message: str) -> None:
        self.report.add(self.declared.line(key), "E21", f"the quiz `{self.declared.slug}`: {message}")


def _items(draft: Draft) -> Sequence[Item]:
    return draft.manuscript.items
