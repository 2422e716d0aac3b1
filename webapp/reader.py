"""One reader at one request: who they are, what they have done, and the pages and fragments that show it.

Made and used inside one reading transaction, in a readers' thread: loading and rendering are one hop away from the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from quiz import reasons
from quiz.carrying import origins
from quiz.items import Item
from quiz.pinning import scored_version
from quiz.reviewing import Day
from quiz.standing import FIRST_ATTEMPT, QuizState, states
from webapp import figures, items, live, prediction_views, predictions, progress, review, runs
from webapp.course.course import Lesson, Mode
from webapp.edits import Edition
from webapp.identity import Visitor, reader_key, room_key
from webapp.labs.host import LabHost, UnknownRun
from webapp.labs.lab import Lab, RunSpec, Variant
from webapp.library import Library
from webapp.page import MARKER, Filled, Page
from webapp.predictions import RunMade
from webapp.progress import Standing, Url
from webapp.quizzes import Quizzes
from webapp.replays import Replays
from webapp.views.figures import FigureView
from webapp.views.items import ItemView, ReportView, Said
from webapp.views.labs import LabView, LiveView
from webapp.views.predictions import PredictionView
from webapp.views.runs import OwnProgram, RunView


@dataclass(frozen=True, slots=True)
class Draft:
    """An item's form as it was sent: what had been given, and why it was not taken, if it was a response at all."""

    item: str
    given: tuple[str, ...] = ()
    """The options chosen, an order, or the one text that was written: a number, for example."""
    error: items.Error | None = None
    certainty: int | None = None
    said: Said | None = None
    """What came of a report or a reason; `written` is what it was, where it was not taken."""
    written: str = ""


