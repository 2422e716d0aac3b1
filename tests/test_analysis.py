"""Item statistics against Moodle's own fixtures where they are at hand, and against small oracles of our own everywhere."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quiz.analysis import QuizStatistics, alpha, positions, random_guess_score, whole_quiz
from quiz.moments import (
    Interval,
    central_moment,
    correlation,
    covariance,
    deviation,
    fisher,
    mean,
    mean_interval,
    variance,
    wilson,
)
from tests.oracles import oracle, rows, told

SIX = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
"""Worked by hand: six attempts at four items; totals 4, 3, 3, 2, 1, 1."""
ONES = [1.0] * 4
BY_HAND = {
    "facility": (5 / 6, 4 / 6, 3 / 6, 2 / 6),
    "mark_variance": (1 / 6, 4 / 15, 3 / 10, 4 / 15),
    "deviation": (math.sqrt(1 / 6), math.sqrt(4 / 15), math.sqrt(3 / 10), math.sqrt(4 / 15)),
    "other_variance": (11 / 10, 16 / 15, 29 / 30, 4 / 5),
    "covariance": (1 / 10, 1 / 15, 1 / 10, 1 / 5),
    "covariance_max": (3 / 10, 7 / 15, 1 / 2, 2 / 5),
    "discrimination": (23.354968, 12.5, 18.569534, 43.301270),
    "efficiency": (100 / 3, 100 / 7, 20.0, 50.0),
    "effective_weight": (21.433220, 23.963069, 26.250226, 28.353485),
    "intended_weight": (25.0, 25.0, 25.0, 25.0),
}
MARKS = st.integers(2, 5).flatmap(
    lambda places: st.lists(
        st.lists(st.sampled_from([0.0, 1 / 3, 0.5, 1.0]), min_size=places, max_size=places), max_size=8
    )
)
NUMBERS = st.lists(st.floats(-50, 50), max_size=12)


@pytest.mark.parametrize("name", BY_HAND)
def test_six_attempts_at_four_items_give_what_was_worked_by_hand(name: str) -> None:
    found = [getattr(position, name) for position in positions(SIX, ONES)]

    assert found == pytest.approx(BY_HAND[name], abs=1e-6)
    assert [position.count for position in positions(SIX, ONES)] == [6] * 4


def test_the_whole_of_six_attempts_is_what_was_worked_by_hand() -> None:
    whole = whole_quiz(SIX)

    assert (whole.count, whole.median) == (6, 2.5)
    assert whole.mean == pytest.approx(7 / 3)
    assert whole.deviation == pytest.approx(math.sqrt(22 / 15))
    assert whole.consistency == pytest.approx(100 * 4 / 3 * (1 - 1 / (22 / 15)))
    assert whole.error_ratio == pytest.approx(75.878691, abs=1e-6)
    assert whole.standard_error == pytest.approx(0.918937, abs=1e-6)
    assert whole.skewness == pytest.approx(0.075066, abs=1e-6)
    assert whole.kurtosis == pytest.approx(-1.549587, abs=1e-6)
    assert alpha(SIX) == pytest.approx(0.42424242, abs=1e-8)


def test_moodles_matrix_of_25_attempts_gives_moodles_figures() -> None:
    folder = oracle("moodle-quiz-statistics")
    marks = [[float(row[f"slots.{slot}.mark"]) for slot in range(1, 8)] for row in rows(folder / "results00.csv")]
    expected = [row for row in rows(folder / "qstats00.csv") if not row["subqname"] and not row["variant"]]
    names = {
        "facility": "facility",
        "sd": "deviation",
        "effectiveweight": "effective_weight",
        "covariance": "covariance",
        "markvariance": "mark_variance",
        "othermarkvariance": "other_variance",
        "discriminationindex": "discrimination",
        "covariancemax": "covariance_max",
        "discriminativeefficiency": "efficiency",
    }

    found = positions(marks, [float(row["maxmark"]) for row in expected])

    assert len(found) == len(expected) == 7
    for position, row in zip(found, expected, strict=True):
        assert position.count == int(row["s"])
        for column, name in names.items():
            assert getattr(position, name) == pytest.approx(float(row[column]), rel=1e-6, abs=1e-8), (row["slot"], name)


def test_moodles_matrix_gives_moodles_figures_of_the_quiz_and_its_negative_alpha() -> None:
    folder = oracle("moodle-quiz-statistics")
    marks = [[float(row[f"slots.{slot}.mark"]) for slot in range(1, 8)] for row in rows(folder / "results00.csv")]
    expected = told(folder / "expected.json")["quiz00"]["quiz_level"]

    whole = whole_quiz(marks)

    found = {
        "median": whole.median,
        "firstattemptsavg": whole.mean,
        "firstattemptscount": whole.count,
        "standarddeviation": whole.deviation,
        "skewness": whole.skewness,
        "kurtosis": whole.kurtosis,
        "cic": whole.consistency,
        "errorratio": whole.error_ratio,
        "standarderror": whole.standard_error,
    }
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-6, abs=1e-8), name
    assert whole.consistency is not None and whole.consistency < -87


def test_moodles_440_steps_give_moodles_arrays() -> None:
    folder = oracle("moodle-quiz-statistics")
    attempts: list[list[dict[str, str]]] = []
    for row in rows(folder / "mdl_question_states.csv"):
        if row["slot"] == "1":
            attempts.append([])
        attempts[-1].append(row)
    expected = told(folder / "expected.json")["mdl_question"]
    slots = expected["slot_order"]
    by_slot = [{row["slot"]: row for row in attempt} for attempt in attempts]
    marks = [[float(attempt[slot]["mark"] or 0) for slot in slots] for attempt in by_slot]
    maxima = [float(by_slot[0][slot]["maxmark"]) for slot in slots]
    totals = [float(attempt[0]["sumgrades"]) for attempt in attempts]

    found = positions(marks, maxima, totals)

    assert len(attempts) == 22
    scales = {
        "facility_x100": ("facility", 100),
        "sd_x1000": ("deviation", 1000),
        "effectiveweight": ("effective_weight", 1),
        "discriminationindex": ("discrimination", 1),
        "discriminativeefficiency": ("efficiency", 1),
    }
    for key, (name, scale) in scales.items():
        for slot, position, value in zip(slots, found, expected[key], strict=True):
            mine = getattr(position, name)
            # PHPUnit took null for 0: where it did, ours may be either.
            assert (mine or 0) * scale == pytest.approx(value or 0, abs=1e-6), (key, slot)


@pytest.mark.parametrize("policy", ["listwise", "impute column median"])
def test_alpha_of_published_data_with_gaps(policy: str) -> None:
    folder = oracle("stats-oracles")
    table = [list(row.values()) for row in rows(folder / "cronbach_wide_missing.csv")]
    case = next(
        one for one in told(folder / "expected.json")["cronbach_alpha"]["cases"] if one.get("nan_policy") == policy
    )
    if policy == "listwise":
        marks = [[float(cell) for cell in row] for row in table if all(row)]
    else:
        medians = [_median([float(cell) for cell in column if cell]) for column in zip(*table, strict=True)]
        marks = [[float(cell) if cell else medians[at] for at, cell in enumerate(row)] for row in table]

    assert alpha(marks) == pytest.approx(case["alpha"], abs=5e-5)


def test_alpha_of_published_data_in_long_rows() -> None:
    folder = oracle("stats-oracles")
    by_subject: dict[str, dict[str, float]] = {}
    for row in rows(folder / "cronbach_alpha.csv"):
        by_subject.setdefault(row["Subj"], {})[row["Items"]] = float(row["Scores"])
    case = told(folder / "expected.json")["cronbach_alpha"]["cases"][-1]

    marks = [[scores[item] for item in sorted(scores)] for scores in by_subject.values()]

    assert alpha(marks) == pytest.approx(case["alpha"], abs=5e-5)


def test_intervals_of_newcombes_table() -> None:
    cases = told(oracle("stats-oracles") / "expected.json")["wilson"]["cases"]

    assert len(cases) == 4
    for case in cases:
        found = wilson(case["x"], case["n"])
        assert found is not None
        assert (round(found.low, 4), round(found.high, 4)) == (case["lo"], case["hi"])


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(5, 6, 0.436497, 0.969947), (15, 20, 0.531299, 0.888138), (0, 5, 0.0, 0.434482), (5, 5, 0.565518, 1.0)],
)
def test_a_share_has_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    found = wilson(hits, of)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert wilson(0, 0) is None


def test_the_ends_of_wilsons_interval_solve_its_equation() -> None:
    """At either end, the observed share lies 1.96 of that end's own standard errors away: this is what the interval means."""
    for hits, of in [(1, 7), (3, 10), (40, 90)]:
        found = wilson(hits, of)
        assert found is not None
        for end in (found.low, found.high):
            assert abs(hits / of - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / of), rel=1e-6)


