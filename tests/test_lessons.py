"""The shipped course is under test: every lesson is held to what it promises."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quiz.items import Answer, Item, Kind, Option
from quiz.scoring import picked, score
from quiz.written import WRITTEN
from tests.conftest import SHIPPED
from tests.processes import PROCESS_SECONDS
from webapp.course.check import check
from webapp.course.course import Course, ItemPlace, Lesson, Mode
from webapp.course.loading import load_course
from webapp.course.measured import gaps, judge
from webapp.course.render import Renderer
from webapp.labs.claims import Verdict

MEASURED = re.compile(
    r"\b\d+(?:\.\d+)?\s*(?:times|x|×)\s+(?:as\s+)?(?:fast|slow|long|short|high|low)|\b(?:ran|finished|took) (?:in|after|about) \d",
    re.IGNORECASE,
)
"""Prose that states a figure which somebody would have had to measure."""


@pytest.fixture(scope="module")
def course() -> Iterator[Course]:
    with Renderer() as renderer:
        yield load_course(SHIPPED, renderer)


def items(course: Course) -> list[tuple[Lesson, Item]]:
    return [(lesson, item) for lesson in course.lessons for item in lesson.items]


def test_the_course_has_no_error_and_no_warning() -> None:
    assert [str(problem) for problem in check(SHIPPED)] == []


def test_every_key_scores_one_and_every_distractor_less(course: Course) -> None:
    for _, item in items(course):
        if item.measured:
            continue
        assert score(item, item.solution).fraction == 1.0, item.id
        for option in item.options:
            if option.id not in item.key:
                assert score(item, frozenset({option.id})).fraction == 0.0, (item.id, option.id)
        for answer in item.answers:
            if not answer.right and not answer.text.startswith("/"):
                example = WRITTEN[item.kind].example(answer.text)
                assert score(item, (example,)).fraction == 0.0, (item.id, answer.id)
                assert picked(item, (example,)) == {answer.id}


LINES = {
    "await run_in_threadpool(work)": "threadpool",
    "await  starlette.concurrency.run_in_threadpool( work )": "threadpool-by-its-name",
    "await anyio.to_thread.run_sync(work)": "anyio",
    "await to_thread.run_sync(work)": "anyio-by-its-name",
    "await asyncio.to_thread(work)": "executor",
    "await asyncio.get_running_loop().run_in_executor(None, work)": "run-in-executor",
    "await run_in_threadpool(work())": "called-here",
    "await work()": "awaited-call",
    "run_in_threadpool(work)": "without-await",
    "work": None,
}


def test_the_line_for_the_pool_is_met_in_every_form_that_people_write(course: Course) -> None:
    item = next(item for _, item in items(course) if item.id == "line-for-the-pool")
    for line, met in LINES.items():
        assert picked(item, (line,)) == (frozenset() if met is None else {met}), line


def test_the_course_has_every_kind(course: Course) -> None:
    assert {item.kind for _, item in items(course)} == set(Kind)


def test_every_option_has_feedback_and_every_distractor_a_misconception_of_the_course(course: Course) -> None:
    for _, item in items(course):
        offered: list[Option | Answer] = [*item.options, *item.answers]
        for option in offered:
            assert option.feedback, (item.id, option.id)
            assert option.right or option.misconception in course.misconceptions, (item.id, option.id)


def test_every_lesson_has_predictions_and_every_model_its_feedback(course: Course) -> None:
    orders = 0
    for lesson in course.lessons:
        asked = [item.measured for item in lesson.items if item.measured]
        assert any(not one.is_order for one in asked), lesson.slug
        orders += sum(one.is_order for one in asked)
        for one in asked:
            assert all(model.feedback for model in one.models)
            wrong = [model for model in one.models if model.misconception]
            assert len(wrong) >= len(one.models) - 1, "one model at the most is the right one"
            assert {model.misconception for model in wrong} <= course.misconceptions.keys()
    assert orders


def test_a_prediction_comes_before_what_it_is_about(course: Course) -> None:
    for lesson in course.lessons:
        for item in lesson.items:
            if item.measured:
                page = lesson.mode(Mode.PREDICT)
                assert page is not None and ItemPlace(item.id) in page.pieces, item.id


def test_every_item_is_explained_and_names_a_skill_of_the_course(course: Course) -> None:
    for _, item in items(course):
        assert item.explanation, item.id
        assert item.skills and set(item.skills) <= course.skills.keys(), item.id


def test_neither_the_longest_option_nor_its_place_in_the_source_tells_the_key(course: Course) -> None:
    singles = [item for _, item in items(course) if len(item.key) == 1 and item.options]
    longest = sum(max(item.options, key=lambda option: len(option.text)).id in item.key for item in singles)
    assert longest <= len(singles) / 2
    places = {item.option_ids.index(next(iter(item.key))) for item in singles}
    assert len(places) > 1


def test_option_ids_are_written_and_not_derived(course: Course) -> None:
    for _, item in items(course):
        assert not [option.id for option in item.options if re.fullmatch(r"[0-9a-f]{8}", option.id)], item.id
        assert not [answer.id for answer in item.answers if re.fullmatch(r"[0-9a-f]{8}", answer.id)], item.id


def test_every_lesson_starts_with_why_and_ends_with_recall(course: Course) -> None:
    for lesson in course.lessons:
        modes = [page.mode for page in lesson.modes]
        assert (modes[0], modes[-1]) == (Mode.WHY, Mode.RECALL), lesson.slug
        assert len(lesson.items) >= 4, lesson.slug


def test_the_lesson_on_browsers_takes_about_ten_minutes(course: Course) -> None:
    assert [lesson.minutes <= 12 for lesson in course.lessons if lesson.slug == "your-browser-lies"] == [True]


def test_questions_stand_where_they_are_met_and_not_only_in_recall(course: Course) -> None:
    for lesson in course.lessons:
        places = {page.mode for page in lesson.modes for piece in page.pieces if isinstance(piece, ItemPlace)}
        assert len(places) > 2, lesson.slug


def test_every_claim_holds_in_what_was_measured_and_every_number_is_there(course: Course) -> None:
    for lesson in course.lessons:
        assert all(lesson.claims[lab.id] for lab in lesson.labs), lesson.slug
        assert lesson.numbers and lesson.measured and lesson.measured.first, lesson.slug
        measured = lesson.measured.first
        assert list(gaps(lesson, measured)) == [], lesson.slug
        judged = judge(lesson, measured)
        assert [one.claim.text for one in judged if one.verdict is not Verdict.HOLDS] == [], lesson.slug


def test_prose_holds_no_number_that_nobody_measured() -> None:
    for path in SHIPPED.glob("*/lesson.md"):
        assert MEASURED.findall(path.read_text()) == [], path


def programs() -> list[Path]:
    return sorted(SHIPPED.glob("*/*.py"))


@pytest.mark.parametrize("path", programs(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_program_is_an_ordinary_file_that_runs_at_home(path: Path) -> None:
    """Imported by its bare name from its own folder, as `uvicorn name:app` does, with nothing of ours in reach."""
    ours = "[name for name in sys.modules if name.startswith(('webapp', 'quiz'))]"
    code = f"import sys, {path.stem}; assert {path.stem}.app.routes; print({ours})"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=PROCESS_SECONDS,
        env={"PYTHONPATH": ""},
    )
    assert (answer.returncode, answer.stdout.strip()) == (0, "[]"), answer.stderr


def test_the_three_programs_of_concurrent_tasks_differ_in_where_they_wait() -> None:
    """The start topic's endpoints and answer; `async def` with `time.sleep` is the one that holds the loop, `def` is not."""

    def handler(name: str, path: str) -> tuple[type[ast.AST], str]:
        tree = ast.parse((SHIPPED / "concurrent-tasks" / name).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                path in ast.unparse(d) for d in node.decorator_list
            ):
                return type(node), ast.unparse(node)
        raise AssertionError(f"{name} has no {path}")

    awaiting, threaded, blocked = (
        handler("awaiting.py", "/async-task"),
        handler("threaded.py", "/sync-task"),
        handler("blocked.py", "/blocked-task"),
    )
    assert awaiting[0] is ast.AsyncFunctionDef and "await asyncio.sleep" in awaiting[1]
    assert threaded[0] is ast.FunctionDef and "time.sleep" in threaded[1]
    assert blocked[0] is ast.AsyncFunctionDef and "time.sleep" in blocked[1]
    assert all("{'message': 'Task done'}" in source for _, source in (awaiting, threaded, blocked))
