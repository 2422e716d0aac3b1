"""The quizzes that a course sets over its lessons: the `[[quizzes]]` tables of course.toml, and `[quiz]` for the lessons' own.

[[quizzes]]
slug = "mixed"
title = "Mixed questions"
summary = "Five questions, the lessons in turn."     # optional
draw = 5                                             # or: lesson = "first", or: items = ["one", "two"]
per-lesson = 2
lessons = ["first", "second"]
skills = ["event-loop.yield"]
misconceptions = ["async-is-faster"]
policy = "best"                                      # last, first, average
attempts = 3
minutes = 20
opens = 2026-03-01T08:00:00+01:00
closes = 2026-03-08T18:00:00+01:00
feedback = "after submitting"                        # at once

[quiz.first]
policy = "best"                                      # and no limits: those are a [[quizzes]] table's, with its `lesson`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quiz.policies import Policy
from webapp.course.links import SLUG
from webapp.course.report import Report, meant

KEYS = (
    "slug",
    "title",
    "summary",
    "lesson",
    "items",
    "draw",
    "per-lesson",
    "lessons",
    "skills",
    "misconceptions",
    "policy",
    "attempts",
    "minutes",
    "opens",
    "closes",
    "feedback",
)
CONTENTS = ("lesson", "items", "draw")
OF_A_DRAW = ("per-lesson", "lessons", "skills", "misconceptions")
LIMITS = ("attempts", "minutes", "opens", "closes", "feedback")
"""What needs a start and a submission. A lesson's own quiz has neither: it is answered as one reads."""
FEEDBACK = ("at once", "after submitting")
MOST_ITEMS = 200
MOST_ATTEMPTS = 1000
LONGEST_MINUTES = 60 * 24 * 7

_HEAD = re.compile(r"\s*\[\[\s*quizzes\s*\]\]")
_ANY_HEAD = re.compile(r"\s*\[")


@dataclass(frozen=True, slots=True)
class Declared:
    """A `[[quizzes]]` table as it was written; what it names is known to the whole course alone."""

    slug: str
    title: str
    summary: str
    lesson: str | None
    items: tuple[str, ...]
    draw: int | None
    per_lesson: int | None
    lessons: tuple[str, ...]
    skills: tuple[str, ...]
    misconceptions: tuple[str, ...]
    policy: Policy
    attempts: int | None
    minutes: float | None
    opens: datetime | None
    closes: datetime | None
    feedback: str
    lines: Mapping[str, int]
    """Where each key stands, and under the empty name the table itself."""

    def line(self, key: str = "") -> int:
        return self.lines.get(key, self.lines[""])


@dataclass(frozen=True, slots=True)
class Own:
    """By which rule a lesson's own quiz makes its grade."""

    lesson: str
    policy: Policy
    line: int


def read_quizzes(tables: Any, lines: Sequence[str], report: Report) -> tuple[Declared, ...]:
    """Those that can be read; everything else that is wrong goes to course.toml's report."""
    heads = [number for number, line in enumerate(lines, 1) if _HEAD.match(line)]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        report.add(heads[0] if heads else 1, "E21", "the quizzes of a course are tables: `[[quizzes]]`")
        return ()
    taken: dict[str, int] = {}
    found = []
    for at, table in enumerate(tables):
        reading = _Reading(table, lines, heads[at] if at < len(heads) else 1, report)
        declared = reading.read()
        if declared.slug in taken:
            report.add(
                declared.line("slug"),
                "E21",
                f"the quiz `{declared.slug}` stands in line {taken[declared.slug]} already",
            )
        elif declared.slug:
            taken[declared.slug] = declared.line("slug")
            found.append(declared)
    return tuple(found)


def read_own(table: Mapping[str, Any], lines: Sequence[str], report: Report) -> tuple[Own, ...]:
    """The `[quiz.lesson]` tables."""
    found = []
    for slug, options in table.items():
        head = re.compile(rf"""\s*\[\s*quiz\s*\.\s*["']?{re.escape(slug)}["']?\s*\]""")
        line = next((number for number, text in enumerate(lines, 1) if head.match(text)), 1)
        if not isinstance(options, dict):
            report.add(line, "E21", f"the quiz of the lesson `{slug}` is a table: [quiz.{slug}] with a `policy`")
            continue
        reading = _Reading(options, lines, line, report)
        limits = [key for key in LIMITS if key in options]
        for key in limits:
            reading.wrong(
                key,
                f"a lesson's own quiz is answered as one reads, without a start or an end, so it has no `{key}`: "
                f'set one over the lesson, [[quizzes]] with `lesson = "{slug}"` and `{key}`',
            )
        reading.unknown(("policy", *limits), "a lesson's quiz")
        found.append(Own(slug, reading.policy(Policy.LAST), line))
    return tuple(found)


