"""course.toml: what the course is called, which lessons it has in which order, what it practises and what it cures.

id = "interleave"
title = "Concurrency for FastAPI"
summary = "One line of Markdown."
lang = "en"
certainty = false
retired = ["an-old-question"]

[[parts]]
title = "Waiting"
lessons = ["concurrent-tasks"]

[skills]
"event-loop.yield" = "One sentence."

[misconceptions.async-is-faster]
text = "One sentence, as somebody who holds it would say it."
cure = "concurrent-tasks"

[glossary]
"event loop" = "One sentence, inline Markdown."

[lint-ok]
W17 = "The reason, one sentence."

The tables of quizzes are shown in `webapp.course.quizzes`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.course.block_options import BLOCK_ID
from webapp.course.course import Misconception, Part
from webapp.course.glossary import Entry, read_glossary
from webapp.course.links import SLUG
from webapp.course.quizzes import Declared, Own, read_own, read_quizzes
from webapp.course.report import Report, meant

COURSE_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
NAME = re.compile(r"[a-z][a-z0-9.-]{0,63}")
_LANG = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

REQUIRED = ("id", "title", "summary")
_TABLES = ("parts", "skills", "misconceptions", "glossary", "quizzes", "quiz", "lint-ok")
_KEYS = (*REQUIRED, "lang", "certainty", "retired", *_TABLES)


@dataclass(frozen=True, slots=True)
class Manifest:
    id: str = ""
    title: str = ""
    summary: str = ""
    summary_line: int = 1
    lang: str = ""
    """Empty where it is not said."""
    certainty: bool | None = None
    """Whether questions ask how sure a learner is, where they do not say so themselves; None where it is not said."""
    retired: dict[str, int] = field(default_factory=dict)
    """Ids that nothing in the course may have any more, and their lines."""
    parts: tuple[Part, ...] = ()
    skills: dict[str, str] = field(default_factory=dict)
    misconceptions: dict[str, Misconception] = field(default_factory=dict)
    glossary: tuple[Entry, ...] = ()
    waivers: dict[str, str] = field(default_factory=dict)
    """Why a warning about the whole course is none, by its code."""
    quizzes: tuple[Declared, ...] = ()
    own: tuple[Own, ...] = ()
    """Rules of lessons' own quizzes."""
    lines: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    """The keys that are there, whatever they hold."""

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(slug for part in self.parts for slug in part.lessons)

    def line_of(self, text: str) -> int:
        """The first line with this text in quotes; TOML tells no lines, and a slug stands there once."""
        return _line(self.lines, rf"""["']{re.escape(text)}["']""")

    @property
    def retired_line(self) -> int:
        """Where the list of retired ids begins, or would."""
        return _line(self.lines, r"\s*retired\s*=")

    def line_declaring(self, name: str) -> int:
        """Where a skill, a misconception or a waiver of this name begins."""
        quoted = rf"""["']?{re.escape(name)}["']?"""
        return _line(self.lines, rf"""\s*(?:{quoted}\s*=|\[\s*misconceptions\s*\.\s*{quoted}\s*\])""")


def read_manifest(lines: Sequence[str], report: Report, *, whole: bool = True) -> Manifest | None:
    """None where the file is not TOML; else what could be read, and the rest in the report. A `whole` one lacks nothing that a
    course needs; one of several that make a course together may."""
    try:
        data = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as problem:
        place = _TOML_PLACE.search(str(problem))
        line = int(place[1]) if place and place[1] else max(1, len(lines) - (not lines[-1].strip()))
        report.add(line, "E20", f"this is not TOML: {_TOML_PLACE.sub('', str(problem))}")
        return None
    except RecursionError:
        report.add(1, "E20", "this TOML is nested too deeply")
        return None
    return _Reading(lines, report, whole).read(data)


