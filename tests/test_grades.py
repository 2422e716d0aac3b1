"""The gradebook: whatever happens in whatever order, what is stored is what attempts, scores and rules make of themselves."""

from __future__ import annotations

import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select
from sqlmodel import Session

from quiz import attempts, carrying, giving_up, grades, offers, regrades, seats, sittings, versions
from quiz.errors import QuizError
from quiz.grades import Entry, Rule
from quiz.models import GradeEntry, table
from quiz.policies import Policy
from quiz.quizzes import Named, Quiz, pool_of
from quiz.regrading import Policy as RegradePolicy
from quiz.rules import PLAIN, Rules
from tests.builders import furnish_server, make_item, quiz_database
from tests.postgres import Cluster
from webapp import engines

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAMES = ("one", "two", "three")
TRIED = Rules(attempts=3, penalty=0.25, hint_cost=0.125, certainty=True)
TEXTS = {
    name: [make_item(key=key, id=name, points=points, rules=rules, hints=("One.", "Two.")) for key in "ab"]
    for name, points, rules in zip(NAMES, (1.0, 2.0, 0.5), (PLAIN, TRIED, TRIED), strict=True)
}
"""Each item with its first key and with the corrected one."""
QUIZZES = (
    Quiz("told", "Told", Named(NAMES[:2]), minutes=5),
    Quiz("kept", "Kept", Named(NAMES), minutes=5, feedback="after submitting"),
)
LEARNERS = ("lena", "omar")
WHO = st.sampled_from(LEARNERS)
QUIZ = st.sampled_from(QUIZZES)
STEPS = st.one_of(
    st.tuples(st.just("respond"), WHO, st.sampled_from(NAMES), st.sampled_from("abc"), st.integers(1, 3)),
    st.tuples(st.just("hint"), WHO, st.sampled_from(NAMES)),
    st.tuples(st.just("give up"), WHO, st.sampled_from(NAMES)),
    st.tuples(st.just("start over"), WHO),
    st.tuples(st.just("retry"), WHO),
    st.tuples(st.just("start"), WHO, QUIZ, st.booleans()),
    st.tuples(st.just("answer"), WHO, QUIZ, st.sampled_from(NAMES), st.sampled_from("abc")),
    st.tuples(st.just("submit"), WHO, QUIZ),
    st.tuples(st.just("wait"), st.integers(-90, 8)),
    st.tuples(st.just("close"), st.sampled_from((None, *LEARNERS))),
    st.tuples(st.just("correct"), st.sampled_from(NAMES)),
    st.tuples(st.just("regrade"), st.sampled_from(NAMES), st.sampled_from(RegradePolicy)),
    st.tuples(st.just("undo"), st.sampled_from(NAMES)),
    st.tuples(st.just("rule"), st.sampled_from(Policy), st.sampled_from(Policy)),
    st.tuples(st.just("erase"), WHO),
)


