"""What leaves as CSV: cells that are no formulas, one row a response, and marks that are those that are stored."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from quiz import attempts, carrying, grades, ledger, sittings
from quiz.grades import Rule
from quiz.interchange.cells import Cell, csv_lines, text_of, written
from quiz.interchange.gradebook import (
    Column,
    Person,
    RosterError,
    canvas_csv,
    marks,
    moodle_csv,
    read_roster,
    unmatched,
)
from quiz.interchange.responses import COLUMNS, dictionary_csv, responses_csv
from quiz.items import Item
from quiz.policies import Policy
from quiz.quizzes import Named, Quiz, pool_of
from quiz.rules import Rules
from quiz.scoring import score
from tests.builders import make_item
from tests.test_regrades import RIGHT_KEY, WRONG_KEY, Class

ANOTHER = make_item(key="ac", id="who-else", kind="multi", points=2.0)
COLUMN = Column("tasks", "Tasks", 3.0)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.fixture
def class_(engine: Engine) -> Class:
    class_ = Class(engine)
    for item in (WRONG_KEY, ANOTHER):
        class_.publish(item)
    return class_


def read(lines: Iterable[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline="")))


def told(class_: Class) -> list[ledger.Entry]:
    return class_.do(lambda session: list(ledger.entries(session, course="loops")))


# Cells


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(TEXT | st.integers() | st.floats(allow_nan=False) | st.none(), min_size=2), min_size=1))
def test_any_text_comes_back_from_its_cell_and_is_no_formula(rows: list[list[Cell]]) -> None:
    found = read(csv_lines(rows))
    assert len(found) == len(rows)
    for given_row, row in zip(rows, found, strict=True):
        for cell, shown in zip(given_row, row, strict=True):
            if isinstance(cell, str):
                assert text_of(shown) == cell
                assert not re.match(r"[=+\-@\t\r\n]", shown)
            elif cell is not None:
                assert float(shown) == float(cell)


@pytest.mark.parametrize(
    "cell, shown",
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\uff1d1", "'\uff1d1"),
        ("  =1", "'  =1"),
        ("\u3000@x", "'\u3000@x"),
        (" a=1", " a=1"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("0123456", "0123456"),
        (-0.5, "-0.5"),
        (2.0, "2"),
        (1 / 3, "0.3333333333333333"),
        (True, "yes"),
        (None, ""),
    ],
)
def test_a_cell_is_written_as_what_it_is(cell: Cell, shown: str) -> None:
    assert written(cell) == shown


# Responses


def test_a_response_is_a_row_with_the_version_that_was_answered(class_: Class) -> None:
    class_.respond("ada", "b")
    class_.respond("ada", "ac", ANOTHER)
    header, *rows = read(responses_csv(told(class_)))
    assert header == list(COLUMNS)
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(one["item"], one["given"], one["fraction"], one["outcome"], one["points"]) for one in found] == [
        ("who-waits", "b", "1", "right", "1"),
        ("who-else", "a c", "1", "right", "2"),
    ]
    assert {(one["learner"], one["lesson"], one["quiz"], one["attempt"], one["seq"]) for one in found} == {
        ("ada", "tasks", "tasks", "1", "1")
    }
    assert all(re.fullmatch(r"2026-03-01T12:\d\d:00\.000Z", one["received_at"]) for one in found)
    assert [one["version"] for one in found] == ["1", "1"]
    assert {one["regraded"] for one in found} == {"no"}


def test_a_regraded_response_tells_its_present_score_and_its_own_version(class_: Class) -> None:
    class_.respond("ada", "c")
    class_.publish(RIGHT_KEY)
    class_.regrade()
    header, row = read(responses_csv(told(class_)))
    found = dict(zip(header, row, strict=True))
    assert (found["version"], found["fraction"], found["outcome"], found["regraded"]) == ("1", "1", "right", "yes")


def test_the_dictionary_says_what_every_column_holds() -> None:
    header, *rows = read(dictionary_csv())
    assert header == ["column", "meaning"]
    assert [row[0] for row in rows] == list(COLUMNS)
    assert all(row[1].endswith(".") for row in rows)


# Marks


POINTS = {WRONG_KEY.id: 1.0, ANOTHER.id: 2.0}


def book(class_: Class, policy: Policy = Policy.LAST, *, columns: Sequence[Column] = (COLUMN,)) -> list[list[str]]:
    """The rows of the file for Canvas by this policy: learner and cells. It is the same when all grades are made anew."""
    class_.do(lambda session: grades.record_rules(session, "loops", [Rule("tasks", policy, points=POINTS), *MIXED]))
    kept = _rows(class_, columns)
    class_.do(lambda session: grades.rebuild(session, "loops"))
    assert _rows(class_, columns) == kept
    return kept


def _rows(class_: Class, columns: Sequence[Column]) -> list[list[str]]:
    entries = class_.do(lambda session: grades.rows(session, "loops"))
    return [[row[0], *row[5:]] for row in read(canvas_csv(columns, marks(entries, columns), {}))[2:]]


MIXED = (Rule("~quiz/mixed", Policy.BEST, submits=True),)
DRAWN = Column("~quiz/mixed", "Mixed", 4.0)


@pytest.mark.parametrize("policy, cells", [("best", "3"), ("first", "0"), ("last", "2"), ("average", "1.75")])
def test_a_mark_is_by_the_policy_of_its_quiz(class_: Class, policy: str, cells: str) -> None:
    for one, other in (("a", "ab"), ("b", "ac"), ("a", "ac")):
        class_.respond("ada", one)
        class_.respond("ada", other, ANOTHER)
        class_.start_over("ada")
    class_.respond("ada", "a")
    class_.respond("ada", "ac", ANOTHER)
    class_.respond("bea", "ac", ANOTHER)
    assert book(class_, Policy(policy)) == [["ada", cells], ["bea", "2"]]


def test_tries_and_hints_take_off_what_they_cost(class_: Class) -> None:
    tried = make_item("b", id="who-waits", rules=Rules(attempts=3, penalty=0.25, hint_cost=0.1), hints=("Look.",))
    class_.publish(tried)
    for chosen in "acb":
        try_again(class_, tried, chosen)
    assert book(class_) == [["ada", "0.5"]]
    header, *rows = read(responses_csv(told(class_)))
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(one["seq"], one["fraction"], one["penalty"], one["mark"], one["settles"]) for one in found] == [
        ("1", "0", "0", "0", "no"),
        ("2", "0", "0.25", "0", "no"),
        ("3", "1", "0.5", "0.5", "yes"),
    ]


def try_again(class_: Class, item: Item, chosen: str, **given: Any) -> None:
    """The next of ada's tries at it."""
    who: dict[str, Any] = {"learner": "ada", "course": "loops", "quiz": "tasks", "item": item, "seed": "s"}
    seq = 1 + sum(entry.item.id == item.id for entry in told(class_))
    class_.do(lambda session: attempts.respond(session, given=tuple(chosen), seq=seq, now=class_.now, **given, **who))


