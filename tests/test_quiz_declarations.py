"""The quizzes of course.toml: what is read of them, and every error of them with its line, at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quiz.policies import Policy
from quiz.quizzes import Mixed, Named, OfLesson, Quiz
from tests.conftest import SMALL
from webapp.course.course import Course
from webapp.course.errors import CourseErrors
from webapp.course.loading import load_course
from webapp.course.render import Renderer

FIRST = 1 + len((SMALL / "course.toml").read_text().splitlines())
"""The line of the first one that is added."""
LESS = 'slug = "a"\ntitle = "A"\n'


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


OWN = (
    "a lesson's own quiz is answered as one reads, without a start or an end, so it has no `{0}`: "
    'set one over the lesson, [[quizzes]] with `lesson = "one-turn"` and `{0}`'
)


def add(folder: Path, *tables: str) -> None:
    with (folder / "course.toml").open("a") as file:
        file.write("".join(table if table.startswith("[quiz.") else f"[[quizzes]]\n{table}" for table in tables))


def errors(folder: Path, renderer: Renderer) -> list[tuple[int, str]]:
    """Of course.toml, each with its line from the first one that was added, from 0."""
    with pytest.raises(CourseErrors) as caught:
        load_course(folder, renderer)
    assert {Path(error.path).name for error in caught.value.errors} == {"course.toml"}
    return [(error.line - FIRST, error.message) for error in caught.value.errors]


def one(folder: Path, renderer: Renderer, table: str) -> Quiz:
    add(folder, table)
    course: Course = load_course(folder, renderer)
    return course.quizzes[-1]


def test_a_quiz_is_what_its_table_says(folder: Path, renderer: Renderer) -> None:
    quiz = one(
        folder,
        renderer,
        LESS
        + 'summary = "So."\nitems = ["sleep-in-async", "two-waits-in-a-row"]\npolicy = "average"\nattempts = 2\nminutes = 1.5\n'
        "opens = 2026-03-01T08:00:00+01:00\ncloses = 2026-03-08T18:00:00Z\nfeedback = 'after submitting'\n",
    )
    assert quiz == Quiz(
        "a",
        "A",
        Named(("sleep-in-async", "two-waits-in-a-row")),
        summary="So.",
        policy=Policy.AVERAGE,
        attempts=2,
        minutes=1.5,
        opens=datetime(2026, 3, 1, 7, tzinfo=UTC),
        closes=datetime(2026, 3, 8, 18, tzinfo=UTC),
        feedback="after submitting",
        line=FIRST,
    )


def test_a_quiz_says_little_where_little_is_to_be_said(folder: Path, renderer: Renderer) -> None:
    quiz = one(folder, renderer, LESS + 'lesson = "one-turn"\n')
    assert quiz == Quiz("a", "A", OfLesson("a-single-turn"), line=FIRST)
    assert (quiz.policy, quiz.attempts, quiz.minutes, quiz.feedback) == (Policy.BEST, None, None, "at once")


def test_a_draw_is_narrowed(folder: Path, renderer: Renderer) -> None:
    table = (
        LESS
        + 'draw = 1\nper-lesson = 1\nlessons = ["one-turn"]\nskills = ["loop.turns"]\nmisconceptions = ["async-frees"]\n'
    )
    content = one(folder, renderer, table).content
    assert content == Mixed(1, ("a-single-turn",), frozenset({"loop.turns"}), frozenset({"async-frees"}), 1)


def test_a_lessons_own_quiz_has_its_policy(folder: Path, renderer: Renderer) -> None:
    add(folder, '[quiz.one-turn]\npolicy = "best"\n')
    assert load_course(folder, renderer).policies == {"a-single-turn": Policy.BEST}


def test_every_error_of_every_quiz_is_told_at_once(folder: Path, renderer: Renderer) -> None:
    add(
        folder,
        'slug = "A b"\ntitel = "A"\ndraw = 2\nitems = ["sleep-in-async"]\n',
        LESS + 'lesson = "one-turm"\nper-lesson = 1\npolicy = "bets"\nattempts = 0\nminutes = "5"\n',
        'slug = "b"\ntitle = "B"\nitems = ["sleeps-in-async", "sleep-in-async", "sleep-in-async"]\n'
        'opens = 2026-03-01T08:00:00\nfeedback = "now"\n',
        'slug = "b"\ntitle = "B"\ndraw = 1\nskills = ["loop.turn"]\nmisconceptions = []\n',
        '[quiz.one-turm]\npolicy = "most"\n',
    )
    assert errors(folder, renderer) == [
        (0, "a quiz has no `title`"),
        (1, "the slug `A b` is not small letters, digits and hyphens"),
        (2, "unknown key `titel` of a quiz: did you mean `title`?"),
        (
            3,
            "a quiz says once what is in it: `lesson` (a lesson's items), `items` (their ids) or `draw` (how many are drawn)",
        ),
        (8, "the quiz `a`: no lesson `one-turm`: did you mean `one-turn`?"),
        (9, "`per-lesson` is for items that are drawn: say how many with `draw`"),
        (10, "`bets` is no policy of a quiz: did you mean `best`?"),
        (11, "`attempts` of a quiz is a whole number from 1 to 1000"),
        (12, "`minutes` of a quiz is a number above 0, 10080 at the most (a week)"),
        (16, "`sleep-in-async` stands twice in `items`"),
        (16, "the quiz `b`: no item `sleeps-in-async`: did you mean `sleep-in-async`?"),
        (17, "`opens` is a time with its zone, without quotes: opens = 2026-03-01T08:00:00+01:00"),
        (18, "`now` is no feedback of a quiz: known: `at once`, `after submitting`"),
        (20, f"the quiz `b` stands in line {FIRST + 14} already"),
        (24, '`misconceptions` of a quiz is a list of names: misconceptions = ["one", "two"]'),
        (25, "no lesson `one-turm`: did you mean `one-turn`?"),
        (26, "`most` is no policy of a quiz: known: `best`, `last`, `first`, `average`"),
    ]


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("draw = 9\n", 3, "the quiz `a`: 9 items are to be drawn, and 3 fit: ask for fewer, or for less"),
        ('draw = 1\nskills = ["loop.turn"]\n', 4, "the quiz `a`: no skill `loop.turn`: did you mean `loop.turns`?"),
        ("lesson = 3\n", 3, "`lesson` of a quiz is a text of one line"),
        ("", 0, "a quiz says once what is in it"),
        (
            "draw = 1\nopens = 2026-03-02T08:00:00Z\ncloses = 2026-03-01T08:00:00Z\n",
            5,
            "the quiz closes before it opens",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(folder: Path, renderer: Renderer, table: str, line: int, message: str) -> None:
    add(folder, LESS + table)
    (told,) = errors(folder, renderer)
    assert told[0] == line and told[1].startswith(message)


def test_a_limit_on_a_lessons_own_quiz_is_told_where_limits_are_set(folder: Path, renderer: Renderer) -> None:
    add(folder, '[quiz.one-turn]\npolicy = "best"\nminutes = 5\nclosing = 3\ncloses = 2026-03-01T08:00:00Z\n')
    assert errors(folder, renderer) == [
        (2, OWN.format("minutes")),
        (3, "unknown key `closing` of a lesson's quiz: did you mean `closes`?"),
        (4, OWN.format("closes")),
    ]


@pytest.mark.parametrize("key", ["minutes", "attempts", "opens", "closes", "feedback"])
def test_a_limit_in_a_lessons_front_matter_is_told_where_limits_are_set(
    folder: Path, renderer: Renderer, key: str
) -> None:
    file = folder / "one-turn" / "lesson.md"
    file.write_text(file.read_text().replace("---\n", f"---\n{key}: 3\n", 1))
    with pytest.raises(CourseErrors) as caught:
        load_course(folder, renderer)
    (error,) = caught.value.errors
    assert (error.line, Path(error.path).name) == (2, "lesson.md")
    assert "A limit is set in course.toml, a [[quizzes]] table with `lesson = …`" in error.message


def test_what_is_no_table_is_refused(folder: Path, renderer: Renderer) -> None:
    file = folder / "course.toml"
    file.write_text("quizzes = 3\nquiz = 4\n" + file.read_text())
    assert [message for _, message in errors(folder, renderer)] == [
        "the quizzes of a course are tables: `[[quizzes]]`",
        "`quiz` is a table: [quiz]",
    ]


def test_an_item_of_a_lesson_that_cannot_be_read_is_not_missed(folder: Path, renderer: Renderer) -> None:
    lesson = folder / "one-turn" / "lesson.md"
    lesson.write_text(
        lesson.read_text().replace("    id: sleep-in-async\n", "    id: sleep-in-async\n    colour: red\n", 1)
    )
    add(folder, LESS + 'items = ["sleep-in-async"]\n')
    with pytest.raises(CourseErrors) as caught:
        load_course(folder, renderer)
    assert not [error for error in caught.value.errors if "no item" in error.message]