class _Reading:
    def __init__(self, table: Mapping[str, Any], lines: Sequence[str], head: int, report: Report) -> None:
        self.table = table
        self.head = head
        self.report = report
        end = next((at for at in range(head, len(lines)) if _ANY_HEAD.match(lines[at])), len(lines))
        own = list(enumerate(lines[head:end], head + 1))
        self.lines = {"": head} | {
            key: next((at for at, line in own if re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line)), head)
            for key in table
        }

    def read(self) -> Declared:
        self.unknown(KEYS, "a quiz")
        self._contents()
        opens, closes = self._time("opens"), self._time("closes")
        if opens and closes and closes <= opens:
            self.wrong("closes", "the quiz closes before it opens")
        return Declared(
            slug=self._slug(),
            title=self._text("title", required=True),
            summary=self._text("summary"),
            lesson=self._text("lesson") or None,
            items=self._names("items"),
            draw=self._count("draw", MOST_ITEMS),
            per_lesson=self._count("per-lesson", MOST_ITEMS),
            lessons=self._names("lessons"),
            skills=self._names("skills"),
            misconceptions=self._names("misconceptions"),
            policy=self.policy(Policy.BEST),
            attempts=self._count("attempts", MOST_ATTEMPTS),
            minutes=self._minutes(),
            opens=opens,
            closes=closes,
            feedback=self._one_of("feedback", FEEDBACK, FEEDBACK[0]),
            lines=self.lines,
        )

    def unknown(self, known: Sequence[str], subject: str) -> None:
        for key in self.table:
            if key not in known:
                self.wrong(key, f"unknown key `{key}` of {subject}: {meant(key, known)}")

    def policy(self, default: Policy) -> Policy:
        return Policy(self._one_of("policy", tuple(Policy), default))

    def line(self, key: str) -> int:
        return self.lines.get(key, self.head)

    def wrong(self, key: str, message: str) -> None:
        self.report.add(self.line(key), "E21", message)

    def _contents(self) -> None:
        said = [key for key in CONTENTS if key in self.table]
        if len(said) != 1:
            self.wrong(
                said[1] if said else "",
                "a quiz says once what is in it: `lesson` (a lesson's items), `items` (their ids) or `draw` (how many are drawn)",
            )
        for key in OF_A_DRAW:
            if key in self.table and "draw" not in self.table:
                self.wrong(key, f"`{key}` is for items that are drawn: say how many with `draw`")

    def _slug(self) -> str:
        slug = self._text("slug", required=True)
        if slug and not SLUG.fullmatch(slug):
            self.wrong("slug", f"the slug `{slug}` is not small letters, digits and hyphens")
            return ""
        return slug

    def _text(self, key: str, *, required: bool = False) -> str:
        value = self.table.get(key, None if required else "")
        if value is None:
            self.wrong(key, f"a quiz has no `{key}`")
            return ""
        if not isinstance(value, str) or (key in self.table and not value.strip()) or "\n" in value.strip():
            self.wrong(key, f"`{key}` of a quiz is a text of one line")
            return ""
        return value.strip()

    def _names(self, key: str) -> tuple[str, ...]:
        names = self.table.get(key, [])
        is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if not is_list or (key in self.table and not names):
            self.wrong(key, f'`{key}` of a quiz is a list of names: {key} = ["one", "two"]')
            return ()
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.wrong(key, f"`{name}` stands twice in `{key}`")
        return tuple(dict.fromkeys(names))

    def _count(self, key: str, most: int) -> int | None:
        value = self.table.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.wrong(key, f"`{key}` of a quiz is a whole number from 1 to {most}")
            return None
        return value

    def _minutes(self) -> float | None:
        value = self.table.get("minutes")
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LONGEST_MINUTES:
            self.wrong("minutes", f"`minutes` of a quiz is a number above 0, {LONGEST_MINUTES} at the most (a week)")
            return None
        return float(value)

    def _time(self, key: str) -> datetime | None:
        value = self.table.get(key)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.wrong(key, f"`{key}` is a time with its zone, without quotes: {key} = 2026-03-01T08:00:00+01:00")
            return None
        return value

    def _one_of(self, key: str, known: Sequence[str], default: str) -> str:
        value = self.table.get(key, default)
        if value in known:
            return str(value)
        self.wrong(key, f"`{value}` is no {key} of a quiz: {meant(str(value), known)}")
        return default
