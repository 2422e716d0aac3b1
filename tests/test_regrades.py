"""Regrades on a real database: one transaction, once however often it is asked for, taken back, and erased with a learner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import Session

from quiz import attempts, offers, records, regrades, standing, versions
from quiz.items import Item
from quiz.offers import Done, Offer
from quiz.regrades import Refused
from quiz.regrading import Policy
from tests.builders import TABLES, make_item
from webapp.database import transact

Result = TypeVar("Result")

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WRONG_KEY = make_item("b")
RIGHT_KEY = make_item("c")
COURSE = {"course": "loops"}


class Class:
    """Learners who answer one item, and its author. Each call is a transaction, a minute after the one before."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.minutes = 0

    def do(self, work: Callable[[Session], Result]) -> Result:
        return transact(self.engine, work)

    @property
    def now(self) -> datetime:
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def publish(self, item: Item) -> None:
        self.do(lambda session: versions.record_items(session, "loops", "tasks", [item], now=self.now))

    def respond(self, learner: str, chosen: str, item: Item = WRONG_KEY, *, quiz: str = "tasks") -> None:
        who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": quiz, "item": item, "seed": "s"}
        self.do(lambda session: attempts.respond(session, given=tuple(chosen), now=self.now, **who))

    def start_over(self, learner: str) -> None:
        who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": "tasks"}
        self.do(lambda session: attempts.start_over(session, now=self.now, **who))

    def offer(self, item: Item = RIGHT_KEY) -> Offer:
        return self.do(lambda session: offers.offer(session, item=item, **COURSE))

    def regrade(
        self,
        policy: Policy = Policy.CURRENT_ONLY,
        *,
        item: Item = RIGHT_KEY,
        key: str = "k" * 16,
        version: int = 2,
        **given: Any,
    ) -> Done:
        fields = {"item": item, "policy": policy, "key": key, "version": version, **COURSE, **given}
        return self.do(lambda session: regrades.regrade(session, now=self.now, **fields))

    def undo(self, regrade: Done, *, key: str = "u" * 16) -> Done:
        fields = {"item_id": "who-waits", "regrade_id": regrade.id, "key": key, **COURSE}
        return self.do(lambda session: regrades.undo(session, now=self.now, **fields))

    def done(self) -> tuple[Done, ...]:
        return self.do(lambda session: offers.done(session, item_id="who-waits", **COURSE))

    def mark(self, learner: str) -> float:
        """What progress counts."""
        return self.do(lambda session: standing.answered(session, learner=learner, **COURSE))["tasks"]["who-waits"]

    def marks(self) -> str:
        return " ".join(f"{learner}:{self.mark(learner):g}" for learner in ("anna", "bert", "cleo"))

    def state(self, learner: str) -> standing.ItemState:
        found = self.do(lambda session: standing.states(session, learner=learner, quiz="tasks", **COURSE))
        return found.items["who-waits"]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        with self.engine.connect() as connection:
            return {
                table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]
                for table in (*TABLES, "regrade")
            }


@pytest.fixture
def taught(engine: Engine) -> Class:
    """Three learners who answered by the wrong key, and the key corrected since."""
    taught = Class(engine)
    taught.publish(WRONG_KEY)
    for learner, chosen in (("anna", "a"), ("bert", "b"), ("cleo", "c")):
        taught.respond(learner, chosen)
    taught.publish(RIGHT_KEY)
    return taught


def test_a_key_change_is_offered_and_moves_nobody_by_itself(taught: Class) -> None:
    offer = taught.offer()

    assert [(row.learner, row.fraction) for row in offer.rows] == [("anna", 0.0), ("bert", 1.0), ("cleo", 0.0)]
    assert offer.version is not None and offer.version.number == 2
    assert taught.marks() == "anna:0 bert:1 cleo:0"


@pytest.mark.parametrize(
    ("policy", "marks", "moved"),
    [
        (Policy.CURRENT_ONLY, "anna:0 bert:0 cleo:1", (1, 1)),
        (Policy.PREVIOUS_OR_CURRENT, "anna:0 bert:1 cleo:1", (1, 0)),
        (Policy.FULL_CREDIT, "anna:1 bert:1 cleo:1", (2, 0)),
        (Policy.NONE, "anna:0 bert:1 cleo:0", (0, 0)),
    ],
)
def test_a_regrade_does_what_its_preview_said_and_settles_it(
    taught: Class, policy: Policy, marks: str, moved: tuple[int, int]
) -> None:
    preview = taught.offer().plan(policy)

    done = taught.regrade(policy)

    assert (sum(move.is_up for move in preview), sum(move.is_down for move in preview)) == (done.up, done.down) == moved
    assert (done.responses, done.learners, done.policy, done.to_version) == (3, 3, policy.value, 2)
    assert taught.marks() == marks
    assert taught.offer().rows == ()
    assert taught.done() == (done,)


