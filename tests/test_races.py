"""Two requests at the same moment, each on a connection of its own: what is stored and told is as if one had come after the other.

On SQLite they stand in line; on PostgreSQL they overlap, and the one that lost is done again. Each race is run several times:
no two meet in the same place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from quiz import attempts, offers, regrades, standing, versions
from quiz.attempts import Conflict, Outcome
from quiz.errors import QuizError
from quiz.regrades import Refused
from quiz.regrading import Policy
from tests.builders import make_item
from webapp.database import transact

RACES = 6
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEM = make_item("b", hints=("Look.",))
CORRECTED = make_item("c", hints=("Look.",))
ROWS = ("attempt", "attempt_item", "response", "score")


class Learner:
    """One learner; each call is a transaction of its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.who: dict[str, Any] = {"learner": name, "course": "loops", "quiz": "tasks"}

    def respond(self, **given: Any) -> Outcome:
        fields = {"item": ITEM, "given": frozenset("b"), "seed": "s", "now": NOW, **self.who, **given}
        return transact(self.engine, lambda session: attempts.respond(session, **fields))

    def open_hint(self) -> int:
        fields = {"item": ITEM, "seed": "s", "now": NOW, **self.who}
        return transact(self.engine, lambda session: attempts.open_hint(session, **fields))

    def start_over(self) -> int:
        return transact(self.engine, lambda session: attempts.start_over(session, now=NOW, **self.who))

    def erase(self) -> None:
        transact(self.engine, lambda session: attempts.erase(session, learner=self.name, now=NOW))

    def state(self) -> standing.QuizState:
        return transact(self.engine, lambda session: standing.states(session, **self.who))

    def count(self, table: str, where: str = "") -> int:
        statement = text(f"SELECT count(*) FROM {table} WHERE learner_id = :name {where}")
        with self.engine.connect() as connection:
            return int(connection.execute(statement, {"name": self.name}).scalar_one())


@pytest.fixture
def learners(engine: Engine) -> list[Learner]:
    """One for each race."""
    publish(engine, ITEM)
    return [Learner(engine, f"learner {n}") for n in range(RACES)]


def publish(engine: Engine, item: Any) -> None:
    transact(engine, lambda session: versions.record_items(session, "loops", "tasks", [item], now=NOW))


def race(*calls: Callable[[], object]) -> list[object]:
    """What came of each call, in their order; what the engine refuses is a result as any other."""
    gate = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(at: int, call: Callable[[], object]) -> None:
        gate.wait(120)
        try:
            results[at] = call()
        except QuizError as refusal:
            results[at] = refusal

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    return results


def test_the_same_intent_twice_is_one_response(learners: list[Learner]) -> None:
    for learner in learners:
        told = race(*[partial(learner.respond, key="one intent")] * 2)
        assert sorted(one.fresh for one in told if isinstance(one, Outcome)) == [False, True]
        assert [learner.count(table) for table in ROWS] == [1, 1, 1, 1]


def test_of_two_tabs_with_different_answers_one_is_taken(learners: list[Learner]) -> None:
    for learner in learners:
        told = race(
            partial(learner.respond, key="one tab", given=frozenset("a"), attempt=1),
            partial(learner.respond, key="another", given=frozenset("b"), attempt=1),
        )
        (taken,) = [one for one in told if isinstance(one, Outcome)]
        (refused,) = [one for one in told if isinstance(one, Conflict)]
        assert (refused.code, refused.state) == ("answered", taken.state)
        assert learner.state().items[ITEM.id] == taken.state


def test_a_hint_beside_a_response_is_counted_in_it_or_refused(learners: list[Learner]) -> None:
    for learner in learners:
        response, hint = race(learner.respond, learner.open_hint)
        assert isinstance(response, Outcome)
        assert hint == 1 if learner.count("hint_opening") else isinstance(hint, Conflict)
        assert learner.state().items[ITEM.id].hints_used == learner.count("hint_opening") == response.state.hints_used


def test_a_response_beside_starting_over_is_of_the_attempt_that_it_names_or_refused(
    engine: Engine, learners: list[Learner]
) -> None:
    other = make_item("a", id="who-else")
    publish(engine, other)
    for learner in learners:
        learner.respond(item=other, given=frozenset("a"))
        response, number = race(partial(learner.respond, attempt=1), learner.start_over)
        assert number == 2
        assert learner.count("attempt") == 2 and learner.count("attempt", "AND closed_at IS NULL") == 1
        taken = isinstance(response, Outcome)
        assert taken or (isinstance(response, Conflict) and response.code == "attempt-closed")
        assert learner.count("response") == 1 + taken
        assert learner.state() == standing.QuizState(2, {})


def test_a_response_beside_being_forgotten_is_gone_or_a_new_beginning(learners: list[Learner]) -> None:
    for learner in learners:
        learner.open_hint()
        response, _ = race(learner.respond, learner.erase)
        assert isinstance(response, Outcome)
        assert learner.count("hint_opening") == learner.count("erasure") == 0
        assert [learner.count(table) for table in ROWS] in ([0, 0, 0, 0], [1, 1, 1, 1])


def test_a_response_beside_a_regrade_is_in_it_or_offered_next(engine: Engine, learners: list[Learner]) -> None:
    learners[0].respond()
    publish(engine, CORRECTED)
    for number, learner in enumerate(learners[1:]):
        Learner(engine, f"before {number}").respond(item=ITEM)  # a page from before the edit
        _, done = race(partial(learner.respond, item=ITEM), partial(regrade, engine, number))
        assert isinstance(done, offers.Done)
        left = transact(engine, lambda session: offers.offer(session, course="loops", item=CORRECTED)).rows
        assert {row.learner for row in left} <= {learner.name}
    for learner in learners:
        assert learner.count("score") == len(chain(engine, learner)), "each score follows the one before"


def regrade(engine: Engine, number: int, policy: Policy = Policy.CURRENT_ONLY) -> offers.Done:
    def work(session: Session) -> offers.Done:
        key = f"regrade {number:08} {policy}"
        return regrades.regrade(
            session,
            course="loops",
            item=CORRECTED,
            policy=policy,
            key=key,
            version=2,
            now=NOW + timedelta(minutes=number),
        )

    return transact(engine, work)


def chain(engine: Engine, learner: Learner) -> list[str]:
    """A learner's scores from the first one on, each by the one that it supersedes."""
    statement = text("SELECT id, supersedes_id FROM score WHERE learner_id = :name")
    with engine.connect() as connection:
        after = {row.supersedes_id: row.id for row in connection.execute(statement, {"name": learner.name})}
    found, last = [], after.get(None)
    while last is not None:
        found.append(last)
        last = after.get(last)
    return found


def test_of_two_regrades_of_the_same_responses_one_is_done(engine: Engine, learners: list[Learner]) -> None:
    publish(engine, CORRECTED)
    for number, learner in enumerate(learners):
        learner.respond(item=ITEM)
        told = race(
            partial(regrade, engine, number, Policy.CURRENT_ONLY),
            partial(regrade, engine, number, Policy.FULL_CREDIT),
        )
        (done,) = [one for one in told if isinstance(one, offers.Done)]
        (refused,) = [one for one in told if isinstance(one, Refused)]
        assert (done.responses, refused.code) == (1, "nothing-open")
        assert learner.count("score") == 2
