"""Spaced review: ratings, FSRS, and a day's queue as values; then a learner's days on a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from quiz import attempts, reviewing, standing, versions
from quiz.attempts import Conflict, Outcome
from quiz.errors import NothingChosen
from quiz.items import Correctness, Item
from quiz.review import (
    DAILY,
    NO_IDEA,
    SURE,
    UNSURE,
    Learned,
    begun,
    day_of,
    due_count,
    forecast,
    queue,
    rating,
    reviewed,
)
from tests.builders import make_item
from tests.oracles import oracle, told
from webapp.database import transact

Result = TypeVar("Result")

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("outcome", "given_", "expected"),
    [
        ("wrong", {}, Rating.Again),
        ("partly", {}, Rating.Again),
        ("right", {"certainty": NO_IDEA}, Rating.Again),
        ("right", {"hints_used": 1}, Rating.Hard),
        ("right", {"certainty": UNSURE}, Rating.Hard),
        ("right", {"hints_used": 1, "certainty": SURE, "before": Rating.Good}, Rating.Hard),
        ("right", {}, Rating.Good),
        ("right", {"certainty": 2, "before": Rating.Easy}, Rating.Good),
        ("right", {"certainty": SURE}, Rating.Good),
        ("right", {"certainty": SURE, "before": Rating.Hard}, Rating.Good),
        ("right", {"certainty": SURE, "before": Rating.Good}, Rating.Easy),
        ("right", {"before": Rating.Easy}, Rating.Good),
    ],
)
def test_a_response_is_rated_by_what_it_took(outcome: Correctness, given_: dict[str, Any], expected: Rating) -> None:
    assert rating(outcome, **given_) is expected


@pytest.mark.parametrize(("how", "days"), [(Rating.Again, 1), (Rating.Hard, 1), (Rating.Good, 2), (Rating.Easy, 8)])
def test_the_first_interval_is_the_stability_of_its_rating_in_whole_days(how: Rating, days: int) -> None:
    """At a retention of 0.9 FSRS's interval is the stability: 0.212, 1.2931, 2.3065 and 8.2956 days, and at least one."""
    assert begun(how, NOW).due - NOW == timedelta(days=days)


def test_right_answers_space_out_and_a_wrong_one_brings_the_card_back_the_next_day() -> None:
    card = begun(Rating.Good, NOW)
    gaps = []
    for _ in range(8):
        again = reviewed(card, Rating.Good, card.due)
        gaps.append((again.due - card.due).days)
        card = again

    assert gaps == sorted(gaps)
    assert gaps[0] > 2 and gaps[-1] == 365
    lapse = reviewed(card, Rating.Again, card.due)
    assert 1 <= (lapse.due - card.due).days < 30


def test_a_review_leaves_the_card_that_it_was_given_as_it_was() -> None:
    card = begun(Rating.Good, NOW)
    before = card.to_json()

    reviewed(card, Rating.Good, NOW + timedelta(days=2))

    assert card.to_json() == before
    assert Card.from_json(before).due == card.due


def test_a_time_without_its_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="UTC"):
        begun(Rating.Good, NOW.replace(tzinfo=None))


def test_intervals_and_memory_are_those_of_the_published_tests_of_fsrs() -> None:
    expected = told(oracle("fsrs") / "expected.json")
    cases = {case["name"]: case for case in expected["cases"]}
    start = datetime.fromisoformat(expected["start"])
    steps = Scheduler(enable_fuzzing=False)

    case, card, at, days = cases["review_card"], Card(card_id=0, due=start), start, []
    for how in case["ratings"]:
        card = reviewed(card, Rating[how], at, scheduler=steps)
        days.append((card.due - at).days)
        at = card.due
    assert days == case["expected_interval_days"]

    case, card, at = cases["memo_state"], Card(card_id=0, due=start), start
    for how, gap in zip(case["ratings"], case["days_before_each_review"], strict=True):
        at += timedelta(days=gap)
        card = reviewed(card, Rating[how], at, scheduler=Scheduler())
    assert card.stability == pytest.approx(case["expected_stability"], abs=case["abs_tol"])
    assert card.difficulty == pytest.approx(case["expected_difficulty"], abs=case["abs_tol"])

    case, card = cases["repeated_easy"], Card(card_id=0, due=start)
    for at_ in range(len(case["ratings"])):
        card = reviewed(card, Rating.Easy, start + timedelta(microseconds=at_), scheduler=steps)
    assert card.difficulty == case["expected_difficulty"]

    assert Scheduler().get_card_retrievability(Card(card_id=0)) == cases["new_card_retrievability"]["expected"]
    assert cases["naive_datetime"]["expected"] == "ValueError"


