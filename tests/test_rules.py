"""Rules beside the key: what they take off, which of them teach nothing, and what is never lost by trying again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.errors import ItemError
from quiz.items import Item, Kind, Scoring
from quiz.measured import Measured, Model
from quiz.questions import scan_question
from quiz.rules import MOST_ATTEMPTS, PLAIN, RETRY_PENALTY, Rules, mark
from quiz.tries import Tries, Try, misplaced
from tests.builders import make_item
from tests.courses import question
from tests.test_attempts import NOW


@pytest.mark.parametrize(
    ("rules", "tries_before", "hints_used", "penalty"),
    [
        (Rules(attempts=3), 0, 0, 0.0),
        (Rules(attempts=3), 2, 0, 2 / 3),
        (Rules(attempts=3), 2, 2, 2 / 3),
        (Rules(attempts=10), 9, 0, 1.0),
        (Rules(hint_cost=0.25), 0, 3, 0.75),
        (Rules(hint_cost=0.25), 0, 5, 1.0),
        (Rules(attempts=3, penalty=0.25, hint_cost=0.125), 2, 3, 0.875),
    ],
)
def test_a_retry_and_a_hint_take_off_their_share_and_never_more_than_all(
    rules: Rules, tries_before: int, hints_used: int, penalty: float
) -> None:
    assert rules.taken_off(tries_before=tries_before, hints_used=hints_used) == pytest.approx(penalty)


@pytest.mark.parametrize(
    ("fraction", "penalty", "left"), [(1.0, 0.0, 1.0), (1.0, 0.25, 0.75), (0.25, 0.5, 0.0), (0.5, 0.5, 0.0)]
)
def test_what_is_left_of_a_fraction_is_never_less_than_nothing(fraction: float, penalty: float, left: float) -> None:
    assert mark(fraction, penalty) == left


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (PLAIN, {}),
        (Rules(penalty=0.5), {}),
        (Rules(attempts=2), {"attempts": 2, "penalty": RETRY_PENALTY}),
        (Rules(attempts=2, penalty=1), {"attempts": 2, "penalty": 1.0}),
        (Rules(hint_cost=1), {"hint_cost": 1.0}),
        (Rules(certainty=False), {"certainty": False}),
        (
            Rules(3, 0.25, 0.5, certainty=True),
            {"attempts": 3, "penalty": 0.25, "hint_cost": 0.5, "certainty": True},
        ),
    ],
)
def test_only_what_differs_from_no_rules_is_told(rules: Rules, told: dict[str, object]) -> None:
    """What is told is hashed with the item: a whole number must not be another share than the same one with a point."""
    found = rules.to_json()
    assert found == told
    assert [type(value) for value in found.values()] == [type(value) for value in told.values()]


SHARE = "what a retry or a hint takes off is a share of the points, from 0 to 1"
COUNT = f"there are 1 to {MOST_ATTEMPTS} attempts at an item, not "
FREE = "a hint costs something, and there is no hint"


@pytest.mark.parametrize(
    ("rules", "hints", "options", "said"),
    [
        (PLAIN, 0, 1, None),
        (Rules(attempts=1), 0, 4, None),
        (Rules(attempts=10), 0, 11, None),
        (Rules(attempts=10), 0, None, None),
        (Rules(attempts=11), 0, None, COUNT + "11"),
        (Rules(attempts=0), 0, None, COUNT + "0"),
        (Rules(attempts=2), 0, 3, None),
        (Rules(attempts=2), 0, 2, "2 attempts at 2 options leave nothing to find out: there are fewer than options"),
        (Rules(attempts=3), 0, 2, "3 attempts at 2 options leave nothing to find out: there are fewer than options"),
        (Rules(penalty=0), 0, None, None),
        (Rules(penalty=1), 0, None, None),
        (Rules(penalty=1.01), 0, None, SHARE),
        (Rules(penalty=-0.01), 0, None, SHARE),
        (Rules(hint_cost=1), 1, None, None),
        (Rules(hint_cost=1.01), 1, None, SHARE),
        (Rules(hint_cost=-0.01), 1, None, SHARE),
        (Rules(hint_cost=0.5), 1, None, None),
        (Rules(hint_cost=0.5), 0, None, FREE),
        (Rules(hint_cost=0), 0, None, None),
    ],
)
def test_rules_that_cannot_be_are_told_why(rules: Rules, hints: int, options: int | None, said: str | None) -> None:
    assert rules.problem(hints=hints, options=options) == said


@pytest.mark.parametrize(
    "rules", [Rules(attempts=11), Rules(attempts=4), Rules(attempts=2, penalty=1.1), Rules(hint_cost=0.5)]
)
def test_rules_that_teach_nothing_are_refused(rules: Rules) -> None:
    with pytest.raises(ItemError):
        make_item(options="abcd", rules=rules)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (("penalty: 0.5",), "a penalty is for another try: say how many `attempts` there are"),
        (("attempts: 3",), "3 attempts at 3 options leave nothing to find out: there are fewer than options"),
        (("attempts: 0",), "attempts are a whole number from 1 to 10, not `0`"),
        (("attempts: 2", "penalty: 33"), "this is a share of the points, from 0 to 1, not `33`"),
        (("certainty: maybe",), "certainty is `true` where learners say how sure they are, not `maybe`"),
    ],
)
def test_rules_are_told_wrong_at_their_line(rules: tuple[str, ...], message: str) -> None:
    item, errors = scan_question(question(rules=rules).split("\n"), path="lesson.md", first_line=1)
    assert item is None
    assert [(error.line, error.message) for error in errors] == [(3 + len(rules), message)]


def test_a_hint_that_costs_has_to_be_there() -> None:
    asked = question(rules=("hint_cost: 0.5",)).replace("//// hint\nA hint.\n////\n", "")
    _, errors = scan_question(asked.split("\n"), path="lesson.md", first_line=1)
    assert [error.message for error in errors] == ["there is no hint that could cost anything"]


def test_rules_are_read_as_they_are_written() -> None:
    told = ("attempts: 2", "penalty: 0.25", "hint_cost: 0.1", "certainty: true")
    item, errors = scan_question(question(rules=told).split("\n"), path="lesson.md", first_line=1)
    assert not errors and item is not None and item.rules == Rules(2, 0.25, 0.1, certainty=True)


def test_a_measured_item_has_no_rules() -> None:
    models = tuple(Model(id=name, formula="d") for name in "ab")
    asked = Measured(lab="l", variants=("v",), metric="wall", models=models)
    with pytest.raises(ItemError, match="a measured item has one try, and its hints cost nothing"):
        Item(
            id="who-waits",
            kind=Kind.MEASURED,
            stem="Who?",
            options=(),
            scoring=Scoring.TOLERANCE,
            measured=asked,
            rules=Rules(attempts=2),
        )


@pytest.mark.parametrize(("order", "places"), [("abcd", ()), ("bacd", (1, 2)), ("dbca", (1, 4)), ("", ())])
def test_a_step_is_misplaced_where_another_belongs(order: str, places: tuple[int, ...]) -> None:
    assert misplaced(order, sorted(order)) == places


def test_a_try_is_of_every_step() -> None:
    with pytest.raises(ValueError, match="zip"):
        misplaced("ab", "abc")


fractions = st.floats(0, 1)


@given(
    rules=st.builds(Rules, attempts=st.just(10), penalty=fractions, hint_cost=fractions),
    tries=st.lists(st.tuples(fractions, st.integers(0, 3)), min_size=1, max_size=10),
)
def test_trying_again_is_never_a_loss(rules: Rules, tries: list[tuple[float, int]]) -> None:
    hints, made, earned = 0, Tries(), 0.0
    for at, (fraction, more) in enumerate(tries):
        hints += more
        penalty = rules.taken_off(tries_before=at, hints_used=hints)
        made = Tries((*made.all, _tried(at + 1, fraction, penalty)))
        assert earned <= made.best.mark <= 1
        assert mark(fraction, penalty) <= fraction
        earned = made.best.mark


@given(st.lists(st.tuples(fractions, fractions), min_size=1, max_size=6))
def test_the_best_try_is_the_same_in_any_order(tries: list[tuple[float, float]]) -> None:
    made = [_tried(at, *one) for at, one in enumerate(tries, 1)]
    assert Tries(tuple(made)).best == Tries(tuple(reversed(made))).best


def _tried(seq: int, fraction: float, penalty: float) -> Try:
    return Try(f"r{seq}", seq, ("a",), fraction, penalty, "partly", False, None, 0, NOW, "", "")
