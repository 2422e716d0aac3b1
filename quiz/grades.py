"""Grades: what each learner's attempts at a quiz come to by its rule, kept up in the transaction that changes them.

All of it is derived: `rebuild` makes the same rows from attempts, scores and rules alone. A quiz without a rule has no grades. Open
attempts at a quiz that is submitted count for nothing yet; in a lesson's quiz an attempt counts from its first response on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from math import fsum
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, insert, select, update
from sqlmodel import Session

from quiz.models import Attempt, AttemptItem, GradeEntry, ItemVersion, QuizRule, Response, Score, table
from quiz.policies import Grade, Mark, Policy, grade
from quiz.tries import best_response, mark_of

MOST_AT_ONCE = 500
"""Ids in one statement: a database takes no more than some thousands."""


@dataclass(frozen=True, slots=True)
class Rule:
    """By which rule a quiz makes its grade."""

    quiz: str
    policy: Policy = Policy.LAST
    submits: bool = False
    points: Mapping[str, float] = field(default_factory=dict)
    """By item, of a lesson's quiz; empty where each attempt pins its own when it begins."""
    predicted: Mapping[str, float] = field(default_factory=dict)
    """The same of items that count only once a run has scored them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the gradebook."""

    learner: str
    quiz: str
    mark: float
    max_mark: float
    attempt: int | None
    """The number of the attempt that decides it; None for an average."""


def rows(session: Session, course: str) -> tuple[Entry, ...]:
    """The gradebook of a course, by learner and quiz: a lesson's id, or `~quiz/` and the slug of a quiz over lessons.

    An attempt whose time is over and that nobody has looked at since counts once `sittings.close_overdue` was called.
    """
    found = session.connection().execute(_ROWS, {"course": course})
    return tuple(Entry(row.learner_id, row.quiz, row.mark, row.max_mark, row.number) for row in found)


def of_learner(session: Session, *, learner: str, course: str) -> dict[str, Entry]:
    """A learner's grades by quiz."""
    found = session.connection().execute(_ROWS.where(_entries.c.learner_id == learner), {"course": course})
    return {row.quiz: Entry(row.learner_id, row.quiz, row.mark, row.max_mark, row.number) for row in found}


def marks(session: Session, *, learner: str, course: str, quiz: str) -> tuple[tuple[int, Mark], ...]:
    """What counts of a learner's attempts at a quiz, each with its number."""
    who = {"learner": learner, "course": course, "quiz": quiz}
    return _marks(session.connection().execute(_OF_QUIZ, who).all())


def record_rules(session: Session, course: str, rules: Iterable[Rule]) -> None:
    """Make these the rules of the course. The grades of every quiz whose rule is another one now are made anew."""
    connection = session.connection()
    new = {rule.quiz: _stored(course, rule) for rule in rules}
    known = {
        row.quiz: dict(row._mapping) for row in connection.execute(select(_rules).where(_rules.c.course == course))
    }
    changed = {quiz for quiz in new.keys() | known.keys() if new.get(quiz) != known.get(quiz)}
    for quiz in sorted(changed):
        connection.execute(delete(_rules).where(_rules.c.course == course, _rules.c.quiz == quiz))
        connection.execute(delete(_entries).where(_entries.c.course == course, _entries.c.quiz == quiz))
        if quiz in new:
            connection.execute(insert(_rules), new[quiz])
            _add(connection, course, _derived(connection, course, quiz=quiz))


def keep(connection: Connection, *, learner: str, course: str, quiz: str) -> None:
    """Bring a learner's grade in a quiz up to date: whoever adds a score or ends an attempt calls it in the same transaction."""
    who = {"learner": learner, "course": course, "quiz": quiz}
    found = connection.execute(_OF_QUIZ, who).all()
    if not found:
        return
    stands = _grade(found)
    here = and_(_entries.c.learner_id == learner, _entries.c.course == course, _entries.c.quiz == quiz)
    if stands is None:
        connection.execute(delete(_entries).where(here))
    elif not connection.execute(update(_entries).where(here).values(_values(stands))).rowcount:
        connection.execute(insert(_entries), {"learner_id": learner, "course": course, "quiz": quiz, **_values(stands)})


def keep_of(connection: Connection, responses: Iterable[str]) -> None:
    """Bring every grade up to date that one of these responses belongs to."""
    statement = _PLACES.where(_responses.c.id.in_(bindparam("responses", expanding=True)))
    listed = list(responses)
    places = {
        (learner, course, quiz)
        for at in range(0, len(listed), MOST_AT_ONCE)
        for learner, course, quiz in connection.execute(statement, {"responses": listed[at : at + MOST_AT_ONCE]})
    }
    for learner, course, quiz in sorted(places):
        keep(connection, learner=learner, course=course, quiz=quiz)


def rebuild(session: Session, course: str) -> None:
    """Throw the gradebook away and make it anew from attempts, scores and rules."""
    connection = session.connection()
    connection.execute(delete(_entries).where(_entries.c.course == course))
    _add(connection, course, _derived(connection, course))


