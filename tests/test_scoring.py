"""Scoring: a table for each rule, and what holds for every response."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.errors import NoOrder, ResponseError, TooManyChosen, UnknownOption
from quiz.items import Item, Kind, Scoring, scorings
from quiz.scoring import TOLERANCE, picked, score
from tests.builders import make_item

LETTERS = "abcdef"


@st.composite
def multi_items(draw: st.DrawFn) -> Item:
    options = LETTERS[: draw(st.integers(2, 6))]
    key = "".join(draw(st.sets(st.sampled_from(options), min_size=1)))
    item = make_item(key, options, kind="multi", scoring=draw(st.sampled_from(scorings(Kind.MULTI)[:-1])))
    if not draw(st.booleans()):
        return item
    share = 100 / len(key)
    weighted = (replace(o, weight=share if o.right else -draw(st.floats(1, 100))) for o in item.options)
    return replace(item, options=tuple(weighted), scoring=Scoring.WEIGHTS)


def chosen_of(item: Item) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(item.option_ids))


@pytest.mark.parametrize(
    ("chosen", "fraction", "outcome"),
    [
        ("b", 1, "right"),
        ("a", 0, "wrong"),
        ("", 0, "wrong"),
    ],
)
def test_single_is_the_weight_of_the_chosen_option(chosen: str, fraction: float, outcome: str) -> None:
    scored = score(make_item(key="b"), frozenset(chosen))

    assert (scored.fraction, scored.outcome) == (fraction, outcome)


@pytest.mark.parametrize(
    ("key", "chosen", "fraction", "outcome"),
    [
        ("ab", "ab", 1, "right"),
        ("ab", "a", 1 / 2, "partly"),
        ("ab", "abc", 1 / 2, "partly"),
        ("ab", "ac", 0, "wrong"),
        ("ab", "cd", 0, "wrong"),
        ("ab", "abcd", 0, "wrong"),
        ("ab", "", 0, "wrong"),
        ("abc", "abc", 1, "right"),
        ("abc", "ab", 2 / 3, "partly"),
        ("abc", "abd", 1 / 3, "partly"),
        ("a", "a", 1, "right"),
        ("a", "ab", 0, "wrong"),
        ("abcd", "abcd", 1, "right"),
        ("abcd", "abc", 3 / 4, "partly"),
    ],
)
def test_plus_minus_is_right_minus_wrong_ticks_over_the_right_options(
    key: str, chosen: str, fraction: float, outcome: str
) -> None:
    scored = score(make_item(key, "abcd", kind="multi"), frozenset(chosen))

    assert scored.fraction == pytest.approx(fraction)
    assert scored.outcome == outcome


@pytest.mark.parametrize(
    ("key", "chosen", "fraction", "outcome"),
    [
        ("ab", "ab", 1, "right"),
        ("ab", "a", 0, "wrong"),
        ("ab", "abc", 0, "wrong"),
        ("ab", "", 0, "wrong"),
        ("abcd", "abcd", 1, "right"),
    ],
)
def test_all_or_nothing_is_the_whole_key_or_zero(key: str, chosen: str, fraction: float, outcome: str) -> None:
    item = make_item(key, "abcd", kind="multi", scoring=Scoring.ALL_OR_NOTHING)

    assert (score(item, frozenset(chosen)).fraction, score(item, frozenset(chosen)).outcome) == (fraction, outcome)


def test_an_option_that_the_item_does_not_have_is_no_response() -> None:
    with pytest.raises(UnknownOption) as refusal:
        score(make_item(kind="multi"), frozenset({"b", "z", "y"}))

    assert (refusal.value.item_id, refusal.value.options) == ("who-waits", ("y", "z"))
    assert isinstance(refusal.value, ValueError)


def test_two_options_are_no_response_to_a_single_item() -> None:
    with pytest.raises(TooManyChosen) as refusal:
        score(make_item(key="b"), frozenset("ab"))

    assert (refusal.value.item_id, refusal.value.count) == ("who-waits", 2)
    assert isinstance(refusal.value, ResponseError)


@given(st.data())
def test_a_fraction_lies_between_nothing_and_all(data: st.DataObject) -> None:
    item = data.draw(multi_items())
    scored = score(item, data.draw(chosen_of(item)))

    assert 0.0 <= scored.fraction <= 1.0
    assert scored.outcome == {0.0: "wrong", 1.0: "right"}.get(scored.fraction, "partly")


@given(st.data())
def test_only_the_key_scores_in_full(data: st.DataObject) -> None:
    item = data.draw(multi_items())
    chosen = data.draw(chosen_of(item))

    assert score(item, item.key).fraction == 1.0
    assert (score(item, chosen).outcome == "right") == (chosen == item.key)


@given(st.data())
def test_the_order_of_the_options_does_not_score(data: st.DataObject) -> None:
    item = data.draw(multi_items())
    chosen = data.draw(chosen_of(item))
    shuffled = replace(item, options=tuple(data.draw(st.permutations(item.options))))

    assert score(shuffled, chosen) == score(item, chosen)


@given(st.data())
def test_a_wrong_tick_never_raises_plus_minus_and_a_right_one_never_lowers_it(data: st.DataObject) -> None:
    item = data.draw(multi_items().filter(lambda item: item.scoring is Scoring.PLUS_MINUS))
    chosen = data.draw(chosen_of(item))
    before = score(item, chosen).fraction

    for option in set(item.option_ids) - chosen:
        after = score(item, chosen | {option}).fraction
        assert after >= before if option in item.key else after <= before


@given(st.data())
def test_texts_that_share_a_key_hash_score_alike(data: st.DataObject) -> None:
    item = data.draw(multi_items())
    chosen = data.draw(chosen_of(item))
    edited = replace(item, stem="Who waits now?", explanation="So.", hints=("Look.",))

    assert edited.key_hash == item.key_hash
    assert score(edited, chosen) == score(item, chosen)


@pytest.mark.parametrize(
    ("key", "chosen", "fraction"),
    [("ab", "ab", 1), ("ab", "a", 3 / 4), ("ab", "abc", 3 / 4), ("ab", "ac", 1 / 2), ("ab", "cd", 0), ("ab", "", 0)],
)
def test_true_false_counts_every_option_that_is_decided_rightly(key: str, chosen: str, fraction: float) -> None:
    item = make_item(key, "abcd", kind="multi", scoring=Scoring.TRUE_FALSE)

    assert score(item, frozenset(chosen)).fraction == pytest.approx(fraction)


@pytest.mark.parametrize(
    ("key", "chosen", "fraction"),
    [("ab", "ab", 1), ("ab", "a", 1 / 2), ("ab", "abc", 2 / 3), ("ab", "ac", 1 / 4), ("ab", "cd", 0), ("ab", "", 0)],
)
def test_coverage_is_what_was_found_times_what_was_right(key: str, chosen: str, fraction: float) -> None:
    item = make_item(key, "abcd", kind="multi", scoring=Scoring.COVERAGE)

    assert score(item, frozenset(chosen)).fraction == pytest.approx(fraction)


@pytest.mark.parametrize(
    ("weights", "chosen", "fraction", "outcome"),
    [
        ((75, 25, -50, 0), "ab", 1, "right"),
        ((75, 25, -50, 0), "a", 3 / 4, "partly"),
        ((75, 25, -50, 0), "abd", 1, "right"),
        ((75, 25, -50, 0), "ac", 1 / 4, "partly"),
        ((75, 25, -50, 0), "bc", 0, "wrong"),
        ((33.33333, 33.33333, 33.33333, 0), "abc", 1, "right"),
    ],
)
def test_weights_are_added_up_between_nothing_and_all(
    weights: tuple[float, ...], chosen: str, fraction: float, outcome: str
) -> None:
    plain = make_item("".join(o for o, w in zip("abcd", weights, strict=True) if w > 0), "abcd", kind="multi")
    options = tuple(replace(option, weight=w) for option, w in zip(plain.options, weights, strict=True))
    scored = score(replace(plain, options=options, scoring=Scoring.WEIGHTS), frozenset(chosen))

    assert scored.fraction == pytest.approx(fraction)
    assert scored.outcome == outcome


def test_an_option_without_a_weight_adds_nothing() -> None:
    plain = make_item("a", "abc", kind="multi")
    weights = {"a": 100.0, "b": -50.0, "c": None}
    options = tuple(replace(option, weight=weights[option.id]) for option in plain.options)
    item = replace(plain, options=options, scoring=Scoring.WEIGHTS)

    assert [score(item, frozenset(chosen)).fraction for chosen in ("ab", "abc", "c")] == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(
    ("order", "fraction", "outcome"),
    [
        ("abcd", 1, "right"),
        ("bacd", 5 / 6, "partly"),
        ("bcda", 1 / 2, "partly"),
        ("dabc", 1 / 2, "partly"),
        ("dcab", 1 / 6, "partly"),
        ("dcba", 0, "wrong"),
    ],
)
def test_an_order_is_the_share_of_pairs_that_stand_the_right_way_round(
    order: str, fraction: float, outcome: str
) -> None:
    scored = score(make_item("abcd", kind="order"), tuple(order))

    assert scored.fraction == pytest.approx(fraction)
    assert scored.outcome == outcome


@pytest.mark.parametrize("order", ["", "abc", "abcc", "abcde"])
def test_an_order_has_every_step_once(order: str) -> None:
    with pytest.raises(NoOrder) as refusal:
        score(make_item("abcd", kind="order"), tuple(order))

    assert refusal.value.item_id == "who-waits"


@given(st.permutations("abcdef"), st.integers(0, 4))
def test_setting_two_neighbours_right_raises_an_order_by_one_pair(order: list[str], at: int) -> None:
    item = make_item(LETTERS, LETTERS, kind="order")
    if order[at] > order[at + 1]:
        mended = [*order[:at], order[at + 1], order[at], *order[at + 2 :]]
        assert score(item, tuple(mended)).fraction == pytest.approx(score(item, tuple(order)).fraction + 1 / 15)
    assert score(item, tuple(order)).fraction + score(item, tuple(order[::-1])).fraction == pytest.approx(1)


def test_what_was_picked_is_what_was_chosen_and_of_an_order_nothing() -> None:
    assert picked(make_item(key="b"), ("a",)) == {"a"}
    assert picked(make_item("ab", kind="multi"), ["c", "a"]) == {"a", "c"}
    assert picked(make_item("abcd", kind="order"), tuple("abcd")) == frozenset()


def test_a_part_that_is_nearly_all_is_all_and_one_that_is_nearly_nothing_is_nothing() -> None:
    plain = make_item("ab", "abc", kind="multi")
    weights = {"a": 100 * (1 - TOLERANCE), "b": 100 * TOLERANCE, "c": None}
    options = tuple(replace(option, weight=weights[option.id]) for option in plain.options)
    item = replace(plain, options=options, scoring=Scoring.WEIGHTS)

    assert (score(item, "a").fraction, score(item, "a").outcome) == (1.0, "right")
    assert (score(item, "b").fraction, score(item, "b").outcome) == (0.0, "wrong")
