"""Quizzes over lessons by themselves: what an attempt draws, when it ends, and when one may begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quiz.quizzes import Mixed, Named, OfLesson, Quiz, draw, pool_of
from tests.builders import make_item

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEMS = [make_item(key="b", id=f"item-{at}", skills=(f"skill-{at % 2}",)) for at in range(6)]
POOL = pool_of([("first", ITEMS[:2]), ("second", ITEMS[2:4]), ("third", ITEMS[4:])])
SET = Quiz("three", "Three", Named(("item-0", "item-2", "item-4")))


def test_a_draw_takes_lessons_in_turn_and_is_the_same_for_the_same_seed_and_attempt() -> None:
    quiz = Quiz("mixed", "Mixed", Mixed(4, per_lesson=2))
    drawn = draw(quiz, POOL, seed="s", attempt=1)

    assert drawn == draw(quiz, POOL, seed="s", attempt=1)
    assert len({POOL[name][0] for name in drawn[:3]}) == 3, "each lesson once before one comes again"
    assert len({draw(quiz, POOL, seed="s", attempt=attempt) for attempt in range(8)}) > 1


def test_a_draw_keeps_to_its_lessons_skills_and_share() -> None:
    skilled = Quiz("s", "S", Mixed(9, skills=frozenset({"skill-1"})))
    assert sorted(draw(skilled, POOL, seed="s", attempt=1)) == ["item-1", "item-3", "item-5"]
    one_each = Quiz("o", "O", Mixed(9, lessons=("first", "third"), per_lesson=1))
    assert Counter(POOL[name][0] for name in draw(one_each, POOL, seed="s", attempt=1)) == {"first": 1, "third": 1}
    assert Mixed(9, per_lesson=1).most(POOL) == 3
    assert Mixed(1, misconceptions=frozenset({"none-has-it"})).most(POOL) == 0


def test_a_lessons_items_and_a_set_are_asked_in_their_order() -> None:
    assert draw(Quiz("l", "L", OfLesson("second")), POOL, seed="s", attempt=1) == ("item-2", "item-3")
    assert draw(SET, POOL, seed="s", attempt=2) == ("item-0", "item-2", "item-4")


def test_an_item_that_is_gone_is_in_no_set() -> None:
    quiz = replace(SET, content=Named(("item-4", "gone", "item-0")))
    assert draw(quiz, POOL, seed="s", attempt=1) == ("item-4", "item-0")


def test_a_draw_offers_one_of_the_misconceptions_that_it_names() -> None:
    idea = make_item(key="b", id="idea")
    options = tuple(replace(one, misconception="frees" if not one.right else None) for one in idea.options)
    pool = POOL | pool_of([("fourth", [replace(idea, options=options)])])

    assert Mixed(9, misconceptions=frozenset({"frees", "other"})).fitting(pool) == {"fourth": ["idea"]}
    assert Mixed(9).most(pool) == 7


@pytest.mark.parametrize(
    ("minutes", "closes", "ends"),
    [(None, None, None), (10.0, None, 10), (None, 20, 20), (10.0, 20, 10), (30.0, 20, 20)],
)
def test_an_attempt_ends_with_its_time_or_with_its_quiz(
    minutes: float | None, closes: int | None, ends: int | None
) -> None:
    quiz = replace(SET, minutes=minutes, closes=None if closes is None else NOW + timedelta(minutes=closes))
    assert quiz.deadline(NOW) == (None if ends is None else NOW + timedelta(minutes=ends))


def test_a_quiz_is_open_from_its_first_moment_up_to_its_last() -> None:
    second = timedelta(seconds=1)
    end = NOW + timedelta(minutes=1)
    window = replace(SET, opens=NOW, closes=end)

    assert [window.is_open(NOW - second), window.is_open(NOW)] == [False, True]
    assert [window.is_open(end - second), window.is_open(end)] == [True, False]
    assert SET.is_open(NOW) and SET.name == "~quiz/three"
