"""Items as one reader answers them: each a form, or its feedback, with what was sent and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from quiz import reasons
from quiz.items import Item
from quiz.pinning import scored_version
from quiz.reviewing import Day
from quiz.standing import FIRST_ATTEMPT
from webapp import items, prediction_views, progress, review
from webapp.course.course import Course, Lesson, Mode
from webapp.history import History
from webapp.identity import Visitor, reader_key
from webapp.panels import Panels
from webapp.progress import Url
from webapp.views.items import ItemView, ReportView, Said
from webapp.views.predictions import PredictionView


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


class Forms:
    """Made for one reader and one request, like `Reader`."""

    def __init__(
        self,
        session: Session,
        course: Course,
        visitor: Visitor,
        history: History,
        panels: Panels,
        url: Url,
        fragment: Callable[..., str],
    ) -> None:
        self._session = session
        self._course = course
        self._visitor = visitor
        self._history = history
        self._panels = panels
        self._url = url
        self._fragment = fragment

    def item_html(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> str:
        """The item as it stands on a page, by the template of its kind."""
        if item.measured is None:
            return self._fragment("_item.html", item=self.item_view(lesson, item, mode, draft, way=way))
        return self._fragment("_prediction.html", item=self.prediction_view(lesson, item, mode, draft, way=way))

    def item_view(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> ItemView:
        origin = _origin(mode, way)
        quiz = self._history.quiz(lesson)
        state = quiz.items.get(item.id)
        mine = draft if draft and draft.item == item.id else Draft(item.id)
        view = items.view(
            lesson,
            item,
            state,
            seed=self._visitor.seed,
            attempt=quiz.attempt,
            action=self._url("respond", slug=lesson.slug, item=item.id) + origin,
            hint_action=self._url("hint", slug=lesson.slug, item=item.id)
            + f"{origin}&number={(state.hints_used if state else 0) + 1}",
            told=scored_version(self._session, course=self._course.id, item=item, state=state),
            given=mine.given,
            error=mine.error,
            reader=reader_key(self._visitor.token),
            give_up_action=self._url("give-up", slug=lesson.slug, item=item.id) + origin,
            certainty=mine.certainty,
        )
        asked = state is not None and state.outcome == "wrong" and self._is_asked_why(lesson, item, quiz.attempt)
        report = self._report(lesson, item, origin, mine, asked=asked)
        return replace(view, report=report, carried=self._history.carried(lesson, quiz.attempt).get(item.id))

    def prediction_view(
        self, lesson: Lesson, item: Item, mode: Mode, draft: Draft | None = None, *, way: Mode | None = None
    ) -> PredictionView:
        assert item.measured is not None  # noqa: S101  # `item_html` asks for no other
        origin = _origin(mode, way)
        standing = self._history.predicting(lesson)
        state = self._history.quiz(lesson).items.get(item.id)
        hints = state.hints_used if state else 0
        made = standing.made.get(item.id, ())
        home = progress.page_of(lesson, item.id)
        mine = draft if draft and draft.item == item.id else Draft(item.id)
        waiting = made[-1] if made and made[-1].waits and mode is home else None
        last = standing.last_runs(item, waiting.setting) if waiting else {}
        ahead = self._panels.predict_page(lesson, item.measured.lab) if waiting else None
        view = prediction_views.view(
            standing,
            item,
            seed=self._visitor.seed,
            hints_open=hints,
            action=self._url("respond", slug=lesson.slug, item=item.id) + origin,
            hint_action=self._url("hint", slug=lesson.slug, item=item.id) + f"{origin}&number={hints + 1}",
            refresh=self._url("item", slug=lesson.slug, item=item.id) + origin,
            page=self._url("mode", slug=lesson.slug, mode=home.value) + f"#item-{item.id}",
            compact=mode is not home,
            lab=self._panels.prediction_panel(lesson, item, waiting.setting, last) if waiting and not ahead else None,
            ahead=ahead,
            disturbed=any(run.disturbed for run in last.values()),
            given=mine.given,
            error=mine.error,
            reader=reader_key(self._visitor.token),
            url=self._url,
        )
        return replace(view, report=self._report(lesson, item, origin, mine))

    def review_item(self, day: Day, item_id: str, draft: Draft | None = None) -> ItemView:
        """A question of a review: its state of today, its place among today's, and an order of options of its own."""
        lesson, item = review.place_of(self._course, item_id)
        state = day.quiz.items.get(item_id)
        mine = draft or Draft(item_id)
        view = items.view(
            lesson,
            item,
            state,
            seed=review.seed(self._visitor.seed, day),
            attempt=day.attempt,
            action=self._url("review-respond", item=item_id),
            hint_action=self._url("review-hint", item=item_id) + f"?number={(state.hints_used if state else 0) + 1}",
            told=scored_version(self._session, course=self._course.id, item=item, state=state),
            given=mine.given,
            error=mine.error,
            reader=reader_key(self._visitor.token),
            rules=replace(item.rules, attempts=1),
            certainty=mine.certainty,
        )
        report = ReportView(
            self._url("review-report", item=item_id),
            item.shown_hash,
            said=mine.said,
            text=mine.written,
        )
        of = len(day.done) + len(day.turns)
        return replace(view, lesson="Review", number=review.number(day, item_id), of=of, report=report)

    def _report(self, lesson: Lesson, item: Item, origin: str, draft: Draft, *, asked: bool = False) -> ReportView:
        place = {"slug": lesson.slug, "item": item.id}
        return ReportView(
            action=self._url("report", **place) + origin,
            shown=item.shown_hash,
            reason_action=self._url("reason", **place) + origin if asked else None,
            said=draft.said,
            text=draft.written,
        )

    def _is_asked_why(self, lesson: Lesson, item: Item, attempt: int) -> bool:
        """Whether this reader, whose response was wrong, is asked why they chose it."""
        learner = self._visitor.learner
        if learner is None or attempt != FIRST_ATTEMPT or not reasons.is_asked(self._visitor.seed, item.id):
            return False
        return reasons.is_open(self._session, learner=learner, course=self._course.id, quiz=lesson.id, item=item)


def _origin(mode: Mode, way: Mode | None) -> str:
    """The page that a form leads back to without a script."""
    return f"?from={mode.value}" + (f"&way={way.value}" if way else "")