def test_a_day_is_the_calendar_day_where_the_site_stands() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)

    assert day_of(late, UTC) == date(2026, 3, 10)
    assert day_of(late, timezone(timedelta(hours=2))) == date(2026, 3, 11)


def card(
    item: str, lesson: str = "tasks", *skills: str, due: int = 0, seen: int = -5, reviewed: int | None = None
) -> Learned:
    """Days are counted from today."""
    return Learned(
        item=item,
        lesson=lesson,
        skills=frozenset(skills or {item}),
        due=TODAY + timedelta(days=due),
        seen=TODAY + timedelta(days=seen),
        reviewed=None if reviewed is None else TODAY + timedelta(days=reviewed),
    )


def asked(*cards: Learned, **given_: Any) -> list[tuple[str, str]]:
    return [(turn.card, turn.item) for turn in queue(cards, today=TODAY, **given_)]


def test_what_is_due_is_asked_and_what_is_not_is_left() -> None:
    assert asked(card("past", due=-3), card("now"), card("later", due=1)) == [("past", "past"), ("now", "now")]
    assert asked() == []


def test_a_card_counts_once_a_day() -> None:
    assert asked(card("wrong", due=0, seen=0, reviewed=0), card("other", reviewed=-1)) == [("other", "other")]


def test_a_day_has_ten_and_the_longest_due_come_first() -> None:
    cards = [card(f"item-{at:02}", due=-at) for at in range(14)]

    assert [turn[0] for turn in asked(*cards)] == [f"item-{at:02}" for at in range(13, 3, -1)]
    assert len(asked(*cards, done=7)) == 3
    assert asked(*cards, done=DAILY) == []
    assert due_count(cards, today=TODAY) == 14


def test_a_sibling_of_the_same_skill_is_asked_in_the_place_of_the_item() -> None:
    sibling = card("sibling", "locks", "order", due=9)

    assert asked(card("due", "tasks", "order"), sibling) == [("due", "sibling")]
    assert asked(card("due", "tasks", "order"), replace(sibling, skills=frozenset({"else"}))) == [("due", "due")]


def test_the_sibling_that_shares_most_and_was_seen_longest_ago_is_asked() -> None:
    due = card("due", "tasks", "a", "b")
    both, long_ago, lately = (
        card("x", "t", "a", "b", due=9, seen=-1),
        card("y", "t", "a", due=9, seen=-9),
        card("z", "t", "a", due=9),
    )

    assert asked(due, lately, long_ago, both) == [("due", "x")]
    assert asked(due, lately, long_ago) == [("due", "y")]


def test_two_due_siblings_are_asked_for_each_other() -> None:
    assert sorted(asked(card("x", "t", "a"), card("y", "t", "a"))) == [("x", "y"), ("y", "x")]


def test_nothing_is_asked_on_a_day_on_which_it_was_seen() -> None:
    assert asked(card("due", "t", "a"), card("fresh", "t", "a", due=2, seen=0)) == [("due", "due")]
    assert asked(card("due", "t", "a", seen=0)) == []


def test_lessons_alternate() -> None:
    cards = [card(f"t{at}", "tasks") for at in range(4)] + [card("l", "locks"), card("q", "queues")]

    lessons = [turn.lesson for turn in queue(cards, today=TODAY)]
    assert lessons[:4] == ["tasks", "locks", "tasks", "queues"]
    assert [turn.lesson for turn in queue(cards, today=TODAY, after="tasks")][0] == "locks"
    assert len(asked(*cards[:2], after="tasks")) == 2


