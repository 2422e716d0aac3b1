"""What holds for every kind and every rule: bounds, ids and places that say nothing, regrades, requests that come again.

The properties that speak of one rule alone stand with its table, in `test_scoring`, `test_fitting` and `test_regrading`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import Session

from quiz import attempts, standing, versions
from quiz.errors import QuizError, ToldNothing
from quiz.items import Answer, Item, Kind, Scoring, option_order, scorings
from quiz.measured import Measured, Model, Observed, Predicted
from quiz.regrading import Change, Counted, Policy, classify, is_behind, plan
from quiz.responses import stored
from quiz.rules import MOST_ATTEMPTS, Rules
from quiz.scoring import RULES_REVISION, Given, Score, picked, score
from tests.builders import TABLES, make_item, make_option, quiz_database

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LETTERS = "abcdef"
WORDS = ("to_thread", "gather", "sleep", "shield", "wait", "run")
RULES = [(kind, rule) for kind in Kind for rule in scorings(kind)]
WRITTEN_KINDS = (Kind.NUMERIC, Kind.TEXT, Kind.OUTPUT)
Case = tuple[Item, Given, Mapping[str, Observed]]
"""An item, a response to it, and what a run showed."""


def items(kind: Kind, rule: Scoring) -> st.SearchStrategy[Item]:
    if kind in WRITTEN_KINDS:
        return written_items(kind)
    return measured_items(rule) if kind is Kind.MEASURED else lettered_items(kind, rule)


@st.composite
def lettered_items(draw: st.DrawFn, kind: Kind, rule: Scoring) -> Item:
    """An item of options, or of steps."""
    letters = LETTERS[: draw(st.integers(2, 6))]
    if kind is Kind.ORDER:
        return make_item(letters, letters, kind=kind)
    most = 1 if kind is Kind.SINGLE else None
    key = draw(st.sets(st.sampled_from(letters), min_size=1, max_size=most))
    weights = (
        {letter: 100 / len(key) if letter in key else -draw(st.floats(0, 100)) for letter in letters}
        if rule is Scoring.WEIGHTS
        else {}
    )
    options = (make_option(one, right=one in key, weight=weights.get(one)) for one in letters)
    return Item(id="who-waits", kind=kind, stem="Who?", options=tuple(options), scoring=rule)


@st.composite
def written_items(draw: st.DrawFn, kind: Kind) -> Item:
    """Answers that do not meet, the first of them right."""
    count = draw(st.integers(1, 5))
    if kind is Kind.NUMERIC:
        tens = draw(st.permutations(range(10)))[:count]
        texts = [f"{10 * ten} +- {draw(st.integers(0, 4))}" for ten in tens]
    else:
        texts = list(draw(st.permutations(WORDS)))[:count]
        texts = [f'"{text}"' for text in texts] if kind is Kind.TEXT else texts
    answers = (Answer(id=LETTERS[at], text=text, right=at == 0) for at, text in enumerate(texts))
    return Item(id="who-waits", kind=kind, stem="Who?", options=(), answers=tuple(answers), scoring=Scoring.MATCH)


@st.composite
def measured_items(draw: st.DrawFn, rule: Scoring) -> Item:
    variants = tuple("abcd"[: draw(st.integers(2, 4))]) if rule is Scoring.PAIRS else ("a",)
    models = () if rule is Scoring.PAIRS else (Model(id="serial", formula="N * d"), Model(id="free", formula="d"))
    asked = Measured(lab="tasks", variants=variants, metric="wall", models=models)
    return Item(id="who-waits", kind=Kind.MEASURED, stem="Who?", options=(), scoring=rule, measured=asked)


def responses(item: Item) -> st.SearchStrategy[Given]:
    if item.measured is not None and item.measured.is_order:
        return st.permutations(item.measured.variants).map(lambda order: Predicted(order=tuple(order)))
    if item.measured is not None:
        numbers = {"serial": 4.8, "free": 0.2}
        return st.floats(0.01, 20).map(lambda number: Predicted(number, numbers=numbers))
    if item.kind is Kind.NUMERIC:
        return st.integers(-5, 105).map(lambda number: (str(number),))
    if item.given == "written":
        return st.sampled_from([*WORDS, "nothing"]).map(lambda word: (word,))
    if item.given == "ordered":
        return st.permutations(item.option_ids).map(tuple)
    sizes = 1 if item.kind is Kind.SINGLE else len(item.options)
    return st.frozensets(st.sampled_from(item.option_ids), min_size=1, max_size=sizes)


def observations(item: Item) -> st.SearchStrategy[Mapping[str, Observed]]:
    """What a run of each variant took; for the other kinds nothing."""
    variants = () if item.measured is None else item.measured.variants
    seen = st.floats(0.01, 20).map(lambda value: Observed(value, value, value, 0.03))
    return st.fixed_dictionaries(dict.fromkeys(variants, seen))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    item = draw(items(*draw(st.sampled_from(RULES))))
    return item, draw(responses(item)), draw(observations(item))


def scored(case: Case) -> Score | None:
    """None where the run tells nothing."""
    item, response, observed = case
    try:
        return score(item, response, observed=observed)
    except ToldNothing:
        return None


@given(cases())
def test_a_mark_lies_between_nothing_and_all_and_its_outcome_says_which(case: Case) -> None:
    verdict = scored(case)

    if verdict is not None:
        assert 0.0 <= verdict.fraction <= 1.0
        assert verdict.outcome == {0.0: "wrong", 1.0: "right"}.get(verdict.fraction, "partly")
        assert scored(case) == verdict, "nothing else has a part in it"


@given(cases(), st.randoms(use_true_random=False))
def test_the_place_of_an_option_an_answer_or_a_run_has_no_part_in_the_mark(case: Case, chance: Any) -> None:
    item, response, observed = case
    answers, options, seen = list(item.answers), list(item.options), list(observed.items())
    for places in (answers, options, seen):
        chance.shuffle(places)
    moved = replace(item, answers=tuple(answers)) if item.given != "ordered" else item
    moved = replace(moved, options=tuple(options)) if item.given == "chosen" else moved

    assert scored((moved, response, dict(seen))) == scored(case)


@given(st.data(), st.text(max_size=8))
def test_the_place_where_steps_are_shown_has_no_part_in_the_mark(data: st.DataObject, seed: str) -> None:
    """A learner moves the steps of the order that they were shown to where they belong: all of the mark, whatever it was."""
    item = data.draw(lettered_items(Kind.ORDER, Scoring.PAIRS))

    shown = option_order(item, seed)

    assert sorted(shown) == sorted(item.option_ids)
    assert score(item, sorted(shown, key=item.solution.index)).fraction == 1.0


@given(st.data())
def test_names_of_options_have_no_part_in_the_mark(data: st.DataObject) -> None:
    item = data.draw(
        st.sampled_from([rule for rule in RULES if rule[0] in (Kind.SINGLE, Kind.MULTI, Kind.ORDER)]).flatmap(
            lambda rule: items(*rule)
        )
    )
    response = data.draw(responses(item))
    assert not isinstance(response, Predicted)
    name = dict(zip(LETTERS, data.draw(st.permutations(LETTERS)), strict=True))

    renamed = replace(item, options=tuple(replace(option, id=name[option.id]) for option in item.options))

    assert score(renamed, [name[one] for one in response]) == score(item, response)


@given(st.data())
def test_another_wrong_tick_never_raises_a_mark(data: st.DataObject) -> None:
    """By any rule, once something is chosen: choosing nothing is no response, and `true-false` gives it nothing."""
    item = data.draw(st.sampled_from(scorings(Kind.MULTI)).flatmap(lambda rule: lettered_items(Kind.MULTI, rule)))
    chosen = data.draw(st.frozensets(st.sampled_from(item.option_ids), min_size=1))

    for wrong in set(item.option_ids) - item.key - chosen:
        assert score(item, chosen | {wrong}).fraction <= score(item, chosen).fraction


@given(st.data())
def test_what_is_written_is_right_where_a_right_answer_is_met_and_nowhere_else(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(WRITTEN_KINDS).flatmap(written_items))
    response = data.draw(responses(item))
    assert not isinstance(response, Predicted)

    assert (score(item, response).outcome == "right") == (picked(item, response) == {item.answers[0].id})


@given(cases())
def test_the_solution_of_whatever_item_is_all_of_its_mark(case: Case) -> None:
    item, _, _ = case
    if item.measured is None:
        assert stored(item, item.solution) == item.solution
        assert score(item, item.solution) == Score(1.0, "right")


# Regrades


def counted(item: Item, response: Collection[str]) -> Counted:
    value, verdict = stored(item, response), score(item, response)
    return Counted("r", "s", "lena", "tasks", 1, value, verdict.fraction, verdict.outcome, item, NOW)


def asked(data: st.DataObject) -> Item:
    """An item of any kind that a regrade can go over."""
    return data.draw(
        st.sampled_from([rule for rule in RULES if rule[0] is not Kind.MEASURED]).flatmap(lambda rule: items(*rule))
    )


@given(st.data(), st.sampled_from(Policy))
def test_a_regrade_to_the_same_key_moves_nobody_whatever_the_kind(data: st.DataObject, policy: Policy) -> None:
    item = asked(data)
    edited = replace(item, stem="Who waits now?", explanation="So.", hints=("Look.",))

    assert classify(item, edited) is Change.FEEDBACK and edited.key_hash == item.key_hash
    assert plan([counted(item, _given(data, item))], edited, policy) == ()
    assert plan([counted(item, _given(data, item))], item, policy) == ()


@given(st.data())
def test_a_key_that_comes_back_gives_everybody_their_mark_back(data: st.DataObject) -> None:
    """By the present key alone: to any other item and back again, also where an option was gone in between."""
    item, other = asked(data), asked(data)
    row = counted(item, _given(data, item))

    (there,) = plan([row], other, Policy.CURRENT_ONLY) or (None,)
    between = row if there is None else replace(row, fraction=there.fraction, outcome=there.outcome, version=other)
    (back,) = plan([between], item, Policy.CURRENT_ONLY) or (None,)
    after = between if back is None else replace(between, fraction=back.fraction, outcome=back.outcome, version=item)

    assert after.fraction == pytest.approx(row.fraction)
    assert after.outcome == row.outcome
    assert not is_behind(after, item) or after.version is not item


def _given(data: st.DataObject, item: Item) -> Collection[str]:
    response = data.draw(responses(item))
    assert not isinstance(response, Predicted)
    return response


# Requests


@st.composite
def requests(draw: st.DrawFn, quiz: tuple[Item, ...]) -> tuple[str, dict[str, Any]]:
    """A request as a page sends it: for an attempt, which may be over, with a key of its own or one that is taken."""
    item, attempt = draw(st.sampled_from(quiz)), draw(st.integers(1, 2))
    what = draw(st.sampled_from(["respond", "respond", "hint", "over"]))
    if what == "respond":
        given = draw(responses(item))
        return what, {"item": item, "given": given, "key": draw(st.sampled_from(LETTERS)), "attempt": attempt}
    return what, {"item": item, "number": draw(st.integers(1, 3)), "attempt": attempt} if what == "hint" else {
        "attempt": attempt
    }


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_request_of_any_kind_that_comes_again_leaves_the_rows_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """At once, and again at the end, whenever it has changed something: nothing is stored, scored, opened or closed twice."""
    kinds = data.draw(
        st.lists(st.sampled_from([rule for rule in RULES if rule[0] is not Kind.MEASURED]), min_size=1, max_size=2)
    )
    quiz = tuple(
        replace(data.draw(items(*rule)), id=f"item-{at}", hints=("One.", "Two.")) for at, rule in enumerate(kinds)
    )
    engine = quiz_database(tmp_path_factory.mktemp("again") / "quiz.db")
    with Session(engine) as session, session.begin():
        versions.record_items(session, "loops", "tasks", quiz, now=NOW)
    taken = []
    before = rows(engine)
    for what, fields in data.draw(st.lists(requests(quiz), min_size=1, max_size=6)):
        send(engine, what, fields)
        after = rows(engine)
        if after != before:
            taken.append((what, fields))
        send(engine, what, fields)
        assert rows(engine) == after, what
        before = after
    for what, fields in taken:
        send(engine, what, fields)
        assert rows(engine) == before, what
    engine.dispose()


def rules_for(item: Item) -> st.SearchStrategy[Rules]:
    most = len(item.options) - 1 if item.kind is Kind.SINGLE else MOST_ATTEMPTS
    shares = st.floats(0, 1)
    return st.builds(Rules, attempts=st.integers(1, most), penalty=shares, hint_cost=shares)


@pytest.mark.parametrize(("kind", "rule"), [rule for rule in RULES if rule[0] is not Kind.MEASURED])
def test_trying_again_and_opening_hints_takes_nothing_away_that_was_earned(
    tmp_path: Path, kind: Kind, rule: Scoring
) -> None:
    """Stored and read back, whatever the kind: never less than before, and never more than the best response is worth."""
    engine, numbers = quiz_database(tmp_path / "quiz.db"), count()

    @settings(max_examples=6)
    @given(data=st.data())
    def hold(data: st.DataObject) -> None:
        item = replace(data.draw(items(kind, rule)), id=f"item-{next(numbers)}", hints=("One.", "Two."))
        item = replace(item, rules=data.draw(rules_for(item)))
        with Session(engine) as session, session.begin():
            versions.record_items(session, "loops", "tasks", [item], now=NOW)
        earned = best = 0.0
        for hints, response in data.draw(
            st.lists(st.tuples(st.integers(0, 2), responses(item)), min_size=2, max_size=6)
        ):
            for number in range(1, hints + 1):
                send(engine, "hint", {"item": item, "number": number})
            send(engine, "respond", {"item": item, "given": response})
            best = max(best, score(item, response).fraction)
            stands = fraction_of(engine, item)
            assert earned <= stands <= best
            earned = stands

    hold()
    engine.dispose()


def fraction_of(engine: Engine, item: Item) -> float:
    with Session(engine) as session:
        return standing.states(session, learner="lena", course="loops", quiz="tasks").items[item.id].fraction


def send(engine: Engine, what: str, fields: Mapping[str, Any]) -> None:
    who: dict[str, Any] = {"learner": "lena", "course": "loops", "quiz": "tasks", "now": NOW}
    with Session(engine) as session, session.begin():
        try:
            if what == "respond":
                attempts.respond(session, seed="s", **who, **fields)
            elif what == "hint":
                attempts.open_hint(session, seed="s", **who, **fields)
            else:
                attempts.start_over(session, **who, **fields)
        except QuizError:
            pass


def rows(engine: Engine) -> dict[str, Sequence[Any]]:
    with engine.connect() as connection:
        return {table: connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).all() for table in TABLES}


def test_a_score_says_by_which_rules_it_was_given() -> None:
    assert RULES_REVISION >= 2
    assert {rule for _, rule in RULES} == set(Scoring), "every rule has its properties here"
