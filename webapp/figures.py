"""Figures over a lab: what a learner's own runs show, and until there is one, what this server or the author measured.

Both are conclusions from runs, and never mixed in one figure: with their first run, a reader's own take the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from webapp.course.course import Lesson
from webapp.labs.claims import Setting
from webapp.labs.lab import Lab
from webapp.labs.measurement import Measured, Series
from webapp.labs.protocol import HOLD_BUDGET_SECONDS
from webapp.progress import Standing, Url
from webapp.repeats import FIGURES, ends_of, gain, overlap, ratio
from webapp.runs import comparable
from webapp.views.figures import FigureView, MeasuredView
from webapp.views.labs import LabView, SpreadView, VariantView
from webapp.views.runs import Figures, Tone

FROM_MEASUREMENTS = ("impact", "programs", "comparison")
"""The others draw single requests, which a measurement does not keep."""


def figure_view(lesson: Lesson, figure_id: str, lab: LabView | None, standing: Standing, url: Url) -> FigureView:
    """From the learner's own runs; of a figure of the page, which has no lab, its frame."""
    figure = next(figure for figure in lesson.figures if figure.id == figure_id)
    facts = standing.runs.get((lesson.id, figure.lab), ())
    is_comparable = comparable([variant.run for variant in lab.variants if variant.run] if lab else [])
    walls = {run.variant: run.wall for run in facts if run.wall} if is_comparable else {}
    ends = ends_of(facts) if is_comparable else None
    slowest, fastest = _outermost(walls)
    return FigureView(
        id=figure.id,
        show=figure.show,
        title=figure.title,
        url=url("figure", slug=lesson.slug, figure=figure.id),
        lab=lab,
        comparable=is_comparable,
        slowest=slowest,
        fastest=fastest,
        ratio=ratio(facts) if is_comparable else None,
        withheld=ends is not None and overlap(*ends),
    )


def with_measurement(view: FigureView, lab: Lab, measured: Measured | None, *, is_own: bool) -> FigureView:
    """The figure as it was measured with the lab's own numbers, as long as the learner has no run of any program there."""
    if measured is None or view.show not in FROM_MEASUREMENTS or view.lab is None:
        return view
    if any(variant.run for variant in view.lab.variants):
        return view
    found = {variant.name: series for variant in lab.variants if (series := _at_defaults(lab, variant.name, measured))}
    if len(found) < len(lab.variants):
        return view
    spreads = {name: _spreads(series) for name, series in found.items()}
    walls = {name: spread["wall"] for name, spread in spreads.items()}
    inner = sorted(walls.values(), key=lambda wall: wall.median)
    ends = (inner[-1], inner[0]) if len(inner) > 1 else None
    slowest, fastest = _outermost(walls)
    is_withheld = ends is not None and overlap(*ends)
    return replace(
        view,
        lab=replace(
            view.lab,
            variants=tuple(
                _variant(variant, found[variant.name], spreads[variant.name], gain(walls[variant.name], ends))
                for variant in view.lab.variants
            ),
        ),
        comparable=True,
        slowest=slowest,
        fastest=fastest,
        ratio=ends[0].median / ends[1].median if ends and not is_withheld and ends[1].median > 0 else None,
        withheld=is_withheld,
        measured=MeasuredView(
            repeats=min(series.repeats for series in found.values()),
            requests=int(lab.requests.default),
            parameters=tuple(
                (parameter.label, parameter.in_words(parameter.range.default)) for parameter in lab.parameters
            ),
            is_own=is_own,
        ),
    )


def _outermost(walls: Mapping[str, SpreadView]) -> tuple[str | None, str | None]:
    """The slowest and the fastest, by medians, of at least two."""
    if len(walls) < 2:
        return None, None
    return max(walls, key=lambda name: walls[name].median), min(walls, key=lambda name: walls[name].median)


def _at_defaults(lab: Lab, variant: str, measured: Measured) -> Series | None:
    spec = lab.spec(variant)
    series = measured.find(lab, Setting(variant, spec.requests, tuple(sorted(spec.parameters.items()))))
    return series if series and series.is_enough and "wall" in series.values else None


def _spreads(series: Series) -> dict[str, SpreadView]:
    found = {name: series.values[name] for name in FIGURES if name in series.values}
    return {name: SpreadView(one.low, one.median, one.high) for name, one in found.items()}


def _variant(
    variant: VariantView, series: Series, spreads: Mapping[str, SpreadView], gained: float | None
) -> VariantView:
    figures = _figures(series)
    return replace(variant, tone=_tone(figures), gain=gained, repeats=series.repeats, spreads=spreads, measured=figures)


def _figures(series: Series) -> Figures:
    """The medians, as the figures of one run."""
    median = {name: spread.median for name, spread in series.values.items()}
    return Figures(
        wall=median["wall"],
        p50=median.get("p50"),
        p95=median.get("p95"),
        throughput=median.get("throughput"),
        max_hold=median.get("max_hold", 0.0),
        max_lag=median.get("max_lag", 0.0),
        peak_tokens=int(median.get("peak_tokens", 0)),
        peak_in_flight=int(median.get("peak_in_flight", 0)),
        bystander_p95=median.get("bystander_p95"),
        errors=int(median.get("errors", 0)),
        finished=int(median.get("finished", 0)),
        requests=series.setting.requests,
        bystanders=0,
        bystanders_waited=0,
        bystander_max=median.get("bystander_max"),
        tokens_total=0,
    )


def _tone(figures: Figures) -> Tone:
    if figures.max_hold > HOLD_BUDGET_SECONDS:
        return "hold"
    return "thread" if figures.peak_tokens else "flow"