class Reader:
    def __init__(
        self,
        session: Session,
        library: Library,
        host: LabHost,
        places: Mapping[str, runs.Place],
        visitor: Visitor,
        *,
        theme: str,
        path: str,
        origin: str,
        url: Url,
        now: datetime,
        token: Callable[[], str | None] = lambda: None,
        edition: Edition | None = None,
    ) -> None:
        """What is an author's: `token` is asked for where a page has something for one, None says that this reader is none;
        `edition` is what one is told of the last edit, None for everybody else.
        """
        self.session = session
        self.library = library
        self.course = library.course
        self.host = host
        self.places = places
        self.visitor = visitor
        self.theme = theme
        self.path = path
        self.origin = origin
        self.url = url
        self.watched: set[str] = set()
        """Runs that were shown and that the host knows."""
        self.token = token
        self.edition = edition
        self.now = now

    @cached_property
    def standing(self) -> Standing:
        return progress.load(self.session, self.visitor.learner, self.course)

    @cached_property
    def review(self) -> Day | None:
        """The learner's review of today; None for somebody who has done nothing yet."""
        return review.load(self.session, self.visitor.learner, self.course, self.now)

    @cached_property
    def quizzes(self) -> Quizzes:
        return Quizzes(self.session, self.course, self.visitor, self.url, self.now, self.fragment)

    def page(self, template: str, **context: Any) -> Filled:
        """A page of its own: home, progress, a run."""
        html = self.library.templates.get_template(template).render(context)
        return Page.split(html).fill(self._shell)

    def lesson_page(self, lesson: Lesson, mode: Mode, *, way: Mode | None, draft: Draft | None = None) -> Filled:
        page = self.library.pages[lesson.slug, mode]
        return page.fill(lambda hole: self._lesson_hole(hole, lesson, mode, way, draft))

    def whole_page(self, lesson: Lesson) -> Filled:
        """The whole lesson. Each lab shows its last run."""

        def fill(hole: str) -> str:
            kind, _, name = hole.partition(":")
            if kind == "lab":
                ran = self.standing.runs.get((lesson.id, name), ())
                view = self.lab_view(lesson, name, selected=ran[0].variant if ran else None)
                return self.fragment("_lab.html", lab=view)
            return self._lesson_hole(hole, lesson, _home_of(lesson, name), None, None)

        return self.library.whole[lesson.slug].fill(fill)

    def fragment(self, template: str, **context: Any) -> str:
        """A part of a page; the holes that an author's text left in it are filled as those of a page are."""
        html = self.library.templates.get_template(template).render(context)
        return MARKER.sub(lambda hole: self._number(hole[1]), html) if "\x00" in html else html

    def item_view(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> ItemView:
        origin = f"?from={mode.value}" + (f"&way={way.value}" if way else "")
        quiz = self._quiz(lesson)
        state = quiz.items.get(item.id)
        mine = draft if draft is not None and draft.item == item.id else None
        view = items.view(
            lesson,
            item,
            state,
            seed=self.visitor.seed,
            attempt=quiz.attempt,
            action=self.url("respond", slug=lesson.slug, item=item.id) + origin,
            hint_action=self.url("hint", slug=lesson.slug, item=item.id)
            + f"{origin}&number={(state.hints_used if state else 0) + 1}",
            told=scored_version(self.session, course=self.course.id, item=item, state=state),
            given=mine.given if mine else (),
            error=mine.error if mine else None,
            reader=reader_key(self.visitor.token),
            give_up_action=self.url("give-up", slug=lesson.slug, item=item.id) + origin,
            certainty=mine.certainty if mine else None,
        )
        asked = state is not None and state.outcome == "wrong" and self._is_asked_why(lesson, item, quiz.attempt)
        report = self._report(lesson, item, origin, mine, asked=asked)
        return replace(view, report=report, carried=self._carried(lesson, quiz.attempt).get(item.id))

    def _report(
        self, lesson: Lesson, item: Item, origin: str, draft: Draft | None, *, asked: bool = False
    ) -> ReportView:
        place = {"slug": lesson.slug, "item": item.id}
        return ReportView(
            action=self.url("report", **place) + origin,
            shown=item.shown_hash,
            reason_action=self.url("reason", **place) + origin if asked else None,
            said=draft.said if draft else None,
            text=draft.written if draft else "",
        )

    def _is_asked_why(self, lesson: Lesson, item: Item, attempt: int) -> bool:
        """Whether this reader, whose response was wrong, is asked why they chose it."""
        learner = self.visitor.learner
        if learner is None or attempt != FIRST_ATTEMPT or not reasons.is_asked(self.visitor.seed, item.id):
            return False
        return reasons.is_open(self.session, learner=learner, course=self.course.id, quiz=lesson.id, item=item)

    def item_html(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> str:
        """The item as it stands on a page, by the template of its kind."""
        if item.measured is None:
            return self.fragment("_item.html", item=self.item_view(lesson, item, mode, draft, way=way))
        return self.fragment("_prediction.html", item=self.prediction_view(lesson, item, mode, draft, way=way))

    def prediction_view(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> PredictionView:
        assert item.measured is not None  # noqa: S101  # `item_html` asks for no other
        origin = f"?from={mode.value}" + (f"&way={way.value}" if way else "")
        standing = self.predicting(lesson)
        state = self._quiz(lesson).items.get(item.id)
        hints = state.hints_used if state else 0
        made = standing.made.get(item.id, ())
        home = progress.page_of(lesson, item.id)
        mine = draft if draft is not None and draft.item == item.id else None
        waiting = made[-1] if made and made[-1].waits and mode is home else None
        last = standing.last_runs(item, waiting.setting) if waiting else {}
        ahead = self.predict_page(lesson, item.measured.lab) if waiting else None
        view = prediction_views.view(
            standing,
            item,
            seed=self.visitor.seed,
            hints_open=hints,
            action=self.url("respond", slug=lesson.slug, item=item.id) + origin,
            hint_action=self.url("hint", slug=lesson.slug, item=item.id) + f"{origin}&number={hints + 1}",
            refresh=self.url("item", slug=lesson.slug, item=item.id) + origin,
            page=self.url("mode", slug=lesson.slug, mode=home.value) + f"#item-{item.id}",
            compact=mode is not home,
            lab=self._prediction_panel(lesson, item, waiting.setting, last) if waiting and not ahead else None,
            ahead=ahead,
            disturbed=any(run.disturbed for run in last.values()),
            given=mine.given if mine else (),
            error=mine.error if mine else None,
            reader=reader_key(self.visitor.token),
            url=self.url,
        )
        return replace(view, report=self._report(lesson, item, origin, mine))

    def _prediction_panel(
        self, lesson: Lesson, item: Item, setting: Mapping[str, Any], last: Mapping[str, RunMade]
    ) -> LabView:
        lab = self.predicting(lesson).lab(item)
        records = {name: record for name, run in last.items() if (record := self.record(run.id))}
        view = runs.lab_view(
            lesson,
            lab,
            self.url,
            runs={name: self.run_view(record) for name, record in records.items()},
            live={},
            current=self._current(lesson, lab.id),
        )
        return prediction_views.panel(view, item, setting)

    def predicting(self, lesson: Lesson) -> predictions.Standing:
        """What this reader has predicted and run in a lesson."""
        if lesson.id not in self._predicted:
            run_id = self.host.current(self.visitor.learner) if self.visitor.learner else None
            place = self.places.get(run_id) if run_id else None
            self._predicted[lesson.id] = predictions.load(
                self.session,
                self.visitor.learner,
                self.course.id,
                lesson,
                attempt=lambda: self._quiz(lesson).attempt,
                running=place.lab if place and place.lesson == lesson.id else None,
            )
        return self._predicted[lesson.id]

    def is_open(self, lesson: Lesson, lab_id: str) -> bool:
        """Whether this reader is still to predict a run of the lab, so that no page may show what it does."""
        return bool(self.predicting(lesson).open(lab_id))

    def is_new_to(self, lesson: Lesson, lab_id: str) -> bool:
        """Whether this reader is still to predict a run of the lab, and what it does is not known to have been shown to them."""
        if not self.is_open(lesson, lab_id):
            return False
        learner = self.visitor.learner
        return learner is None or not predictions.has_seen(self.session, learner, self.course.id, lesson.id, lab_id)

    def review_page(self, day: Day, item: str, draft: Draft | None = None) -> Filled:
        """The page of one question of a review."""
        view = self.review_item(day, item, draft)
        turn = review.turn(day, item, self.course, self.url)
        return self.page("review_card.html", item=view, turn=turn)

    def review_item(self, day: Day, item_id: str, draft: Draft | None = None) -> ItemView:
        """A question of a review: its state of today, its place among today's, and an order of options of its own."""
        lesson, item = review.place_of(self.course, item_id)
        state = day.quiz.items.get(item_id)
        view = items.view(
            lesson,
            item,
            state,
            seed=review.seed(self.visitor.seed, day),
            attempt=day.attempt,
            action=self.url("review-respond", item=item_id),
            hint_action=self.url("review-hint", item=item_id) + f"?number={(state.hints_used if state else 0) + 1}",
            told=scored_version(self.session, course=self.course.id, item=item, state=state),
            given=draft.given if draft else (),
            error=draft.error if draft else None,
            reader=reader_key(self.visitor.token),
            rules=replace(item.rules, attempts=1),
            certainty=draft.certainty if draft else None,
        )
        report = ReportView(
            self.url("review-report", item=item_id),
            item.shown_hash,
            said=draft.said if draft else None,
            text=draft.written if draft else "",
        )
        of = len(day.done) + len(day.turns)
        return replace(view, lesson="Review", number=review.number(day, item_id), of=of, report=report)

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
        facts = self.standing.runs.get((lesson.id, lab_id), ())
        shown = {name: self.run_view(record) for name, record in runs.last_records(self.session, facts).items()}
        return runs.lab_view(
            lesson,
            lab,
            self.url,
            runs=shown,
            live={variant.name: self._live(lesson, lab, variant) for variant in lab.variants},
            facts=facts,
            current=self._current(lesson, lab_id),
            selected=selected,
            error=error,
            predict=self.predict_page(lesson, lab_id),
            token=self.token(),
        )

    def predict_page(self, lesson: Lesson, lab_id: str) -> str | None:
        """Where the first open prediction of the lab stands."""
        waiting = self.predicting(lesson).open(lab_id)
        if not waiting:
            return None
        mode = progress.page_of(lesson, waiting[0].id)
        return self.url("mode", slug=lesson.slug, mode=mode.value) + f"#item-{waiting[0].id}"

    def figure_view(
        self, lesson: Lesson, figure_id: str, chosen: Mapping[str, str] = MappingProxyType({})
    ) -> FigureView:
        """`chosen`: the variants that the reader wants to see, where the figure shows some of them."""
        figure = next(figure for figure in lesson.figures if figure.id == figure_id)
        lab = lesson.lab(figure.lab)
        shown = self.lab_view(lesson, figure.lab) if lab else None
        view = figures.figure_view(lesson, figure_id, shown, self.standing, self.url)
        if lab is None or shown is None:
            return view
        if figure.show == "replay":
            return replace(view, replay=self.replays.of_figure(lesson, figure, shown, chosen))
        if self.is_open(lesson, lab.id):
            return view
        measured, is_own = self.library.numbers.measured(lesson.id)
        return figures.with_measurement(view, lab, measured, is_own=is_own)

    @cached_property
    def replays(self) -> Replays:
        return Replays(self.session, self.course, self.library.templates, self.url, learner=self.visitor.learner)

    def record(self, run_id: str, *, events: bool = False) -> runs.Record | None:
        """A run that the host still knows, else its row; `events` only where a replay needs them."""
        place = self.places.get(run_id)
        if place is not None:
            try:
                state = self.host.state(run_id)
                self.watched.add(run_id)
                return runs.from_state(place, state)
            except UnknownRun:
                pass
        return runs.find(self.session, run_id, events=events)

    def run_view(self, record: runs.Record) -> RunView:
        lesson = self.course.lesson(record.place.lesson) if record.place.course == self.course.id else None
        told = self.foretold(lesson, record.place, record.spec) if lesson else None
        view = runs.run_view(record, self.course, self.url, learner=self.visitor.learner, predicted=told)
        if not record.place.own or not view.mine:
            return view
        return replace(view, original=self._original(record.place), again=self._again(record))

    def foretold(self, lesson: Lesson, place: runs.Place, spec: RunSpec) -> float | None:
        """The wall time that this reader had predicted for such a run; of a program of a reader's own nobody predicted any."""
        if place.own or not lesson.predictions(place.lab):
            return None
        return self.predicting(lesson).foretold(place.lab, place.variant, spec.requests, spec.parameters)

    def _original(self, place: runs.Place) -> RunView | None:
        """Beside a run of this reader's own program: their last run of the lesson's, if it is still kept."""
        last = self.standing.runs.get((place.lesson, place.lab), ())
        record = runs.last_records(self.session, [run for run in last if run.variant == place.variant]).get(
            place.variant
        )
        return self.run_view(record) if record else None

    def _again(self, record: runs.Record) -> OwnProgram | None:
        """What this reader may go on from: an ended run, while they are an author and its lab is there."""
        if record.state in ("queued", "running") or (token := self.token()) is None:
            return None
        return runs.own_program(record, self.course, token)

    def _live(self, lesson: Lesson, lab: Lab, variant: Variant) -> LiveView:
        path = self.url("live", slug=lesson.slug, lab=lab.id, variant=variant.name, path="")
        return live.view(lab, variant, origin=self.origin, path=path, key=room_key(self.visitor.token))

    def _quiz(self, lesson: Lesson) -> QuizState:
        if lesson.id not in self._quizzes:
            self._quizzes[lesson.id] = states(
                self.session, learner=self.visitor.learner or "", course=self.course.id, quiz=lesson.id
            )
        return self._quizzes[lesson.id]

    @cached_property
    def _labs(self) -> dict[tuple[str, str, str | None, str | None], LabView]:
        return {}

    @cached_property
    def _predicted(self) -> dict[str, predictions.Standing]:
        return {}

    def _carried(self, lesson: Lesson, attempt: int) -> dict[str, int]:
        """By item of the lesson, the earlier attempt that its response was given in; nothing is asked for in a first one."""
        if attempt == FIRST_ATTEMPT:
            return {}
        if lesson.id not in self._carried_over:
            self._carried_over[lesson.id] = origins(
                self.session, learner=self.visitor.learner or "", course=self.course.id, quiz=lesson.id
            )
        return self._carried_over[lesson.id]

    @cached_property
    def _carried_over(self) -> dict[str, dict[str, int]]:
        return {}

    @cached_property
    def _quizzes(self) -> dict[str, QuizState]:
        return {}

    def _current(self, lesson: Lesson, lab_id: str) -> RunView | None:
        """The learner's run that is on, if it belongs to this lab."""
        run_id = self.host.current(self.visitor.learner) if self.visitor.learner else None
        record = self.record(run_id) if run_id else None
        if record is None or (record.place.lesson, record.place.lab) != (lesson.id, lab_id):
            return None
        return self.run_view(record)

    def _number(self, hole: str) -> str:
        """A bound number for this reader: the one place through which each of them goes."""
        _, anchor, expression = hole.split(":", 2)
        numbers = self.library.numbers
        number = numbers[expression]
        is_foretold = number.lesson is not None and any(self.is_open(number.lesson, lab) for lab in number.labs)
        return (numbers.foretold if is_foretold else number).at(anchor)

    def _shell(self, hole: str) -> str:
        """What every page has: how many questions are due, the theme, its reader for the outbox, for an author the edits; and the
        bound numbers of a question that is shown outside its lesson."""
        if hole.startswith("number:"):
            return self._number(hole)
        match hole:
            case "due":
                return self.fragment("_due.html", due=len(self.review.turns) if self.review else 0)
            case "theme-name":
                return self.theme
            case "theme":
                return self.fragment("_theme.html", theme=self.theme, back=self.path)
            case "reader":
                return reader_key(self.visitor.token)
            case "authoring":
                return self.fragment("_authoring.html", edition=self.edition) if self.edition else ""
        raise KeyError(hole)

    def _lesson_hole(self, hole: str, lesson: Lesson, mode: Mode, way: Mode | None, draft: Draft | None) -> str:
        kind, _, name = hole.partition(":")
        match kind:
            case "outline":
                return self.fragment(
                    "_outline.html", outline=progress.outline(self.course, self.standing, self.url, here=lesson)
                )
            case "cells":
                return self.fragment("_cells.html", cells=progress.cells(lesson, self.standing, self.url, mode))
            case "kicker":
                return self.fragment(
                    "_kicker.html", entry=progress.entry(lesson, self.standing, self.url, current=True)
                )
            case "next":
                return self.fragment("_next.html", next=progress.foot(self.course, lesson, mode, way, self.url))
            case "item":
                item = next(item for item in lesson.items if item.id == name)
                return self.item_html(lesson, item, mode, draft, way=way)
            case "number":
                return self._number(hole)
            case "due":
                return (
                    ""  # whoever is in a lesson has something to do, and its pages are the ones that are asked for most
                )
            case "lab":
                return self.fragment("_lab.html", lab=self.lab_view(lesson, name))
            case "figure":
                figure = self.figure_view(lesson, name)
                return self.fragment(f"figures/_{figure.show}.html", figure=figure)
        return self._shell(hole)


def _home_of(lesson: Lesson, item_id: str) -> Mode:
    """The first mode in which an item stands: where its form leads back to without a script."""
    places = (page.mode for page in lesson.modes for piece in page.pieces if getattr(piece, "item_id", "") == item_id)
    return next(places, lesson.modes[-1].mode)