def test_a_regrade_moves_the_mark_and_a_review_is_in_none(class_: Class) -> None:
    class_.respond("ada", "c")
    class_.respond("ada", "b", quiz="review")
    class_.publish(RIGHT_KEY)
    assert book(class_) == [["ada", "0"]]
    class_.regrade()
    assert book(class_) == [["ada", "1"]]


def test_attempts_that_are_worth_other_points_stand_as_their_share_of_what_is_possible(class_: Class) -> None:
    """Of two drawn items one learner was asked the one of a point, and another the one of two."""
    for learner, item, chosen in (("ada", WRONG_KEY, "b"), ("bea", ANOTHER, "ab")):
        sit(class_, learner, item, chosen)
    assert book(class_, columns=(COLUMN, DRAWN)) == [["ada", "", "4"], ["bea", "", "0"]]
    entries = class_.do(lambda session: grades.rows(session, "loops"))
    assert [(entry.mark, entry.max_mark) for entry in entries] == [(1.0, 1.0), (0.0, 2.0)]


def sit(class_: Class, learner: str, item: Item, chosen: str) -> None:
    """An attempt at a quiz over lessons that asks this item, from its beginning to its end."""
    quiz = Quiz("mixed", "Mixed", Named((item.id,)))
    who: dict[str, Any] = {"learner": learner, "course": "loops", "quiz": quiz}
    pool = pool_of([("tasks", (WRONG_KEY, ANOTHER))])
    given: dict[str, Any] = {"item": item, "given": tuple(chosen), "shown": item.shown_hash, "seq": 1}
    class_.do(lambda session: sittings.start(session, pool=pool, seed="s", now=class_.now, after=0, **who))
    class_.do(lambda session: sittings.respond(session, seed="s", now=class_.now, attempt=1, **given, **who))
    class_.do(lambda session: sittings.submit(session, now=class_.now, attempt=1, **who))