@pytest.mark.parametrize(
    ("r", "of", "low", "high"),
    [(0.30, 10, -0.41, 0.78), (0.30, 30, -0.07, 0.60), (0.30, 50, 0.02, 0.53), (0.30, 200, 0.17, 0.42)],
)
def test_a_correlation_has_fishers_interval(r: float, of: int, low: float, high: float) -> None:
    found = fisher(r, of)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.005)


def test_a_correlation_of_few_pairs_or_of_one_line_has_no_interval() -> None:
    assert fisher(0.3, 3) is None
    assert fisher(1.0, 30) is None
    assert fisher(-1.0, 30) is None
    assert fisher(0.0, 4) == Interval(pytest.approx(-0.961087, abs=1e-6), pytest.approx(0.961087, abs=1e-6))  # type: ignore[arg-type]


def test_a_mean_of_parts_has_an_interval_inside_nothing_and_all() -> None:
    found = mean_interval([0.5, 1.0, 0.0, 0.5])

    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.5 - 0.400076, 0.5 + 0.400076), abs=1e-6)
    assert mean_interval([0.0, 1.0]) == Interval(0.0, 1.0)
    assert mean_interval([1.0]) is None
    assert mean_interval([]) is None


def test_of_no_attempts_nothing_is_told_and_nothing_breaks() -> None:
    assert whole_quiz([]) == QuizStatistics(0, None, None, None, None, None, None, None, None)
    (position,) = positions([], [2.0])
    assert (position.count, position.facility, position.effective_weight) == (0, None, None)
    assert position.intended_weight == 100


