"""Attempts on a real SQLite file: what is stored, what is refused, and what happens when requests race."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import Session

from quiz import attempts, grades, standing, versions
from quiz.attempts import Conflict, Outcome
from quiz.errors import NothingChosen, TooManyChosen, UnknownOption, UnrecordedItem
from quiz.grades import Rule
from quiz.items import Item, Kind, option_order
from quiz.policies import Policy
from quiz.scoring import score
from tests.builders import make_item, make_option
from webapp.database import transact

Result = TypeVar("Result")

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ITEM = make_item(key="b")
MULTI = make_item(key="ac", kind="multi", id="who-runs", points=2.0)
HINTED = make_item(key="b", id="who-hints", hints=("Look closer.", "Not Anna."))
TABLES = ("attempt", "attempt_item", "hint_opening", "response", "score")


class Desk:
    """One learner at one quiz; each call is a transaction of its own, as a request is."""

    def __init__(self, engine: Engine, learner: str = "lena", quiz: str = "tasks", course: str = "loops") -> None:
        self.engine = engine
        self.who: dict[str, Any] = {"learner": learner, "course": course, "quiz": quiz}
        self.seed = f"seed of {learner}"

    def record(self, *items: Item, now: datetime = NOW) -> None:
        self._do(lambda session: versions.record_items(session, self.who["course"], self.who["quiz"], items, now=now))

    def grade_by(self, *items: Item, policy: Policy = Policy.LAST) -> None:
        rule = Rule(self.who["quiz"], policy, points={item.id: item.points for item in items})
        self._do(lambda session: grades.record_rules(session, self.who["course"], [rule]))

    def respond(self, chosen: str, item: Item = ITEM, **given: Any) -> Outcome:
        fields = {"seed": self.seed, "now": NOW, **given}
        return self._do(
            lambda session: attempts.respond(session, item=item, given=frozenset(chosen), **self.who, **fields)
        )

    def open_hint(self, item: Item = HINTED, **given: Any) -> int:
        return self._do(
            lambda session: attempts.open_hint(session, item=item, seed=self.seed, now=NOW, **self.who, **given)
        )

    def state(self) -> standing.QuizState:
        return self._do(lambda session: standing.states(session, **self.who))

    def start_over(self, **given: Any) -> int:
        return self._do(lambda session: attempts.start_over(session, now=NOW + timedelta(hours=1), **self.who, **given))

    def erase(self) -> None:
        self._do(lambda session: attempts.erase(session, learner=self.who["learner"], now=NOW))

    def points(self) -> dict[str, tuple[float, int]]:
        return self._do(
            lambda session: standing.points(session, learner=self.who["learner"], course=self.who["course"])
        )

    def answered(self) -> dict[str, dict[str, float]]:
        return self._do(
            lambda session: standing.answered(session, learner=self.who["learner"], course=self.who["course"])
        )

    def _do(self, work: Callable[[Session], Result]) -> Result:
        return transact(self.engine, work)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    desk = Desk(engine)
    desk.record(ITEM, MULTI, HINTED)
    return desk


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()]


def snapshot(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(engine, table) for table in TABLES}


def count(engine: Engine, table: str) -> int:
    return len(rows(engine, table))


def race(calls: int, call: Callable[[int], object]) -> list[object]:
    """All the calls at the same moment, each in a thread; a raised conflict is a result like any other."""
    gate = threading.Barrier(calls)
    results: list[object] = []

    def run(n: int) -> None:
        gate.wait()
        try:
            results.append(call(n))
        except Conflict as conflict:
            results.append(conflict)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# Responding


def test_a_response_is_scored_and_told_at_once(desk: Desk) -> None:
    outcome = desk.respond("b", key="k1")

    assert outcome.fresh
    assert outcome.attempt == 1
    assert (outcome.state.outcome, outcome.state.fraction) == ("right", 1.0)
    assert outcome.state.chosen == {"b"}
    assert outcome.state.answered_at == NOW


def test_a_multi_item_earns_part_of_its_points(desk: Desk) -> None:
    outcome = desk.respond("a", MULTI)

    assert (outcome.state.outcome, outcome.state.fraction) == ("partly", 0.5)
    assert desk.points() == {"tasks": (1.0, 1)}


def test_what_is_told_at_once_is_what_is_read_later(desk: Desk) -> None:
    told = {ITEM.id: desk.respond("a").state, MULTI.id: desk.respond("ac", MULTI, hints_used=1).state}

    state = desk.state()

    assert state.attempt == 1
    assert state.items == told


def test_times_come_back_aware_and_in_utc(desk: Desk) -> None:
    desk.respond("b", now=datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))))

    answered_at = desk.state().items[ITEM.id].answered_at
    assert answered_at == NOW
    assert answered_at is not None
    assert answered_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("chosen", "item", "error"),
    [("", ITEM, NothingChosen), ("", MULTI, NothingChosen), ("ab", ITEM, TooManyChosen), ("z", MULTI, UnknownOption)],
)
def test_what_is_no_response_leaves_no_row(
    desk: Desk, engine: Engine, chosen: str, item: Item, error: type[Exception]
) -> None:
    before = snapshot(engine)

    with pytest.raises(error):
        desk.respond(chosen, item, key="k1")

    assert snapshot(engine) == before


def test_an_item_that_was_never_recorded_is_refused(desk: Desk, engine: Engine) -> None:
    with pytest.raises(UnrecordedItem) as refusal:
        desk.respond("b", make_item(id="who-else"))

    assert refusal.value.item_id == "who-else"
    assert count(engine, "attempt") == 0


def test_an_item_takes_one_response_an_attempt(desk: Desk, engine: Engine) -> None:
    first = desk.respond("a", key="k1")

    with pytest.raises(Conflict) as refusal:
        desk.respond("b", key="k2")

    assert refusal.value.code == "answered"
    assert refusal.value.state == first.state
    assert refusal.value.attempt == 1
    assert count(engine, "response") == 1


def test_learners_courses_and_quizzes_are_kept_apart(desk: Desk, engine: Engine) -> None:
    desk.respond("b", key="k1")
    others = [Desk(engine, learner="omar"), Desk(engine, quiz="locks"), Desk(engine, course="threads")]

    for other in others:
        other.record(ITEM)
        assert other.state().items == {}
        assert other.respond("a", key=None if other.who["learner"] == "lena" else "k1").fresh

    assert desk.state().items[ITEM.id].chosen == {"b"}


# The same request again


def test_the_same_request_again_gives_the_stored_outcome(desk: Desk, engine: Engine) -> None:
    first = desk.respond("a", key="k1")
    before = snapshot(engine)

    again = desk.respond("a", key="k1", now=NOW + timedelta(minutes=5))

    assert again == replace(first, fresh=False)
    assert snapshot(engine) == before


def test_a_key_that_comes_back_with_another_choice_is_refused_with_what_is_stored(desk: Desk) -> None:
    first = desk.respond("a", key="k1")

    with pytest.raises(Conflict) as refusal:
        desk.respond("b", key="k1")

    assert refusal.value.code == "key-reused"
    assert refusal.value.state == first.state


def test_a_key_that_comes_back_for_another_item_is_refused_without_that_items_state(desk: Desk) -> None:
    desk.respond("a", key="k1")

    with pytest.raises(Conflict) as refusal:
        desk.respond("a", MULTI, key="k1")

    assert refusal.value.code == "key-reused"
    assert refusal.value.item_id == MULTI.id
    assert refusal.value.state is None


def test_a_request_that_comes_again_after_starting_over_gives_its_own_outcome(desk: Desk, engine: Engine) -> None:
    first = desk.respond("a", key="k1")
    desk.start_over()

    again = desk.respond("a", key="k1", attempt=1)

    assert again == replace(first, fresh=False)
    assert desk.state() == standing.QuizState(attempt=2, items={})
    assert count(engine, "response") == 1


def test_without_a_key_the_sequence_number_names_the_intent(desk: Desk, engine: Engine) -> None:
    first = desk.respond("a", seq=1)

    assert desk.respond("a", seq=1) == replace(first, fresh=False)
    with pytest.raises(Conflict) as refusal:
        desk.respond("b", seq=1)

    assert refusal.value.code == "answered"
    assert count(engine, "response") == 1


def test_a_sequence_number_that_is_not_next_is_out_of_date(desk: Desk) -> None:
    with pytest.raises(Conflict) as refusal:
        desk.respond("a", seq=2)

    assert refusal.value.code == "out-of-date"
    assert refusal.value.state is None


def test_two_tabs_with_keys_of_their_own_store_the_first_response(desk: Desk, engine: Engine) -> None:
    first = desk.respond("b", key="tab one", seq=1, attempt=1, shown=ITEM.shown_hash)

    with pytest.raises(Conflict) as refusal:
        desk.respond("b", key="tab two", seq=1, attempt=1, shown=ITEM.shown_hash)

    assert refusal.value.code == "answered"
    assert refusal.value.state == first.state
    assert count(engine, "response") == 1


def test_twenty_racing_identical_requests_store_one_row(desk: Desk, engine: Engine) -> None:
    results = race(20, lambda _: desk.respond("b", key="k1"))

    assert Counter(isinstance(result, Outcome) and result.fresh for result in results) == {True: 1, False: 19}
    assert {result.state for result in results if isinstance(result, Outcome)} == {desk.state().items[ITEM.id]}
    assert {table: count(engine, table) for table in TABLES} == {
        "attempt": 1,
        "attempt_item": 1,
        "hint_opening": 0,
        "response": 1,
        "score": 1,
    }


def test_twenty_racing_forms_without_a_key_store_one_row(desk: Desk, engine: Engine) -> None:
    results = race(20, lambda _: desk.respond("b", seq=1))

    assert Counter(isinstance(result, Outcome) and result.fresh for result in results) == {True: 1, False: 19}
    assert count(engine, "response") == 1


def test_twenty_racing_choices_store_one_and_refuse_nineteen_with_what_is_stored(desk: Desk, engine: Engine) -> None:
    results = race(20, lambda n: desk.respond("abcd"[n % 4], key=f"k{n}"))

    taken = [result for result in results if isinstance(result, Outcome)]
    refused = [result for result in results if isinstance(result, Conflict)]
    assert (len(taken), len(refused)) == (1, 19)
    assert {conflict.code for conflict in refused} == {"answered"}
    assert {conflict.state for conflict in refused} == {taken[0].state}
    assert count(engine, "response") == count(engine, "score") == 1


def test_racing_learners_all_get_their_row(desk: Desk, engine: Engine) -> None:
    race(20, lambda n: Desk(engine, learner=f"learner {n}").respond("abcd"[n % 4], key="k"))

    assert count(engine, "response") == 20
    assert len({row["learner_id"] for row in rows(engine, "score")}) == 20


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["k1", "k2", None])), min_size=1, max_size=8)
)
def test_replaying_requests_any_number_of_times_leaves_the_same_rows(
    quiz_databases: Callable[[], Engine], requests: list[tuple[str, str | None]]
) -> None:
    engine = quiz_databases()
    desk = Desk(engine)
    desk.record(ITEM)

    def play() -> None:
        for chosen, key in requests:
            with suppress(Conflict):
                desk.respond(chosen, key=key, seq=None if key else 1)

    play()
    stored = snapshot(engine)
    for _ in range(2):
        play()
        assert snapshot(engine) == stored
    assert len(stored["response"]) == 1


# Versions


def test_a_text_that_comes_back_is_its_old_version(desk: Desk, engine: Engine) -> None:
    edited = replace(ITEM, explanation="Because.")
    desk.record(edited, now=NOW + timedelta(days=1))
    desk.record(ITEM, now=NOW + timedelta(days=2))

    versions = [row for row in rows(engine, "item_version") if row["item_id"] == ITEM.id]
    assert sorted((row["version"], row["content_hash"]) for row in versions) == [
        (1, ITEM.content_hash),
        (2, edited.content_hash),
    ]


def test_a_recorded_version_can_be_rebuilt(desk: Desk, engine: Engine) -> None:
    with Session(engine) as session:
        found = versions.recorded_item(session, course="loops", item_id=MULTI.id, content_hash=MULTI.content_hash)
        missing = versions.recorded_item(session, course="loops", item_id=MULTI.id, content_hash="0" * 64)

    assert found == MULTI
    assert missing is None


def test_a_form_made_before_an_edit_is_scored_by_the_text_that_it_showed(desk: Desk) -> None:
    edited = replace(make_item(key="c"), stem="Who waits now?")
    desk.record(edited)

    outcome = desk.respond("b", edited, shown=ITEM.shown_hash)

    assert outcome.state.outcome == "right"
    assert outcome.state.content_hash == ITEM.content_hash
    assert desk.state().items[ITEM.id] == outcome.state


def test_a_form_made_before_the_key_was_corrected_is_scored_by_the_corrected_key(desk: Desk) -> None:
    corrected = make_item(key="c")
    desk.record(corrected)

    assert desk.respond("b", corrected, shown=ITEM.shown_hash).state.outcome == "wrong"


def test_of_several_texts_that_look_the_same_the_latest_one_scores(desk: Desk) -> None:
    desk.record(make_item(key="c"))
    edited = replace(ITEM, stem="Who waits now?")
    desk.record(edited)

    assert desk.respond("c", edited, shown=ITEM.shown_hash).state.outcome == "right"


def test_a_form_of_a_text_that_nobody_knows_is_out_of_date(desk: Desk, engine: Engine) -> None:
    with pytest.raises(Conflict) as refusal:
        desk.respond("b", shown="0" * 64)

    assert refusal.value.code == "out-of-date"
    assert count(engine, "attempt") == 0


def test_a_text_of_another_course_is_not_known(desk: Desk, engine: Engine) -> None:
    other = Desk(engine, course="threads")
    other.record(make_item(stem="Who waits over there?"))

    with pytest.raises(Conflict):
        desk.respond("b", shown=make_item(stem="Who waits over there?").shown_hash)


def test_an_edit_moves_nobody_who_has_the_item_before_them(desk: Desk) -> None:
    desk.open_hint()
    edited = make_item(key="c", id=HINTED.id, stem="Who hints now?")
    desk.record(edited)

    pinned = desk.state().items[HINTED.id]
    outcome = desk.respond("b", edited, shown=HINTED.shown_hash)

    assert pinned.shown_hash == HINTED.shown_hash
    assert outcome.state.outcome == "right"
    assert outcome.state.content_hash == HINTED.content_hash


def test_a_pinned_item_without_a_named_text_is_answered_as_pinned(desk: Desk) -> None:
    desk.open_hint()
    edited = make_item(key="c", id=HINTED.id, stem="Who hints now?")
    desk.record(edited)

    assert desk.respond("b", edited).state.outcome == "right"


def test_a_learner_who_was_shown_the_edit_after_a_hint_answers_the_edit(desk: Desk) -> None:
    desk.open_hint()
    edited = make_item(key="e", options="abcdef", id=HINTED.id, stem="Who hints now?")
    desk.record(edited)

    outcome = desk.respond("e", edited, shown=edited.shown_hash)

    assert outcome.state.outcome == "right"
    assert outcome.state.content_hash == edited.content_hash
    assert outcome.state.hints_used == 1
    assert outcome.state.option_order == option_order(edited, desk.seed)
    assert desk.state().items[HINTED.id] == outcome.state


def test_a_pinned_item_is_not_answered_in_a_third_text(desk: Desk) -> None:
    older = make_item(key="a", id=HINTED.id, stem="Who hinted?")
    desk.record(older)
    desk.open_hint()

    with pytest.raises(Conflict) as refusal:
        desk.respond("a", HINTED, shown=older.shown_hash)

    assert refusal.value.code == "out-of-date"
    assert refusal.value.state == desk.state().items[HINTED.id]


def test_an_answered_item_keeps_its_score_through_an_edit(desk: Desk) -> None:
    before = desk.respond("b").state
    desk.record(make_item(key="c", stem="Who waits now?"))

    assert desk.state().items[ITEM.id] == before


# The order of options


def test_the_order_before_any_row_is_the_order_that_is_pinned(desk: Desk) -> None:
    expected = option_order(ITEM, desk.seed)

    assert desk.respond("b").state.option_order == expected
    assert desk.state().items[ITEM.id].option_order == expected


def test_another_seed_later_does_not_move_a_pinned_order(desk: Desk) -> None:
    desk.open_hint()
    pinned = desk.state().items[HINTED.id].option_order
    other = next(f"seed {n}" for n in range(100) if option_order(HINTED, f"seed {n}") != pinned)

    assert desk.respond("b", HINTED, seed=other).state.option_order == pinned


@given(seed=st.text(max_size=20), options=st.sets(st.sampled_from("abcdef"), min_size=2))
def test_an_order_holds_every_option_once_and_says_nothing_of_the_key(seed: str, options: set[str]) -> None:
    letters = "".join(sorted(options))
    orders = {option_order(make_item(key=key, options=letters), seed) for key in letters}

    assert len(orders) == 1
    assert sorted(orders.pop()) == sorted(letters)


@given(seed=st.text(max_size=20), fixed=st.sets(st.sampled_from("abcdef")))
def test_fixed_options_keep_their_places(seed: str, fixed: set[str]) -> None:
    options = tuple(make_option(letter, right=letter == "a", fixed=letter in fixed) for letter in "abcdef")
    order = option_order(replace(ITEM, options=options), seed)

    assert all(order["abcdef".index(letter)] == letter for letter in fixed)
    assert sorted(order) == sorted("abcdef")


def test_without_shuffling_the_order_is_the_authors() -> None:
    assert option_order(replace(ITEM, shuffle=False), "any") == ("a", "b", "c", "d")


def test_over_many_seeds_every_option_stands_everywhere_equally_often() -> None:
    places = Counter((option_order(ITEM, f"learner {n}").index("b")) for n in range(4000))

    # Binomial(4000, 1/4): the standard deviation is 27, so five of them are 137.
    assert all(abs(places[place] - 1000) < 137 for place in range(4))


# Hints


def test_hints_open_one_by_one_up_to_the_last(desk: Desk) -> None:
    assert [desk.open_hint() for _ in range(4)] == [1, 2, 2, 2]
    assert desk.state().items[HINTED.id].hints_used == 2


def test_an_open_hint_is_no_response_and_is_there_after_a_reload(desk: Desk) -> None:
    desk.open_hint()

    state = desk.state().items[HINTED.id]
    assert (state.hints_used, state.outcome, state.chosen, state.answered_at) == (1, None, frozenset(), None)
    assert desk.points() == {}
    assert desk.answered() == {}


def test_a_response_says_how_many_hints_were_open(desk: Desk) -> None:
    desk.open_hint()

    assert desk.respond("b", HINTED).state.hints_used == 1
    assert desk.state().items[HINTED.id].hints_used == 1


def test_a_form_cannot_claim_fewer_hints_than_were_opened(desk: Desk) -> None:
    desk.open_hint()
    desk.open_hint()

    assert desk.respond("b", HINTED, hints_used=0).state.hints_used == 2


def test_asking_twice_for_the_same_hint_opens_it_once(desk: Desk, engine: Engine) -> None:
    results = race(10, lambda _: desk.open_hint(number=1))

    assert results == [1] * 10
    assert count(engine, "hint_opening") == 1


def test_no_hint_is_opened_after_the_response(desk: Desk, engine: Engine) -> None:
    desk.respond("b", HINTED)

    with pytest.raises(Conflict) as refusal:
        desk.open_hint()

    assert refusal.value.code == "answered"
    assert count(engine, "hint_opening") == 0


def test_an_item_without_hints_is_left_alone(desk: Desk, engine: Engine) -> None:
    assert desk.open_hint(ITEM) == 0
    assert count(engine, "attempt_item") == 0


# Starting over


def test_starting_over_opens_the_next_attempt_and_deletes_nothing(desk: Desk, engine: Engine) -> None:
    desk.respond("a", key="k1")

    assert desk.start_over() == 2
    assert desk.state() == standing.QuizState(attempt=2, items={})
    assert desk.respond("b", key="k2").attempt == 2
    assert desk.state().items[ITEM.id].chosen == {"b"}
    assert count(engine, "response") == 2


def test_points_are_those_of_the_latest_attempt(desk: Desk) -> None:
    desk.respond("b")
    desk.respond("ac", MULTI)
    assert desk.points() == {"tasks": (3.0, 2)}
    assert desk.answered() == {"tasks": {ITEM.id: 1.0, MULTI.id: 1.0}}

    desk.start_over()
    assert desk.points() == {}
    assert desk.answered() == {}

    desk.respond("ab", MULTI)
    assert desk.points() == {"tasks": (0.0, 1)}


def test_pressing_start_over_twice_starts_over_once(desk: Desk, engine: Engine) -> None:
    desk.respond("a")

    assert sorted(map(str, race(8, lambda _: desk.start_over(attempt=1)))) == ["2"] * 8
    assert [row["number"] for row in sorted(rows(engine, "attempt"), key=lambda row: row["number"])] == [1, 2]


def test_an_untouched_attempt_stays_open(desk: Desk, engine: Engine) -> None:
    assert desk.start_over() == 1
    desk.respond("a")
    assert [desk.start_over(), desk.start_over()] == [2, 2]
    assert count(engine, "attempt") == 2


def test_a_form_of_an_earlier_attempt_is_refused(desk: Desk, engine: Engine) -> None:
    desk.respond("a")
    desk.start_over()

    with pytest.raises(Conflict) as refusal:
        desk.respond("b", key="late", attempt=1)

    assert refusal.value.code == "attempt-closed"
    assert (refusal.value.attempt, refusal.value.state) == (2, None)
    assert count(engine, "response") == 1


def test_a_form_may_name_the_attempt_that_it_opens(desk: Desk) -> None:
    assert desk.state().attempt == 1
    assert desk.respond("b", attempt=1).attempt == 1


def test_the_hint_of_an_earlier_attempt_is_not_open_in_the_next(desk: Desk) -> None:
    desk.open_hint()
    desk.start_over()

    assert desk.state().items == {}
    assert desk.open_hint(attempt=2) == 1


# Forgetting


def test_erasing_a_learner_leaves_no_row_of_theirs_and_every_row_of_others(desk: Desk, engine: Engine) -> None:
    other = Desk(engine, learner="omar")
    for one in (desk, other):
        one.open_hint()
        one.respond("b", HINTED, key="k1")
        one.respond("ac", MULTI)
        one.start_over()
        one.respond("a")
    kept = {table: [row for row in rows(engine, table) if row["learner_id"] == "omar"] for table in TABLES}

    desk.erase()

    assert snapshot(engine) == kept
    assert all(kept.values())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM erasure")).scalar_one() == 0
        for table in (*TABLES, "item_version"):
            dump = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "lena" not in dump.replace("seed of omar", "")


def test_an_erased_learner_starts_anew(desk: Desk) -> None:
    desk.respond("a", key="k1")
    desk.start_over()
    desk.erase()

    assert desk.state() == standing.QuizState(attempt=1, items={})
    assert desk.respond("b", key="k1").fresh


def test_an_erasure_that_fails_leaves_everything_and_everyone_unlisted(desk: Desk, engine: Engine) -> None:
    desk.respond("a")
    before = snapshot(engine)

    with pytest.raises(RuntimeError), Session(engine) as session, session.begin():
        attempts.erase(session, learner="lena", now=NOW)
        raise RuntimeError("the power goes")

    assert snapshot(engine) == before


# Cost


def statements(engine: Engine, work: Callable[[], object]) -> list[str]:
    seen: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


def test_a_response_takes_at_most_seven_statements_and_two_more_for_its_grade(desk: Desk, engine: Engine) -> None:
    assert len(statements(engine, lambda: desk.respond("b", key="k1", shown=ITEM.shown_hash))) == 7
    assert len(statements(engine, lambda: desk.respond("a", MULTI, key="k2"))) == 6
    assert len(statements(engine, lambda: desk.respond("a", MULTI, key="k2"))) == 1
    assert len(statements(engine, desk.state)) == 1
    desk.grade_by(ITEM, MULTI, HINTED)
    assert len(statements(engine, lambda: desk.respond("b", HINTED, key="k3"))) == 7, "the entry is there"
    desk.start_over()
    assert len(statements(engine, lambda: desk.respond("b", HINTED, key="k4"))) == 8, "its entry is new"


@pytest.mark.parametrize("quiz_databases", ["sqlite"], indirect=True)
def test_reading_uses_the_indexes_of_the_learner(desk: Desk, engine: Engine) -> None:
    """No statement of a request walks through a whole table, however many learners there are."""
    work = [
        lambda: desk.respond("b", key="k1"),
        lambda: desk.respond("b", key="k1"),
        desk.state,
        desk.points,
        desk.answered,
        desk.start_over,
    ]
    for step in work:
        for statement in statements(engine, step):
            if not statement.startswith("SELECT"):
                continue
            with engine.connect() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("",) * statement.count("?")).all()
            assert not [line for line in plan if line[-1].startswith("SCAN") and "CONSTANT" not in line[-1]], plan


def test_the_stored_score_is_what_scoring_says(desk: Desk, engine: Engine) -> None:
    desk.respond("abc", MULTI)

    (row,) = rows(engine, "score")
    assert (row["fraction"], row["outcome"]) == (
        score(MULTI, frozenset("abc")).fraction,
        score(MULTI, frozenset("abc")).outcome,
    )
    assert MULTI.kind is Kind.MULTI