def _derived(connection: Connection, course: str, *, quiz: str | None = None) -> dict[tuple[str, str], Grade]:
    """By learner and quiz."""
    statement = _OF_COURSE if quiz is None else _OF_COURSE.where(_rules.c.quiz == quiz)
    found = connection.execute(statement, {"course": course})
    by_place = groupby(found, key=lambda row: (row.learner_id, row.quiz))
    graded = {place: _grade(list(own)) for place, own in by_place}
    return {place: stands for place, stands in graded.items() if stands is not None}


def _add(connection: Connection, course: str, graded: Mapping[tuple[str, str], Grade]) -> None:
    if graded:
        connection.execute(
            insert(_entries),
            [
                {"learner_id": learner, "course": course, "quiz": quiz, **_values(stands)}
                for (learner, quiz), stands in graded.items()
            ],
        )


def _grade(found: Iterable[Row[Any]]) -> Grade | None:
    listed = list(found)
    return grade(Policy(listed[0].policy), [mark for _, mark in _marks(listed)])


def _marks(found: Iterable[Row[Any]]) -> tuple[tuple[int, Mark], ...]:
    """`found`: a row for each item of each attempt at one quiz, in the order of the attempts."""
    attempts = [list(own) for _, own in groupby(found, key=lambda row: row.number)]
    counted = [own for own in attempts if not own[0].submits or own[0].closed_at is not None]
    return tuple((own[0].number, _mark(own)) for own in counted)


def _mark(own: list[Row[Any]]) -> Mark:
    first = own[0]
    scored = {row.item_id: row.fraction for row in own if row.score_id is not None}
    if first.submits:
        points = {row.item_id: row.item_points for row in own if row.item_id is not None}
    else:
        points = dict(first.points) | {item: worth for item, worth in first.predicted.items() if item in scored}
        scored = {item: fraction for item, fraction in scored.items() if item in points}
    earned = fsum(fraction * points[item] for item, fraction in sorted(scored.items()))
    return Mark(first.attempt_id, earned if scored or first.submits else None, fsum(points.values()))


def _values(stands: Grade) -> dict[str, Any]:
    return {"mark": stands.mark, "max_mark": stands.max_mark, "attempt_id": stands.attempt}


def _stored(course: str, rule: Rule) -> dict[str, Any]:
    return {
        "course": course,
        "quiz": rule.quiz,
        "policy": rule.policy.value,
        "submits": rule.submits,
        "points": dict(rule.points),
        "predicted": dict(rule.predicted),
    }


_rules = table(QuizRule)
_entries = table(GradeEntry)
_attempts = table(Attempt)
_attempt_items = table(AttemptItem)
_versions = table(ItemVersion)
_responses = table(Response)
_scores = table(Score)
_later = _scores.alias("later_score")

_RULED: Select[Any] = (
    select(
        _rules.c.quiz,
        _rules.c.policy,
        _rules.c.submits,
        _rules.c.points,
        _rules.c.predicted,
        _attempts.c.learner_id,
        _attempts.c.id.label("attempt_id"),
        _attempts.c.number,
        _attempts.c.closed_at,
        _attempt_items.c.item_id,
        _versions.c.points.label("item_points"),
        mark_of(_scores).label("fraction"),
        _scores.c.id.label("score_id"),
    )
    .select_from(
        _rules.join(_attempts, and_(_attempts.c.course == _rules.c.course, _attempts.c.quiz == _rules.c.quiz))
        .outerjoin(_attempt_items, _attempt_items.c.attempt_id == _attempts.c.id)
        .outerjoin(_versions, _versions.c.id == _attempt_items.c.item_version_id)
        .outerjoin(_responses, _responses.c.id == best_response(_attempt_items))
        .outerjoin(
            _scores,
            and_(
                _scores.c.response_id == _responses.c.id,
                ~exists(select(_later.c.id).where(_later.c.supersedes_id == _scores.c.id)),
            ),
        )
    )
    .where(_rules.c.course == bindparam("course"))
)
_OF_QUIZ = _RULED.where(_rules.c.quiz == bindparam("quiz"), _attempts.c.learner_id == bindparam("learner")).order_by(
    _attempts.c.number, _attempt_items.c.id
)
_OF_COURSE = _RULED.order_by(_attempts.c.learner_id, _rules.c.quiz, _attempts.c.number, _attempt_items.c.id)
_PLACES = (
    select(_attempts.c.learner_id, _attempts.c.course, _attempts.c.quiz)
    .distinct()
    .select_from(
        _responses.join(_attempt_items, _attempt_items.c.id == _responses.c.attempt_item_id).join(
            _attempts, _attempts.c.id == _attempt_items.c.attempt_id
        )
    )
)
_ROWS = (
    select(_entries, _attempts.c.number)
    .select_from(_entries.outerjoin(_attempts, _attempts.c.id == _entries.c.attempt_id))
    .where(_entries.c.course == bindparam("course"))
    .order_by(_entries.c.learner_id, _entries.c.quiz)
)
