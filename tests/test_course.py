"""Loading: a folder of lessons becomes a frozen course with everything that the site needs of it."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import Markup

from quiz.items import Kind
from webapp.course.course import (
    FIGURES,
    Course,
    FigurePlace,
    ItemPlace,
    LabPlace,
    Lesson,
    Misconception,
    Mode,
    Part,
    Prose,
)
from webapp.course.errors import CourseErrors
from webapp.course.files import Unreadable, read_bytes
from webapp.course.links import MODES
from webapp.course.loading import load_course, read_course
from webapp.course.minutes import lines_to_follow, minutes
from webapp.course.render import Renderer
from webapp.labs.lab import Range

ROOT = Path(__file__).parent.parent
SMALL = ROOT / "tests" / "data" / "small"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture(scope="module")
def small(renderer: Renderer) -> Course:
    return load_course(SMALL, renderer)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


def lesson(course: Course, slug: str = "one-turn") -> Lesson:
    found = course.lesson(slug)
    assert found is not None
    return found


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def errors(folder: Path, renderer: Renderer) -> list[str]:
    with pytest.raises(CourseErrors) as caught:
        load_course(folder, renderer)
    return [str(error).removeprefix(f"{folder}/") for error in caught.value.errors]


def test_a_course_has_what_its_file_says(small: Course) -> None:
    assert (small.id, small.title, small.lang) == ("small", "A small course", "en")
    assert small.summary == Markup("Two lessons about <code>await</code>, for tests.")
    assert small.parts == (Part("Turns", ("one-turn",)), Part("More turns", ("two-turns",)))
    assert small.skills["loop.turns"] == "Tell where a turn on the event loop ends"
    assert small.misconceptions["async-frees"] == Misconception(
        "async-frees", "The word `async` alone frees the loop.", "one-turn"
    )


def test_a_lesson_has_its_place_and_its_old_names(small: Course) -> None:
    first, second = small.lessons
    assert [(one.number, one.slug, one.part) for one in (first, second)] == [
        (1, "one-turn", "Turns"),
        (2, "two-turns", "More turns"),
    ]
    assert first.summary == "A turn ends at an <code>await</code> that has to wait, or at the end of the code."
    assert small.lesson("a-single-turn") is first and small.lesson("two-turns") is second
    assert small.lesson("three-turns") is None


def test_a_mode_holds_its_pieces_in_the_authors_order(small: Course) -> None:
    here = lesson(small)
    assert [page.mode for page in here.modes] == [Mode.WHY, Mode.LEARN, Mode.TRY, Mode.PERFORMANCE, Mode.RECALL]
    assert [[type(piece) for piece in page.pieces] for page in here.modes] == [
        [Prose],
        [Prose, ItemPlace, Prose],
        [LabPlace, Prose],
        [FigurePlace],
        [ItemPlace],
    ]
    learn = here.mode(Mode.LEARN)
    assert learn is not None and [(heading.text, heading.level) for heading in learn.headings] == [
        ("Where a turn ends", 2)
    ]
    assert here.mode(Mode.PROJECT) is None
    assert lesson(small, "two-turns").modes[-1].pieces == ()


def test_items_labs_and_figures_are_found_by_id(small: Course) -> None:
    here = lesson(small)
    single, multi = here.items
    assert (single.kind, multi.kind, multi.points) == (Kind.SINGLE, Kind.MULTI, 2)
    assert here.item("lines-that-end") is multi and here.item("turns") is None
    lab = here.lab("turns")
    assert lab is not None and lab.requests == Range(6, 1, 20, whole=True)
    assert [(variant.name, variant.decisive_line) for variant in lab.variants] == [("holds", 12), ("frees", 12)]
    assert lab.variant("holds").program == (SMALL / "one-turn" / "holds.py").read_text()
    figure = here.figure("turns-comparison")
    assert figure is not None and (figure.lab, figure.show, figure.show in FIGURES) == ("turns", "comparison", True)


def test_an_items_texts_are_rendered_each_for_its_place(small: Course) -> None:
    here = lesson(small)
    markup = here.markup["sleep-in-async"]
    assert markup.stem == "What does <code>time.sleep</code> do in an <code>async def</code> handler?"
    assert markup.body is None
    assert markup.options["thread"] == "It moves to a thread by itself"
    assert markup.feedback["thread"] == "<p>Nothing moves it: the line runs where its handler runs.</p>"
    assert markup.hints == (
        "<p>Which thread runs the line?</p>",
        "<p>Nothing but an <code>await</code> gives that thread back.</p>",
    )
    assert markup.explanation is not None and markup.explanation.startswith("<p>A blocking call")
    assert set(here.markup["lines-that-end"].feedback) == {"time-sleep", "add"}
    assert set(here.markup) == {item.id for item in here.items}


def test_feedback_for_a_whole_outcome_is_found_by_the_outcome(folder: Path, renderer: Renderer) -> None:
    section = "//// feedback | incorrect\nLook at *the line*.\n////\n//// explanation\nA turn ends"
    edit(folder / "one-turn/lesson.md", "//// explanation\nA turn ends", section)
    here = lesson(load_course(folder, renderer))
    assert here.markup["lines-that-end"].outcomes == {"wrong": "<p>Look at <em>the line</em>.</p>"}


def test_every_text_is_safe_to_write_into_a_page(small: Course) -> None:
    for here in small.lessons:
        texts = [here.summary, *here.listings.values()]
        for markup in here.markup.values():
            texts += [markup.stem, *markup.options.values(), *markup.feedback.values(), *markup.hints]
        texts += [piece.html for page in here.modes for piece in page.pieces if isinstance(piece, Prose)]
        assert all(isinstance(text, Markup) for text in texts)


def test_no_key_and_no_feedback_is_in_the_prose(small: Course) -> None:
    prose = "".join(piece.html for page in lesson(small).modes for piece in page.pieces if isinstance(piece, Prose))
    for item in lesson(small).items:
        for option in item.options:
            assert not option.feedback or option.feedback not in prose
    assert "[x]" not in prose and "checked" not in prose and "///" not in prose


def test_options_that_show_as_a_list_are_an_error(folder: Path, renderer: Renderer) -> None:
    listed = "## Recall\n\n* `await asyncio.sleep(0.1)`\n* `total += 1`\n"
    edit(folder / "one-turn/lesson.md", "## Recall\n", listed)
    assert errors(folder, renderer) == [
        "one-turn/lesson.md:83: E33 the options of the question `lines-that-end` show in the text"
    ]


def test_only_images_and_programs_of_labs_can_be_fetched(folder: Path, renderer: Renderer) -> None:
    for name in ("solution.py", "notes.txt", ".hidden.png", "Loud.PNG", "lesson.md~"):
        (folder / "one-turn" / name).write_text("x\n")
    (folder / "one-turn" / "folder.png").mkdir()
    reading = read_course(folder, renderer)
    assert reading.course is not None
    assert dict(lesson(reading.course).files) == {
        name: folder / "one-turn" / name for name in ("frees.py", "holds.py", "turns.svg")
    }
    assert [str(warning).removeprefix(f"{folder}/") for warning in reading.warnings] == [
        "one-turn/solution.py:1: W23 no lab of the lesson uses this program"
    ]


def test_a_text_is_the_same_with_a_byte_order_mark_and_other_line_ends(
    folder: Path, renderer: Renderer, small: Course
) -> None:
    for name in ("one-turn/lesson.md", "one-turn/holds.py", "course.toml"):
        path = folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    course = load_course(folder, renderer)
    assert dataclasses.replace(lesson(course), files=lesson(small).files) == lesson(small)
    assert course.skills == small.skills


def test_loading_again_renders_only_what_was_edited(folder: Path) -> None:
    with Renderer() as renderer:
        load_course(folder, renderer)
        before = renderer.rendered
        load_course(folder, renderer)
        assert renderer.rendered == before
        edit(folder / "two-turns/lesson.md", "A dot", "A small dot")
        edit(folder / "two-turns/lesson.md", "{#twice}", "{#twice}\n    > Right.")
        load_course(folder, renderer)
        assert renderer.rendered == before + 2


def test_a_changed_key_changes_no_markup_that_is_shown_before_responding(
    folder: Path, renderer: Renderer, small: Course
) -> None:
    edit(folder / "one-turn/lesson.md", "- [ ] `total += 1` {#add ~async-frees}", "- [x] `total += 1` {#add}")
    old, new = lesson(small), lesson(load_course(folder, renderer))
    assert old.items[1].key != new.items[1].key
    assert (old.modes, old.markup, old.minutes) == (new.modes, new.markup, new.minutes)
    assert old.items[1].shown_hash == new.items[1].shown_hash


def test_all_errors_of_all_files_are_told_at_once(folder: Path, renderer: Renderer) -> None:
    edit(folder / "course.toml", 'cure = "two-turns"', 'cure = "to-turns"')
    edit(folder / "one-turn/lesson.md", "skill: [loop.turns]", "skill: [loop.turn]")
    edit(folder / "one-turn/lesson.md", "~async-frees}\n    > Nothing", "~async-free}\n    > Nothing")
    edit(folder / "one-turn/lesson.md", "lesson:two-turns#learn", "lesson:two-turns#try")
    edit(folder / "one-turn/lesson.md", "show: comparison", "show: comparision")
    edit(folder / "one-turn/holds.py", "time.sleep(seconds)", "time.sleep(seconds")
    edit(folder / "two-turns/lesson.md", "dot.png", "dit.png")
    edit(folder / "two-turns/lesson.md", "two-waits-in-a-row", "sleep-in-async")
    assert errors(folder, renderer) == [
        "course.toml:24: E21 no lesson `to-turns`: did you mean `two-turns`?",
        "one-turn/holds.py:12: E26 this program does not compile: '(' was never closed",
        "one-turn/lesson.md:8: E31 the lesson `two-turns` has no mode `try`: known: `learn`, `recall`",
        "one-turn/lesson.md:30: E13 no skill `loop.turn` in course.toml: did you mean `loop.turns`?",
        "one-turn/lesson.md:32: E25 no misconception `async-free` in course.toml: did you mean `async-frees`?",
        "one-turn/lesson.md:78: E01 no show `comparision`: did you mean `comparison`?",
        "two-turns/lesson.md:8: E32 the image `dit.png` is missing: did you mean `dot.png`?",
        f"two-turns/lesson.md:10: E03 the id `sleep-in-async` is taken: {folder}/one-turn/lesson.md:28",
    ]


def test_a_dead_link_in_an_items_text_is_told_at_its_line(folder: Path, renderer: Renderer) -> None:
    edit(folder / "one-turn/lesson.md", "Which thread runs the line?", "Which [thread](lesson:threads) runs it?")
    edit(folder / "one-turn/lesson.md", "here that is the loop's.", "here that is the [loop's](lesson:loops).")
    assert errors(folder, renderer) == [
        "one-turn/lesson.md:40: E31 no lesson `threads`: known: `one-turn`, `two-turns`",
        "one-turn/lesson.md:46: E31 no lesson `loops`: known: `one-turn`, `two-turns`",
    ]


def test_an_old_name_that_is_taken_is_an_error(folder: Path, renderer: Renderer) -> None:
    edit(folder / "one-turn/lesson.md", "[a-single-turn]", "[two-turns, a-second-turn, A-Turn]")
    assert errors(folder, renderer) == [
        "one-turn/lesson.md:4: E21 `A-Turn` is not a slug: small letters, digits and hyphens",
        "one-turn/lesson.md:4: E21 `two-turns` is the slug of a lesson, so it is no old name",
        "two-turns/lesson.md:4: E21 `a-second-turn` is an old name of the lesson `one-turn` already",
    ]


def test_a_lesson_without_front_matter_is_told_so(folder: Path, renderer: Renderer) -> None:
    path = folder / "two-turns/lesson.md"
    path.write_text(path.read_text().split("---\n", 2)[2])
    assert errors(folder, renderer)[0].startswith("two-turns/lesson.md:1: E21 a lesson begins with front matter")


def test_a_front_matter_that_never_ends_is_told_so(folder: Path, renderer: Renderer) -> None:
    edit(folder / "two-turns/lesson.md", "[a-second-turn]\n---", "[a-second-turn]\n--")
    assert errors(folder, renderer) == ["two-turns/lesson.md:1: E02 the front matter is not closed by a line `---`"]


def test_a_course_without_its_file_still_tells_what_is_wrong_in_its_lessons(folder: Path, renderer: Renderer) -> None:
    (folder / "course.toml").write_text('id = "small"\n[[parts]\n')
    edit(folder / "two-turns/lesson.md", "dot.png", "dit.png")
    assert [error.split(" ")[:2] for error in errors(folder, renderer)] == [
        ["course.toml:2:", "E20"],
        ["two-turns/lesson.md:8:", "E32"],
    ]


def test_a_course_is_frozen(small: Course) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.title = "Another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        lesson(small).markup["other"] = None  # type: ignore[index]


def test_minutes_are_computed_from_what_a_lesson_asks() -> None:
    assert minutes(words=0, code_lines=0, items=0, labs=0, variants=0) == 1
    assert minutes(words=1000, code_lines=0, items=0, labs=0, variants=0) == 5
    assert minutes(words=1000, code_lines=30, items=4, labs=1, variants=4) == 13
    assert minutes(words=1001, code_lines=30, items=4, labs=1, variants=4) == 14


def test_a_line_that_a_program_shares_with_one_before_is_read_once() -> None:
    waits, holds = "import time\n\nawait sleep(1)\nreturn 1\n", "import time\n\ntime.sleep(1)\nreturn 1\n"
    assert (lines_to_follow([]), lines_to_follow([waits]), lines_to_follow([waits, waits, holds])) == (0, 3, 4)


def test_an_items_text_counts_into_the_minutes_and_its_explanation_does_not(
    folder: Path, renderer: Renderer, small: Course
) -> None:
    path = folder / "two-turns/lesson.md"
    edit(path, "//// explanation\n", "//// explanation\n" + "word " * 1000 + "\n")
    assert lesson(load_course(folder, renderer), "two-turns").minutes == lesson(small, "two-turns").minutes
    edit(path, "{#twice}\n", "{#twice}\n- [ ] " + "word " * 1000 + "{#long}\n    > No.\n")
    assert lesson(load_course(folder, renderer), "two-turns").minutes == lesson(small, "two-turns").minutes + 5


def test_links_know_the_modes_of_the_course() -> None:
    assert tuple(Mode) == MODES


def test_the_shipped_course_loads_without_a_warning(renderer: Renderer) -> None:
    reading = read_course(ROOT / "lessons", renderer)
    assert reading.found == ()
    assert reading.course is not None and reading.course.id == "interleave"


def test_a_folder_in_the_place_of_a_file_is_an_error_and_nothing_stays_open(tmp_path: Path) -> None:
    (tmp_path / "lesson.md").mkdir()
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        with pytest.raises(Unreadable, match="is no plain file"):
            read_bytes(tmp_path / "lesson.md")
    assert len(os.listdir("/dev/fd")) == before
