"""Responses as CSV: one row a response, in the order of time, with the dictionary that says what each column holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from quiz.interchange.cells import Cell, csv_lines
from quiz.items import Item
from quiz.ledger import Entry

COLUMNS: Mapping[str, str] = {
    "learner": "Pseudonym of the learner: a random id that says nothing of who it is, the same in every export of this site.",
    "lesson": "Id of the lesson that the item belongs to: the first slug that the lesson ever had.",
    "quiz": "Id of the quiz in which it was answered: the lesson's id, ~quiz/ and the slug of a quiz over lessons, "
    "or the daily review.",
    "item": "Id of the item.",
    "version": "Which text of the item was answered, counted from 1.",
    "kind": "single, multi, numeric, text, order, output or measured.",
    "attempt": "Which run of this learner through the quiz, counted from 1: starting over begins the next.",
    "seq": "Which response to the item in this attempt, counted from 1: its tries. The one with the highest mark counts; of a "
    "prediction the first one, and what comes after it is practice.",
    "given": "What was given: ids of the chosen options, or all ids in the order they were put in, parted by spaces; "
    "or what was written, as it was written.",
    "fraction": "What the key gives it, from 0 to 1, by the present score; empty while nothing has decided it.",
    "penalty": "What the hints and the tries before it take off, as a share of the points.",
    "mark": "What it earns as a share of the points: the fraction less the penalty, and never below 0.",
    "outcome": "right, partly or wrong, by the fraction.",
    "points": "What the item is worth, by the version that the score is by.",
    "hints_used": "How many hints had been opened by then.",
    "certainty": "How sure the learner said they were, from 1 to 3; empty where they were not asked. It is in no mark.",
    "settles": "yes where the answer was told with it: it was right, the last of its tries, or the only one.",
    "received_at": "When the server took it, UTC, ISO 8601.",
    "regraded": "yes where a later key has changed the score that was given at first, or confirmed it.",
    "note": "Of a prediction that does not count, why: skipped or after-seeing; "
    "carried of a response that was given in an earlier attempt and stands in this one too.",
}


def responses_csv(entries: Iterable[Entry]) -> Iterator[str]:
    yield from csv_lines([COLUMNS])
    yield from csv_lines(map(_row, entries))


def dictionary_csv() -> Iterator[str]:
    return csv_lines([("column", "meaning"), *COLUMNS.items()])


def given_text(item: Item, value: tuple[str, ...]) -> str:
    """A response in one cell."""
    return "".join(value) if item.given == "written" else " ".join(value)


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(entry: Entry) -> tuple[Cell, ...]:
    return (
        entry.learner,
        entry.lesson,
        entry.quiz,
        entry.item.id,
        entry.version,
        entry.item.kind.value,
        entry.attempt,
        entry.seq,
        given_text(entry.item, entry.value),
        entry.fraction,
        entry.penalty,
        entry.mark,
        entry.outcome,
        entry.points,
        entry.hints_used,
        entry.certainty,
        entry.settles,
        utc(entry.received_at),
        entry.is_regraded,
        entry.note,
    )
