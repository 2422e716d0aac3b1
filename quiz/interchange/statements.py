"""Responses as xAPI 1.0.3 statements, which a learning record store takes one a line. Pure.

    answered      a response, with the mark that it was given at first; each try is one
    scored        a later mark of it: a prediction's, once its run has been, or a regrade's
    completed     an attempt in which every item of its quiz has a response
    experienced   a learner went on from a mode of a lesson

A statement is made of rows that never change, and its id of their ids: sent twice, it is one statement. So a regrade does not
change what was said before, but says more. A mark is what the key gives less what tries and hints took off. Of keys nothing is
told unless it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from quiz.interchange.responses import given_text, utc
from quiz.items import Item, Kind
from quiz.ledger import CARRIED, Entry, Marked
from quiz.numeric import span_of
from quiz.texts import is_literal

VERSION = "1.0.3"
ADL = "http://adlnet.gov/expapi"
VERBS: Mapping[str, str] = {name: f"{ADL}/verbs/{name}" for name in ("answered", "scored", "completed", "experienced")}
INTERACTION = f"{ADL}/activities/cmi.interaction"
ASSESSMENT = f"{ADL}/activities/assessment"
COURSE = f"{ADL}/activities/course"
LESSON = f"{ADL}/activities/lesson"
INTERACTIONS: Mapping[Kind, str] = {
    Kind.SINGLE: "choice",
    Kind.MULTI: "choice",
    Kind.NUMERIC: "numeric",
    Kind.TEXT: "fill-in",
    Kind.OUTPUT: "long-fill-in",
    Kind.ORDER: "sequencing",
    Kind.MEASURED: "other",
}
PLATFORM = "Interleave"

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """A learner went on from a mode of a lesson."""

    learner: str
    lesson: str
    mode: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where the statements come from, and how its course is called there."""

    home: str
    """Address of the site, without a slash at its end: the home page of every account, and the beginning of every activity's id."""
    course: str
    title: str
    lang: str
    quizzes: Mapping[str, Sequence[str]]
    """By lesson's quiz, the ids of its items that everybody answers; an attempt at another quiz says itself what it asks."""
    titles: Mapping[str, str]
    """Of quizzes."""
    with_keys: bool = False


def statements(entries: Iterable[Entry], visits: Iterable[Visit], place: Place) -> Iterator[Statement]:
    """Responses in their order, each attempt's completion behind the response that completes it, then the visits."""
    attempts: dict[str, dict[str, list[Entry]]] = {}
    for entry in entries:
        if entry.note != CARRIED:  # it was said of the attempt in which it was given
            yield _answered(entry, place)
        if entry.note != CARRIED and (later := _later_score(entry)) is not None:
            yield _scored(entry, later, place)
        own = attempts.setdefault(entry.attempt_id, {})
        own.setdefault(entry.item.id, []).append(entry)
        if entry.seq == 1:
            asked = place.quizzes.get(entry.quiz, ()) if entry.asked is None else entry.asked
            if entry.item.id in asked and own.keys() >= set(asked):
                yield _completed([own[item] for item in asked], entry, place)
    for visit in visits:
        yield _experienced(visit, place)


def lines(found: Iterable[Statement]) -> Iterator[str]:
    return (json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in found)


def _answered(entry: Entry, place: Place) -> Statement:
    first = None if entry.item.given == "predicted" else entry.first
    result: dict[str, Any] = {"response": _response(entry.item, entry.value), **_result(first)}
    return _statement("answered", entry.id, entry.learner, entry.received_at, _item(entry, place), place) | {
        "result": result,
        "context": _context(entry, place),
    }


def _later_score(entry: Entry) -> Marked | None:
    if entry.item.given == "predicted":
        return entry.present
    return entry.present if entry.is_regraded else None


def _scored(entry: Entry, score: Marked, place: Place) -> Statement:
    return _statement("scored", score.id, entry.learner, score.at, _item(entry, place), place) | {
        "result": _result(score),
        "context": _context(entry, place),
    }


def _completed(own: Sequence[Sequence[Entry]], last: Entry, place: Place) -> Statement:
    """`own`: the tries of each item by then. By the best marks of them that were given at first: what comes later is told of its
    item.
    """
    tries = ([entry.first for entry in tries if entry.first is not None] for tries in own)
    best = [max(scores, key=lambda score: score.mark) for scores in tries if scores]
    possible = sum(score.points for score in best)
    earned = sum(score.mark * score.points for score in best)
    rows = "/".join(sorted(tries[0].id for tries in own))
    found = _statement("completed", rows, last.learner, last.received_at, _quiz(last.quiz, place), place)
    return found | {
        "result": {
            "completion": True,
            "duration": _duration(last.received_at - last.opened_at),
            "score": {"scaled": min(1.0, earned / possible), "raw": earned, "min": 0, "max": possible},
        },
        "context": {
            "registration": last.attempt_id,
            "platform": PLATFORM,
            "contextActivities": {"grouping": [_course(place)]},
        },
    }


