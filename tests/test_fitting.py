"""Which model a number fits, and what a prediction earns against what was observed: one table a rule, and what must always hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz import fitting
from quiz.errors import ToldNothing
from quiz.items import Item, Kind, Scoring
from quiz.measured import Measured, Model, Observed, Predicted
from quiz.scoring import score

MODELS = {"serial": 4.8, "free": 0.2, "pool": 0.6}
FLOOR = 0.03


def seen(value: float, low: float | None = None, high: float | None = None) -> Observed:
    return Observed(value, value if low is None else low, value if high is None else high, FLOOR)


def an_item(*variants: str, models: tuple[Model, ...] = ()) -> Item:
    rule = Scoring.PAIRS if len(variants) > 1 else Scoring.TOLERANCE
    told = models or (() if len(variants) > 1 else tuple(Model(id=name, formula="d") for name in MODELS))
    asked = Measured(lab="tasks", variants=variants, metric="wall", models=told)
    return Item(id="an-item", kind=Kind.MEASURED, stem="?", options=(), scoring=rule, measured=asked)


@pytest.mark.parametrize(
    ("number", "model"),
    [
        (4.8, "serial"),
        (5, "serial"),
        (4, "serial"),
        (0.2, "free"),
        (0.25, "free"),
        (0.6, "pool"),
        (1.5, None),
        (50, None),
        (0.01, None),
    ],
)
def test_a_number_fits_the_nearest_model_or_none(number: float, model: str | None) -> None:
    assert fitting.model_of(number, MODELS, FLOOR) == model


@pytest.mark.parametrize(
    ("predicted", "observed", "fraction"),
    [
        (4.8, seen(4.87), 1.0),
        (5.5, seen(4.87), 1.0),
        (5.9, seen(4.87), 0.0),
        (0.2, seen(0.29), 1.0),  # the right model, and a slow machine
        (0.2, seen(0.62), 0.0),
        (0.6, seen(0.7, low=0.61, high=0.95), 1.0),
        (1.0, seen(0.7, low=0.61, high=0.95), 1.0),  # repeats on this server lie so far apart
        (1.2, seen(0.7, low=0.61, high=0.95), 0.0),
    ],
)
def test_a_prediction_is_right_within_what_the_noise_allows(
    predicted: float, observed: Observed, fraction: float
) -> None:
    verdict = score(an_item("blocked"), Predicted(predicted, numbers=MODELS), observed={"blocked": observed})
    assert verdict.fraction == fraction


def test_the_margin_is_a_factor_once_the_floor_is_added_and_never_below_nothing() -> None:
    """By hand: (1 + 0.15) / 1.15 - 0.15 and (1 + 0.15) * 1.15 - 0.15; and a tenth of a second under a floor of one."""
    assert fitting.tolerance(Observed(1.0, 1.0, 1.0, 0.15), {}) == pytest.approx((0.85, 1.1725))
    assert fitting.tolerance(Observed(1.0, 0.8, 2.0, 0.35), {}) == pytest.approx((0.65, 2.3525))
    low, high = fitting.tolerance(Observed(0.1, 0.1, 0.1, 1.0), {})
    assert low == 0.0 and high == pytest.approx(0.265)


@pytest.mark.parametrize("observed", [seen(4.87), seen(0.7, low=0.61, high=0.95), seen(0.001)])
def test_both_ends_of_what_the_noise_allows_are_right_and_nothing_beyond(observed: Observed) -> None:
    low, high = fitting.tolerance(observed, MODELS)

    def earned(number: float) -> float | None:
        return fitting.fraction(Predicted(number, numbers=MODELS), {"blocked": observed})

    assert (earned(low), earned(high)) == (1.0, 1.0)
    assert earned(math.nextafter(high, math.inf)) == 0.0
    assert earned(math.nextafter(low, -math.inf)) == 0.0


THREE = {"a": seen(0.2), "b": seen(0.6), "c": seen(4.8)}


@pytest.mark.parametrize(
    ("order", "fraction"), [("abc", 1.0), ("acb", 2 / 3), ("bac", 2 / 3), ("cab", 1 / 3), ("cba", 0.0)]
)
def test_an_order_earns_its_share_of_right_pairs(order: str, fraction: float) -> None:
    verdict = score(an_item("a", "b", "c"), Predicted(order=tuple(order)), observed=THREE)
    assert verdict.fraction == pytest.approx(fraction)


def test_a_pair_that_the_run_cannot_tell_apart_does_not_count() -> None:
    alike = {**THREE, "b": seen(0.21)}
    item = an_item("a", "b", "c")
    assert score(item, Predicted(order=tuple("bac")), observed=alike).fraction == 1.0
    assert score(item, Predicted(order=tuple("abc")), observed=alike).fraction == 1.0
    apart_but_overlapping = {"a": seen(0.2, high=0.9), "b": seen(0.6)}
    with pytest.raises(ToldNothing) as nothing:
        score(an_item("a", "b"), Predicted(order=tuple("ab")), observed=apart_but_overlapping)
    assert nothing.value.item_id == "an-item"


def test_the_model_of_an_order_is_the_one_that_the_run_agrees_with() -> None:
    models = (Model(id="up", order=tuple("abc")), Model(id="down", order=tuple("cba")))
    item = an_item("a", "b", "c", models=models)
    assert item.measured is not None
    assert fitting.shows(item.measured, Predicted(order=tuple("cba")), THREE) == "up"
    assert fitting.fits(item.measured, Predicted(order=tuple("cba")), FLOOR) == "down"
    assert fitting.fits(item.measured, Predicted(order=tuple("bca")), FLOOR) is None


def test_an_order_that_no_model_has_or_no_run_tells_is_shown_by_none() -> None:
    models = (Model(id="up", order=tuple("abc")), Model(id="down", order=tuple("cba")))
    asked = an_item("a", "b", "c", models=models).measured
    assert asked is not None
    shuffled = {"a": THREE["b"], "b": THREE["a"], "c": THREE["c"]}
    alike = {name: seen(0.2) for name in "abc"}
    assert fitting.shows(asked, Predicted(order=tuple("abc")), shuffled) is None
    assert fitting.shows(asked, Predicted(order=tuple("abc")), alike) is None


@pytest.mark.parametrize(("predicted", "fits"), [(4.8, "serial"), (0.2, "free"), (1.5, None)])
@pytest.mark.parametrize(("took", "shows"), [(7.5, "serial"), (0.33, "free"), (1.5, None)])
def test_a_number_has_the_model_that_it_fits_and_its_run_the_one_that_it_shows(
    predicted: float, fits: str | None, took: float, shows: str | None
) -> None:
    """A run is given more room than a prediction: 7.5 s is 1.56 times 4.8 s, and a machine adds to it."""
    asked = an_item("blocked").measured
    assert asked is not None
    told = Predicted(predicted, numbers=MODELS)
    assert fitting.fits(asked, told, FLOOR) == fits
    assert fitting.shows(asked, told, {"blocked": seen(took)}) == shows
    assert fitting.fits(asked, Predicted(took, numbers=MODELS), 0.03 if took > 1 else 0.0) is None


def test_noise_of_the_floor_makes_no_factor() -> None:
    """3 ms and 5 ms are 1.67 apart, and with a floor of 30 ms on both sides alike."""
    asked = an_item("blocked").measured
    assert asked is not None
    told = Predicted(0.005, numbers={"free": 0.003})
    assert fitting.fits(asked, told, FLOOR) == "free"
    assert fitting.fits(asked, told, 0.0) is None
    assert fitting.shows(asked, told, {"blocked": seen(0.006)}) == "free"
    assert fitting.shows(asked, told, {"blocked": Observed(0.006, 0.006, 0.006, 0.0)}) is None


def test_two_outcomes_are_told_apart_where_their_ranges_are_and_the_smaller_comes_first() -> None:
    assert fitting.told_apart({"a": seen(4.8), "b": seen(0.2)}) == [("b", "a")]
    assert fitting.told_apart({"a": seen(0.2, high=0.6), "b": seen(0.6)}) == [], "the ranges meet"
    assert fitting.told_apart({"a": seen(0.2, high=0.59), "b": seen(0.6)}) == [("a", "b")]


@pytest.mark.parametrize(("order", "fraction"), [("ab", 1 / 3), ("bc", 1 / 3), ("ca", 0), ("c", 0), ("", 0)])
def test_a_variant_that_an_order_leaves_out_earns_nothing(order: str, fraction: float) -> None:
    assert fitting.fraction(Predicted(order=tuple(order)), THREE) == pytest.approx(fraction)


def test_a_number_fits_its_own_model_however_narrow_the_factor_and_none_that_takes_no_time() -> None:
    assert fitting.model_of(4.8, MODELS, FLOOR, factor=1.0) == "serial"
    assert fitting.model_of(0.0, {"none": 0.0}, FLOOR) is None


POSITIVE = st.floats(1e-3, 1e4)


@given(
    value=POSITIVE,
    predicted=POSITIVE,
    low=st.floats(0.5, 1),
    high=st.floats(1, 2),
    numbers=st.lists(POSITIVE, max_size=5),
)
def test_what_was_observed_is_always_right_and_a_wider_range_takes_nothing_away(
    value: float, predicted: float, low: float, high: float, numbers: list[float]
) -> None:
    models = {f"m{at}": number for at, number in enumerate(numbers)}
    item = an_item("blocked")
    narrow, wide = seen(value), seen(value, value * low, value * high)
    assert score(item, Predicted(value, numbers=models), observed={"blocked": narrow}).fraction == 1.0
    one = score(item, Predicted(predicted, numbers=models), observed={"blocked": narrow}).fraction
    other = score(item, Predicted(predicted, numbers=models), observed={"blocked": wide}).fraction
    assert one <= other


@given(value=POSITIVE, numbers=st.dictionaries(st.text(max_size=3), POSITIVE, min_size=1, max_size=5))
def test_whoever_predicts_the_model_that_the_run_shows_is_right(value: float, numbers: dict[str, float]) -> None:
    shown = fitting.model_of(value, numbers, FLOOR, factor=fitting.RUN_FACTOR)
    if shown is not None:
        verdict = score(
            an_item("blocked"), Predicted(numbers[shown], numbers=numbers), observed={"blocked": seen(value)}
        )
        assert verdict.outcome == "right"


@given(st.permutations("abcd"), st.lists(POSITIVE, min_size=4, max_size=4))
def test_an_order_and_its_reverse_share_one_point(order: list[str], values: list[float]) -> None:
    observed = {name: seen(value) for name, value in zip("abcd", values, strict=True)}
    item = an_item(*"abcd")
    try:
        one = score(item, Predicted(order=tuple(order)), observed=observed).fraction
    except ToldNothing:
        assert fitting.told_apart(observed) == []
        return
    other = score(item, Predicted(order=tuple(reversed(order))), observed=observed).fraction
    assert one + other == pytest.approx(1.0)
