"""Reports: a problem that a learner saw in an item, with the version that they saw and what they had chosen of it.

The caller opens the transaction. What is written is kept as it is; whoever shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlmodel import Session

from quiz.dialects import add_once
from quiz.errors import QuizError, ResponseError
from quiz.items import Item
from quiz.models import ItemVersion, Report, new_id, table
from quiz.pinning import version_seen
from quiz.responses import stored
from quiz.seats import answers_of, seat
from quiz.standing import OpenItem, states
from quiz.versions import version_id

LONGEST = 1000
REPORTS_AN_HOUR = 10
"""Of one learner: whoever sees more than these writes to the author in another way."""


class NothingWritten(QuizError):
    """A report or a reason without a word, or of too many."""


class TooManyReports(QuizError):
    """This learner has reported as much within an hour as is taken."""


class NotAsked(QuizError):
    """The learner's latest attempt at the quiz has no such item."""


@dataclass(frozen=True, slots=True)
class Reported:
    version: int
    chosen: tuple[str, ...]
    text: str
    at: datetime


def report(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    item: Item,
    text: str,
    now: datetime,
    chosen: Iterable[str] = (),
    shown: str | None = None,
) -> None:
    """Store it; the same words about the same item are stored once.

    `chosen` and `shown` are what a form had that is not answered yet. Raises NothingWritten, TooManyReports and UnrecordedItem.
    """
    written = words(text, LONGEST)
    connection = session.connection()
    others = {"learner": learner, "since": now - timedelta(hours=1), "course": course, "item": item.id, "text": written}
    if (connection.scalar(_OTHERS, others) or 0) >= REPORTS_AN_HOUR:
        raise TooManyReports
    state = states(session, learner=learner, course=course, quiz=quiz).items.get(item.id)
    if state is not None and state.outcome is not None:
        version = version_id(connection, course=course, item_id=item.id, content_hash=state.content_hash)
        had = list(state.value)
    else:
        place = OpenItem.find(connection, learner, course, quiz, item)
        seen = version_seen(connection, place, shown)
        version = seen.id if seen else place.row.current_id
        had = _had(seen.item if seen else item, tuple(chosen))
    add_once(
        connection,
        _reports,
        {
            "id": new_id(),
            "learner_id": learner,
            "course": course,
            "item_id": item.id,
            "item_version_id": version,
            "chosen": had,
            "text": written,
            "reported_at": now,
        },
    )


def report_in_sitting(
    session: Session,
    *,
    learner: str,
    course: str,
    quiz: str,
    item: Item,
    text: str,
    now: datetime,
    chosen: Iterable[str] = (),
    shown: str | None = None,
) -> None:
    """`report` of an item of the latest attempt at a quiz over lessons; where its form had nothing, the answer that is kept tells.

    Raises NotAsked too.
    """
    connection = session.connection()
    last = seat(connection, learner=learner, course=course, quiz=quiz)
    if last is None or item.id not in last.items:
        raise NotAsked(item.id)
    had = tuple(chosen)
    if not any(had) and (kept := answers_of(connection, last.attempt_id).get(item.id)) is not None:
        had = kept.value
    report(session, learner=learner, course=course, quiz=quiz, item=item, text=text, now=now, chosen=had, shown=shown)


def reports(session: Session, *, course: str) -> dict[str, tuple[Reported, ...]]:
    """By item, the newest first."""
    found: dict[str, list[Reported]] = {}
    for row in session.connection().execute(_REPORTS, {"course": course}):
        found.setdefault(row.item_id, []).append(Reported(row.version, tuple(row.chosen), row.text, row.reported_at))
    return {item: tuple(told) for item, told in found.items()}


def words(text: str, longest: int) -> str:
    """What was written, without what surrounds it. Raises NothingWritten."""
    written = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not 0 < len(written) <= longest:
        raise NothingWritten
    return written


def _had(item: Item, given: tuple[str, ...]) -> list[str]:
    """What a form had of an answer, as far as it is one."""
    if item.given == "chosen":
        return sorted(set(given) & set(item.option_ids))
    if item.given == "ordered":
        return list(given) if sorted(given) == sorted(item.option_ids) else []
    try:
        return list(stored(item, given))
    except ResponseError:
        return []


_reports = table(Report)
_versions = table(ItemVersion)

_is_the_same = and_(
    _reports.c.course == bindparam("course"),
    _reports.c.item_id == bindparam("item"),
    _reports.c.text == bindparam("text"),
)
_OTHERS = select(func.count(_reports.c.id)).where(
    _reports.c.learner_id == bindparam("learner"), _reports.c.reported_at > bindparam("since"), ~_is_the_same
)
_REPORTS = (
    select(_reports.c.item_id, _versions.c.version, _reports.c.chosen, _reports.c.text, _reports.c.reported_at)
    .join(_versions, _versions.c.id == _reports.c.item_version_id)
    .where(_reports.c.course == bindparam("course"))
    .order_by(_reports.c.reported_at.desc(), _reports.c.id)
)
