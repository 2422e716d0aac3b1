"""Certainty: its marks, how it agrees with what is known, what it does to a card, and that it enters no points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from quiz import cards, reviewing
from quiz.certainty import LEVELS, PAYS_FROM, Stated, calibration, certainty_mark
from quiz.moments import wilson
from quiz.rules import Rules
from quiz.statements import stated
from tests.builders import make_item, quiz_database
from tests.test_attempts import NOW, Desk

SURE = make_item(key="b", id="who-is-sure", rules=Rules(certainty=True, attempts=2))
PLAIN = make_item(key="b", id="who-waits")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = quiz_database(tmp_path / "quiz.db")
    yield engine
    engine.dispose()


@pytest.fixture
def desk(engine: Engine) -> Desk:
    desk = Desk(engine)
    desk.record(SURE, PLAIN)
    return desk


@pytest.mark.parametrize(
    ("level", "right", "half", "wrong"), [(1, 1.0, 0.5, 0.0), (2, 2.0, 1.0, -2.0), (3, 3.0, 1.5, -6.0)]
)
def test_marks_are_gardner_medwins(level: int, right: float, half: float, wrong: float) -> None:
    assert [certainty_mark(fraction, level) for fraction in (1.0, 0.5, 0.0)] == [right, half, wrong]


@given(st.floats(0.001, 0.999))
def test_the_level_that_pays_most_is_the_honest_one(chance: float) -> None:
    def expected(level: int) -> float:
        return chance * certainty_mark(1.0, level) + (1 - chance) * certainty_mark(0.0, level)

    honest = max(level for level in LEVELS if chance >= PAYS_FROM[level])
    assert expected(honest) >= max(map(expected, LEVELS)) - 1e-9


def test_nothing_is_told_of_a_level_with_fewer_than_five_answers() -> None:
    told = calibration([Stated(3, 1.0, True)] * 4 + [Stated(2, 0.0, False)] * 5)

    assert [level.interval for level in told.levels] == [None, wilson(0, 5), None]
    assert [level.verdict for level in told.levels] == [None, "over", None]
    assert [level.share for level in told.levels] == [None, 0.0, None] and told.is_told
    assert not calibration([Stated(1, 1.0, True)] * 4).is_told
    assert told.n == 9 and told.right == 4 and told.mean_mark == pytest.approx((4 * 3 - 5 * 2) / 9)


@pytest.mark.parametrize(
    ("level", "right", "of", "verdict"),
    [(3, 10, 20, "over"), (3, 19, 20, "fits"), (2, 60, 60, "under"), (1, 20, 20, "under"), (1, 4, 20, "fits")],
)
def test_a_verdict_needs_the_whole_interval(level: int, right: int, of: int, verdict: str) -> None:
    told = calibration([Stated(level, float(at < right), at < right) for at in range(of)])
    assert told.levels[level - 1].verdict == verdict


def test_it_is_stored_with_the_first_try_and_enters_no_points(engine: Engine, desk: Desk) -> None:
    desk.respond("a", SURE, seq=1, certainty=3)
    state = desk.respond("b", SURE, seq=2, certainty=2).state
    desk.respond("b", PLAIN, certainty=3)

    assert [one.certainty for one in state.tries.all] == [3, None]
    assert desk.state().items[PLAIN.id].tries.last.certainty is None, "not asked"
    assert state.fraction == pytest.approx(2 / 3)
    told = desk._do(lambda session: stated(session, learner="lena", course="loops"))
    assert told == (Stated(3, 0.0, False),)


def test_nothing_chosen_counts_as_a_guess(desk: Desk) -> None:
    assert desk.respond("b", SURE).state.tries.last.certainty == 1


def test_an_attempt_that_was_started_over_says_nothing_more(desk: Desk) -> None:
    desk.respond("b", SURE, certainty=2)
    desk.start_over()
    desk.respond("b", SURE, certainty=3)
    told = desk._do(lambda session: stated(session, learner="lena", course="loops"))
    assert [one.level for one in told] == [2]


def test_a_guess_that_was_right_is_hard_and_sure_twice_is_easy(desk: Desk) -> None:
    desk.respond("b", SURE, certainty=1)
    held = desk._do(lambda session: cards.cards(session, learner="lena", course="loops"))
    assert held[SURE.id].last == Rating.Hard

    other = Desk(desk.engine, "omar")
    other.respond("b", SURE, certainty=3)
    other._do(
        lambda session: reviewing.respond(
            session,
            learner="omar",
            course="loops",
            items={SURE.id: ("tasks", SURE)},
            item=SURE.id,
            given=frozenset("b"),
            seed="s",
            now=NOW + timedelta(days=30),
            certainty=3,
        )
    )
    held = other._do(lambda session: cards.cards(session, learner="omar", course="loops"))
    assert held[SURE.id].last == Rating.Easy, "after the Good of the lesson"


def test_a_review_has_one_try_whatever_the_item_allows(desk: Desk) -> None:
    desk.respond("b", SURE, certainty=2)
    outcome = desk._do(
        lambda session: reviewing.respond(
            session,
            learner="lena",
            course="loops",
            items={SURE.id: ("tasks", SURE)},
            item=SURE.id,
            given=frozenset("a"),
            seed="s",
            now=NOW + timedelta(days=30),
        )
    )
    assert outcome.state.outcome == "wrong" and outcome.state.tries.settled
