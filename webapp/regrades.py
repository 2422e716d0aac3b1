"""One item as its authors see it behind its figures: its versions, what a regrade would do and what was done, what learners wrote.

Learners are numbers here, made anew for each page; nothing of them but what they chose, scored and wrote is told.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup
from sqlmodel import Session

from quiz import offers, reasons, reports, versions
from quiz.cards import REVIEW_QUIZ
from quiz.items import Item
from quiz.offers import Done, Offer
from quiz.regrading import Change, Move, Policy, classify
from quiz.versions import Published
from webapp.course.course import Course, Lesson
from webapp.progress import Url

MOST_ROWS = 200
"""Responses that a preview lists one by one; the sums are over all."""
POLICIES = (Policy.CURRENT_ONLY, Policy.PREVIOUS_OR_CURRENT, Policy.FULL_CREDIT, Policy.NONE)


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    at: datetime
    change: Change | None
    """Against the version before; None of the first."""
    is_present: bool


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What a policy would do, over all responses."""

    policy: str
    up: int
    down: int
    points: float
    """By which the marks would change, taken together."""


@dataclass(frozen=True, slots=True)
class ResponseRow:
    learner: int
    attempt: int
    is_review: bool
    chosen: tuple[Markup, ...]
    gone: int
    """How many of these the item no longer has."""
    is_unfit: bool
    before: float
    after: tuple[float, ...]
    """In points, one a policy in the order of `POLICIES`."""


@dataclass(frozen=True, slots=True)
class OfferView:
    version: int
    responses: int
    learners: int
    gone: int
    """Responses with an option that is no more."""
    unfit: int
    policies: tuple[PolicyRow, ...]
    rows: tuple[ResponseRow, ...]
    action: str
    key: str


@dataclass(frozen=True, slots=True)
class DoneRow:
    done: Done
    undo_action: str | None
    """Where it is taken back; None where it cannot be, or a later one comes first."""
    key: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    version: int
    is_present: bool
    at: datetime
    chosen: tuple[Markup, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    option: Markup
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    id: str
    number: int
    stem: Markup
    lesson: str
    lesson_url: str
    points: float
    is_measured: bool
    versions: tuple[VersionRow, ...]
    offer: OfferView | None
    done: tuple[DoneRow, ...]
    reports: tuple[ReportRow, ...]
    reasons: tuple[ReasonRow, ...]
    token: str | None
    refused: str | None = None
    """The code of a regrade that was not done."""


def of_item(
    session: Session,
    course: Course,
    lesson: Lesson,
    item: Item,
    url: Url,
    *,
    token: str | None,
    refused: str | None = None,
) -> ItemPage:
    known = versions.history(session.connection(), course=course.id, item_id=item.id)
    texts = _texts(known, lesson, item)
    standing = offers.offer(session, course=course.id, item=item)
    told = reasons.by_option(session, course=course.id, item_id=item.id)
    return ItemPage(
        id=item.id,
        number=lesson.items.index(item) + 1,
        stem=lesson.markup[item.id].stem,
        lesson=lesson.title,
        lesson_url=url("analysis-lesson", slug=lesson.slug),
        points=item.points,
        is_measured=item.measured is not None,
        versions=_versions(known, item),
        offer=_offer(standing, texts, item, url("regrade", slug=lesson.slug, item=item.id)),
        done=_done(offers.done(session, course=course.id, item_id=item.id), lesson, item, url),
        reports=tuple(
            ReportRow(
                one.version,
                _is_present(known, one.version, item),
                one.at,
                tuple(_text(texts, option) for option in one.chosen),
                one.text,
            )
            for one in reports.reports(session, course=course.id).get(item.id, ())
        ),
        reasons=tuple(ReasonRow(_text(texts, option), said) for option, said in told.items()),
        token=token,
        refused=refused,
    )


def _versions(known: tuple[Published, ...], item: Item) -> tuple[VersionRow, ...]:
    """The newest first."""
    changes = [None, *(classify(old.item, new.item) for old, new in pairwise(known))]
    rows = [
        VersionRow(one.number, one.at, change, one.item.content_hash == item.content_hash)
        for one, change in zip(known, changes, strict=True)
    ]
    return tuple(reversed(rows))


def _offer(standing: Offer, texts: Mapping[str, Markup], item: Item, action: str) -> OfferView | None:
    if standing.version is None or not standing.rows:
        return None
    plans = {policy: standing.plan(policy) for policy in POLICIES}
    moves = plans[Policy.CURRENT_ONLY]
    learners: dict[str, int] = {}
    for move in moves:
        learners.setdefault(move.row.learner, len(learners) + 1)
    return OfferView(
        version=standing.version.number,
        responses=len(moves),
        learners=len(learners),
        gone=sum(bool(move.gone) for move in moves),
        unfit=sum(move.is_unfit for move in moves),
        policies=tuple(_policy(policy, plans[policy], item) for policy in POLICIES),
        rows=tuple(
            ResponseRow(
                learner=learners[move.row.learner],
                attempt=move.row.attempt,
                is_review=move.row.quiz == REVIEW_QUIZ,
                chosen=tuple(_text(texts, one) for one in move.row.value),
                gone=len(move.gone),
                is_unfit=move.is_unfit,
                before=move.row.mark * item.points,
                after=tuple(plans[policy][at].mark * item.points for policy in POLICIES),
            )
            for at, move in enumerate(moves[:MOST_ROWS])
        ),
        action=action,
        key=secrets.token_urlsafe(16),
    )


def _policy(policy: Policy, moves: tuple[Move, ...], item: Item) -> PolicyRow:
    return PolicyRow(
        policy.value,
        up=sum(move.is_up for move in moves),
        down=sum(move.is_down for move in moves),
        points=sum(move.mark - move.row.mark for move in moves) * item.points,
    )


def _done(done: tuple[Done, ...], lesson: Lesson, item: Item, url: Url) -> tuple[DoneRow, ...]:
    """The newest first; the last one that holds can be taken back."""
    last = next((one for one in reversed(done) if offers.holds(one)), None)
    return tuple(
        DoneRow(
            one,
            url("regrade-undo", slug=lesson.slug, item=item.id, regrade=one.id) if one is last else None,
            secrets.token_urlsafe(16),
        )
        for one in reversed(done)
    )


def _texts(known: tuple[Published, ...], lesson: Lesson, item: Item) -> dict[str, Markup]:
    """Every option that the item ever had: as the lesson shows it, else the source of the latest version that had it."""
    sources = {option.id: Markup.escape(option.text) for one in known for option in one.item.options}
    return sources | dict(lesson.markup[item.id].options)


def _text(texts: Mapping[str, Markup], option: str) -> Markup:
    """Of a prediction, what was predicted."""
    return texts.get(option) or Markup.escape(option)


def _is_present(known: tuple[Published, ...], number: int, item: Item) -> bool:
    return any(one.number == number and one.item.content_hash == item.content_hash for one in known)
