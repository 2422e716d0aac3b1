"""The Jinja environment: the names and filters that every template may use. It computes nothing about a learner.

A page is rendered once for everybody. What belongs to one learner is left as a hole: `hole("next")` writes a marker,
and `webapp.page` splits the page at the markers and fills them for each request. A marker holds NUL bytes, which no
HTML may contain: whatever text is put into a template leaves its own behind, so nothing that an author writes or a
stranger asks for can look like one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

NOTHING = "–"
"""Stands where there is no number, because nothing was measured."""

NO_BREAK = "\u00a0"

_HOLE_NAME = re.compile(r"[a-z0-9][a-z0-9_:.-]*")


def environment(
    templates: Path,
    *,
    url_for: Callable[..., str],
    static: Callable[[str], str],
    course: str,
    lang: str = "en",
    glossary: Sequence[object] = (),
) -> Environment:
    """The templates below a folder, escaped, strict about names, with `course` (title), `lang` and `glossary` of the course."""
    env = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_unmarked,
    )
    env.globals.update(url_for=url_for, static=static, hole=hole, course=course, lang=lang, glossary=glossary)
    env.filters.update(
        seconds=seconds,
        two_digits=two_digits,
        three_digits=three_digits,
        significant=significant,
        count=count,
        ratio=ratio,
        times=times,
        percent=percent,
        signed=signed,
        points=points,
        moment=moment,
        day=day,
        date=calendar_date,
        inline_code=inline_code,
        mode_label=mode_label,
        in_sentence=in_sentence,
    )
    return env


def hole(name: str) -> Markup:
    """The marker of one place of a page that is filled for each learner. Allowed inside an attribute too."""
    if not _HOLE_NAME.fullmatch(name):
        raise ValueError(f"not a name of a hole: {name!r}")
    return Markup("\x00hole:" + name + "\x00")  # noqa: S704 -- the name was just matched: letters, digits and - _ : .


def _unmarked(value: object) -> object:
    """What is put into a template; markup of ours may hold markers, and a text may not."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if type(value) is str and "\0" in value else value


def seconds(value: float | None) -> str:
    """A duration as it is read: 0.0314 is "31 ms", 0.2 is "0.20 s", 12.34 is "12.3 s". No line breaks before the unit."""
    if value is None:
        return NOTHING
    milliseconds = value * 1000
    if round(milliseconds) < 100:
        digits = 1 if 0 < round(milliseconds, 1) < 1 else 0
        return f"{milliseconds:.{digits}f}{NO_BREAK}ms"
    return f"{value:.2f}{NO_BREAK}s" if round(value, 2) < 10 else f"{value:.1f}{NO_BREAK}s"


def count(value: float | None) -> str:
    """A number of things, with separators: 1234 is "1,234". Fractions keep one digit below 100."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value == int(value) or round(value, 1) >= 100 else f"{value:.1f}"


def ratio(value: float | None) -> str:
    """How many times: 18.43 is "18×", 2.31 is "2.3×"."""
    if value is None:
        return NOTHING
    return f"{value:.1f}×" if round(value, 1) < 10 else f"{value:.0f}×"


def significant(value: float | None, digits: int = 2) -> str:
    """As many digits as a measurement bears: 4.871 is "4.9", 117.3 is "120", 0.0213 is "0.021"."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return f"{round(value, places):,.{max(0, places)}f}"


def two_digits(value: float | None, digits: int = 2) -> str:
    """A duration in a sentence: 4.871 is "4.9 s", 0.2134 is "210 ms", 0.00042 is "0.42 ms"."""
    if value is None:
        return NOTHING
    if value and float(f"{value:.{digits - 1}e}") < 1:
        return f"{significant(value * 1000, digits)}{NO_BREAK}ms"
    return f"{significant(value, digits)}{NO_BREAK}s"


def three_digits(value: float | None) -> str:
    """A duration where it is looked at closely: 0.2134 is "213 ms"."""
    return two_digits(value, 3)


def times(value: float | None) -> str:
    """A ratio in a sentence: 21.4 is "21 times", 1.52 is "1.5 times"."""
    return NOTHING if value is None else f"{significant(value)}{NO_BREAK}times"


def points(value: float) -> str:
    """Points of a score: 4.0 is "4", 2.5 is "2.5", a third is "0.33"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def moment(value: datetime) -> str:
    """A moment as it is read anywhere: 3 May 2026, 14:05 UTC."""
    there = value.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M} UTC"


def percent(share: float | None) -> str:
    """A share of one: 0.4567 is "46%"."""
    return NOTHING if share is None else f"{100 * share:.0f}%"


def signed(value: float | None, digits: int = 0) -> str:
    """A number that may lie on either side of 0: -7.07 is "−7", 0.301 with two digits is "+0.30"."""
    if value is None:
        return NOTHING
    text = f"{value:+.{digits}f}"
    return text.replace("-", "\u2212") if float(text) else text[1:]


def day(value: date) -> str:
    """A day as it is read: "Thursday, 12 March". The year goes without saying."""
    return f"{value:%A}, {value.day} {value:%B}"


def calendar_date(value: datetime) -> str:
    """A day that is kept for good, as it is read anywhere: 3 May 2026, in UTC."""
    there = value.astimezone(UTC)
    return f"{there.day} {there:%B %Y}"


def inline_code(text: str) -> Markup:
    """A sentence of course.toml or about an author's error, what stands between backticks as code."""
    parts = (escape(_unmarked(part)) for part in text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def mode_label(mode: str) -> str:
    """The name of a mode as a reader sees it."""
    return mode.capitalize()


def in_sentence(label: str) -> str:
    """A label inside a sentence: "Each request waits" is "each request waits", while "CPU time" stays as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
