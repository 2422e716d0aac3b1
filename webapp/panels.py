"""Labs, their runs and the figures over them, as one reader sees them.

What a reader is still to predict is shown nowhere: figures without a run of theirs, and runs of others, wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from quiz.items import Item
from webapp import figures, live, prediction_views, progress, records, runs
from webapp.course.course import Lesson
from webapp.history import History
from webapp.identity import Visitor, room_key
from webapp.labs.host import LabHost, UnknownRun
from webapp.labs.lab import Lab, RunSpec, Variant
from webapp.library import Library
from webapp.predictions import RunMade
from webapp.progress import Url
from webapp.records import Place, Record
from webapp.replays import Replays
from webapp.views.figures import FigureView
from webapp.views.labs import LabView, LiveView
from webapp.views.runs import OwnProgram, RunView


class Panels:
    """Made for one reader and one request, like `Reader`."""

    def __init__(
        self,
        session: Session,
        library: Library,
        host: LabHost,
        places: Mapping[str, Place],
        visitor: Visitor,
        history: History,
        *,
        origin: str,
        url: Url,
        token: Callable[[], str | None],
    ) -> None:
        self._session = session
        self._library = library
        self._course = library.course
        self._host = host
        self._places = places
        self._visitor = visitor
        self._history = history
        self._origin = origin
        self._url = url
        self._token = token
        self._labs: dict[tuple[str, str, str | None, str | None], LabView] = {}
        self.replays = Replays(session, library.course, library.templates, url, learner=visitor.learner)
        self.watched: set[str] = set()
        """Runs that were shown and that the host knows."""

    def lab_view(
        self, lesson: Lesson, lab_id: str, *, selected: str | None = None, error: str | None = None
    ) -> LabView:
        """Made once a request, however many figures of a page show it."""
        key = (lesson.id, lab_id, selected, error)
        if key not in self._labs:
            self._labs[key] = self._lab_view(lesson, lab_id, selected=selected, error=error)
        return self._labs[key]

    def _lab_view(self, lesson: Lesson, lab_id: str, *, selected: str | None, error: str | None) -> LabView:
        lab = next(lab for lab in lesson.labs if lab.id == lab_id)
        facts = self._history.standing.runs.get((lesson.id, lab_id), ())
        shown = {name: self.run_view(record) for name, record in records.last_records(self._session, facts).items()}
        return runs.lab_view(
            lesson,
            lab,
            self._url,
            runs=shown,
            live={variant.name: self._live(lesson, lab, variant) for variant in lab.variants},
            facts=facts,
            current=self._current(lesson, lab_id),
            selected=selected,
            error=error,
            predict=self.predict_page(lesson, lab_id),
            token=self._token(),
        )

    def predict_page(self, lesson: Lesson, lab_id: str) -> str | None:
        """Where the first open prediction of the lab stands."""
        waiting = self._history.predicting(lesson).open(lab_id)
        if not waiting:
            return None
        mode = progress.page_of(lesson, waiting[0].id)
        return self._url("mode", slug=lesson.slug, mode=mode.value) + f"#item-{waiting[0].id}"

    def figure_view(
        self, lesson: Lesson, figure_id: str, chosen: Mapping[str, str] = MappingProxyType({})
    ) -> FigureView:
        """`chosen`: the variants that the reader wants to see, where the figure shows some of them."""
        figure = next(figure for figure in lesson.figures if figure.id == figure_id)
        lab = lesson.lab(figure.lab)
        shown = self.lab_view(lesson, figure.lab) if lab else None
        view = figures.figure_view(lesson, figure_id, shown, self._history.standing, self._url)
        if lab is None or shown is None:
            return view
        if figure.show == "replay":
            return replace(view, replay=self.replays.of_figure(lesson, figure, shown, chosen))
        if self._history.is_open(lesson, lab.id):
            return view
        measured, is_own = self._library.numbers.measured(lesson.id)
        return figures.with_measurement(view, lab, measured, is_own=is_own)

    def record(self, run_id: str, *, events: bool = False) -> Record | None:
        """A run that the host still knows, else its row; `events` only where a replay needs them."""
        place = self._places.get(run_id)
        if place is not None:
            try:
                state = self._host.state(run_id)
                self.watched.add(run_id)
                return records.from_state(place, state)
            except UnknownRun:
                pass
        return records.find(self._session, run_id, events=events)

    def run_view(self, record: Record) -> RunView:
        lesson = self._course.lesson(record.place.lesson) if record.place.course == self._course.id else None
        told = self.foretold(lesson, record.place, record.spec) if lesson else None
        view = runs.run_view(record, self._course, self._url, learner=self._visitor.learner, predicted=told)
        if not record.place.own or not view.mine:
            return view
        return replace(view, original=self._original(record.place), again=self._again(record))

    def foretold(self, lesson: Lesson, place: Place, spec: RunSpec) -> float | None:
        """The wall time that this reader had predicted for such a run; of a program of a reader's own nobody predicted any."""
        if place.own or not lesson.predictions(place.lab):
            return None
        return self._history.predicting(lesson).foretold(place.lab, place.variant, spec.requests, spec.parameters)

    def prediction_panel(
        self, lesson: Lesson, item: Item, setting: Mapping[str, Any], last: Mapping[str, RunMade]
    ) -> LabView:
        lab = self._history.predicting(lesson).lab(item)
        found = {name: record for name, run in last.items() if (record := self.record(run.id))}
        view = runs.lab_view(
            lesson,
            lab,
            self._url,
            runs={name: self.run_view(record) for name, record in found.items()},
            live={},
            current=self._current(lesson, lab.id),
        )
        return prediction_views.panel(view, item, setting)

    def _original(self, place: Place) -> RunView | None:
        """Beside a run of this reader's own program: their last run of the lesson's, if it is still kept."""
        last = self._history.standing.runs.get((place.lesson, place.lab), ())
        record = records.last_records(self._session, [run for run in last if run.variant == place.variant]).get(
            place.variant
        )
        return self.run_view(record) if record else None

    def _again(self, record: Record) -> OwnProgram | None:
        """What this reader may go on from: an ended run, while they are an author and its lab is there."""
        if record.state in ("queued", "running") or (token := self._token()) is None:
            return None
        return runs.own_program(record, self._course, token)

    def _live(self, lesson: Lesson, lab: Lab, variant: Variant) -> LiveView:
        path = self._url("live", slug=lesson.slug, lab=lab.id, variant=variant.name, path="")
        return live.view(lab, variant, origin=self._origin, path=path, key=room_key(self._visitor.token))

    def _current(self, lesson: Lesson, lab_id: str) -> RunView | None:
        """The learner's run that is on, if it belongs to this lab."""
        run_id = self._history.current()
        record = self.record(run_id) if run_id else None
        if record is None or (record.place.lesson, record.place.lab) != (lesson.id, lab_id):
            return None
        return self.run_view(record)