class Course:
    """A lesson's quiz and two over lessons, of two learners; each step is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.key = dict.fromkeys(NAMES, 0)
        self.keys = 0
        self.record()
        self.rule(Policy.LAST, Policy.BEST)

    def item(self, name: str) -> Any:
        return TEXTS[name][self.key[name]]

    def record(self) -> None:
        items = [self.item(name) for name in NAMES]
        self.do(lambda s: versions.record_items(s, "loops", "tasks", items, now=NOW))

    def rule(self, own: Policy, over: Policy) -> None:
        points = {name: self.item(name).points for name in NAMES}
        rules = [Rule("tasks", own, points=points), *(Rule(quiz.name, over, submits=True) for quiz in QUIZZES)]
        self.do(lambda s: grades.record_rules(s, "loops", rules))

    def step(self, what: str, *told: Any) -> None:
        self.now += timedelta(seconds=20)
        with suppress(QuizError):
            getattr(self, f"_{what.replace(' ', '_')}")(*told)

    def _respond(self, learner: str, name: str, chosen: str, certainty: int = 1) -> None:
        given: dict[str, Any] = {"given": frozenset(chosen), "certainty": certainty}
        self.do(lambda s: attempts.respond(s, item=self.item(name), **given, **self.who(learner)))

    def _hint(self, learner: str, name: str) -> None:
        self.do(lambda s: attempts.open_hint(s, item=self.item(name), **self.who(learner)))

    def _give_up(self, learner: str, name: str) -> None:
        who = {key: value for key, value in self.who(learner).items() if key != "seed"}
        self.do(lambda s: giving_up.give_up(s, item=self.item(name), **who))

    def who(self, learner: str) -> dict[str, Any]:
        return {"learner": learner, "course": "loops", "quiz": "tasks", "seed": "s", "now": self.now}

    def _start_over(self, learner: str) -> None:
        self.do(lambda s: attempts.start_over(s, learner=learner, course="loops", quiz="tasks", now=self.now))

    def _retry(self, learner: str) -> None:
        self.do(lambda s: carrying.retry(s, learner=learner, course="loops", quiz="tasks", now=self.now))

    def _start(self, learner: str, quiz: Quiz, only_wrong: bool) -> None:
        pool = pool_of([("tasks", [self.item(name) for name in NAMES])])
        who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": quiz, "pool": pool, "seed": "s"}
        number = self.number(learner, quiz)
        self.do(lambda s: sittings.start(s, now=self.now, after=number, only_wrong=only_wrong, **who))

    def _answer(self, learner: str, quiz: Quiz, name: str, chosen: str) -> None:
        who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": quiz, "seed": "s", "now": self.now}
        given: dict[str, Any] = {
            "item": self.item(name),
            "given": frozenset(chosen),
            "shown": self.item(name).shown_hash,
        }
        number = self.number(learner, quiz)
        self.do(lambda s: sittings.respond(s, attempt=number, seq=1, **given, **who))

    def _submit(self, learner: str, quiz: Quiz) -> None:
        number = self.number(learner, quiz)
        self.do(lambda s: sittings.submit(s, learner=learner, course="loops", quiz=quiz, now=self.now, attempt=number))

    def _wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _close(self, learner: str | None) -> None:
        self.do(lambda s: sittings.close_overdue(s, course="loops", now=self.now, learner=learner))

    def _correct(self, name: str) -> None:
        self.key[name] = 1
        self.record()

    def _regrade(self, name: str, policy: RegradePolicy) -> None:
        self.keys += 1
        told: dict[str, Any] = {"item": self.item(name), "policy": policy, "key": f"k{self.keys}", "version": 2}
        self.do(lambda s: regrades.regrade(s, course="loops", now=self.now, **told))

    def _undo(self, name: str) -> None:
        self.keys += 1
        done = self.do(lambda s: offers.done(s, course="loops", item_id=name))
        holding = [one for one in done if offers.holds(one)]
        if holding:
            told: dict[str, Any] = {"item_id": name, "regrade_id": holding[-1].id, "key": f"k{self.keys}"}
            self.do(lambda s: regrades.undo(s, course="loops", now=self.now, **told))

    def _rule(self, own: Policy, over: Policy) -> None:
        self.rule(own, over)

    def _erase(self, learner: str) -> None:
        self.do(lambda s: attempts.erase(s, learner=learner, now=self.now))

    def number(self, learner: str, quiz: Quiz) -> int:
        found = self.do(lambda s: seats.seat(s.connection(), learner=learner, course="loops", quiz=quiz.name))
        return found.number if found else 0

    def book(self) -> list[tuple[Any, ...]]:
        return self.do(_book)  # type: ignore[no-any-return]

    def books(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The gradebook as it is stored, and as it is made anew."""

        def both(session: Session) -> Any:
            stored = _book(session)
            grades.rebuild(session, "loops")
            return stored, _book(session)

        return self.do(both)  # type: ignore[no-any-return]

    def do(self, work: Any) -> Any:
        with Session(self.engine) as session, session.begin():
            return work(session)


def _book(session: Session) -> list[tuple[Any, ...]]:
    entries = table(GradeEntry)
    rows = session.connection().execute(select(entries).order_by(entries.c.learner_id, entries.c.quiz))
    return [tuple(row) for row in rows]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=4, max_size=24))