def test_an_edit_that_can_move_nobody_is_not_offered(taught: Class) -> None:
    for edited in (replace(WRONG_KEY, stem="Who is waiting?"), make_item("b", "abcde"), replace(WRONG_KEY, points=3.0)):
        taught.publish(edited)
        assert taught.offer(edited).rows == ()
        with pytest.raises(Refused, match="nothing-open"):
            taught.regrade(item=edited, version=taught.offer(edited).version.number)  # type: ignore[union-attr]


def test_it_goes_over_every_attempt_and_review(taught: Class) -> None:
    taught.start_over("bert")
    taught.respond("bert", "b", RIGHT_KEY)
    taught.respond("dora", "b")
    taught.respond("dora", "c", quiz="~review")

    offered = taught.offer().rows
    assert sorted((row.learner, row.quiz, row.attempt) for row in offered) == [
        ("anna", "tasks", 1),
        ("bert", "tasks", 1),
        ("cleo", "tasks", 1),
        ("dora", "tasks", 1),
        ("dora", "~review", 1),
    ]
    assert taught.regrade().learners == 4


def test_a_learner_is_told_when_and_by_how_much(taught: Class) -> None:
    done = taught.regrade(note="C it is.")

    told = taught.state("cleo").correction
    assert told is not None
    assert (told.at, told.before, told.after, told.moved) == (done.at, 0.0, 1.0, True)
    assert (told.note, told.policy, told.taken_back) == ("C it is.", "current-only", False)
    assert (taught.state("cleo").outcome, told.scored_content) == ("right", RIGHT_KEY.content_hash)
    unmoved = taught.state("anna").correction
    assert unmoved is not None and not unmoved.moved
    taught.respond("dora", "c", RIGHT_KEY)
    assert taught.state("dora").correction is None


def test_the_same_request_again_is_the_same_regrade(taught: Class) -> None:
    done = taught.regrade()
    before = taught.rows()

    assert taught.regrade() == done
    assert taught.rows() == before
    for other in ({"policy": Policy.NONE}, {"note": "Another."}):
        with pytest.raises(Refused, match="key-reused"):
            taught.regrade(**other)
    with pytest.raises(Refused, match="nothing-open"):
        taught.regrade(key="another key 4567")
    with pytest.raises(Refused, match="key-reused"):
        taught.undo(done, key="k" * 16)
    assert taught.rows() == before


def test_a_preview_of_another_version_is_out_of_date(taught: Class) -> None:
    before = taught.rows()
    with pytest.raises(Refused, match="out-of-date"):
        taught.regrade(version=1)
    assert taught.rows() == before


def test_what_is_taken_back_is_as_it_was_and_offered_again(taught: Class) -> None:
    offered = taught.offer()
    done = taught.regrade()

    taken = taught.undo(done)
    assert (taken.undoes, taken.up, taken.down) == (done.id, 1, 1)
    assert taught.undo(done) == taken, "the same request again"
    assert taught.marks() == "anna:0 bert:1 cleo:0"
    assert [row.fraction for row in taught.offer().rows] == [row.fraction for row in offered.rows]
    told = taught.state("cleo").correction
    assert told is not None and (told.before, told.after, told.taken_back) == (1.0, 0.0, True)
    assert told.scored_content == WRONG_KEY.content_hash
    with pytest.raises(Refused, match="not-the-last"):
        taught.undo(done, key="another key 4567")
    taught.regrade(Policy.FULL_CREDIT, key="another key 4567")
    assert taught.marks() == "anna:1 bert:1 cleo:1"


def test_regrades_are_taken_back_the_last_one_first(taught: Class) -> None:
    first = taught.regrade()
    third_key = make_item("a")
    taught.publish(third_key)
    second = taught.regrade(Policy.PREVIOUS_OR_CURRENT, item=third_key, key="2" * 16, version=3)
    assert taught.marks() == "anna:1 bert:0 cleo:1"

    with pytest.raises(Refused, match="not-the-last"):
        taught.undo(first)
    taught.undo(second)
    assert taught.marks() == "anna:0 bert:0 cleo:1"
    taught.undo(first, key="3" * 16)
    assert taught.marks() == "anna:0 bert:1 cleo:0"
    assert [(one.number, one.undone) for one in taught.done()] == [(1, True), (2, True), (3, False), (4, False)]


def test_marks_that_are_left_stay_until_that_is_taken_back(taught: Class) -> None:
    left = taught.regrade(Policy.NONE)
    assert taught.offer().rows == () and taught.state("bert").correction is None

    taught.respond("dora", "b")  # from a page that was opened before the edit
    assert [row.learner for row in taught.offer().rows] == ["dora"]
    taught.undo(left)
    assert len(taught.offer().rows) == 4


