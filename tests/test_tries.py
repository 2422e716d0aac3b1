"""Tries at an item, hints that cost and certainty: what is stored, what is earned, and what is never lost by trying again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fsrs import Rating
from sqlalchemy import Engine

from quiz import giving_up, records, regrades, sheets, standing
from quiz.attempts import Conflict
from quiz.cards import cards
from quiz.errors import SameAgain
from quiz.items import Item
from quiz.offers import Done
from quiz.regrading import Change, Policy, classify
from quiz.rules import Rules
from tests.builders import make_item, quiz_database
from tests.test_attempts import NOW, Desk, count, snapshot

THREE = make_item(key="b", id="who-tries", rules=Rules(attempts=3), hints=("Look.", "Closer."))
COSTLY = make_item(key="b", id="who-pays", rules=Rules(hint_cost=0.25), hints=("Look.", "Closer."), points=2.0)
MULTI = make_item(key="ac", kind="multi", id="who-runs", rules=Rules(attempts=2, penalty=0.4), points=2.0)
SURE = make_item(key="b", id="who-is-sure", rules=Rules(certainty=True))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = quiz_database(tmp_path / "quiz.db")
    yield engine
    engine.dispose()


class Tryer(Desk):
    def give_up(self, item: Item = THREE, **fields: Any) -> None:
        self._do(lambda session: giving_up.give_up(session, item=item, now=NOW, **self.who, **fields))

    def regrade(self, item: Item, policy: Policy) -> Done:
        self.record(item, now=NOW + timedelta(days=1))
        return self._do(
            lambda session: regrades.regrade(
                session, course="loops", item=item, policy=policy, key=policy.value, now=NOW, version=2
            )
        )

    def told(self, item: Item = THREE) -> standing.ItemState:
        return self.state().items[item.id]


@pytest.fixture
def desk(engine: Engine) -> Tryer:
    desk = Tryer(engine)
    desk.record(THREE, COSTLY, MULTI, SURE)
    return desk


def test_a_wrong_try_with_others_left_tells_no_outcome_and_leaves_the_item_open(desk: Tryer) -> None:
    outcome = desk.respond("a", THREE, seq=1)

    assert outcome.fresh and outcome.state.outcome is None and not outcome.state.tries.settled
    assert desk.told() == outcome.state
    assert desk.open_hint(THREE) == 1, "a hint can still be opened"


def test_each_try_earns_a_third_less_and_the_last_one_settles(desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1)
    desk.respond("c", THREE, seq=2)
    state = desk.respond("b", THREE, seq=3).state

    assert state.outcome == "right" and state.fraction == pytest.approx(1 / 3)
    assert [one.penalty for one in state.tries.all] == pytest.approx([0, 1 / 3, 2 / 3])
    earned, answered = desk.points()["tasks"]
    assert earned == pytest.approx(1 / 3) and answered == 1
    assert desk.answered()["tasks"][THREE.id] == pytest.approx(1 / 3)
    with pytest.raises(Conflict, match="answered"):
        desk.respond("d", THREE, seq=4)


def test_tries_that_are_used_up_settle_an_item_that_is_wrong(desk: Tryer) -> None:
    for seq, chosen in enumerate("acd", 1):
        state = desk.respond(chosen, THREE, seq=seq).state
    assert (state.outcome, state.fraction) == ("wrong", 0.0)


def test_an_earlier_try_counts_where_it_earned_more(desk: Tryer) -> None:
    desk.respond("a", MULTI, seq=1)
    state = desk.respond("ab", MULTI, seq=2).state

    assert state.fraction == 0.5 and state.tries.best.seq == 1 and state.value == ("a", "b")
    assert desk.points() == {"tasks": (1.0, 1)}


def test_hints_take_off_what_they_cost_and_never_more_than_there_is(desk: Tryer) -> None:
    desk.open_hint(COSTLY)
    desk.open_hint(COSTLY)
    state = desk.respond("b", COSTLY).state

    assert state.outcome == "right" and state.fraction == 0.5
    assert (state.tries.last.fraction, state.tries.last.penalty) == (1.0, 0.5), "kept apart"
    assert desk.points() == {"tasks": (1.0, 1)}
    dear = make_item(key="b", id="who-is-broke", rules=Rules(hint_cost=0.8), hints=("Look.", "Closer."))
    desk.record(dear)
    desk.open_hint(dear)
    desk.open_hint(dear)
    assert desk.respond("b", dear).state.fraction == 0.0


def test_the_same_request_again_stores_nothing_and_gives_what_is_stored(engine: Engine, desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1, key="k" * 16)
    state = desk.respond("c", THREE, seq=2).state
    stored = snapshot(engine)

    again = desk.respond("a", THREE, seq=1, key="k" * 16)
    assert not again.fresh and again.state == state, "as the item stands by now"
    assert not desk.respond("c", THREE, seq=2).fresh and not desk.respond("a", THREE, seq=1).fresh
    assert snapshot(engine) == stored


def test_of_two_tabs_the_second_is_refused_with_the_state_as_it_is(engine: Engine, desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1, key="one" * 8)
    with pytest.raises(Conflict) as refused:
        desk.respond("c", THREE, seq=1, key="two" * 8)
    assert refused.value.code == "answered" and refused.value.state == desk.told()
    with pytest.raises(Conflict, match="out-of-date"):
        desk.respond("c", THREE, seq=3)
    assert count(engine, "response") == 1


def test_a_try_that_changes_nothing_is_not_taken(engine: Engine, desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1)
    with pytest.raises(SameAgain):
        desk.respond("a", THREE, seq=2)
    assert count(engine, "response") == 1


def test_giving_up_settles_an_item_once_and_keeps_what_was_earned(engine: Engine, desk: Tryer) -> None:
    with pytest.raises(Conflict, match="out-of-date"):
        desk.give_up()  # nothing was tried yet
    desk.respond("a", MULTI, seq=1)
    desk.give_up(MULTI, attempt=1)
    desk.give_up(MULTI, attempt=1)

    state = desk.told(MULTI)
    assert state.outcome == "partly" and state.fraction == 0.5 and state.tries.gave_up
    assert count_givings(engine) == 1
    with pytest.raises(Conflict, match="answered"):
        desk.respond("ac", MULTI, seq=2)
    with pytest.raises(Conflict, match="attempt-closed"):
        desk.give_up(MULTI, attempt=2)
    desk.erase()
    assert count_givings(engine) == 0


def count_givings(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM giving_up").scalar_one())


def test_more_tries_in_a_later_text_open_no_item_whose_key_was_told(desk: Tryer) -> None:
    once = make_item(key="b", id="who-was-told")
    desk.record(once)
    desk.respond("a", once)
    generous = make_item(key="b", id="who-was-told", rules=Rules(attempts=3))
    desk.record(generous, now=NOW + timedelta(days=1))
    with pytest.raises(Conflict, match="answered"):
        desk.respond("b", generous, shown=generous.shown_hash)


def test_a_try_goes_by_the_rules_that_its_form_showed(desk: Tryer) -> None:
    dearer = make_item(key="b", id=THREE.id, rules=Rules(attempts=2, penalty=0.9), hints=THREE.hints)
    assert dearer.shown_hash != THREE.shown_hash and dearer.key_hash == THREE.key_hash
    desk.record(dearer, now=NOW + timedelta(days=1))
    desk.respond("a", dearer, seq=1, shown=THREE.shown_hash)
    old = desk.respond("b", dearer, seq=2, shown=THREE.shown_hash).state
    assert old.fraction == pytest.approx(2 / 3)


def test_items_without_rules_keep_the_hashes_that_they_were_published_with() -> None:
    plain = make_item()
    assert "rules" not in plain.to_json() and Item.from_json(plain.to_json()) == plain
    for item in (THREE, COSTLY, MULTI, SURE):
        assert Item.from_json(item.to_json()) == item
    assert classify(make_item(id=THREE.id, hints=THREE.hints), THREE) is Change.OPTIONS


# ---- what regrades make of tries


def test_a_regrade_gives_the_whole_mark_to_whoever_was_right_at_the_first_try(desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1)
    desk.respond("b", THREE, seq=2)
    assert desk.told().fraction == pytest.approx(2 / 3)
    mended = make_item(key="a", id=THREE.id, rules=THREE.rules, hints=THREE.hints)
    done = desk.regrade(mended, Policy.CURRENT_ONLY)

    state = desk.told()
    assert (done.responses, done.up, done.down) == (2, 1, 1)
    assert state.fraction == 1.0 and state.tries.best.seq == 1
    assert state.correction is not None and state.correction.after == 1.0
    assert state.correction.before == pytest.approx(2 / 3)
    assert desk.points() == {"tasks": (1.0, 1)}
    desk._do(
        lambda session: regrades.undo(
            session, course="loops", item_id=THREE.id, regrade_id=done.id, key="back", now=NOW + timedelta(days=2)
        )
    )
    assert desk.told().fraction == pytest.approx(2 / 3) and desk.told().tries.best.penalty == pytest.approx(1 / 3)


def test_a_regrade_that_makes_an_open_item_right_settles_it(desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1)
    desk.regrade(make_item(key="a", id=THREE.id, rules=THREE.rules, hints=THREE.hints), Policy.CURRENT_ONLY)
    assert desk.told().outcome == "right" and desk.told().fraction == 1.0


def test_a_regrade_keeps_what_hints_took_off_and_full_credit_gives_it_back(desk: Tryer) -> None:
    desk.open_hint(COSTLY)
    desk.respond("a", COSTLY)
    other = make_item(key="a", id=COSTLY.id, rules=COSTLY.rules, hints=COSTLY.hints, points=2.0)
    desk.regrade(other, Policy.CURRENT_ONLY)
    assert desk.told(COSTLY).fraction == 0.75

    third = make_item(key="c", id=COSTLY.id, rules=COSTLY.rules, hints=COSTLY.hints, points=2.0)
    desk.record(third, now=NOW + timedelta(days=2))
    desk._do(
        lambda session: regrades.regrade(
            session, course="loops", item=third, policy=Policy.FULL_CREDIT, key="all", now=NOW, version=3
        )
    )
    assert desk.told(COSTLY).fraction == 1.0


# ---- statistics and review go by the first response


def test_the_analysis_counts_first_responses_alone_and_takes_nothing_off(engine: Engine, desk: Tryer) -> None:
    """Of four who were wrong at first, three of them right at a later try, and one who was right with a hint: one in five."""
    for learner, tries in (("lena", "acb"), ("omar", "ab"), ("ines", "b"), ("nils", "ac"), ("tove", "ab")):
        own = Tryer(engine, learner)
        if tries == "b":
            own.open_hint(COSTLY)
            own.respond("b", COSTLY)
        for seq, chosen in enumerate(tries, 1):
            own.respond(chosen, THREE, seq=seq)
    found = desk._do(lambda session: records.records(session, course="loops"))
    report = sheets.reports(found, "tasks", [THREE])[0]

    assert report.figures.answered == 5 and report.figures.facility == pytest.approx(1 / 5)
    assert {option.option: option.chosen for option in report.options} == {"a": 4, "b": 1, "c": 0, "d": 0}
    named = replace(
        THREE,
        options=tuple(replace(one, misconception=one.id) for one in THREE.options if not one.right)
        + tuple(one for one in THREE.options if one.right),
    )
    shown = sheets.sightings(found, {(THREE.id, THREE.key_hash): named, (COSTLY.id, COSTLY.key_hash): COSTLY})
    assert sorted(sorted(one.shown) for one in shown) == [[], *[["a"]] * 4], "what was tried after it shows nothing"
    assert [one.fraction for one in found if one.item == COSTLY.id] == [1.0]


def test_a_card_is_rated_by_the_first_try(desk: Tryer) -> None:
    desk.respond("a", THREE, seq=1)
    desk.respond("b", THREE, seq=2)
    held = desk._do(lambda session: cards(session, learner="lena", course="loops"))
    assert held[THREE.id].last == Rating.Again
