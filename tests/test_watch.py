"""Edits while the course is served: taken up once they have settled, and never in place of a good course if broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from webapp.course.course import Course
from webapp.course.errors import CourseError, CourseErrors
from webapp.course.loading import read_course
from webapp.course.render import Renderer
from webapp.course.watch import Watch, see
from webapp.library import Library

SMALL = Path(__file__).parent / "data" / "small"


class Told:
    """What a watch said, in its order."""

    def __init__(self) -> None:
        self.courses: list[Course] = []
        self.errors: list[tuple[CourseError, ...]] = []


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(folder: Path, renderer: Renderer, told: Told) -> Watch:
    return Watch(folder, renderer, on_course=told.courses.append, on_errors=told.errors.append)


def write(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    # Two writes within one tick of the file system's clock would look alike if they had one length.
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def title(watch: Watch) -> str:
    lesson = watch.course.lesson("two-turns")
    assert lesson is not None
    return lesson.title


def test_nothing_is_loaded_while_nothing_changes(watch: Watch, told: Told) -> None:
    assert [watch.look() for _ in range(3)] == [False] * 3
    assert told.courses == [] and told.errors == []


def test_an_edit_is_taken_up_once_it_has_settled(watch: Watch, told: Told, folder: Path) -> None:
    write(folder / "two-turns/lesson.md", "title: Two turns", "title: A pair of turns")
    assert watch.look() is False
    assert title(watch) == "Two turns of one handler"
    assert watch.look() is True
    assert title(watch) == "A pair of turns of one handler"
    assert told.courses == [watch.course] and told.errors == []
    assert watch.look() is False


def test_a_file_that_is_still_being_written_is_waited_for(watch: Watch, told: Told, folder: Path) -> None:
    path = folder / "two-turns/lesson.md"
    for _ in range(3):
        write(path, "A dot", "A dot, and another")
        assert watch.look() is False
    assert watch.look() is True
    assert len(told.courses) == 1


def test_a_file_that_is_away_for_a_moment_is_waited_for(watch: Watch, told: Told, folder: Path) -> None:
    path = folder / "two-turns/lesson.md"
    path.rename(folder / "two-turns/lesson.md~")
    assert watch.look() is False
    shutil.copy(folder / "two-turns/lesson.md~", path)
    assert watch.look() is False
    assert watch.look() is True
    assert told.errors == [] and len(told.courses) == 1


def test_an_editors_own_files_are_not_seen(watch: Watch, folder: Path) -> None:
    before = see(folder)
    for name in (".lesson.md.swp", "lesson.md~", "4913", "#lesson.md#", "lesson.md.tmp", "notes.txt"):
        (folder / "two-turns" / name).write_text("x")
    (folder / ".course.toml.swp").write_text("x")
    (folder / "__pycache__").mkdir()
    assert see(folder) == before
    assert watch.look() is False


def test_a_broken_edit_keeps_the_last_good_course_and_is_told_once(watch: Watch, told: Told, folder: Path) -> None:
    good = watch.course
    write(folder / "two-turns/lesson.md", "- [x] 0.2 s", "- [ ] 0.2 s")
    write(folder / "one-turn/lesson.md", "/// lab |", "/// labb |")
    assert [watch.look() for _ in range(4)] == [False, True, False, False]
    assert watch.course is good and told.courses == []
    assert len(told.errors) == 1 and told.errors[0] == watch.errors
    assert [(Path(error.path).parent.name, error.code) for error in watch.errors] == [
        ("one-turn", "E01"),
        ("two-turns", "E04"),
    ]


def test_the_mended_edit_is_taken_up(watch: Watch, told: Told, folder: Path) -> None:
    path = folder / "two-turns/lesson.md"
    write(path, "title: Two turns", "title: [")
    watch.look(), watch.look()
    assert watch.errors and title(watch) == "Two turns of one handler"
    write(path, "title: [", "title: Three turns")
    watch.look(), watch.look()
    assert watch.errors == () and title(watch) == "Three turns of one handler"
    assert len(told.courses) == 1 and len(told.errors) == 1


def test_a_second_broken_state_is_told_as_well(watch: Watch, told: Told, folder: Path) -> None:
    path = folder / "two-turns/lesson.md"
    for old, new in (("## Recall", "## Recal"), ("## Recal", "## Rcall")):
        write(path, old, new)
        watch.look(), watch.look()
    assert ["Recal`" in str(errors[0]) for errors in told.errors] == [True, False]


def test_a_new_lesson_and_a_new_program_are_noticed(watch: Watch, folder: Path) -> None:
    (folder / "three-turns").mkdir()
    (folder / "three-turns/lesson.md").write_text("---\ntitle: Three\nsummary: Three.\n---\n## Why\n\nText.\n")
    write(folder / "course.toml", '["two-turns"]', '["two-turns", "three-turns"]')
    watch.look(), watch.look()
    assert [lesson.slug for lesson in watch.course.lessons] == ["one-turn", "two-turns", "three-turns"]
    write(folder / "one-turn/holds.py", "time.sleep(seconds)", "time.sleep(2 * seconds)")
    watch.look(), watch.look()
    lab = watch.course.lessons[0].labs[0]
    assert "2 * seconds" in lab.variant("holds").program


EDITS: list[tuple[str, str, str]] = [
    ("two-turns/lesson.md", "title: Two turns", "title: A pair of turns"),
    ("two-turns/lesson.md", "- [x] 0.2 s", "- [ ] 0.2 s"),
    ("two-turns/lesson.md", "- [ ] 0.2 s", "- [x] 0.2 s"),
    ("course.toml", '"loop.waits"', '"loop.rests"'),
    ("course.toml", '"loop.rests"', '"loop.waits"'),
    ("two-turns/lesson.md", "was: [a-second-turn]", "was: [an-older-turn]"),
    ("two-turns/lesson.md", "## Learn", "## Why"),
    ("two-turns/lesson.md", "## Why", "## Learn"),
    ("one-turn/holds.py", "import time", "import time  # to hold"),
    ("one-turn/lesson.md", "id: ", "id: x"),
    ("course.toml", "title = ", "title = 'Anew' #"),
]


def test_an_edited_course_is_the_one_that_is_loaded_afresh(watch: Watch, folder: Path, renderer: Renderer) -> None:
    def library(course: Course, before: Library | None = None) -> Library:
        return Library.of(
            course,
            ROOT / "templates",
            measured={},
            url_for=lambda name, **_: name,
            static=lambda path: path,
            before=before,
        )

    before = library(watch.course)
    outcomes = set()
    for name, old, new in EDITS:
        write(folder / name, old, new)
        watch.look(), watch.look()
        reading = read_course(folder, renderer)
        assert (watch.errors, watch.warnings) == (reading.errors, reading.warnings), (name, new)
        outcomes.add(reading.course is None)
        if reading.course is not None:
            assert watch.course == reading.course, (name, new)
            now, afresh = library(watch.course, before), library(reading.course)
            assert now.pages == afresh.pages and now.index == afresh.index, (name, new)
            before = now
    assert outcomes == {True, False}


def test_a_lesson_that_nobody_edited_is_not_made_again(watch: Watch, folder: Path, renderer: Renderer) -> None:
    first, second = watch.course.lessons
    rendered = renderer.rendered
    write(folder / "two-turns/lesson.md", "A dot", "A small dot")
    watch.look(), watch.look()
    assert watch.course.lessons[0] is first and watch.course.lessons[1] is not second
    assert renderer.rendered == rendered + 1, "one page of the edited lesson has another text"


def test_what_could_not_be_put_in_place_is_tried_again(folder: Path, renderer: Renderer, told: Told) -> None:
    def fail_once(course: Course) -> None:
        told.courses.append(course)
        if len(told.courses) == 1:
            raise OSError("the disk is full")

    watch = Watch(folder, renderer, on_course=fail_once, on_errors=told.errors.append)
    write(folder / "two-turns/lesson.md", "title: Two turns", "title: A pair of turns")
    watch.look()
    with pytest.raises(OSError, match="disk is full"):
        watch.look()
    assert title(watch) == "Two turns of one handler"
    assert watch.look() and title(watch) == "A pair of turns of one handler"


def test_a_folder_that_vanishes_keeps_the_course(watch: Watch, told: Told, folder: Path) -> None:
    good = watch.course
    folder.rename(folder.parent / "away")
    watch.look(), watch.look()
    assert watch.course is good and len(told.errors) == 1
    (folder.parent / "away").rename(folder)
    watch.look(), watch.look()
    assert watch.errors == ()


def test_a_course_that_is_broken_at_the_start_is_refused(folder: Path, renderer: Renderer, told: Told) -> None:
    (folder / "course.toml").unlink()
    with pytest.raises(CourseErrors, match="course.toml is missing"):
        Watch(folder, renderer, on_course=told.courses.append, on_errors=told.errors.append)
