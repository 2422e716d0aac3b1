"""A gradebook as Canvas and Moodle take it: one row a learner, one column a quiz. Pure.

Learners here have no names. A roster gives them some: a CSV file that says which learner's id is whom.

    id,name,sis id,login,section
    4f0c…,Ada Lovelace,0123456,ada,Tuesday

A mark is the one that `quiz.grades` keeps, by its quiz's own rule: nothing is counted here. What an attempt was worth may differ
from one learner to the next (drawn items, predictions that a run has scored), and a column has one number of points possible for
everybody; so a mark stands as its share of them. A cell without a mark is empty: nothing counts yet, which is not the same as 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quiz.grades import Entry
from quiz.interchange.cells import Cell, csv_lines

POINTS_POSSIBLE = "    Points Possible"
"""As Canvas' own export writes it, spaces included."""
ROSTER_COLUMNS = ("id", "name", "sis id", "login", "section")

Marks = Mapping[str, Mapping[str, float]]
"""By learner and quiz, in points."""


@dataclass(frozen=True, slots=True)
class Column:
    """A quiz in the gradebook."""

    quiz: str
    title: str
    possible: float
    """Points."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a learner is, elsewhere. All of it is text: `0123456` is an id and no number."""

    name: str
    sis_id: str = ""
    login: str = ""
    section: str = ""


class RosterError(ValueError):
    """A roster that cannot be read: a sentence for whoever wrote it, without the file's name."""


def marks(entries: Iterable[Entry], columns: Sequence[Column]) -> Marks:
    """Of what is no column, a lesson that is gone for one, nothing is told."""
    possible = {column.quiz: column.possible for column in columns}
    found: dict[str, dict[str, float]] = {}
    for entry in entries:
        if entry.quiz in possible:
            found.setdefault(entry.learner, {})[entry.quiz] = _out_of(entry, possible[entry.quiz])
    return {learner: found[learner] for learner in sorted(found)}


def read_roster(text: str) -> dict[str, Person]:
    """By learner's id. Raises RosterError."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header = [cell.strip().lower() for cell in next(reader, [])]
    if "id" not in header or "name" not in header:
        raise RosterError(f"its first line has no `id` and `name`: it is {','.join(ROSTER_COLUMNS)}")
    people: dict[str, Person] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header):
            raise RosterError(f"line {reader.line_num} has {len(row)} cells, and the first line {len(header)}")
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
        learner = cells["id"]
        if learner in people:
            raise RosterError(f"line {reader.line_num} names the learner {learner} again")
        people[learner] = Person(
            cells.get("name", ""), cells.get("sis id", ""), cells.get("login", ""), cells.get("section", "")
        )
    return people


def canvas_csv(columns: Sequence[Column], marks: Marks, roster: Mapping[str, Person]) -> Iterator[str]:
    """What Canvas imports: it finds a student by SIS ids or login; a column that it does not know becomes a new assignment."""
    identity = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    titles = _titles(columns)
    possible: tuple[Cell, ...] = (POINTS_POSSIBLE, "", "", "", "", *(column.possible for column in columns))
    rows = [
        (person.name, "", person.sis_id, person.login, person.section, *_grades(columns, marks.get(learner, {})))
        for learner, person in _people(marks, roster)
    ]
    return csv_lines([(*identity, *titles), possible, *rows])


def moodle_csv(columns: Sequence[Column], marks: Marks, roster: Mapping[str, Person]) -> Iterator[str]:
    """What Moodle imports: whoever imports it says which column is which. A row is never longer than the header."""
    identity = ("Full name", "ID number", "Username")
    rows = [
        (person.name, person.sis_id, person.login, *_grades(columns, marks.get(learner, {})))
        for learner, person in _people(marks, roster)
    ]
    titles = (f"{title} (of {column.possible:g})" for title, column in zip(_titles(columns), columns, strict=True))
    return csv_lines([(*identity, *titles), *rows])


def unmatched(marks: Marks, roster: Mapping[str, Person]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Learners with marks that the roster does not name, and learners of the roster without a mark."""
    return tuple(sorted(marks.keys() - roster.keys())), tuple(sorted(roster.keys() - marks.keys()))


def _out_of(entry: Entry, points: float) -> float:
    if entry.max_mark in (0, points):
        return entry.mark
    return entry.mark / entry.max_mark * points


def _people(marks: Marks, roster: Mapping[str, Person]) -> list[tuple[str, Person]]:
    """Whoever has marks; without a name, under the id that is all that is known here."""
    return [(learner, roster.get(learner) or Person(name=learner, login=learner)) for learner in marks]


def _grades(columns: Sequence[Column], own: Mapping[str, float]) -> tuple[Cell, ...]:
    return tuple(own.get(column.quiz) for column in columns)


def _titles(columns: Sequence[Column]) -> tuple[str, ...]:
    """A title that two quizzes share is told apart by their ids: an importer takes equal columns for one."""
    titles = [column.title for column in columns]
    return tuple(
        f"{column.title} ({column.quiz})" if titles.count(column.title) > 1 else column.title for column in columns
    )
