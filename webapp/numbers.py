"""Bound numbers as a reader sees them: the measured median with its unit, and what it was measured with.

Rendered once for all readers when a course is served or a measurement comes in; a page only puts the text into its hole. Which
measurement counts for a lesson: this server's own, if that is complete for the programs and versions that run here, else its
author's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment as Templates
from jinja2 import Template

from webapp.course.course import BoundNumber, Course, Lesson
from webapp.course.measured import is_complete
from webapp.labs.claims import Term
from webapp.labs.lab import ASYNCIO, Lab
from webapp.labs.measurement import Measured, Measurement, Series, this_environment
from webapp.labs.numbers import Spread
from webapp.views.figures import NumberView

NAMES = {"anyio": "AnyIO", "fastapi": "FastAPI", "starlette": "Starlette", "uvicorn": "Uvicorn"}

_ANCHOR = "\x01"


@dataclass(frozen=True, slots=True)
class Number:
    """`html` wants the anchor of a place in its page put in; `plain` stands where nothing can be pressed."""

    html: str
    plain: str
    lesson: Lesson | None = None
    labs: frozenset[str] = frozenset()
    """Of the lesson: what the number tells something of."""

    def at(self, anchor: str) -> str:
        """Empty `anchor`: as plain text."""
        return self.html.replace(_ANCHOR, anchor) if anchor else self.plain


class Numbers:
    """By expression, which means the same wherever it stands in a course."""

    def __init__(self, course: Course, own: Mapping[str, Measurement], templates: Templates) -> None:
        """`own`: this server's measurements, by lesson id."""
        template = templates.get_template("_number.html")
        self._known: dict[str, Number] = {}
        self._measured: dict[str, tuple[Measured | None, bool]] = {}
        for lesson in course.lessons:
            mine = own.get(lesson.id)
            is_own = is_complete(lesson, mine, this_environment())
            measurement = mine if is_own else lesson.measured
            self._measured[lesson.id] = (_shown(measurement, is_own=is_own), is_own)
            for number in lesson.numbers:
                view = number_view(number, lesson, measurement, is_own=is_own)
                labs = frozenset(lab for lab, _ in number.bound.terms)
                self._known[number.expression] = _rendered(template, view, lesson, labs)
        self.foretold = _rendered(template, NumberView(unit=None, is_foretold=True))
        """What stands in the place of a number that its reader is still to predict."""

    def __getitem__(self, expression: str) -> Number:
        return self._known[expression]

    def measured(self, lesson: str) -> tuple[Measured | None, bool]:
        """What a lesson's numbers and figures are taken from, by its id, and whether this server measured it."""
        return self._measured[lesson]


def _rendered(
    template: Template, view: NumberView, lesson: Lesson | None = None, labs: frozenset[str] = frozenset()
) -> Number:
    return Number(
        template.render(number=view, anchor=_ANCHOR).strip(),
        template.render(number=view, anchor="").strip(),
        lesson,
        labs,
    )


def number_view(number: BoundNumber, lesson: Lesson, measurement: Measurement | None, *, is_own: bool) -> NumberView:
    measured = _shown(measurement, is_own=is_own)
    labs = {lab.id: lab for lab in lesson.labs}
    found = {
        (lab, term): series
        for lab, term in number.bound.terms
        if measured and (series := measured.find(labs[lab], term.setting))
    }

    def known(lab: str, term: Term) -> Spread | None:
        return found[lab, term].spread(term) if (lab, term) in found else None

    spread = number.bound.value(known)
    if spread is None or measurement is None or measured is None:
        return NumberView(unit=number.bound.unit)
    environment, machine = measured.environment, measurement.machine
    return NumberView(
        unit=number.bound.unit,
        low=spread.low,
        median=spread.median,
        high=spread.high,
        repeats=min(series.repeats for series in found.values()),
        conditions=tuple(dict.fromkeys(_conditions(labs[lab], series) for (lab, _), series in found.items())),
        is_own=is_own,
        machine=f"{machine.processor}, {machine.cores} processor{'' if machine.cores == 1 else 's'}, {machine.system}",
        versions=(
            f"Python {environment.python}",
            environment.loop,
            *(f"{NAMES.get(name, name)} {version}" for name, version in sorted(environment.versions.items())),
        ),
    )


def _shown(measurement: Measurement | None, *, is_own: bool) -> Measured | None:
    """What of a measurement a page shows: these versions where they were measured, else the first that were."""
    if measurement is None:
        return None
    return measurement.of(this_environment(ASYNCIO)) or (None if is_own else measurement.first)


def _conditions(lab: Lab, series: Series) -> tuple[str, int, tuple[tuple[str, str], ...]]:
    """Label, requests, and each parameter's label and value."""
    setting = series.setting
    chosen = dict(setting.parameters)
    return (
        lab.variant(setting.variant).label,
        setting.requests,
        tuple((parameter.label, parameter.in_words(chosen[parameter.name])) for parameter in lab.parameters),
    )
