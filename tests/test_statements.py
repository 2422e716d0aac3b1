"""xAPI statements: each as the specification wants it, the same whenever it is made, without a key unless that is asked for."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from quiz import carrying
from quiz.interchange.statements import VERBS, Place, Visit, lines, statements
from quiz.items import Item
from quiz.ledger import CARRIED, Entry, Marked
from quiz.rules import Rules
from quiz.scoring import score
from tests.builders import make_item
from tests.drawn_items import RAW, items
from tests.test_gradebook import ANOTHER, sit, told, try_again
from tests.test_qti import responses_to
from tests.test_regrades import RIGHT_KEY, WRONG_KEY, Class

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLACE = Place(
    home="https://course.example",
    course="loops",
    title="Loops",
    lang="en",
    quizzes={"tasks": ["who-waits", "who-else"]},
    titles={"tasks": "Tasks"},
)
IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
INTERACTIONS = {"choice", "numeric", "fill-in", "long-fill-in", "sequencing", "other"}


def assert_statement(found: dict[str, Any]) -> None:
    """The rules of xAPI 1.0.3 for what we say; no property beside those it knows."""
    assert found.keys() <= {"id", "version", "actor", "verb", "object", "result", "context", "timestamp"}
    assert UUID(found["id"]).version == 5
    assert found["version"] == "1.0.3"
    assert found["actor"].keys() == {"objectType", "account"}
    assert IRI.fullmatch(found["actor"]["account"]["homePage"]) and found["actor"]["account"]["name"]
    assert found["verb"]["id"] in VERBS.values()
    assert datetime.fromisoformat(found["timestamp"]).tzinfo is not None
    assert_activity(found["object"])
    result, context = found.get("result", {}), found["context"]
    assert result.keys() <= {"score", "success", "response", "completion", "duration"}
    if "score" in result:
        told_score = result["score"]
        assert -1 <= told_score["scaled"] <= 1 and told_score["min"] <= told_score["raw"] <= told_score["max"]
    if "duration" in result:
        assert re.fullmatch(r"PT\d+\.\d\dS", result["duration"])
    assert isinstance(result.get("response", ""), str)
    assert context.keys() <= {"registration", "revision", "platform", "contextActivities", "extensions"}
    assert "registration" not in context or UUID(context["registration"])
    for activities in context["contextActivities"].values():
        for activity in activities:
            assert_activity(activity)
    assert all(IRI.fullmatch(name) for name in context.get("extensions", {}))


def assert_activity(found: dict[str, Any]) -> None:
    assert found.keys() == {"objectType", "id", "definition"} and found["objectType"] == "Activity"
    assert IRI.fullmatch(found["id"])
    definition = found["definition"]
    assert definition.keys() <= {"type", "name", "interactionType", "choices", "correctResponsesPattern"}
    assert IRI.fullmatch(definition["type"])
    if "interactionType" in definition:
        assert definition["interactionType"] in INTERACTIONS
    choices = [one["id"] for one in definition.get("choices", [])]
    assert len(set(choices)) == len(choices)
    assert not choices or definition["interactionType"] in ("choice", "sequencing")


def entry_of(item: Item, value: tuple[str, ...]) -> Entry:
    scored = score(item, value)
    mark = Marked("score-1", scored.fraction, 0.0, scored.outcome, item.points, NOW)
    return Entry(
        id="response-1",
        learner="ada",
        quiz="tasks",
        lesson="tasks",
        item=item,
        version=1,
        attempt_id="6f1c2a52-0000-4000-8000-000000000000",
        attempt=1,
        opened_at=NOW - timedelta(seconds=90),
        closed_at=None,
        seq=1,
        value=value,
        hints_used=0,
        certainty=None,
        settles=True,
        received_at=NOW,
        first=mark,
        present=mark,
        note="",
        asked=None,
    )


@settings(deadline=None, max_examples=60)
@given(st.data(), st.booleans())
def test_every_statement_is_valid(data: st.DataObject, with_keys: bool) -> None:
    item = data.draw(items(RAW))
    entry = entry_of(item, data.draw(responses_to(item)))
    visits = [Visit("ada", "tasks", "learn", NOW)]
    place = replace(PLACE, quizzes={"tasks": [item.id]}, with_keys=with_keys)
    found = [json.loads(line) for line in lines(statements([entry], visits, place))]
    assert [one["verb"]["display"]["en"] for one in found] == ["answered", "completed", "experienced"]
    for one in found:
        assert_statement(one)


@pytest.fixture
def class_(engine: Engine) -> Class:
    class_ = Class(engine)
    for item in (WRONG_KEY, ANOTHER):
        class_.publish(item)
    return class_


def said(class_: Class, place: Place = PLACE) -> list[dict[str, Any]]:
    return list(statements(told(class_), [], place))


def verbs(found: list[dict[str, Any]]) -> list[str]:
    return [one["verb"]["display"]["en"] for one in found]


def test_an_attempt_is_completed_by_its_last_item(class_: Class) -> None:
    class_.respond("ada", "b")
    class_.respond("bea", "b")
    class_.respond("ada", "a", ANOTHER)
    found = said(class_)
    assert verbs(found) == ["answered", "answered", "answered", "completed"]
    assert found[-1]["actor"]["account"]["name"] == "ada"
    assert found[-1]["result"]["score"] == {"scaled": 2 / 3, "raw": 2.0, "min": 0, "max": 3.0}


def test_what_was_said_stays_and_a_regrade_says_more(class_: Class) -> None:
    class_.respond("ada", "c")
    before = said(class_)
    assert said(class_) == before
    class_.publish(RIGHT_KEY)
    class_.regrade()
    after = said(class_)
    assert after[: len(before)] == before
    assert verbs(after[len(before) :]) == ["scored"]
    assert after[-1]["result"] == {"success": True, "score": {"scaled": 1.0, "raw": 1.0, "min": 0, "max": 1.0}}
    assert len({one["id"] for one in after}) == len(after)


def test_a_response_that_was_carried_over_is_said_once() -> None:
    entry = entry_of(WRONG_KEY, ("b",))
    again = replace(entry, id="response-2", attempt=2, note=CARRIED)
    assert verbs(list(statements([entry, again], [], PLACE))) == ["answered"]


def test_each_try_is_said_with_its_mark_and_how_sure_its_learner_was(class_: Class) -> None:
    tried = make_item("b", id="who-tries", rules=Rules(attempts=2, penalty=0.25, certainty=True))
    class_.publish(tried)
    try_again(class_, tried, "a", certainty=3)
    try_again(class_, tried, "b")
    found = said(class_, replace(PLACE, quizzes={"tasks": ["who-tries"]}))
    assert verbs(found) == ["answered", "completed", "answered"]
    for one in found:
        assert_statement(one)
    first, _, second = found
    assert [one["result"]["score"]["scaled"] for one in (first, second)] == [0.0, 0.75]
    assert [one["result"]["success"] for one in (first, second)] == [False, True]
    told_of = [one["context"]["extensions"] for one in (first, second)]
    assert [one.get("https://course.example/xapi/certainty") for one in told_of] == [3, None], "asked once"
    assert [one["https://course.example/xapi/seq"] for one in told_of] == [1, 2]


def test_an_attempt_at_a_quiz_over_lessons_is_completed_by_what_it_asks(class_: Class) -> None:
    sit(class_, "ada", ANOTHER, "ac")
    found = said(class_, replace(PLACE, titles={"~quiz/mixed": "Mixed"}))
    assert verbs(found) == ["answered", "completed"]
    assert found[-1]["object"]["id"] == "https://course.example/courses/loops/quizzes/~quiz/mixed"
    assert found[-1]["result"]["score"] == {"scaled": 1.0, "raw": 2.0, "min": 0, "max": 2.0}


def test_what_was_carried_over_is_answered_once_and_counts_in_both_attempts(class_: Class) -> None:
    class_.respond("ada", "b")
    class_.respond("ada", "ab", ANOTHER)
    class_.do(lambda session: carrying.retry(session, learner="ada", course="loops", quiz="tasks", now=class_.now))
    class_.respond("ada", "ac", ANOTHER)
    found = said(class_)
    assert verbs(found) == ["answered", "answered", "completed", "answered", "completed"]
    scores = [one["result"]["score"] for one in found if one["result"].get("completion")]
    assert [score["raw"] for score in scores] == [1.0, 3.0]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_key_is_told_unless_it_is_asked_for(data: st.DataObject) -> None:
    item = data.draw(items(RAW))
    entry = entry_of(item, data.draw(responses_to(item)))
    found = next(iter(statements([entry], [], PLACE)))["object"]["definition"]
    assert "correctResponsesPattern" not in found
    assert [one["id"] for one in found.get("choices", [])] == sorted(item.option_ids)


@pytest.mark.parametrize(
    "item, pattern",
    [
        (make_item(key="ac", kind="multi"), ["a[,]c"]),
        (make_item(key="abcd", kind="order"), ["a[,]b[,]c[,]d"]),
    ],
)
def test_a_key_that_is_asked_for_is_told_as_xapi_writes_it(item: Item, pattern: list[str]) -> None:
    entry = entry_of(item, item.solution)
    found = next(iter(statements([entry], [], replace(PLACE, with_keys=True))))["object"]["definition"]
    assert found["correctResponsesPattern"] == pattern
