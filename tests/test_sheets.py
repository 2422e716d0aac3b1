"""From responses to figures: which attempts count, what is never pooled, and what a database gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from quiz import attempts, versions
from quiz import records as reading
from quiz.cards import REVIEW_QUIZ
from quiz.items import Item
from quiz.misconceptions import ranked
from quiz.moments import mean_interval, wilson
from quiz.scoring import score
from quiz.sheets import Record, guess_of, reports, sheet, sightings
from tests.builders import make_item, make_option

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ONE = make_item(id="one")
TWO = make_item(key="ac", kind="multi", id="two", points=2.0)
ITEMS = (ONE, TWO)


def record(learner: str, item: Item, chosen: str, **changed: Any) -> Record:
    usual = Record(
        learner=learner,
        quiz="tasks",
        attempt=1,
        closed=False,
        item=item.id,
        key_hash=item.key_hash,
        chosen=frozenset(chosen),
        fraction=score(item, frozenset(chosen)).fraction,
        at=NOW,
    )
    return replace(usual, **changed)


def test_an_attempt_counts_once_every_item_of_it_is_answered() -> None:
    answers = [record("lena", ONE, "b"), record("lena", TWO, "a"), record("omar", ONE, "a")]

    page = sheet(answers, "tasks", ITEMS)

    assert (page.begun, len(page.marks), page.open, page.earlier) == (2, 1, 1, 0)
    assert page.marks == ((1.0, 1.0),)
    assert page.chosen == ((frozenset("b"), frozenset("a")),)
    assert page.whole.mean == 2.0
    assert [position.maximum for position in page.positions] == [1.0, 2.0]


def test_what_is_unanswered_in_an_attempt_that_was_started_over_is_zero() -> None:
    page = sheet([record("omar", TWO, "ac", closed=True)], "tasks", ITEMS)

    assert page.marks == ((0.0, 2.0),)
    assert page.chosen == ((frozenset(), frozenset("ac")),)


@pytest.mark.parametrize("other", [{"attempt": 2}, {"quiz": "locks"}, {"item": "gone"}, {"quiz": REVIEW_QUIZ}])
def test_only_first_attempts_at_the_quiz_as_it_stands_count(other: dict[str, Any]) -> None:
    answer = replace(record("lena", ONE, "b", closed=True), **other)

    assert (sheet([answer], "tasks", ITEMS).begun, sheet([answer], "tasks", ITEMS).marks) == (0, ())
    assert [report.figures.answered for report in reports([answer], "tasks", ITEMS)] == [0, 0]


def test_versions_with_another_key_are_never_pooled() -> None:
    before = make_item(key="a", id="one")
    answers = [record(f"l{at}", before, "a") for at in range(6)] + [record(f"m{at}", ONE, "b") for at in range(5)]
    answers += [record(one.learner, TWO, "ac") for one in answers]
    editions = {(item.id, item.key_hash): item for item in (before, ONE, TWO)}

    page = sheet(answers, "tasks", ITEMS)
    found = reports(answers, "tasks", ITEMS, editions)

    assert (page.begun, page.earlier, len(page.marks), page.open) == (11, 6, 5, 0)
    assert [(report.item.id, report.is_present, report.figures.answered) for report in found] == [
        ("one", True, 5),
        ("one", False, 6),
        ("two", True, 11),
    ]
    assert found[1].figures.position is None
    assert {option.option: option.right for option in found[1].options}["a"]


def test_an_edition_that_nobody_answered_is_left_out() -> None:
    before = make_item(key="a", id="one")

    found = reports([record("lena", ONE, "b")], "tasks", ITEMS, {(before.id, before.key_hash): before})

    assert [report.item.key_hash for report in found] == [ONE.key_hash, TWO.key_hash]


def test_a_typing_mistake_that_is_mended_is_the_same_edition() -> None:
    mended = replace(ONE, stem="Who waits here?")

    assert sheet([record("lena", ONE, "b", closed=True)], "tasks", (mended, TWO)).marks == ((1.0, 0.0),)


def test_facility_comes_from_everybody_who_answered_and_the_rest_from_whole_attempts() -> None:
    answers = [record(f"l{at}", ONE, "b" if at < 6 else "a") for at in range(8)] + [record("l0", TWO, "a")]

    one, two = reports(answers, "tasks", ITEMS)

    assert (one.figures.answered, one.figures.facility, one.figures.interval) == (8, 0.75, wilson(6, 8))
    assert one.figures.position is not None and one.figures.position.count == 1
    assert [option.chosen for option in one.options] == [2, 6, 0, 0]
    assert (two.figures.answered, two.figures.facility, two.options) == (1, 0.5, ())
    assert two.figures.interval is mean_interval([0.5]) is None
    assert (one.figures.guess, two.figures.guess) == (0.25, None)
    assert (one.finding.code, two.finding.code) == ("too-few-to-discriminate", "too-few")
    _, parts = reports([record("l0", TWO, "a"), record("l1", TWO, "ac")], "tasks", ITEMS)
    assert parts.figures.interval == mean_interval([0.5, 1.0])


def test_an_options_correlation_is_with_the_marks_of_the_other_items() -> None:
    chosen = [("b", "ac"), ("b", "ac"), ("a", "b"), ("a", "b"), ("b", "a")]
    answers = [
        record(f"l{at}", item, given) for at, pair in enumerate(chosen) for item, given in zip(ITEMS, pair, strict=True)
    ]

    one, _ = reports(answers, "tasks", ITEMS)

    right = next(option for option in one.options if option.option == "b")
    assert right.paired == 5
    assert right.r == pytest.approx(0.91287, abs=1e-5), "of (1, 1, 0, 0, 1) and (2, 2, 0, 0, 1)"


def test_blind_choice_earns_a_share_where_one_is_chosen_and_is_unknown_where_several_are() -> None:
    assert guess_of(ONE) == 0.25
    assert guess_of(TWO) is None


def test_a_sighting_has_what_was_offered_and_what_was_chosen_of_it() -> None:
    options = (make_option("a", misconception="m"), make_option("b", right=True), make_option("c", misconception="n"))
    item = replace(ONE, options=options)
    editions = {(item.id, item.key_hash): item, (TWO.id, TWO.key_hash): TWO}

    (seen,) = sightings([record("lena", item, "a", quiz=REVIEW_QUIZ, attempt=3), record("lena", TWO, "a")], editions)

    assert (seen.learner, seen.item, seen.at) == ("lena", "one", NOW)
    assert (sorted(seen.offered), sorted(seen.shown)) == (["m", "n"], ["m"])
    assert ranked([seen]) == ()


def test_records_are_every_response_with_its_current_score(engine: Engine) -> None:
    who: dict[str, Any] = {"learner": "lena", "course": "loops", "quiz": "tasks", "seed": "s"}

    with Session(engine) as session, session.begin():
        versions.record_items(session, "loops", "tasks", ITEMS, now=NOW)
        versions.record_items(session, "other", "tasks", ITEMS, now=NOW)
        attempts.respond(session, item=TWO, given=frozenset("a"), now=NOW + timedelta(1), **who)
        attempts.respond(session, item=ONE, given=frozenset("b"), now=NOW, **who)
        attempts.respond(session, item=ONE, given=frozenset("b"), now=NOW, **{**who, "course": "other"})
        attempts.start_over(session, now=NOW, **{name: who[name] for name in ("learner", "course", "quiz")})
        attempts.respond(session, item=ONE, given=frozenset("a"), now=NOW + timedelta(2), **who)

    with Session(engine) as session:
        found = reading.records(session, course="loops")
        editions = reading.editions(session, course="loops")

    assert found == (
        record("lena", ONE, "b", closed=True),
        record("lena", TWO, "a", closed=True, at=NOW + timedelta(1)),
        record("lena", ONE, "a", attempt=2, at=NOW + timedelta(2)),
    )
    assert editions == {("one", ONE.key_hash): ONE, ("two", TWO.key_hash): TWO}


def test_of_an_edition_the_latest_text_is_read(engine: Engine) -> None:
    mended = replace(ONE, stem="Who waits here?")
    with Session(engine) as session, session.begin():
        for item in (ONE, mended):
            versions.record_items(session, "loops", "tasks", [item], now=NOW)

    with Session(engine) as session:
        assert reading.editions(session, course="loops") == {("one", ONE.key_hash): mended}
