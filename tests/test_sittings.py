"""Attempts at quizzes over lessons on a real SQLite file: what is drawn, what is taken and until when, and what races leave."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from quiz import carrying, grades, records, regrades, seats, sittings, standing, versions
from quiz.attempts import Conflict
from quiz.errors import NothingChosen
from quiz.grades import Rule
from quiz.items import Item
from quiz.policies import Policy
from quiz.quizzes import GRACE, Named, Quiz, pool_of
from quiz.regrading import Policy as RegradePolicy
from quiz.rules import Rules
from quiz.sittings import Refused
from tests.builders import make_item, quiz_database

Result = TypeVar("Result")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEMS = [make_item(key="b", id=f"item-{at}", skills=(f"skill-{at % 2}",)) for at in range(6)]
LESSONS = [("first", ITEMS[:2]), ("second", ITEMS[2:4]), ("third", ITEMS[4:])]
POOL = pool_of(LESSONS)
SET = Quiz("three", "Three", Named(("item-0", "item-2", "item-4")))
LATER = replace(SET, feedback="after submitting", minutes=10.0)


class Seated:
    """One learner at one quiz over lessons; each call is a transaction of its own, as a request is."""

    def __init__(self, engine: Engine, quiz: Quiz = SET, learner: str = "lena") -> None:
        self.engine = engine
        self.quiz = quiz
        self.who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": quiz}
        self.do(lambda session: grades.record_rules(session, "loops", [Rule(quiz.name, quiz.policy, submits=True)]))
        for lesson, items in LESSONS:
            self.do(lambda s, a=lesson, b=items: versions.record_items(s, "loops", a, b, now=NOW))  # type: ignore[misc]

    def start(self, after: int = 0, *, now: datetime = NOW, only_wrong: bool = False) -> int:
        return self.do(
            lambda s: sittings.start(s, pool=POOL, seed="s", now=now, after=after, only_wrong=only_wrong, **self.who)
        )

    def respond(self, chosen: str, item: Item = ITEMS[0], *, now: datetime = NOW, **given: Any) -> sittings.Kept:
        fields = {"attempt": 1, "seq": 1, "shown": item.shown_hash, **given}
        return self.do(
            lambda s: sittings.respond(s, item=item, given=frozenset(chosen), seed="s", now=now, **self.who, **fields)
        )

    def submit(self, attempt: int = 1, *, now: datetime = NOW) -> bool:
        return self.do(lambda s: sittings.submit(s, now=now, attempt=attempt, **self.who))

    def close_overdue(self, now: datetime) -> int:
        return self.do(lambda s: sittings.close_overdue(s, course="loops", now=now))

    def states(self) -> standing.QuizState:
        return self.do(lambda s: standing.states(s, **{**self.who, "quiz": self.quiz.name}))

    def grade(self) -> grades.Entry | None:
        found = self.do(lambda s: grades.rows(s, "loops"))
        return found[0] if found else None

    def seat(self) -> seats.Seat:
        found = self.do(lambda s: seats.seat(s.connection(), **{**self.who, "quiz": self.quiz.name}))
        assert found is not None
        return found

    def do(self, work: Callable[[Session], Result]) -> Result:
        with Session(self.engine) as session, session.begin():
            return work(session)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = quiz_database(tmp_path / "quiz.db")
    yield engine
    engine.dispose()


@pytest.fixture
def desk(engine: Engine) -> Seated:
    return Seated(engine)


@pytest.fixture
def later(engine: Engine) -> Seated:
    return Seated(engine, LATER)


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def race(calls: int, call: Callable[[int], object]) -> list[object]:
    """All the calls at the same moment, each in a thread; what is refused is a result like any other."""
    gate, results = threading.Barrier(calls), []

    def run(n: int) -> None:
        gate.wait()
        try:
            results.append(call(n))
        except (Conflict, Refused) as refused:
            results.append(refused.code)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def test_starting_twice_begins_one_attempt(desk: Seated, engine: Engine) -> None:
    assert [desk.start(), desk.start(), desk.start(after=7)] == [1, 1, 1]
    assert count(engine, "attempt") == 1 and count(engine, "attempt_item") == 3


def test_an_attempt_counts_once_it_is_submitted(desk: Seated) -> None:
    desk.start()
    desk.respond("b")
    assert desk.grade() is None
    assert [desk.submit(), desk.submit()] == [True, False]
    entry = desk.grade()
    assert entry is not None and (entry.mark, entry.max_mark, entry.attempt) == (1.0, 3.0, 1)


def test_nothing_is_taken_after_the_submission_or_for_another_attempt(desk: Seated, engine: Engine) -> None:
    assert refusal(lambda: desk.respond("b")) == "attempt-closed"
    desk.start()
    assert refusal(lambda: desk.respond("b", attempt=2)) == "attempt-closed"
    assert refusal(lambda: desk.respond("b", ITEMS[1])) == "attempt-closed", "it is not asked"
    desk.submit()
    assert refusal(lambda: desk.respond("b")) == "attempt-closed"
    assert refusal(lambda: desk.submit(2)) == "attempt-closed"
    assert count(engine, "response") == 0


def test_a_second_answer_that_was_told_at_once_is_a_conflict(desk: Seated) -> None:
    desk.start()
    assert desk.respond("b").fresh and not desk.respond("b").fresh
    with pytest.raises(Conflict) as conflict:
        desk.respond("a")
    assert conflict.value.code == "answered"


def test_an_answer_that_is_kept_can_be_changed_and_has_no_score_before_the_end(later: Seated, engine: Engine) -> None:
    later.start()
    assert later.respond("a").fresh
    assert not later.respond("a").fresh, "the same form twice"
    with pytest.raises(Conflict) as conflict:
        later.respond("c")
    assert conflict.value.code == "out-of-date", "an older tab"
    later.respond("b", seq=2)
    assert count(engine, "response") == count(engine, "score") == 0
    later.submit()
    state = later.states().items["item-0"]
    assert (state.value, state.outcome) == (("b",), "right")
    assert count(engine, "response") == 1


def test_a_kept_answer_is_known_by_its_key(later: Seated) -> None:
    later.start()
    assert later.respond("a", key="key-of-one").fresh
    assert not later.respond("a", key="key-of-one").fresh
    with pytest.raises(Conflict):
        later.respond("b", key="key-of-one", seq=2)
    with pytest.raises(NothingChosen):
        later.respond("", seq=2)


def test_answers_are_taken_until_the_deadline_and_its_grace(later: Seated) -> None:
    later.start()
    ends = NOW + timedelta(minutes=10)
    assert later.respond("a", now=ends).fresh
    assert later.respond("b", seq=2, now=ends + GRACE).fresh, "it was on its way"
    late = ends + GRACE + timedelta(microseconds=1)
    assert refusal(lambda: later.respond("c", seq=3, now=late)) == "time-over"
    assert [later.close_overdue(ends + GRACE), later.close_overdue(late), later.close_overdue(late)] == [0, 1, 0]
    assert later.seat().closed_at == ends and later.seat().ran_out
    assert later.states().items["item-0"].value == ("b",)
    entry = later.grade()
    assert entry is not None and entry.mark == 1.0


def test_a_quiz_opens_and_closes_and_its_end_is_every_attempts(engine: Engine) -> None:
    closes = NOW + timedelta(minutes=5)
    desk = Seated(engine, replace(LATER, opens=NOW, closes=closes))
    assert refusal(lambda: desk.start(now=NOW - timedelta(seconds=1))) == "not-open"
    desk.start()
    assert desk.seat().deadline == closes, "before the ten minutes are over"
    desk.close_overdue(closes + timedelta(hours=1))
    assert refusal(lambda: desk.start(after=1, now=closes)) == "not-open"


def test_no_more_attempts_than_allowed(engine: Engine) -> None:
    desk = Seated(engine, replace(SET, attempts=1))
    desk.start()
    desk.submit()
    assert refusal(lambda: desk.start(after=1)) == "none-left"


def test_only_what_was_wrong_opens_again(desk: Seated, engine: Engine) -> None:
    desk.start()
    desk.respond("b", ITEMS[0])
    desk.respond("a", ITEMS[2])
    desk.submit()
    assert desk.start(after=1, only_wrong=True) == 2
    assert desk.states().items["item-0"].outcome == "right"
    assert desk.states().items["item-2"].outcome is None
    assert desk.do(lambda s: carrying.origins(s, learner="lena", course="loops", quiz=SET.name)) == {"item-0": 1}
    with pytest.raises(Conflict):
        desk.respond("a", ITEMS[0], attempt=2)
    desk.respond("b", ITEMS[2], attempt=2)
    desk.respond("b", ITEMS[4], attempt=2)
    desk.submit(2)
    entry = desk.grade()
    assert entry is not None and (entry.mark, entry.attempt) == (3.0, 2), "what is carried counts as earned"
    assert refusal(lambda: desk.start(after=2, only_wrong=True)) == "nothing-wrong"
    assert len(desk.do(lambda s: records.records(s, course="loops"))) == 4, "a carried response was given once"


def test_a_carried_score_follows_its_regrades_and_their_undoing(desk: Seated) -> None:
    desk.start()
    desk.respond("a", ITEMS[0])
    desk.respond("b", ITEMS[2])
    desk.submit()
    corrected = make_item(key="a", id="item-0", skills=("skill-0",))
    desk.do(lambda s: versions.record_items(s, "loops", "first", [corrected], now=NOW))
    again: dict[str, Any] = {"course": "loops", "now": NOW}
    done = desk.do(
        lambda s: regrades.regrade(s, item=corrected, policy=RegradePolicy.CURRENT_ONLY, key="k1", version=2, **again)
    )
    desk.start(after=1, only_wrong=True)
    desk.submit(2)
    assert {mark.earned for _, mark in marks_of(desk)} == {2.0}
    desk.do(lambda s: regrades.undo(s, item_id="item-0", regrade_id=done.id, key="k2", **again))
    assert {mark.earned for _, mark in marks_of(desk)} == {1.0}, "in both attempts"


def marks_of(desk: Seated) -> tuple[Any, ...]:
    who = {"learner": "lena", "course": "loops", "quiz": desk.quiz.name}
    return desk.do(lambda s: grades.marks(s, **who))


@pytest.mark.parametrize("quiz", [SET, LATER], ids=["at once", "after submitting"])
def test_racing_submissions_leave_one_result(engine: Engine, quiz: Quiz) -> None:
    desk = Seated(engine, quiz)
    desk.start()
    desk.respond("b")
    results = race(6, lambda n: desk.submit())

    assert Counter(results) == {True: 1, False: 5}
    assert count(engine, "response") == count(engine, "score") == count(engine, "grade_entry") == 1


def test_an_answer_that_races_with_the_submission_is_in_it_or_refused(later: Seated, engine: Engine) -> None:
    later.start()
    results = race(2, lambda n: later.submit() if n else later.respond("b"))

    taken = count(engine, "response")
    assert ("attempt-closed" in results) == (taken == 0)
    assert count(engine, "kept_answer") == taken


def test_what_ends_an_attempt_at_the_same_time_ends_it_once(later: Seated, engine: Engine) -> None:
    later.start()
    later.respond("b")
    late = NOW + timedelta(hours=1)
    results = race(4, lambda n: later.close_overdue(late))

    assert sorted(results, key=str) == [0, 0, 0, 1]
    assert count(engine, "response") == 1


def test_a_submission_that_breaks_off_leaves_nothing_of_itself(later: Seated, engine: Engine) -> None:
    later.start()
    later.respond("b", ITEMS[0])
    later.respond("b", ITEMS[2])
    with suppress(ZeroDivisionError), Session(engine) as session, session.begin():
        sittings.submit(session, now=NOW, attempt=1, **later.who)
        raise ZeroDivisionError
    assert count(engine, "response") == 0 and later.seat().closed_at is None
    assert later.submit()
    assert count(engine, "response") == 2


def test_an_attempt_keeps_to_the_texts_that_it_began_with(desk: Seated) -> None:
    desk.start()
    edited = make_item(key="c", id="item-0", stem="Who waits longest?")
    desk.do(lambda s: versions.record_items(s, "loops", "first", [edited], now=NOW))
    desk.respond("b", edited, shown=ITEMS[0].shown_hash)
    assert desk.states().items["item-0"].outcome == "right"


def test_a_rule_that_changes_changes_the_grades(desk: Seated) -> None:
    for attempt, chosen in ((1, "b"), (2, "a")):
        desk.start(after=attempt - 1)
        desk.respond(chosen, attempt=attempt)
        desk.submit(attempt)
    found = {}
    for policy in Policy:
        desk.do(lambda s, p=policy: grades.record_rules(s, "loops", [Rule(SET.name, p, submits=True)]))  # type: ignore[misc]
        entry = desk.grade()
        assert entry is not None
        found[policy.value] = (entry.mark, entry.attempt)
    assert found == {"best": (1.0, 1), "last": (0.0, 2), "first": (1.0, 1), "average": (0.5, None)}
    desk.do(lambda s: grades.record_rules(s, "loops", []))
    assert desk.grade() is None, "the course does not have the quiz any more"


@pytest.mark.parametrize("feedback", ["at once", "after submitting"])
def test_nobody_is_taken_to_have_guessed_who_was_not_asked_how_sure_they_were(engine: Engine, feedback: Any) -> None:
    sure = replace(ITEMS[0], id="sure", rules=Rules(certainty=True))
    desk = Seated(engine, replace(SET, feedback=feedback))
    desk.do(lambda s: versions.record_items(s, "loops", "first", [sure], now=NOW))
    pool = {**POOL, "sure": ("first", sure)}
    quiz = replace(desk.quiz, content=Named(("sure",)))
    desk.who["quiz"] = desk.quiz = quiz
    desk.do(lambda s: sittings.start(s, pool=pool, seed="s", now=NOW, after=0, **desk.who))
    desk.respond("b", sure)
    desk.submit()
    assert desk.states().items["sure"].tries.last.certainty is None