def test_of_one_attempt_there_is_a_mean_and_no_spread() -> None:
    whole = whole_quiz([[1.0, 0.5]])
    position = positions([[1.0, 0.5]], [1.0, 1.0])[1]

    assert (whole.mean, whole.median, whole.deviation, whole.consistency, whole.standard_error) == (
        1.5,
        1.5,
        None,
        None,
        None,
    )
    assert (position.facility, position.deviation, position.covariance, position.efficiency) == (0.5, None, None, None)


def test_marks_that_do_not_differ_discriminate_nothing() -> None:
    """Thirds are not exact in binary: their variance is rounding and must count as none."""
    marks = [[1 / 3, 0.0], [1 / 3, 1.0], [1 / 3 + 1e-16, 1.0], [1 / 3, 0.0]]

    third, other = positions(marks, [1.0, 1.0])

    assert third.discrimination is None
    assert third.efficiency is None
    assert third.effective_weight == pytest.approx(0, abs=1e-6)
    assert other.discrimination is None


def test_totals_that_do_not_differ_have_neither_skewness_nor_kurtosis_nor_consistency() -> None:
    whole = whole_quiz([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])

    assert (whole.deviation, whole.skewness, whole.kurtosis, whole.consistency) == (0.0, None, None, None)


def test_skewness_needs_three_attempts_and_kurtosis_four() -> None:
    two, three, four = ([[float(mark)] for mark in (0, 0, 3, 1)[:count]] for count in (2, 3, 4))

    assert whole_quiz([[0.0], [3.0]]).skewness is None and whole_quiz(two).skewness is None
    assert whole_quiz(three).skewness == pytest.approx(math.sqrt(3))
    assert whole_quiz(three).kurtosis is None
    assert whole_quiz(four).kurtosis == pytest.approx(1.5)


def test_one_position_has_no_consistency() -> None:
    assert whole_quiz([[0.0], [1.0]]).consistency is None
    assert alpha([[0.0], [1.0]]) is None


def test_identical_items_are_wholly_consistent_and_leave_no_error() -> None:
    whole = whole_quiz([[mark] * 3 for mark in (0.0, 1 / 3, 1.0, 0.7)])

    assert whole.consistency == pytest.approx(100)
    assert whole.error_ratio == pytest.approx(0, abs=1e-5)


def test_an_item_that_pulls_against_the_total_has_no_weight_and_takes_none_from_the_others() -> None:
    marks = [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]

    weights = [position.effective_weight for position in positions(marks, [1.0] * 3)]

    assert weights[1] is None
    assert math.fsum(weight for weight in weights if weight is not None) == pytest.approx(100)


def test_an_item_that_counts_for_nothing_has_no_facility() -> None:
    (nothing, all_of_it) = positions([[0.0, 1.0], [0.0, 0.0]], [0.0, 2.0])

    assert (nothing.facility, nothing.intended_weight, all_of_it.intended_weight) == (None, 0.0, 100.0)
    assert all_of_it.facility == 0.25
    assert positions([[0.0]], [0.0])[0].intended_weight is None


