"""A prediction as its learner sees it: the form, then the run, then prediction, measurement and explanation side by side.

Nothing of a model is told before the run that decides about it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from quiz import fitting
from quiz.items import Correctness, Item, option_order
from quiz.measured import Measured, Model, Observed
from quiz.predictions import Commitment
from quiz.scoring import score
from webapp.course.course import ItemMarkup, Lesson
from webapp.course.predicted import METRICS
from webapp.items import Error
from webapp.labs.lab import Lab
from webapp.predictions import Standing, met
from webapp.progress import Url
from webapp.runs import numbers_in_words
from webapp.views.labs import LabView
from webapp.views.predictions import Mark, ModelView, PredictionResult, PredictionView

BESIDE = 1.5
"""How far beyond its outermost marks an axis goes, as a factor."""


def view(
    standing: Standing,
    item: Item,
    *,
    seed: str,
    hints_open: int,
    action: str,
    hint_action: str,
    refresh: str,
    page: str,
    compact: bool,
    lab: LabView | None,
    ahead: str | None,
    disturbed: bool,
    given: tuple[str, ...] = (),
    error: Error | None = None,
    reader: str = "",
    url: Url,
) -> PredictionView:
    """The item with this learner's state. `given` is what a form brought back that was not taken."""
    lesson, asked = standing.lesson, _asked(item)
    markup = lesson.markup[item.id]
    made = standing.made.get(item.id, ())
    phase, following = standing.phase(item), standing.next_setting(item)
    results = tuple(_result(one, lesson, markup, url) for one in made if one.observed)
    waiting = made[-1] if made and made[-1].waits else None
    whole = waiting.setting if waiting else standing.whole(item, following or asked.setting)
    places = given if sorted(given) == sorted(asked.variants) else _shuffled(item, seed)
    labels = {variant.name: variant.label for variant in standing.lab(item).variants}
    first = results[0] if results else None
    return PredictionView(
        id=item.id,
        number=lesson.items.index(item) + 1,
        of=len(lesson.items),
        stem=markup.stem,
        body=markup.body,
        hints=markup.hints if results else markup.hints[:hints_open],
        hints_left=0 if made else max(0, len(markup.hints) - hints_open),
        points=item.points,
        action=action,
        hint_action=hint_action,
        refresh=refresh,
        page=page,
        compact=compact,
        shown=item.shown_hash,
        attempt=standing.attempt,
        phase=phase,
        seq=waiting.seq if waiting else len(made) + 1,
        practice=bool(following and made),
        metric=asked.metric,
        unit=METRICS[asked.metric].unit,
        setting=_setting(standing.lab(item), whole),
        variants=tuple((name, labels[name]) for name in places),
        is_order=asked.is_order,
        given=given[0] if given and not asked.is_order else "",
        predicted=waiting.predicted.number if waiting else None,
        order=tuple(labels.get(name, name) for name in waiting.value) if waiting and asked.is_order else (),
        note=made[0].note if made else "",
        error=error if error in ("no-number", "no-order", "out-of-date", "too-late") else None,
        lab=lab,
        ahead=ahead,
        disturbed=disturbed,
        results=results,
        earned=(_score(made[0], item) or (0.0, None))[0] * item.points if first and not made[0].note else 0.0,
        outcome=first.outcome if first else None,
        explanation=markup.explanation if results else None,
        reader=reader,
    )


def panel(lab: LabView, item: Item, setting: Mapping[str, object]) -> LabView:
    """The lab cut down to what was predicted: its variants, with the predicted numbers."""
    asked = _asked(item)
    chosen = tuple(variant for variant in lab.variants if variant.name in asked.variants)
    left = [variant.name for variant in chosen if variant.run is None or variant.run.disturbed]
    parameters: Mapping[str, float] = setting["parameters"]  # type: ignore[assignment]
    return replace(
        lab,
        variants=chosen,
        requests=replace(lab.requests, default=f"{setting['requests']}"),
        parameters=tuple(replace(one, default=f"{parameters[one.name]:g}") for one in lab.parameters),
        selected=lab.current.variant if lab.current else (left or [chosen[0].name])[0],
    )


def _result(one: Commitment, lesson: Lesson, markup: ItemMarkup, url: Url) -> PredictionResult:
    asked, predicted = one.asked, one.predicted
    lab = lesson.lab(asked.lab)
    labels = {variant.name: variant.label for variant in lab.variants} if lab else {}
    models = {model.id: _model(model, one, markup) for model in asked.models}
    seen = one.observed[asked.variants[0]] if not asked.is_order else None
    number = predicted.number
    low, high = fitting.tolerance(seen, one.numbers) if seen else (None, None)
    verdict = _score(one, one.version)
    return PredictionResult(
        seq=one.seq,
        setting=_setting(lab, one.setting),
        predicted=number,
        order=tuple(labels.get(name, name) for name in predicted.order),
        measured=tuple(
            (labels.get(name, name), shown.value)
            for name, shown in sorted(one.observed.items(), key=lambda pair: pair[1].value)
        ),
        ratio=max(number, seen.value) / min(number, seen.value) if number and seen and seen.value > 0 else None,
        over=bool(number and seen and number > seen.value),
        low=low,
        high=high,
        told_apart=_is_decided(one),
        fits=models.get(one.fits or ""),
        shows=models.get(one.shows or ""),
        right_model=met(one),
        feedback=markup.feedback.get(one.fits or ""),
        models=tuple(models.values()),
        marks=_marks(number, seen, tuple(models.values())) if number and seen else (),
        outcome=verdict[1] if verdict else None,
        note="after-seeing" if one.note == "after-seeing" else "",
        runs=tuple(url("run", id=run) for run in one.runs),
    )


def _model(model: Model, one: Commitment, markup: ItemMarkup) -> ModelView:
    return ModelView(model.id, markup.models.get(model.id), model.formula, one.numbers.get(model.id))


def _score(one: Commitment, item: Item) -> tuple[float, Correctness] | None:
    if not one.observed or not _is_decided(one):
        return None
    verdict = score(item, one.predicted, observed=one.observed)
    return verdict.fraction, verdict.outcome


def _is_decided(one: Commitment) -> bool:
    """Whether the run decides anything: of an order, at least one pair was told apart."""
    return not one.asked.is_order or bool(fitting.told_apart(one.observed))


def _marks(number: float, seen: Observed, models: tuple[ModelView, ...]) -> tuple[Mark, ...]:
    """Their places on one log axis."""
    told = [(model.number, model) for model in models if model.number and model.number > 0]
    values = [number, max(seen.value, 1e-6), *(value for value, _ in told)]
    low, high = math.log(min(values) / BESIDE), math.log(max(values) * BESIDE)

    def at(value: float) -> str:
        return f"{(math.log(max(value, 1e-6)) - low) / (high - low) * 100:.2f}%"

    return (
        *(Mark(at(value), "model", model) for value, model in told),
        Mark(at(seen.value), "measured", None),
        Mark(at(number), "yours", None),
    )


def _setting(lab: Lab | None, whole: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    parameters: Mapping[str, float] = whole["parameters"]  # type: ignore[assignment]
    return (("Requests", f"{whole['requests']}"), *numbers_in_words(lab, parameters))


def _shuffled(item: Item, seed: str) -> tuple[str, ...]:
    """The learner's own first order of the variants: their order in the source tells nothing, and neither does this one."""
    return option_order(item, seed)


def _asked(item: Item) -> Measured:
    assert item.measured is not None  # noqa: S101  # no other item comes here
    return item.measured
