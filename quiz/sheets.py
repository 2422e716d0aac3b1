"""Sheets: the responses of a quiz set out as `analysis` reads them. Pure functions over records of responses.

Two groups are counted, and never mixed. *Whole first attempts*: attempt 1, finished, that is every item answered or started
over; what is unanswered there is 0 (as Moodle has it). All that sets an item against the others comes from these.
*First responses*: whoever answered the item in attempt 1, finished or not; facility and options come from these, because a
reader who stops after the third item says nothing about the eighth, and much about the first.

Responses to another key are another edition, counted by itself. In which order attempts come does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quiz.analysis import PositionStatistics, QuizStatistics, positions, random_guess_score, whole_quiz
from quiz.distractors import OptionStatistics, option_statistics
from quiz.findings import Finding, ItemFigures, finding
from quiz.items import Item, Kind
from quiz.misconceptions import Sighting
from quiz.moments import Interval, mean, mean_interval, wilson
from quiz.scoring import score

FIRST = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A response with the score that it was given at first."""

    learner: str
    quiz: str
    attempt: int
    closed: bool
    """Whether the attempt was ended by starting over."""
    item: str
    key_hash: str
    """Of the edition that it answered."""
    chosen: frozenset[str]
    """What was picked of what the item offers: options, or the answer that was met."""
    fraction: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whole first attempts at the present edition of a quiz: one row an attempt, one place an item, in the quiz's order."""

    items: tuple[Item, ...]
    marks: tuple[tuple[float, ...], ...]
    """In points."""
    chosen: tuple[tuple[frozenset[str], ...], ...]
    begun: int
    """First attempts with a response, finished or not."""
    earlier: int
    """Of these, the ones that met an earlier edition of an item: in no figure here."""

    @property
    def open(self) -> int:
        """First attempts that are still on their way."""
        return self.begun - self.earlier - len(self.marks)

    @property
    def whole(self) -> QuizStatistics:
        return whole_quiz(self.marks)

    @property
    def positions(self) -> tuple[PositionStatistics, ...]:
        return positions(self.marks, [item.points for item in self.items])


@dataclass(frozen=True, slots=True)
class ItemReport:
    """One edition of an item: its figures, and what to look at first."""

    item: Item
    is_present: bool
    figures: ItemFigures
    finding: Finding

    @property
    def options(self) -> tuple[OptionStatistics, ...]:
        return self.figures.options


def sheet(records: Iterable[Record], quiz: str, items: Sequence[Item]) -> Sheet:
    """`items` are the quiz as it stands; responses to items that it has no longer count nowhere."""
    present = {item.id: item for item in items}
    attempts: dict[str, dict[str, Record]] = {}
    for record in records:
        if record.quiz == quiz and record.attempt == FIRST and record.item in present:
            attempts.setdefault(record.learner, {})[record.item] = record
    same = [
        own for own in attempts.values() if all(one.key_hash == present[name].key_hash for name, one in own.items())
    ]
    whole = [own for own in same if own.keys() == present.keys() or any(one.closed for one in own.values())]
    return Sheet(
        items=tuple(items),
        marks=tuple(
            tuple(own[item.id].fraction * item.points if item.id in own else 0.0 for item in items) for own in whole
        ),
        chosen=tuple(tuple(own[item.id].chosen if item.id in own else frozenset() for item in items) for own in whole),
        begun=len(attempts),
        earlier=len(attempts) - len(same),
    )


def reports(
    records: Sequence[Record], quiz: str, items: Sequence[Item], editions: Mapping[tuple[str, str], Item] | None = None
) -> tuple[ItemReport, ...]:
    """Each item of the quiz in its order, then every earlier edition of it that was answered (`editions`: by id and key hash)."""
    page = sheet(records, quiz, items)
    found: list[ItemReport] = []
    for at, (item, position) in enumerate(zip(items, page.positions, strict=True)):
        pairs = [
            (chosen[at], math.fsum(marks) - marks[at]) for chosen, marks in zip(page.chosen, page.marks, strict=True)
        ]
        found.append(_report(item, _first(records, quiz, item), position, pairs))
        earlier = [
            edition
            for (item_id, key_hash), edition in (editions or {}).items()
            if item_id == item.id and key_hash != item.key_hash
        ]
        found += [
            _report(edition, answers, None, ()) for edition in earlier if (answers := _first(records, quiz, edition))
        ]
    return tuple(found)


def sightings(records: Iterable[Record], editions: Mapping[tuple[str, str], Item]) -> tuple[Sighting, ...]:
    """What every response, of any attempt and of reviews too, shows of misconceptions."""
    found = []
    for record in records:
        item = editions[record.item, record.key_hash]
        named = {option.id: option.misconception for option in item.offered if option.misconception is not None}
        if named:
            shown = frozenset(named[option] for option in record.chosen if option in named)
            found.append(Sighting(record.learner, record.item, record.at, frozenset(named.values()), shown))
    return tuple(found)


def guess_of(item: Item) -> float | None:
    """What blind choice earns at it, as a share; None where several may be chosen."""
    if item.kind is not Kind.SINGLE:
        return None
    return random_guess_score([score(item, frozenset({option})).fraction for option in item.option_ids])


def _first(records: Iterable[Record], quiz: str, item: Item) -> list[Record]:
    return [
        record
        for record in records
        if (record.quiz, record.attempt, record.item, record.key_hash) == (quiz, FIRST, item.id, item.key_hash)
    ]


def _report(
    item: Item,
    answers: Sequence[Record],
    position: PositionStatistics | None,
    pairs: Sequence[tuple[frozenset[str], float]],
) -> ItemReport:
    fractions = [record.fraction for record in answers]
    options = option_statistics(
        [(option.id, option.right) for option in item.offered], [record.chosen for record in answers], pairs
    )
    figures = ItemFigures(len(answers), mean(fractions), _interval(fractions), guess_of(item), options, position)
    return ItemReport(item, position is not None, figures, finding(figures))


def _interval(fractions: Sequence[float]) -> Interval | None:
    """Wilson's where every response is wholly right or wholly wrong."""
    if set(fractions) <= {0.0, 1.0}:
        return wilson(round(sum(fractions)), len(fractions))
    return mean_interval(fractions)
