"""How runs and labs look to a learner; a lesson, a lab or a variant may be gone by the time its run is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from webapp.course.course import Course, Lesson
from webapp.labs.lab import Lab, Range, Variant
from webapp.progress import Url
from webapp.records import Place, Record, surroundings_of
from webapp.repeats import FIGURES, RunFacts, ends_of, gain
from webapp.views.labs import LabView, LiveView, ParameterView, SpreadView, VariantView
from webapp.views.runs import Failure, Figures, Finding, OwnProgram, RequestRow, RunView, Tone


def run_view(
    record: Record, course: Course, url: Url, *, learner: str | None, predicted: float | None = None
) -> RunView:
    """A run for its page, and for the place in a lesson where it was pressed; the lesson may be gone by now."""
    place, spec = record.place, record.spec
    lesson = course.lesson(place.lesson)
    lab = lesson.lab(place.lab) if lesson else None
    variant = next((variant for variant in lab.variants if variant.name == place.variant), None) if lab else None
    summary = record.summary
    mine = learner is not None and learner == place.learner
    return RunView(
        id=record.id,
        url=url("run", id=record.id),
        events=url("events", id=record.id),
        state=record.state,  # type: ignore[arg-type]  # the host's states are the view's
        position=record.position,
        lesson=lesson.title if lesson else place.lesson,
        lesson_url=_place_url(lesson, lab, url),
        lab=place.lab,
        lab_title=lab.title if lab else place.lab,
        variant=place.variant,
        label=_label_of_run(place, variant, mine=mine),
        requests=spec.requests,
        parameters=numbers_in_words(lab, spec.parameters),
        figures=Figures(**summary) if summary else None,
        finding=Finding(**record.finding) if record.finding else None,
        failure=Failure(**record.failure) if record.failure else None,
        rows=tuple(RequestRow(**row) for row in record.rows),
        disturbed=record.disturbed,
        mine=mine,
        program_url=url("program", id=record.id, name=spec.file),
        command=command(spec.file),
        started_at=record.started_at,
        surroundings=surroundings_of(record),
        predicted=predicted,
        bystander=spec.bystander is not None or bool(summary and summary["bystanders"]),
        own=place.own,
    )


def own_program(record: Record, course: Course, token: str) -> OwnProgram | None:
    """The program of a run, to go on from; None where the lab has no such variant any more."""
    place, spec = record.place, record.spec
    lesson = course.lesson(place.lesson)
    lab = lesson.lab(place.lab) if lesson else None
    label = next((known.label for known in lab.variants if known.name == place.variant), None) if lab else None
    return OwnProgram(lesson.slug, label, spec.file, spec.program, token) if lesson and label else None


def lab_view(
    lesson: Lesson,
    lab: Lab,
    url: Url,
    *,
    runs: Mapping[str, RunView],
    live: Mapping[str, LiveView],
    facts: Iterable[RunFacts] = (),
    current: RunView | None = None,
    selected: str | None = None,
    error: str | None = None,
    token: str | None = None,
    predict: str | None = None,
) -> LabView:
    """A lab with the learner's last finished run of each variant (`runs`, by its name), and what `facts` say of its repeats."""
    repeated = {run.variant: run for run in facts}
    ends = ends_of(repeated.values()) if comparable(runs.values()) else None
    waiting = next((variant.name for variant in lab.variants if variant.name not in runs), lab.variants[0].name)
    return LabView(
        id=lab.id,
        title=lab.title,
        lesson=lesson.slug,
        action=url("runs"),
        variants=tuple(
            VariantView(
                name=variant.name,
                label=variant.label,
                file=variant.file,
                url=url("file", slug=lesson.slug, name=variant.file),
                code=lesson.listings[lab.id, variant.name],
                command=command(variant.file),
                request=variant.request,
                tone=_tone(runs.get(variant.name)),
                run=runs.get(variant.name),
                gain=gain(repeated[variant.name].wall, ends) if variant.name in repeated else None,
                repeats=len(repeated[variant.name].summaries) if variant.name in repeated else 0,
                spreads=_spreads(repeated.get(variant.name)),
                live=live.get(variant.name),
                program=variant.program,
                program_hash=variant.program_hash,
            )
            for variant in lab.variants
        ),
        requests=_parameter_view("requests", "Requests", "", lab.requests),
        parameters=tuple(
            _parameter_view(parameter.name, parameter.label, parameter.unit, parameter.range)
            for parameter in lab.parameters
        ),
        bystander=lab.bystander,
        selected=current.variant if current else selected or waiting,
        current=current,
        error=error,
        token=token,
        predict=predict,
        skip=url("skip", slug=lesson.slug, lab=lab.id),
    )


def command(file: str) -> str:
    """How a reader runs the program at home."""
    return f"uvicorn {file.removesuffix('.py')}:app"


def _label_of_run(place: Place, variant: Variant | None, *, mine: bool) -> str:
    label = variant.label if variant else place.variant
    if not place.own:
        return label
    return f"Your version of {label}" if mine else f"A reader's version of {label}"


def comparable(runs: Iterable[RunView]) -> bool:
    """Whether all of them had the same requests and parameters."""
    return len({(run.requests, run.parameters) for run in runs}) <= 1


def _spreads(run: RunFacts | None) -> dict[str, SpreadView]:
    return {name: found for name in FIGURES if run and (found := run.spread(name))}


def _tone(run: RunView | None) -> Tone | None:
    return run.finding.tone if run and run.finding else None


def _place_url(lesson: Lesson | None, lab: Lab | None, url: Url) -> str:
    if lesson is None:
        return url("home")
    for page in lesson.modes:
        if lab and any(getattr(piece, "lab_id", None) == lab.id for piece in page.pieces):
            return f"{url('mode', slug=lesson.slug, mode=page.mode.value)}#lab-{lab.id}"
    return url("lesson", slug=lesson.slug)


def numbers_in_words(lab: Lab | None, parameters: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    """Label and value of each parameter; the lab may be gone by now."""
    known = {parameter.name: parameter for parameter in lab.parameters} if lab else {}
    return tuple(
        (known[name].label, known[name].in_words(number)) if name in known else (name, f"{number:g}")
        for name, number in parameters.items()
    )


def _parameter_view(name: str, label: str, unit: str, bounds: Range) -> ParameterView:
    return ParameterView(
        name=name,
        label=label,
        unit=unit,
        default=f"{bounds.default:g}",
        minimum=f"{bounds.minimum:g}",
        maximum=f"{bounds.maximum:g}",
        step="1" if bounds.whole else "any",
    )
