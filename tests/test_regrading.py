"""What an edit changes, and what each policy makes of the scores before it: rules as tables, Canvas' own figures, properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.items import Answer, Item, Kind, Scoring
from quiz.options import Combination
from quiz.regrading import Change, Counted, Move, Policy, classify, is_behind, may_move, plan
from quiz.scoring import score
from tests.builders import make_item
from tests.oracles import oracle, told

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LETTERS = "abcd"
MULTI = make_item("ac", kind="multi")
SINGLE = make_item("b")
DECISIONS = replace(MULTI, scoring=Scoring.TRUE_FALSE)


def with_option(item: Item, letter: str, **fields: Any) -> Item:
    return replace(item, options=tuple(replace(one, **fields) if one.id == letter else one for one in item.options))


def without(item: Item, letter: str) -> Item:
    return replace(item, options=tuple(one for one in item.options if one.id != letter))


def counted(item: Item, chosen: str, **fields: Any) -> Counted:
    verdict = score(item, frozenset(chosen))
    row = Counted("r", "s", "lena", "tasks", 1, tuple(chosen), verdict.fraction, verdict.outcome, item, NOW)
    return replace(row, **fields)


def move(old: Item, new: Item, chosen: str, policy: Policy = Policy.CURRENT_ONLY) -> Move:
    (moved,) = plan([counted(old, chosen)], new, policy)
    return moved


def weighted(**weights: float) -> Item:
    options = tuple(replace(one, weight=weights.get(one.id, 0.0)) for one in MULTI.options)
    return replace(MULTI, scoring=Scoring.WEIGHTS, options=options)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (weighted(a=50, c=50), weighted(a=80, c=20), Change.KEY),
        (weighted(a=50, c=50), weighted(a=50, b=-50, c=50), Change.KEY),
        (DECISIONS, with_option(DECISIONS, "b", text="Bruno"), Change.OPTIONS),
        (DECISIONS, replace(DECISIONS, options=make_item("ac", "abcde", kind="multi").options), Change.KEY),
    ],
)
def test_weights_and_the_number_of_decisions_move_scores(old: Item, new: Item, change: Change) -> None:
    assert classify(old, new) is change


@pytest.mark.parametrize(
    ("new", "change"),
    [
        (SINGLE, None),
        (replace(SINGLE, line=9), None),
        (replace(SINGLE, stem="Who is waiting?"), Change.COSMETIC),
        (replace(SINGLE, skills=("loop.holds",), difficulty=2, shuffle=False), Change.COSMETIC),
        (replace(SINGLE, options=SINGLE.options[::-1]), Change.COSMETIC),
        (replace(SINGLE, explanation="So."), Change.FEEDBACK),
        (replace(SINGLE, hints=("Look.",)), Change.FEEDBACK),
        (replace(SINGLE, feedback_wrong="No."), Change.FEEDBACK),
        (with_option(SINGLE, "a", feedback="Another."), Change.FEEDBACK),
        (with_option(SINGLE, "a", misconception="idea"), Change.FEEDBACK),
        (with_option(SINGLE, "a", text="Adam", feedback="Another."), Change.OPTIONS),
        (make_item("b", "abcde"), Change.OPTIONS),
        (without(SINGLE, "d"), Change.OPTIONS),
        (replace(SINGLE, points=2.0), Change.OPTIONS),
        (with_option(SINGLE, "d", id="e"), Change.OPTIONS),
        (make_item("c"), Change.KEY),
        (with_option(SINGLE, "b", id="e"), Change.KEY),
        (make_item("b", kind="multi"), Change.KEY),
        (replace(make_item("c"), stem="Which?", explanation="So."), Change.KEY),
    ],
)
def test_an_edit_is_what_it_touches_most(new: Item, change: Change | None) -> None:
    assert classify(SINGLE, new) is change


@pytest.mark.parametrize(
    ("new", "change"),
    [
        (replace(MULTI, scoring=Scoring.ALL_OR_NOTHING), Change.KEY),
        (make_item("ac", "abcde", kind="multi"), Change.OPTIONS),
        (without(MULTI, "b"), Change.KEY),
        (with_option(MULTI, "b", unticked="Rightly so."), Change.FEEDBACK),
        (replace(MULTI, combinations=(Combination(options=("a", "b"), feedback="Both?"),)), Change.FEEDBACK),
    ],
)
def test_a_distractor_that_is_gone_takes_nothing_away_any_more_where_several_are_chosen(
    new: Item, change: Change
) -> None:
    assert classify(MULTI, new) is change


ITEMS = [
    *(make_item(key, "abc") for key in "abc"),
    *(
        replace(make_item("".join(key), options, kind="multi"), scoring=scoring)
        for scoring in (Scoring.PLUS_MINUS, Scoring.ALL_OR_NOTHING)
        for options in ("abc", "ab")
        for size in (1, 2)
        for key in combinations(options, size)
    ),
]


def test_no_edit_but_one_of_the_key_moves_any_response() -> None:
    """Each response that a version takes, scored by every other one: the rule of the classes against all there is."""
    quiet = [(old, new) for old, new in product(ITEMS, ITEMS) if not may_move(old, new)]
    assert len(quiet) > len(ITEMS)
    for old, new in quiet:
        sizes = range(1, 2 if old.kind is Kind.SINGLE else 4)
        for chosen in chain.from_iterable(combinations(old.option_ids, size) for size in sizes):
            left = frozenset(chosen) & set(new.option_ids)
            assert score(old, frozenset(chosen)).fraction == pytest.approx(score(new, left).fraction), (old, new)


@pytest.mark.parametrize(
    ("policy", "chosen", "after"),
    [
        (Policy.CURRENT_ONLY, "b", 0.0),
        (Policy.CURRENT_ONLY, "c", 1.0),
        (Policy.CURRENT_ONLY, "a", 0.0),
        (Policy.PREVIOUS_OR_CURRENT, "b", 1.0),
        (Policy.PREVIOUS_OR_CURRENT, "c", 1.0),
        (Policy.PREVIOUS_OR_CURRENT, "a", 0.0),
        (Policy.FULL_CREDIT, "a", 1.0),
        (Policy.NONE, "b", 1.0),
        (Policy.NONE, "c", 0.0),
    ],
)
def test_a_policy_settles_who_counts_as_right(policy: Policy, chosen: str, after: float) -> None:
    moved = move(SINGLE, make_item("c"), chosen, policy)

    assert (moved.fraction, moved.outcome) == (after, "right" if after else "wrong")
    assert (moved.is_up, moved.is_down) == (after > moved.row.fraction, after < moved.row.fraction)


def test_an_option_that_is_gone_counts_as_not_chosen() -> None:
    gone = without(make_item("ac", kind="multi"), "b")

    moved = move(MULTI, gone, "ab")
    assert (moved.row.fraction, moved.fraction, moved.gone, moved.is_unfit) == (0.0, 0.5, frozenset("b"), False)
    renamed = with_option(SINGLE, "b", id="e")
    assert move(SINGLE, renamed, "b").fraction == 0.0, "another id is another option"
    assert move(SINGLE, renamed, "b", Policy.PREVIOUS_OR_CURRENT).fraction == 1.0


def test_what_is_no_response_to_the_new_kind_keeps_its_score() -> None:
    for policy, after in ((Policy.CURRENT_ONLY, 1.0), (Policy.PREVIOUS_OR_CURRENT, 1.0), (Policy.FULL_CREDIT, 1.0)):
        moved = move(MULTI, make_item("a"), "ac", policy)
        assert (moved.is_unfit, moved.fraction) == (True, after)
    assert move(MULTI, make_item("a"), "bd").fraction == 0.0
    assert not move(MULTI, make_item("a"), "c").is_unfit


def test_what_was_chosen_is_no_number_and_a_distractor_that_is_back_counts_again() -> None:
    number = Answer(id="forty", text="40", right=True)
    written = replace(
        make_item("b"), kind=Kind.NUMERIC, options=(), answers=(number,), scoring=Scoring.MATCH, shuffle=True
    )
    moved = move(SINGLE, written, "b")
    assert (moved.is_unfit, moved.fraction, moved.gone) == (True, 1.0, frozenset("b"))

    gone = without(MULTI, "b")
    regraded = counted(MULTI, "ab", fraction=0.5, outcome="partly", version=gone)
    assert is_behind(regraded, MULTI) and not may_move(gone, MULTI)
    assert [one.fraction for one in plan([regraded], MULTI, Policy.CURRENT_ONLY)] == [0.0]
    assert not is_behind(counted(gone, "a"), MULTI), "who never chose it stays as they are"


def test_canvas_moves_the_same_points_by_the_same_policy() -> None:
    """Every case of its specification, as an edit of an item that gives these points before and after."""
    known = told(oracle("canvas-scoring") / "regrade.json")
    possible = known["points_possible"]
    for case in known["cases"]:
        policy = OF_CANVAS[case["option"]]
        before, rescored = case["points_before"] / possible, (case["points_rescored"] or 0) / possible
        old, new, chosen = _edit(before, rescored)
        moved = move(old, new, chosen, policy)
        assert possible * (moved.fraction - moved.row.fraction) == pytest.approx(case["expected_delta"]), case
    with pytest.raises(ValueError, match="be_a_jerk"):
        Policy("be_a_jerk")


OF_CANVAS = {
    "full_credit": Policy.FULL_CREDIT,
    "current_and_previous_correct": Policy.PREVIOUS_OR_CURRENT,
    "current_correct_only": Policy.CURRENT_ONLY,
    "no_regrade": Policy.NONE,
    "disabled": Policy.NONE,
}
_KEYS = [frozenset(one) for size in range(1, 7) for one in combinations("abcdef", size)]
_ITEMS = [make_item("".join(key), "abcdef", kind="multi") for key in _KEYS]
_STRICT = [replace(item, scoring=Scoring.ALL_OR_NOTHING) for item in _ITEMS]


def _edit(before: float, rescored: float) -> tuple[Item, Item, str]:
    """An item, its next version and a response that scores so by the one and by the other."""
    for chosen, old in product(_KEYS[:21], _ITEMS):
        if score(old, chosen).fraction == pytest.approx(before):
            for new in (*_ITEMS, *_STRICT):
                if may_move(old, new) and score(new, chosen).fraction == pytest.approx(rescored):
                    return old, new, "".join(sorted(chosen))
    raise AssertionError(f"no edit from {before} to {rescored}")


keys = st.sets(st.sampled_from(LETTERS), min_size=1).map(lambda found: "".join(sorted(found)))
multis = st.builds(
    lambda key, scoring: replace(make_item(key, kind="multi"), scoring=scoring),
    keys,
    st.sampled_from([Scoring.PLUS_MINUS, Scoring.ALL_OR_NOTHING]),
)
singles = st.sampled_from(LETTERS).map(lambda key: make_item(key))
items = st.one_of(multis, singles)
policies = st.sampled_from(list(Policy))


@given(item=items, stem=st.text(min_size=1).filter(str.strip), chosen=st.sampled_from(LETTERS), policy=policies)
def test_a_regrade_to_the_same_key_is_the_identity(item: Item, stem: str, chosen: str, policy: Policy) -> None:
    edited = replace(item, stem=stem, explanation=stem, options=item.options[::-1])

    assert item.key_hash == edited.key_hash
    assert plan([counted(item, chosen)], edited, policy) == ()


@given(old=items, new=items, chosen=st.sampled_from(LETTERS))
def test_policies_are_ordered_and_stay_within_a_mark(old: Item, new: Item, chosen: str) -> None:
    row = counted(old, chosen)
    settled = {policy: plan([row], new, policy) for policy in Policy}
    if not may_move(old, new):
        assert set(settled.values()) == {()}
        return
    marks = {policy: moves[0].fraction for policy, moves in settled.items()}
    assert marks[Policy.NONE] == row.fraction
    assert marks[Policy.PREVIOUS_OR_CURRENT] == max(marks[Policy.NONE], marks[Policy.CURRENT_ONLY])
    assert min(marks.values()) >= 0.0 and marks[Policy.FULL_CREDIT] == max(marks.values()) == 1.0
    again = [
        replace(row, fraction=moves[0].fraction, outcome=moves[0].outcome, version=new) for moves in settled.values()
    ]
    assert plan(again, new, Policy.FULL_CREDIT) == (), "what was regraded is scored by the present key"