class _Reading:
    def __init__(self, lines: Sequence[str], report: Report, whole: bool) -> None:
        self.lines = lines
        self.report = report
        self.whole = whole

    def read(self, data: dict[str, Any]) -> Manifest:
        self.unknown(data, _KEYS, "course.toml", 1)
        course_id = self.text(data, "id", "course.toml", 1, required=self.whole)
        if course_id and not COURSE_ID.fullmatch(course_id):
            self.wrong(self.key("id"), f"the id `{course_id}` is not small letters, digits and hyphens, a letter first")
        lang = self.text(data, "lang", "course.toml", 1)
        if lang and not _LANG.fullmatch(lang):
            self.wrong(self.key("lang"), f"`{lang}` is no language tag such as `en` or `pt-BR`")
        return Manifest(
            id=course_id,
            title=self.text(data, "title", "course.toml", 1, required=self.whole),
            summary=self.text(data, "summary", "course.toml", 1, required=self.whole),
            summary_line=self.key("summary"),
            lang=lang,
            certainty=self.certainty(data),
            retired=self.retired(data),
            parts=self.parts(data),
            skills=self.skills(data),
            misconceptions=self.misconceptions(data),
            glossary=read_glossary(self.table(data, "glossary"), self.lines, self.report),
            waivers=self.waivers(data),
            quizzes=read_quizzes(data.get("quizzes", []), self.lines, self.report),
            own=read_own(self.table(data, "quiz"), self.lines, self.report),
            lines=tuple(self.lines),
            given=frozenset(data),
        )

    def certainty(self, data: dict[str, Any]) -> bool | None:
        value = data.get("certainty")
        if value is None or isinstance(value, bool):
            return value
        self.wrong(self.key("certainty"), "certainty is `true` where questions ask how sure a learner is, else `false`")
        return None

    def retired(self, data: dict[str, Any]) -> dict[str, int]:
        ids, line = data.get("retired", []), self.key("retired")
        if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
            self.wrong(line, 'retired is a list of ids: retired = ["an-old-question"]')
            return {}
        found: dict[str, int] = {}
        for name in ids:
            at = _line(self.lines, rf"""["']{re.escape(name)}["']""", after=line)
            if not BLOCK_ID.fullmatch(name):
                self.wrong(at, f"`{name}` in `retired` is no id: small letters, digits and hyphens, a letter first")
            elif name in found:
                self.wrong(at, f"the id `{name}` is retired twice")
            else:
                found[name] = at
        return found

    def parts(self, data: dict[str, Any]) -> tuple[Part, ...]:
        tables = data.get("parts")
        if tables is None and not self.whole:
            return ()
        if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
            self.wrong(self.key("parts") if "parts" in data else 1, "course.toml has at least one part: `[[parts]]`")
            return ()
        heads = [number for number, line in enumerate(self.lines, 1) if re.match(r"\s*\[\[\s*parts\s*\]\]", line)]
        parts = []
        listed: list[str] = []
        for index, table in enumerate(tables):
            line = heads[index] if index < len(heads) else self.key("parts")
            self.unknown(table, ("title", "lessons"), "a part", line)
            title = self.text(table, "title", "a part", line, required=True)
            parts.append(Part(title, tuple(self.lessons(table, line, listed))))
        return tuple(parts)

    def lessons(self, table: dict[str, Any], line: int, listed: list[str]) -> Iterable[str]:
        slugs = table.get("lessons")
        if not isinstance(slugs, list) or not slugs or not all(isinstance(slug, str) for slug in slugs):
            self.wrong(line, 'a part has `lessons`, a list of folder names: lessons = ["first", "second"]')
            return
        for slug in slugs:
            at = _line(self.lines, rf"""["']{re.escape(slug)}["']""", after=line)
            if not SLUG.fullmatch(slug):
                self.report.add(at, "E22", f"`{slug}` is not a lesson's folder: small letters, digits and hyphens")
            elif slug in listed:
                self.wrong(at, f"the lesson `{slug}` is listed twice")
            else:
                listed.append(slug)
                yield slug

    def skills(self, data: dict[str, Any]) -> dict[str, str]:
        table = self.table(data, "skills")
        # An unquoted `event-loop.yield = …` is a table inside a table to TOML; an author means the name with its dot.
        flat = dict(_flattened(table))
        for name, sentence in flat.items():
            line = self.key(name)
            if not NAME.fullmatch(name):
                self.wrong(line, f"the skill `{name}` is not small letters, digits, hyphens and dots, a letter first")
            if not isinstance(sentence, str) or not sentence.strip():
                self.wrong(line, f"the skill `{name}` is one sentence")
        return {name: str(sentence) for name, sentence in flat.items()}

    def misconceptions(self, data: dict[str, Any]) -> dict[str, Misconception]:
        found = {}
        for name, table in self.table(data, "misconceptions").items():
            line = _line(self.lines, rf"""\s*\[\s*misconceptions\s*\.\s*["']?{re.escape(name)}["']?\s*\]""")
            subject = f"the misconception `{name}`"
            if not isinstance(table, dict):
                self.wrong(self.key(name), f"{subject} is a table: [misconceptions.{name}] with `text` and `cure`")
                continue
            if not NAME.fullmatch(name):
                self.wrong(line, f"{subject} is not named with small letters, digits and hyphens, a letter first")
            self.unknown(table, ("text", "cure"), subject, line)
            text = self.text(table, "text", subject, line, required=True)
            found[name] = Misconception(name, text, self.text(table, "cure", subject, line) or None)
        return found

    def waivers(self, data: dict[str, Any]) -> dict[str, str]:
        table = self.table(data, "lint-ok")
        return {code: self.text(table, code, "`[lint-ok]`", self.key("lint-ok")) for code in table}

    def table(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        table = data.get(key, {})
        if isinstance(table, dict):
            return table
        self.wrong(self.key(key), f"`{key}` is a table: [{key}]")
        return {}

    def text(self, table: Mapping[str, Any], key: str, subject: str, line: int, *, required: bool = False) -> str:
        if key not in table:
            if required:
                self.wrong(line, f"{subject} has no `{key}`")
            return ""
        value = table[key]
        if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
            self.wrong(self.key(key, after=line), f"`{key}` of {subject} is a text of one line")
            return ""
        return value.strip()

    def unknown(self, table: Mapping[str, Any], known: Sequence[str], subject: str, line: int) -> None:
        for key in table:
            if key not in known:
                self.wrong(self.key(key, after=line), f"unknown key `{key}` of {subject}: {meant(key, known)}")

    def key(self, name: str, *, after: int = 1) -> int:
        """The line that gives this key a value or opens its table."""
        quoted = rf"""["']?{re.escape(name)}["']?"""
        return _line(self.lines, rf"""\s*(?:{quoted}\s*[=.]|\[\[?\s*{quoted}\s*[\].])""", after=after)

    def wrong(self, line: int, message: str) -> None:
        self.report.add(line, "E21", message)


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _line(lines: Sequence[str], pattern: str, *, after: int = 1) -> int:
    """The number of the first line from `after` on where the pattern is found, else `after`."""
    search = re.compile(pattern).match if pattern.startswith(r"\s*") else re.compile(pattern).search
    return next((number for number, line in enumerate(lines, 1) if number >= after and search(line)), after)