def test_a_quiz_that_is_no_column_is_told_nowhere(class_: Class) -> None:
    sit(class_, "ada", WRONG_KEY, "b")
    assert book(class_) == []


def test_a_score_computed_anew_is_the_stored_one(class_: Class) -> None:
    for learner, chosen in (("ada", "a"), ("bea", "ac"), ("cleo", "abd"), ("dora", "c")):
        class_.respond(learner, chosen, ANOTHER)
    for entry in told(class_):
        assert entry.fraction == score(entry.item, entry.value).fraction


def test_what_was_carried_over_is_a_row_of_both_attempts(class_: Class) -> None:
    class_.respond("ada", "b")
    class_.respond("ada", "ab", ANOTHER)
    class_.do(lambda session: carrying.retry(session, learner="ada", course="loops", quiz="tasks", now=class_.now))
    class_.respond("ada", "ac", ANOTHER)
    header, *rows = read(responses_csv(told(class_)))
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert sorted((one["attempt"], one["item"], one["mark"], one["note"]) for one in found) == [
        ("1", "who-else", "0", ""),
        ("1", "who-waits", "1", ""),
        ("2", "who-else", "1", ""),
        ("2", "who-waits", "1", "carried"),
    ]
    assert len({one["received_at"] for one in found if one["item"] == "who-waits"}) == 1, "when it was given"
    assert book(class_) == [["ada", "3"]]


ROSTER = {"ada": Person("Lovelace, Ada", "0123456", "=ada", "Tuesday")}
MARKS = {"ada": {"tasks": 2.5}, "bea": {}}


def test_canvas_gets_its_header_its_points_possible_and_ids_as_text() -> None:
    assert "".join(canvas_csv([COLUMN], MARKS, ROSTER)) == (
        "Student,ID,SIS User ID,SIS Login ID,Section,Tasks\r\n"
        "    Points Possible,,,,,3\r\n"
        '"Lovelace, Ada",,0123456,\'=ada,Tuesday,2.5\r\n'
        "bea,,,bea,,\r\n"
    )


def test_no_row_of_moodles_is_longer_than_the_header() -> None:
    header, *rows = read(moodle_csv([COLUMN, Column("more", "More", 1.0)], MARKS, ROSTER))
    assert header == ["Full name", "ID number", "Username", "Tasks (of 3)", "More (of 1)"]
    assert rows == [["Lovelace, Ada", "0123456", "'=ada", "2.5", ""], ["bea", "", "bea", "", ""]]


def test_two_quizzes_of_one_title_are_two_columns() -> None:
    header = read(canvas_csv([COLUMN, Column("more", "Tasks", 1.0)], {}, {}))[0]
    assert header[5:] == ["Tasks (tasks)", "Tasks (more)"]


@given(st.lists(st.tuples(TEXT, TEXT), unique_by=lambda pair: pair[0].strip(), max_size=4))
def test_a_roster_is_read_as_text(rows: list[tuple[str, str]]) -> None:
    rows = [(learner.strip(), name.strip()) for learner, name in rows if learner.strip()]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("ID", "Name"), *rows])
    assert {learner: person.name for learner, person in read_roster("\ufeff" + file.getvalue()).items()} == dict(rows)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "its first line has no `id` and `name`: it is id,name,sis id,login,section"),
        ("id,name\nada,Ada\nada,Again\n", "line 3 names the learner ada again"),
        ("id,name\nada,Lovelace, Ada\n", "line 2 has 3 cells, and the first line 2"),
    ],
)
def test_a_roster_that_cannot_be_used_says_where(text: str, said: str) -> None:
    with pytest.raises(RosterError) as refusal:
        read_roster(text)
    assert str(refusal.value) == said


def test_learners_without_a_line_and_lines_without_a_learner_are_told() -> None:
    assert unmatched(MARKS, {**ROSTER, "zoe": Person("Zoe")}) == (("bea",), ("zoe",))