def test_the_totals_may_be_given() -> None:
    given_totals = positions(SIX, ONES, [5, 4, 4, 3, 2, 2])

    assert given_totals[0].covariance == pytest.approx(0.1)
    assert whole_quiz(SIX, [5, 4, 4, 3, 2, 2]).mean == pytest.approx(10 / 3)
    assert alpha(SIX, [8, 6, 6, 4, 2, 2]) == pytest.approx(4 / 3 * (1 - 1 / (88 / 15)))


def test_blind_choice_earns_the_mean_of_the_options() -> None:
    assert random_guess_score([1.0, 0.0, 0.0, 0.0]) == 0.25
    assert random_guess_score([1.0, -1 / 3, -1 / 3, -1 / 3]) == pytest.approx(0)
    assert random_guess_score([]) is None


@pytest.mark.parametrize("order", [(2, 2 / 3), (3, 0.0), (4, 2 / 3)])
def test_central_moments_have_the_divisor_s(order: tuple[int, float]) -> None:
    assert central_moment([1.0, 2.0, 3.0], order[0]) == pytest.approx(order[1])
    assert central_moment([], 2) is None


def test_a_sum_is_exact_whatever_the_order() -> None:
    values = (1e16, 1.0, -1e16, 1.0)
    assert {mean(order) for order in permutations(values)} == {0.5}


def test_a_position_keeps_what_it_is_worth() -> None:
    assert [one.maximum for one in positions([[1.0, 2.0], [0.0, 1.0]], [1.0, 3.0])] == [1.0, 3.0]


def test_rows_of_different_length_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zip"):
        covariance([1.0, 2.0], [1.0, 2.0, 3.0])


@given(MARKS)
@settings(max_examples=100, deadline=None)
def test_whatever_the_marks_nothing_breaks_and_indices_stay_in_their_bounds(marks: list[list[float]]) -> None:
    found = positions(marks, [1.0] * (len(marks[0]) if marks else 3))
    for position in found:
        for index in (position.discrimination, position.efficiency):
            assert index is None or index >= -100.0001 or position.covariance_max is not None
        assert position.discrimination is None or -100.0001 <= position.discrimination <= 100.0001
        assert position.efficiency is None or position.efficiency <= 100.0001
    weights = [position.effective_weight for position in found if position.effective_weight is not None]
    assert not weights or math.fsum(weights) == pytest.approx(100)
    consistency = whole_quiz(marks).consistency
    assert consistency is None or consistency <= 100.0001


@given(MARKS, st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_attempts_changes_nothing(marks: list[list[float]], random: object) -> None:
    shuffled = sorted(marks, key=lambda _: random.random())  # type: ignore[attr-defined]

    maxima = [1.0] * (len(marks[0]) if marks else 1)
    assert positions(shuffled, maxima) == positions(marks, maxima)
    assert whole_quiz(shuffled) == whole_quiz(marks)


@given(NUMBERS, NUMBERS)
@settings(max_examples=50, deadline=None)
def test_a_correlation_lies_between_minus_one_and_one_and_looks_the_same_from_both_sides(
    xs: list[float], ys: list[float]
) -> None:
    pairs = min(len(xs), len(ys))
    xs, ys = xs[:pairs], ys[:pairs]

    r = correlation(xs, ys)

    assert r == correlation(ys, xs)
    assert r is None or abs(r) <= 1 + 1e-9
    assert (deviation(xs) is None) == (variance(xs) is None) == (pairs < 2)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def test_small_cases_by_hand_pin_what_larger_ones_leave_open() -> None:
    """Each of these was worked by hand for a change that no other test minded."""
    assert [whole_quiz([[float(mark)] for mark in marks]).median for marks in ((9, 1, 2), (9, 1, 4, 2))] == [2.0, 3.0]
    assert alpha([[1, 1], [0, 0], [1, 0]]) == pytest.approx(2 / 3)
    assert alpha([[1, 1, 1], [0, 0, 1], [1, 0, 1]]) == pytest.approx(1 / 2)
    assert positions(SIX, ONES, [8, 6, 6, 4, 2, 2])[0].covariance == pytest.approx(2 * 0.266667 - 1 / 6, abs=1e-6)
    assert positions([[1, 1], [1, 0], [1, 1]], [1.0, 1.0])[0].effective_weight == 0.0
    assert all(found is not None and found.high <= 1 for found in (wilson(of, of) for of in range(1, 200)))
