"""Which recorded runs a reader sees replayed, and as what: on a run's page, and in a figure of a lesson.

One run is the first track; another one, of the reader's own or by its link, may stand beside it as the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy import select
from sqlmodel import Session, col

from webapp import records, runs, traces
from webapp.course.course import Course, Figure, Lesson
from webapp.labs.replay import Facts
from webapp.models import Run
from webapp.progress import Url
from webapp.records import Record
from webapp.views.labs import LabView
from webapp.views.replays import ReplayView, RunChoice, TrackView
from webapp.views.runs import RunView

CHOICES = 20


class Replays:
    """Made for one reader and one request, like `Reader`."""

    def __init__(
        self, session: Session, course: Course, templates: Environment, url: Url, *, learner: str | None
    ) -> None:
        self._session = session
        self._course = course
        self._templates = templates
        self._url = url
        self._learner = learner
        self._recorded: dict[str, bool] = {}

    def of_run(self, run: RunView, *, beside: str = "") -> ReplayView:
        """The run as the first track, its steps as a table; no track of a run that is on, or that was never recorded."""
        url = self._url("replay", id=run.id)
        first = self._track(run.id, run=run, table=True)
        wanted = beside.strip().split("?")[0].rstrip("/").rpartition("/")[2]  # an id, or the address of a run's page
        second = self._track(wanted) if first and wanted and wanted != run.id else None
        return ReplayView(
            tracks=tuple(track for track in (first, second) if track),
            url=url + (f"?beside={wanted}" if second else ""),
            action=run.url,
            choices=tuple(self._choices(run)) if first else (),
            unknown=bool(beside.strip()) and second is None,
        )

    def of_figure(self, lesson: Lesson, figure: Figure, lab: LabView, chosen: Mapping[str, str]) -> ReplayView:
        """The last runs of two variants: those that the reader chose, else the author's, else the first that have one."""
        last = {
            variant.name: variant.run for variant in lab.variants if variant.run and self._is_recorded(variant.run.id)
        }
        names = [name for option in ("variant", "beside") if (name := chosen.get(option) or figure.options.get(option))]
        if not any(name in last for name in names):
            names = list(last)
        shown = [name for name in dict.fromkeys(names) if name in last][:2]
        tracks = (self._track(last[name].id, run=last[name]) for name in shown)
        return ReplayView(
            tuple(track for track in tracks if track), self._url("figure", slug=lesson.slug, figure=figure.id)
        )

    def words(self, program: str) -> traces.Words:
        """The sentence of a step of a run of this program."""
        macro = self._templates.get_template("_step.html").module.step_words  # type: ignore[attr-defined]

        def words(facts: Facts) -> Markup:
            return Markup(str(macro(facts, traces.source(program, facts.line))).strip())  # noqa: S704 (a template made it)

        return words

    def _is_recorded(self, run_id: str) -> bool:
        if run_id not in self._recorded:
            found = self._session.execute(select(col(Run.id)).where(col(Run.id) == run_id, col(Run.trace).is_not(None)))
            self._recorded[run_id] = found.first() is not None
        return self._recorded[run_id]

    def _track(self, run_id: str, *, run: RunView | None = None, table: bool = False) -> TrackView | None:
        record = records.find(self._session, run_id) if self._is_recorded(run_id) else None
        if record is None:
            return None
        track = TrackView(
            run=run or runs.run_view(record, self._course, self._url, learner=self._learner),
            name=record.spec.file,
            code=self._listing(record),
            data=self._url("trace", id=run_id),
            csv=self._url("trace_csv", id=run_id),
            chrome=self._url("trace_chrome", id=run_id),
        )
        shown = traces.load(self._session, run_id) if table else None
        if shown is None:
            return track
        steps = traces.rows(shown, self.words(record.spec.program))
        total = sum(not step.aside for step in shown.steps)
        return replace(track, steps=steps, total=total, shares=traces.shares(shown))

    def _listing(self, record: Record) -> Markup:
        """The lesson's own listing where the program is still the same, else its plain lines."""
        place, spec = record.place, record.spec
        lesson = self._course.lesson(place.lesson)
        lab = lesson.lab(place.lab) if lesson else None
        for variant in lab.variants if lab else ():
            if lesson and variant.program_hash == spec.program_hash:
                return lesson.listings[place.lab, variant.name]
        lines = enumerate(spec.program.rstrip("\n").split("\n"), start=1)
        return Markup().join(Markup('<span class="line" data-line="{}">{}\n</span>').format(*line) for line in lines)

    def _choices(self, run: RunView) -> Iterable[RunChoice]:
        """The reader's own recorded runs of the same lab, the newest first."""
        if self._learner is None:
            return
        asked = (
            select(
                col(Run.id), col(Run.lesson), col(Run.variant), col(Run.requests), col(Run.summary), col(Run.started_at)
            )
            .where(
                col(Run.learner_id) == self._learner,
                col(Run.course) == self._course.id,
                col(Run.lab) == run.lab,
                col(Run.trace).is_not(None),
                col(Run.id) != run.id,
            )
            .order_by(col(Run.started_at).desc())
            .limit(CHOICES)
        )
        for run_id, lesson, variant, requests, summary, started_at in self._session.execute(asked):
            wall = summary["wall"] if summary else None
            yield RunChoice(run_id, self._label(lesson, run.lab, variant), requests, wall, started_at)

    def _label(self, lesson_id: str, lab_id: str, name: str) -> str:
        lesson = self._course.lesson(lesson_id)
        lab = lesson.lab(lab_id) if lesson else None
        return next((variant.label for variant in lab.variants if variant.name == name), name) if lab else name