def _experienced(visit: Visit, place: Place) -> Statement:
    name = f"{visit.lesson}/{visit.mode}"
    activity = _activity(
        f"lessons/{name}", LESSON, f"{place.titles.get(visit.lesson, visit.lesson)}: {visit.mode}", place
    )
    return _statement("experienced", f"{visit.learner}/{name}", visit.learner, visit.at, activity, place) | {
        "context": {"platform": PLATFORM, "contextActivities": {"grouping": [_course(place)]}}
    }


def _statement(verb: str, row: str, learner: str, at: datetime, activity: Mapping[str, Any], place: Place) -> Statement:
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{place.home}/{place.course}/{verb}/{row}")),
        "version": VERSION,
        "actor": {"objectType": "Agent", "account": {"homePage": place.home, "name": learner}},
        "verb": {"id": VERBS[verb], "display": {"en": verb}},
        "object": activity,
        "timestamp": utc(at),
    }


def _context(entry: Entry, place: Place) -> dict[str, Any]:
    return {
        "registration": entry.attempt_id,
        "revision": str(entry.version),
        "platform": PLATFORM,
        "contextActivities": {"parent": [_quiz(entry.quiz, place)], "grouping": [_course(place)]},
        "extensions": {
            f"{place.home}/xapi/attempt": entry.attempt,
            f"{place.home}/xapi/seq": entry.seq,
            f"{place.home}/xapi/hints": entry.hints_used,
            **({} if entry.certainty is None else {f"{place.home}/xapi/certainty": entry.certainty}),
        },
    }


def _result(score: Marked | None) -> dict[str, Any]:
    if score is None:
        return {}
    raw = score.mark * score.points
    return {
        "success": score.outcome == "right",
        "score": {"scaled": score.mark, "raw": raw, "min": 0, "max": score.points},
    }


def _item(entry: Entry, place: Place) -> dict[str, Any]:
    """The edition that was answered: another text is another activity, or a store would show one for the other."""
    item = entry.item
    activity = _activity(f"items/{item.id}/{entry.version}", INTERACTION, item.stem, place)
    definition: dict[str, Any] = {"interactionType": INTERACTIONS[item.kind]}
    if item.options:
        # In the order of their ids: that of an order's steps in the source is its key.
        options = sorted(item.options, key=lambda option: option.id)
        definition["choices"] = [{"id": one.id, "description": {place.lang: one.text}} for one in options]
    if place.with_keys and (pattern := _pattern(item)):
        definition["correctResponsesPattern"] = pattern
    activity["definition"] |= definition
    return activity


def _quiz(quiz: str, place: Place) -> dict[str, Any]:
    return _activity(f"quizzes/{quiz}", ASSESSMENT, place.titles.get(quiz, quiz), place)


def _course(place: Place) -> dict[str, Any]:
    return _activity("", COURSE, place.title, place)


def _activity(path: str, kind: str, name: str, place: Place) -> dict[str, Any]:
    return {
        "objectType": "Activity",
        "id": f"{place.home}/courses/{place.course}/{path}".rstrip("/"),
        "definition": {"type": kind, "name": {place.lang: name}},
    }


def _response(item: Item, value: tuple[str, ...]) -> str:
    return given_text(item, value) if item.given == "written" else "[,]".join(value)


def _pattern(item: Item) -> list[str]:
    """Right answers as xAPI writes them; of a regular expression it has no word, and of a prediction there is no key."""
    if item.given in ("chosen", "ordered"):
        return ["[,]".join(item.solution)]
    right = [answer.text for answer in item.answers if answer.right]
    if item.kind is Kind.NUMERIC:
        spans = [span_of(text) for text in right]
        return [f"{float(span.low):.15g}[:]{float(span.high):.15g}" for span in spans]
    if item.kind is Kind.TEXT:
        case = "true" if item.case else "false"
        return [f"{{case_matters={case}}}{text[1:-1]}" for text in right if is_literal(text)]
    return [f"{{case_matters=true}}{text}" for text in right]


def _duration(between: timedelta) -> str:
    """ISO 8601, to the hundredth."""
    return f"PT{max(0.0, between.total_seconds()):.2f}S"