def test_after_any_steps_the_gradebook_is_the_one_that_is_made_anew(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = quiz_database(Path(folder) / "quiz.db")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        engine.dispose()  # no power is cut here, and thousands of transactions would wait for the disk
        try:
            walk(engine, steps)
        finally:
            engine.dispose()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=8, max_size=24))
def test_and_on_postgresql(cluster: Cluster, steps: list[tuple[Any, ...]]) -> None:
    with cluster.lent(furnish_server) as address, closing(engines.of_server(address)) as opened:
        walk(opened.writing, steps)


def walk(engine: Engine, steps: list[tuple[Any, ...]]) -> None:
    course = Course(engine)
    for what, *told in steps:
        course.step(what, *told)
        stored, anew = course.books()
        assert stored == anew, what


def test_the_steps_reach_every_grade(tmp_path: Path) -> None:
    """What the test above walks through does make grades, carry, regrade and forget."""
    engine = quiz_database(tmp_path / "quiz.db")
    course = Course(engine)
    told, kept = QUIZZES
    steps: list[tuple[Any, ...]] = [
        ("respond", "lena", "one", "b"),
        ("respond", "lena", "two", "a"),
        ("start", "omar", kept, False),
        ("answer", "omar", kept, "two", "a"),
        ("start", "omar", told, False),
        ("submit", "omar", told),
        ("wait", 8),
        ("close", None),
    ]
    for what, *found in steps:
        course.step(what, *found)
    assert {(learner, quiz): mark for learner, _, quiz, mark, *_ in course.book()} == {
        ("lena", "tasks"): 2.0,
        ("omar", "~quiz/kept"): 2.0,
        ("omar", "~quiz/told"): 0.0,
    }
    course.step("retry", "lena")
    course.step("correct", "one")
    course.step("regrade", "one", RegradePolicy.CURRENT_ONLY)
    course.step("regrade", "two", RegradePolicy.FULL_CREDIT)
    assert {(learner, quiz): mark for learner, _, quiz, mark, *_ in course.book()}["lena", "tasks"] == 2.0
    course.step("erase", "omar")
    assert {learner for learner, *_ in course.book()} == {"lena"}
    engine.dispose()


def test_what_stands_is_read_by_course_by_learner_and_by_attempt(tmp_path: Path) -> None:
    engine = quiz_database(tmp_path / "quiz.db")
    course = Course(engine)
    for what, *found in (
        ("respond", "lena", "one", "b"),
        ("respond", "omar", "two", "a"),
        ("start over", "omar"),
        ("respond", "omar", "two", "b"),
    ):
        course.step(what, *found)
    lena, omar = Entry("lena", "tasks", 0.0, 3.5, 1), Entry("omar", "tasks", 0.0, 3.5, 2)

    assert course.do(lambda s: grades.rows(s, "loops")) == (lena, omar)
    assert course.do(lambda s: grades.of_learner(s, learner="omar", course="loops")) == {"tasks": omar}
    told = course.do(lambda s: grades.marks(s, learner="omar", course="loops", quiz="tasks"))
    assert [(number, mark.earned, mark.possible) for number, mark in told] == [(1, 2.0, 3.5), (2, 0.0, 3.5)]
    engine.dispose()


def test_grades_go_and_come_with_their_rule_and_nobody_has_one_without_an_attempt(tmp_path: Path) -> None:
    engine = quiz_database(tmp_path / "quiz.db")
    course = Course(engine)
    course.step("respond", "lena", "one", "a")
    course.do(lambda s: grades.keep(s.connection(), learner="omar", course="loops", quiz="tasks"))
    stored, anew = course.books()
    assert [learner for learner, *_ in stored] == ["lena"] and anew == stored

    course.do(lambda s: grades.record_rules(s, "loops", []))
    assert course.books() == ([], [])
    course.rule(Policy.BEST, Policy.BEST)
    assert course.book() == stored
    engine.dispose()