@given(
    st.lists(
        st.builds(
            card,
            st.sampled_from("abcdefghijklmnop"),
            st.sampled_from(["one", "two", "three"]),
            st.sampled_from(["s", "t", "u"]),
            due=st.integers(-5, 3),
            seen=st.integers(-5, 0),
        ),
        unique_by=lambda one: one.item,
    ),
    st.integers(0, DAILY),
    st.sampled_from([None, "one", "two"]),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_learned_a_day_is_a_day(cards: list[Learned], done: int, after: str | None) -> None:
    turns = queue(cards, today=TODAY, done=done, after=after)

    by_item = {one.item: one for one in cards}
    assert len(turns) <= DAILY - done
    assert len({turn.card for turn in turns}) == len({turn.item for turn in turns}) == len(turns)
    for turn in turns:
        assert by_item[turn.card].due <= TODAY
        assert by_item[turn.item].seen < TODAY
        assert turn.item == turn.card or by_item[turn.item].skills & by_item[turn.card].skills
    lessons = [turn.lesson for turn in turns]
    repeats = sum(one == other for one, other in zip(lessons, lessons[1:], strict=False))
    most = max(Counter(lessons).values(), default=0)
    assert repeats <= max(0, most - (len(lessons) - most) - 1) + (1 if after in lessons else 0)
    assert turns == queue(list(reversed(cards)), today=TODAY, done=done, after=after)


def test_the_forecast_counts_cards_by_day_and_what_waits_for_today() -> None:
    cards = [card("a", due=-4), card("b"), card("c", due=0, reviewed=0), card("d", due=2, reviewed=0), card("e", due=3)]

    assert forecast(cards, today=TODAY, days=3) == (2, 0, 1)


ORDER, YIELD, OTHER = (
    make_item(id="order", skills=("order",), hints=("Look closer.",)),
    make_item(id="order-too", skills=("order",)),
    make_item(id="other", skills=("else",)),
)
ITEMS = {item.id: (lesson, item) for item, lesson in ((ORDER, "tasks"), (YIELD, "locks"), (OTHER, "tasks"))}


class Desk:
    """One learner; each call is a transaction of its own, as a request is."""

    def __init__(self, engine: Engine, learner: str = "lena") -> None:
        self.engine = engine
        self.who: dict[str, Any] = {"learner": learner, "course": "loops"}
        for lesson in ("tasks", "locks"):
            self._record(lesson)

    def _record(self, lesson: str) -> None:
        items = [item for place, item in ITEMS.values() if place == lesson]
        self.do(lambda session: versions.record_items(session, "loops", lesson, items, now=NOW))

    def learn(self, item: Item, chosen: str = "b", *, days_ago: int = 4) -> None:
        self.do(
            lambda session: attempts.respond(
                session,
                **self.who,
                quiz=ITEMS[item.id][0],
                item=item,
                given=frozenset(chosen),
                seed="s",
                now=NOW - timedelta(days=days_ago),
            )
        )

    def day(self, *, days: int = 0) -> reviewing.Day:
        return self.do(
            lambda session: reviewing.day(session, **self.who, items=ITEMS, now=NOW + timedelta(days=days), zone=UTC)
        )

    def review(self, item: Item, chosen: str = "b", *, days: int = 0, **given_: Any) -> Outcome:
        return self.do(
            lambda session: reviewing.respond(
                session,
                **self.who,
                items=ITEMS,
                item=item.id,
                given=frozenset(chosen),
                seed="s",
                now=NOW + timedelta(days=days),
                zone=UTC,
                **given_,
            )
        )

    def open_hint(self, item: Item) -> int:
        return self.do(
            lambda session: reviewing.open_hint(
                session, **self.who, items=ITEMS, item=item.id, seed="s", now=NOW, number=1, zone=UTC
            )
        )

    def lesson(self, quiz: str = "tasks") -> standing.QuizState:
        return self.do(lambda session: standing.states(session, **self.who, quiz=quiz))

    def do(self, work: Callable[[Session], Result]) -> Result:
        return transact(self.engine, work)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def turns(day: reviewing.Day) -> list[tuple[str, str]]:
    return [(turn.card, turn.item) for turn in day.turns]


def test_who_has_learned_nothing_has_no_cards(desk: Desk) -> None:
    day = desk.day()

    assert (day.learned, day.turns, day.done, day.attempt) == ((), (), (), 1)


def test_a_response_in_a_lesson_begins_a_card(desk: Desk) -> None:
    desk.learn(OTHER, days_ago=1)
    assert turns(desk.day()) == []
    assert turns(desk.day(days=1)) == [("other", "other")]
    desk.learn(ORDER, "a", days_ago=0)
    assert turns(desk.day(days=1)) == [("order", "order"), ("other", "other")]


def test_the_first_response_begins_the_card_and_starting_over_does_not(desk: Desk) -> None:
    desk.learn(OTHER, "a", days_ago=3)
    desk.do(lambda session: attempts.start_over(session, **desk.who, quiz="tasks", now=NOW - timedelta(days=1)))
    desk.learn(OTHER, "b", days_ago=1)

    assert [card.due for card in desk.day().learned] == [TODAY - timedelta(days=2)]
    assert turns(desk.day()) == [("other", "other")]


def test_a_review_moves_its_card_and_nothing_in_the_lesson(desk: Desk) -> None:
    desk.learn(OTHER)
    before = desk.lesson()

    outcome = desk.review(OTHER)

    assert outcome.fresh and outcome.state.outcome == "right"
    day = desk.day()
    assert (turns(day), [(review.card, review.asked) for review in day.done]) == ([], [("other", "other")])
    assert day.review("other") == day.done[0] and day.review("order") is None
    assert day.learned[0].due > TODAY + timedelta(days=2)
    assert desk.lesson() == before


def test_a_sibling_that_is_asked_moves_the_card_that_was_due(desk: Desk) -> None:
    desk.learn(ORDER, days_ago=4)
    desk.learn(YIELD, days_ago=1)
    assert turns(desk.day()) == [("order", "order-too")]

    desk.review(YIELD)

    due = {card.item: card.due for card in desk.day().learned}
    assert due["order"] > TODAY + timedelta(days=2)
    assert due["order-too"] == TODAY + timedelta(days=1)


def test_a_request_that_comes_twice_counts_once(desk: Desk) -> None:
    desk.learn(OTHER)
    first = desk.review(OTHER, key="k" * 16)
    again = desk.review(OTHER, key="k" * 16)
    without_key = desk.review(OTHER)

    assert (first.fresh, again.fresh, without_key.fresh) == (True, False, False)
    assert len(desk.day().done) == 1
    with pytest.raises(Conflict, match="answered"):
        desk.review(OTHER, "a", key="l" * 16)


def test_what_a_day_does_not_ask_is_not_taken(desk: Desk) -> None:
    desk.learn(OTHER, days_ago=0)

    for item in (OTHER, ORDER):
        with pytest.raises(Conflict, match="out-of-date"):
            desk.review(item)
        with pytest.raises(Conflict, match="out-of-date"):
            desk.open_hint(item)


def test_an_empty_response_is_none_and_leaves_no_row(desk: Desk) -> None:
    desk.learn(OTHER)

    with pytest.raises(NothingChosen):
        desk.review(OTHER, "")
    assert turns(desk.day()) == [("other", "other")]


def test_a_wrong_answer_is_asked_again_the_next_day_and_not_before(desk: Desk) -> None:
    desk.learn(OTHER)
    desk.review(OTHER, "a")

    assert turns(desk.day()) == []
    tomorrow = desk.day(days=1)
    assert (turns(tomorrow), tomorrow.attempt) == ([("other", "other")], 2)
    assert desk.review(OTHER, days=1, attempt=2).attempt == 2
    with pytest.raises(Conflict, match="attempt-closed"):
        desk.review(OTHER, "a", days=1, attempt=1)


def test_a_hint_makes_a_right_answer_a_hard_one(desk: Desk) -> None:
    desk.learn(ORDER)
    assert desk.open_hint(ORDER) == 1
    assert desk.day().quiz.items["order"].hints_used == 1
    desk.review(ORDER)

    assert desk.day().cards["order"].last is Rating.Hard


def test_an_item_that_the_course_no_longer_has_is_not_asked(desk: Desk) -> None:
    desk.learn(OTHER)

    gone = {item: place for item, place in ITEMS.items() if item != "other"}
    day = desk.do(lambda session: reviewing.day(session, **desk.who, items=gone, now=NOW, zone=UTC))
    assert (day.turns, day.learned) == ((), ())


def test_reviews_are_forgotten_with_their_learner(desk: Desk) -> None:
    desk.learn(OTHER)
    desk.review(OTHER)

    desk.do(lambda session: attempts.erase(session, learner="lena", now=NOW))

    day = desk.day()
    assert (day.cards, day.done, day.attempt) == ({}, (), 1)