def test_whoever_answers_an_older_page_after_a_regrade_is_offered_anew(taught: Class) -> None:
    taught.regrade()
    taught.respond("dora", "c")

    assert [row.learner for row in taught.offer().rows] == ["dora"]
    assert taught.regrade(key="another key 4567").responses == 1
    assert taught.mark("dora") == 1.0


def test_a_regrade_that_fails_half_way_leaves_nothing(taught: Class) -> None:
    before = taught.rows()

    def work(session: Session) -> None:
        regrades.regrade(session, item=RIGHT_KEY, policy=Policy.FULL_CREDIT, key="k" * 16, version=2, now=NOW, **COURSE)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        taught.do(work)
    assert taught.rows() == before


def test_statistics_stay_those_of_the_version_and_the_key_that_were_answered(taught: Class) -> None:
    before = taught.do(lambda session: records.records(session, **COURSE))

    taught.regrade(Policy.FULL_CREDIT)

    assert taught.do(lambda session: records.records(session, **COURSE)) == before
    assert {record.key_hash for record in before} == {WRONG_KEY.key_hash}


def test_a_learner_can_be_forgotten_after_a_regrade_and_the_audit_stays(taught: Class) -> None:
    done = taught.regrade()
    taught.undo(done)

    taught.do(lambda session: attempts.erase(session, learner="cleo", now=NOW))

    rows = taught.rows()
    assert "cleo" not in repr(rows)
    assert len(rows["regrade"]) == 2
    assert taught.mark("bert") == 1.0


def test_no_learner_is_named_in_an_audit_row(taught: Class) -> None:
    taught.regrade()
    assert not any(name in repr(taught.rows()["regrade"]) for name in ("anna", "bert", "cleo"))


requests = st.lists(
    st.one_of(
        st.tuples(st.just("regrade"), st.sampled_from(list(Policy)), st.integers(0, 2), st.sampled_from("abc")),
        st.tuples(st.just("undo"), st.just(Policy.NONE), st.integers(0, 2), st.just("")),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=requests, times=st.integers(1, 3))
def test_replaying_any_request_any_number_of_times_leaves_the_same_rows(
    quiz_databases: Callable[[], Engine], requests: list[tuple[str, Policy, int, str]], times: int
) -> None:
    """Once each, or each of them several times: the same scores and regrades, and every response has one that counts."""
    told = []
    for repeats in (1, times):
        taught = Class(quiz_databases())
        taught.publish(WRONG_KEY)
        for learner, chosen in (("anna", "a"), ("bert", "b"), ("cleo", "c")):
            taught.respond(learner, chosen)
        for at, request in enumerate(requests):
            for _ in range(repeats):
                ask(taught, at, *request)
        rows = taught.rows()
        superseded = {row["supersedes_id"] for row in rows["score"]}
        assert sum(row["id"] not in superseded for row in rows["score"]) == 3
        told.append(
            (
                taught.marks(),
                len(rows["score"]),
                [(one.policy, one.responses, one.up, one.down, one.undone) for one in taught.done()],
            )
        )
    assert told[0] == told[1]


def ask(taught: Class, at: int, what: str, policy: Policy, which: int, key: str) -> None:
    """A request as its page sends it: the present version, or one of the regrades that are there."""
    sent = f"request {at:08}"
    try:
        if what == "undo":
            regrades_done = [one for one in taught.done() if one.undoes is None]
            if which < len(regrades_done):
                taught.undo(regrades_done[which], key=sent)
            return
        item = make_item(key)
        taught.publish(item)
        offered = taught.offer(item)
        taught.regrade(policy, item=item, key=sent, version=offered.version.number)  # type: ignore[union-attr]
    except Refused:
        pass


def test_a_clock_that_goes_back_changes_no_decision_and_no_order(taught: Class) -> None:
    """Which answers a decision came after, and which correction is the last, is read from the times that are stored."""
    taught.minutes -= 60
    kept = taught.regrade(Policy.NONE, key="k1" * 8)
    assert taught.offer().rows == (), "what was answered before it is settled, although the clock calls it later"
    taught.minutes -= 60
    taught.undo(kept, key="u1" * 8)
    assert len(taught.offer().rows) == 3
    taught.minutes -= 60
    taught.undo(taught.regrade(Policy.FULL_CREDIT, key="k2" * 8), key="u2" * 8)
    assert taught.marks() == "anna:0 bert:1 cleo:0"
    taught.minutes -= 60
    taught.regrade(Policy.CURRENT_ONLY, key="k3" * 8)
    assert taught.marks() == "anna:0 bert:0 cleo:1"
    times = [one.at for one in taught.done()]
    assert times == sorted(set(times)) and len(times) == 5
    state = taught.state("cleo")
    assert state.correction is not None and (state.correction.before, state.correction.after) == (0.0, 1.0)
