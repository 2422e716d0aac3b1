"""Distractors, misconceptions, and what an author should look at: pure functions, with numbers to check by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quiz.analysis import PositionStatistics
from quiz.distractors import OptionStatistics, distractor_efficiency, option_statistics
from quiz.findings import Finding, ItemFigures, finding
from quiz.misconceptions import MisconceptionStatistics, Sighting, ranked
from quiz.moments import Z95, Interval, fisher, wilson

OPTIONS = [("a", False), ("b", True), ("c", False)]
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def position(
    discrimination: float | None = 40.0, efficiency: float | None = 50.0, count: int = 30
) -> PositionStatistics:
    return PositionStatistics(
        count=count,
        maximum=1.0,
        facility=0.5,
        deviation=0.5,
        mark_variance=0.25,
        other_variance=1.0,
        covariance=0.2,
        covariance_max=0.4,
        discrimination=discrimination,
        efficiency=efficiency,
        effective_weight=20.0,
        intended_weight=20.0,
    )


def option(name: str, chosen: int, of: int = 40, *, right: bool = False, r: float | None = -0.2) -> OptionStatistics:
    interval = wilson(chosen, of)
    assert interval is not None
    return OptionStatistics(name, right, chosen, of, chosen / of, interval, r, of)


def figures(**changed: Any) -> ItemFigures:
    usual = ItemFigures(
        answered=40,
        facility=0.6,
        interval=Interval(0.45, 0.74),
        guess=1 / 3,
        options=(option("a", 10), option("b", 24, right=True, r=0.4), option("c", 6)),
        position=position(),
    )
    return replace(usual, **changed)


def test_an_option_has_its_share_its_interval_and_its_correlation_with_the_rest() -> None:
    chosen = [{"a"}, {"b"}, {"b"}, {"b"}, {"a"}, {"b"}]
    pairs = [({"a"}, 0.0), ({"b"}, 1.0), ({"b"}, 1.0), ({"a"}, 0.0)]

    a, b, c = option_statistics(OPTIONS, chosen, pairs)

    assert (a.option, a.right, a.chosen, a.of, a.share, a.paired) == ("a", False, 2, 6, 1 / 3, 4)
    assert a.interval == wilson(2, 6)
    assert a.r == pytest.approx(-1)
    assert b.r == pytest.approx(1)
    assert c.r is None
    assert (b.right, b.chosen, c.chosen, c.share) == (True, 4, 0, 0.0)


@pytest.mark.parametrize(("responses", "told"), [(4, 0), (5, 3)])
def test_below_five_responses_nothing_is_told_by_option(responses: int, told: int) -> None:
    assert len(option_statistics(OPTIONS, [{"a"}] * responses)) == told


@pytest.mark.parametrize(
    ("chosen", "r", "works"),
    [(2, -0.1, True), (1, -0.1, False), (10, 0.0, False), (10, 0.1, False), (10, None, None)],
)
def test_a_distractor_works_when_one_in_twenty_takes_it_and_they_do_worse_elsewhere(
    chosen: int, r: float | None, works: bool | None
) -> None:
    assert option("a", chosen, r=r).works is works
    assert option("a", chosen, right=True, r=r).works is None


def test_distractor_efficiency_is_the_share_that_works_of_those_that_can_be_told() -> None:
    told = [option("a", 10), option("b", 20, right=True), option("c", 1), option("d", 9, r=None)]

    assert distractor_efficiency(told) == 0.5
    assert distractor_efficiency(told[1:2]) is None


class Class:
    """Learners who answer items of which some offer the misconception `m`."""

    def __init__(self) -> None:
        self.seen: list[Sighting] = []

    def answers(self, learner: str, item: str, *, shows: bool, day: int = 0, offers: str = "m") -> None:
        name = frozenset({offers})
        self.seen.append(Sighting(learner, item, START + timedelta(days=day), name, name if shows else frozenset()))


def test_a_misconception_is_counted_by_learners_over_every_item_that_offers_it() -> None:
    learners = Class()
    for at in range(6):
        learners.answers(f"l{at}", "first", shows=at < 2)
    learners.answers("l0", "second", shows=True, day=1)
    learners.answers("l5", "second", shows=True, day=1)

    (found,) = ranked(learners.seen)

    assert (found.misconception, found.items) == ("m", ("first", "second"))
    assert (found.met, found.showed, found.share) == (6, 3, 0.5)
    assert found.interval == wilson(3, 6)


@pytest.mark.parametrize(("learners", "told"), [(4, 0), (5, 1)])
def test_below_five_learners_nothing_is_told_of_a_misconception(learners: int, told: int) -> None:
    seen = Class()
    for at in range(learners):
        seen.answers(f"l{at}", "first", shows=True)

    assert len(ranked(seen.seen)) == told
    assert ranked([]) == ()


def test_the_cure_rate_is_of_those_who_showed_it_and_answered_a_parallel_item_later() -> None:
    learners = Class()
    for at in range(8):
        learners.answers(f"l{at}", "first", shows=at < 6)
        if at != 5:
            learners.answers(f"l{at}", "second", shows=at in (0, 7), day=2)

    (found,) = ranked(learners.seen)

    assert (found.met, found.showed) == (8, 7)
    assert (found.asked_again, found.cured, found.cure_rate) == (5, 4, 0.8)
    assert found.cure_interval == wilson(4, 5)


def test_below_five_who_were_asked_again_no_cure_rate_is_told() -> None:
    learners = Class()
    for at in range(5):
        learners.answers(f"l{at}", "first", shows=True)
        if at < 4:
            learners.answers(f"l{at}", "second", shows=False, day=1)

    (found,) = ranked(learners.seen)

    assert (found.asked_again, found.cured, found.cure_interval, found.cure_rate) == (4, 4, None, None)


def cured(*steps: tuple[str, bool]) -> tuple[int, int]:
    """How many of one learner among five were asked again, and how many of these are cured, after (item, shows) day by day."""
    learners = Class()
    for at in range(4):
        learners.answers(f"l{at}", "first", shows=False)
    for day, (item, shows) in enumerate(steps):
        learners.answers("lena", item, shows=shows, day=day)
    (found,) = ranked(reversed(learners.seen))
    return found.asked_again, found.cured


def test_the_same_item_again_is_no_parallel_item() -> None:
    assert cured(("first", True), ("first", False)) == (0, 0)


def test_what_came_before_the_first_showing_cures_nothing() -> None:
    assert cured(("second", False), ("first", True)) == (0, 0)


def test_the_last_parallel_item_decides() -> None:
    assert cured(("first", True), ("second", True), ("third", False)) == (1, 1)
    assert cured(("first", True), ("second", False), ("third", True)) == (1, 0)


def test_misconceptions_are_ranked_by_what_is_sure_of_them() -> None:
    learners = Class()
    for at in range(100):
        learners.answers(f"l{at}", "first", shows=at < 50, offers="sure")
        learners.answers(f"l{at}", "first", shows=at < 50, offers="as-sure")
    for at in range(5):
        learners.answers(f"l{at}", "second", shows=at < 3, offers="rare")

    assert [found.misconception for found in ranked(learners.seen)] == ["as-sure", "sure", "rare"]


def test_a_prediction_may_show_what_it_did_not_offer_as_an_option() -> None:
    seen = [Sighting(f"l{at}", "guess", START, frozenset(), frozenset({"m"})) for at in range(5)]

    assert [(found.met, found.showed) for found in ranked(seen)] == [(5, 5)]


def test_a_rate_of_nobody_is_none() -> None:
    nobody = MisconceptionStatistics("m", ("first",), 5, 1, Interval(0.0, 1.0), 0, 0, None)

    assert nobody.cure_rate is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"answered": 4}, Finding("too-few", (4, 5))),
        ({"facility": None}, Finding("too-few", (40, 5))),
        ({"interval": None}, Finding("too-few", (40, 5))),
        ({"position": position(-5.0)}, Finding("against-the-rest", (-5.0, 30))),
        ({"position": position(0.0)}, Finding("sound", (0.6, 0.0, 30))),
        ({"position": position(-5.0, count=29)}, Finding("too-few-to-discriminate", (29, 30))),
        ({"position": None}, Finding("too-few-to-discriminate", (0, 30))),
        ({"position": position(None, None)}, Finding("too-few-to-discriminate", (30, 30))),
        ({"position": position(10.0, 14.9)}, Finding("apart", (14.9, 30))),
        ({"position": position(10.0, 15.0)}, Finding("sound", (0.6, 10.0, 30))),
        ({"position": position(10.0, 14.9, count=29)}, Finding("too-few-to-discriminate", (29, 30))),
        ({"interval": Interval(0.30, 0.55)}, Finding("guessed", (0.6, 1 / 3))),
        ({"answered": 30, "interval": Interval(0.30, 0.55)}, Finding("guessed", (0.6, 1 / 3))),
        ({"answered": 29, "interval": Interval(0.30, 0.55)}, Finding("sound", (0.6, 40.0, 30))),
        ({"answered": 29, "facility": 0.33}, Finding("guessed", (0.33, 1 / 3))),
        ({"answered": 29, "facility": 1 / 3}, Finding("guessed", (1 / 3, 1 / 3))),
        ({"interval": Interval(1 / 3, 0.55)}, Finding("guessed", (0.6, 1 / 3))),
        ({"interval": Interval(0.30, 0.55), "guess": None}, Finding("sound", (0.6, 40.0, 30))),
        ({"interval": Interval(0.9, 0.99)}, Finding("nearly-all-right", (0.9,))),
        ({"answered": 5, "interval": Interval(0.89, 0.99)}, Finding("sound", (0.6, 40.0, 30))),
        ({}, Finding("sound", (0.6, 40.0, 30))),
    ],
)
def test_the_gravest_thing_is_said_first(changed: dict[str, Any], expected: Finding) -> None:
    assert finding(figures(**changed)) == expected


def test_a_distractor_that_more_choose_than_the_key_is_named() -> None:
    rivals = (option("a", 21), option("b", 14, right=True), option("c", 5))
    even = (option("a", 20), option("b", 20, right=True))

    assert finding(figures(options=rivals)) == Finding("rivals-the-key", (21 / 40, 14 / 40), "a")
    assert finding(figures(options=even)).code == "sound"
    assert finding(figures(options=(option("b", 40, right=True),))).code == "sound"
    assert finding(figures(options=(option("a", 9),))).code == "sound"


def test_of_several_right_options_the_least_chosen_is_compared() -> None:
    options = (option("a", 12), option("b", 30, right=True), option("d", 11, right=True))

    assert finding(figures(options=options)) == Finding("rivals-the-key", (12 / 40, 11 / 40), "a")


def test_a_distractor_that_draws_those_who_do_well_elsewhere_is_named() -> None:
    able = (option("a", 8, r=0.5), option("b", 20, right=True, r=0.4), option("c", 9, r=0.4), option("d", 1, r=0.9))

    assert finding(figures(options=able)) == Finding("draws-the-able", (9 / 40, 0.4), "c")
    assert finding(figures(options=able, position=position(count=29))).code == "too-few-to-discriminate"
    assert finding(figures(options=(option("a", 2, r=0.32), option("b", 38, right=True)))).code == "draws-the-able"
    assert finding(figures(options=(option("a", 8, r=0.3), option("b", 32, right=True)))).code == "sound", (
        "it may be chance"
    )
    assert finding(figures(options=(option("a", 8, r=1.0), option("b", 32, right=True)))).code == "sound"
    assert finding(figures(options=(option("a", 8, r=None), option("b", 32, right=True)))).code == "sound"


def test_distractors_that_nobody_takes_are_counted_and_the_first_is_named() -> None:
    idle = (option("a", 0), option("b", 32, right=True), option("c", 8), option("d", 0))

    assert finding(figures(options=idle)) == Finding("idle", (0.0, 2), "a")
    assert finding(figures(options=idle, answered=29)).code == "sound"
    assert finding(figures(options=idle, answered=30)).code == "idle"
    assert option("a", 1).interval.high > 0.1, "one of forty may still be one in ten"


def test_the_idle_distractor_that_is_named_is_the_first() -> None:
    options = (option("a", 1, 100), option("b", 70, 100, right=True), option("c", 29, 100), option("d", 0, 100))

    assert finding(figures(answered=100, options=options)) == Finding("idle", (0.01, 2), "a")
    assert finding(figures(answered=100, options=options[:3])) == Finding("idle", (0.01, 1), "a")


def test_a_bound_that_is_just_met_decides_nothing() -> None:
    """One in ten with the upper end of the interval, and a correlation whose interval begins at 0."""
    idle = replace(option("a", 1), interval=Interval(0.0, 0.1))
    assert finding(figures(options=(idle, option("b", 39, right=True)))).code == "sound"
    assert (
        finding(figures(options=(replace(idle, interval=Interval(0.0, 0.0999)), option("b", 39, right=True)))).code
        == "idle"
    )
    at_zero = replace(option("a", 8), r=math.tanh(Z95), paired=4)
    assert fisher(math.tanh(Z95), 4) == Interval(0.0, pytest.approx(math.tanh(2 * Z95)))  # type: ignore[arg-type]
    assert finding(figures(options=(at_zero, option("b", 32, right=True)))).code == "sound"
