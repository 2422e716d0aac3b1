"""`interleave import`: what is taken passes the check, the rest is told by file and line, and a lesson is written whole or not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quiz.interchange.carries import FORMATS, TABLE, Feature, shown_table
from quiz.interchange.gift_writer import write
from quiz.interchange.naming import id_from
from tests.conftest import ROOT
from tests.courses import LAB, question, write_course
from tests.oracles import oracle
from webapp.cli import cli
from webapp.course.check import check
from webapp.course.drafts import read_draft
from webapp.course.imports import into_lesson, read_file
from webapp.course.imports import write as write_import
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.course.report import Report
from webapp.course.starter import Refused

GIFT = """// [id:grant-tomb] [tag:fred]
::Grant's tomb::Who's buried in Grant's tomb?{~Grant#No. =no one#Yes.}

The sun rises in the {=east =%50%north-east#Close.}.

Write an essay.{}

[markdown]What is in ![it](missing.png)?{=a ~b}

[markdown]What took \\{\\{ ways.quick.wall \\}\\}?{=a#A ~b#B}

[markdown]What took \\{\\{ ways.none.wall \\}\\}?{=a#A ~b#B}
"""


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as one:
        yield one


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write_course(tmp_path / "course")


def given(folder: Path, text: str = GIFT, name: str = "q.gift") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def call(*words: object) -> Result:
    answer = CliRunner().invoke(cli, ["import", *map(str, words)])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer


def lines(answer: Result) -> list[str]:
    return answer.output.splitlines()


def test_questions_are_taken_into_recall_and_the_rest_is_told_by_line(tmp_path: Path, course: Path) -> None:
    file, lesson = given(tmp_path), course / "waiting" / "lesson.md"
    before = lesson.read_text()
    tried = call(file, "--into", lesson.parent, "--dry-run")
    assert tried.exit_code == 0 and lesson.read_text() == before
    assert lines(tried)[-1] == "3 taken, 3 refused; nothing was written."
    done = call(file, "--into", lesson.parent)
    assert done.exit_code == 0
    assert lines(done) == [
        f"{file}:6: refused: an essay cannot be scored here (Write an essay.)",
        f"{file}:8: refused: E32 the image `missing.png` is missing (What is in ![it](missing.png)?)",
        next(line for line in lines(done) if line.startswith(f"{file}:12: refused: E41")),
        f"{file}:2: no skill of the course: fred (Who's buried in Grant's tomb?)",
        f"{file}:4: `north-east` earned 50 %: here it is an expected wrong answer (The sun rises in the _____ .)",
        f"{file}:2: taken as grant-tomb",
        f"{file}:4: taken as the-sun-rises-in-the",
        f"{file}:10: taken as what-took-ways-quick-wall",
        "To be added, as interleave check will say: W08 3 times, W42 once.",
        f"3 taken, 3 refused; in {lesson}.",
    ]
    assert lesson.read_text().startswith(before)
    assert [problem for problem in check(course) if not problem.is_warning] == []


def test_a_second_import_of_a_file_takes_nothing_twice(tmp_path: Path, course: Path) -> None:
    file = given(tmp_path)
    call(file, "--into", course / "waiting")
    once = (course / "waiting" / "lesson.md").read_text()
    again = call(file, "--into", course / "again")
    assert again.exit_code == 1
    assert "refused: a question of this stem is in the course already: `grant-tomb`" in again.output
    assert (course / "waiting" / "lesson.md").read_text() == once


def test_a_new_lesson_is_made_and_listed(tmp_path: Path, course: Path, renderer: Renderer) -> None:
    done = call(given(tmp_path), "--new", "quiz-one", "--lessons", course)
    assert done.exit_code == 0, done.output
    loaded = load_course(course, renderer)
    lesson = loaded.lessons[-1]
    assert (lesson.slug, lesson.title, len(lesson.items)) == ("quiz-one", "Quiz one", 2)
    assert call(given(tmp_path), "--new", "quiz-one", "--lessons", course).exit_code == 1


def test_why_every_question_was_refused_is_told_where_the_lesson_would_be_new(tmp_path: Path, course: Path) -> None:
    text = "Write an essay.{}\n\n[markdown]What is in ![it](missing.png)?{=a ~b}\n"
    done = call(given(tmp_path, text), "--new", "quiz-one", "--lessons", course)
    assert done.exit_code == 1 and not (course / "quiz-one").exists()
    essay, image, count = lines(done)
    assert "q.gift:1: refused: an essay" in essay and "q.gift:3: refused: E" in image and "missing.png" in image
    assert count == "0 taken, 2 refused; nothing was written."


def test_a_lesson_that_is_there_is_in_the_way_of_a_trial_too(tmp_path: Path, course: Path) -> None:
    tried = call(given(tmp_path), "--new", "again", "--dry-run", "--lessons", course)
    assert "is there already" in only_sentence(tried)


def test_what_a_killed_import_left_of_a_new_lesson_is_not_in_the_way(tmp_path: Path, course: Path) -> None:
    left = course / ".quiz-one.new"
    left.mkdir()
    (left / "lesson.md").write_text("half of")
    done = call(given(tmp_path), "--new", "quiz-one", "--lessons", course)
    assert done.exit_code == 0, done.output
    assert (course / "quiz-one" / "lesson.md").stat().st_size > len("half of")


def test_what_a_stranger_wrote_does_not_command_the_terminal(tmp_path: Path, course: Path) -> None:
    file = given(tmp_path, "Clear \x1b[2J and \x9b31m write.{}\n\n[markdown]\x1b]0;x\x07 ![it](missing.png)?{=a ~b}\n")
    told = call(file, "--into", course / "again").output
    assert told.count("refused") >= 2 and "write." in told
    assert all(sign.isprintable() or sign == "\n" for sign in told)


def test_aiken_is_known_by_its_answers(tmp_path: Path, course: Path) -> None:
    file = given(tmp_path, "Which?\nA. one\nB. two\nANSWER: B\n", "q.txt")
    done = call(file, "--into", "again", "--lessons", course)
    assert lines(done)[:2] == [
        f"{file}:1: taken as which",
        "To be added, as interleave check will say: W08 once, W07 once.",
    ]


def test_what_the_course_wrote_comes_back_as_it_was(tmp_path: Path, renderer: Renderer) -> None:
    first = write_course(
        tmp_path / "one", questions=[question(), question("the-second", right=("a", "b"), stem="Two?")]
    )
    draft = read_draft(first / "waiting", lambda path: Report(str(path)))
    assert draft is not None
    text = write(draft.manuscript.items).text
    second = write_course(tmp_path / "two", questions=[question("another")])
    taken = read_file(text.encode(), "gift", (second,))
    done = into_lesson(taken, second / "waiting", (second,), renderer)
    write_import(done, (second,))
    items = {item.id: item for lesson in load_course(second, renderer).lessons for item in lesson.items}
    for item in draft.manuscript.items:
        back = items[item.id]
        assert (back.kind, back.stem, back.explanation) == (item.kind, item.stem, item.explanation)
        assert [(one.text, one.right, one.feedback) for one in back.options] == [
            (one.text, one.right, one.feedback) for one in item.options
        ]


def test_ids_are_free_in_the_course_and_the_same_each_time(tmp_path: Path, course: Path) -> None:
    text = "::Ways::Which?{=a ~b}\n\n::First item::What?{=c ~d}\n\nWhat is it?{=e ~f}\n"
    assert "id: ways" in LAB

    def ids() -> list[str]:
        return [item.id for item in read_file(text.encode(), "gift", (course,)).items]

    first, second, third = ids()
    assert (first[:5], second[:11], third) == ("ways-", "first-item-", "what-is-it")
    assert ids() == [first, second, third]


def test_all_that_other_systems_wrote_is_taken_or_told_and_passes_the_check(tmp_path: Path, course: Path) -> None:
    files = sorted(oracle("gift-grammar").glob("*.gift"))
    done = call(given(tmp_path, "\n\n".join(file.read_text() for file in files)), "--into", course / "again")
    told = [line.removeprefix(str(tmp_path / "q.gift")) for line in lines(done)]
    taken, refused = (
        sum(re.match(rf":\d+: {word}", line) is not None for line in told) for word in ("taken as ", "refused: ")
    )
    assert lines(done)[-1].startswith(f"{taken} taken, {refused} refused") and taken > 50
    assert [problem for problem in check(course) if not problem.is_warning] == []


def test_a_line_end_of_windows_stays_one(tmp_path: Path, course: Path) -> None:
    lesson = course / "again" / "lesson.md"
    lesson.write_bytes(lesson.read_bytes().replace(b"\n", b"\r\n"))
    call(given(tmp_path), "--into", lesson.parent)
    data = lesson.read_bytes()
    assert b"grant-tomb" in data and data.count(b"\n") == data.count(b"\r\n")


def test_a_lesson_without_recall_gets_one(tmp_path: Path, course: Path) -> None:
    lesson = course / "again" / "lesson.md"
    lesson.write_text(lesson.read_text().replace("## Recall\n", "## Performance\n"))
    assert call(given(tmp_path), "--into", lesson.parent).exit_code == 0
    assert lesson.read_text().count("## Recall") == 1
    assert [problem for problem in check(course) if not problem.is_warning] == []


# What is refused as a whole


def only_sentence(answer: Result) -> str:
    assert answer.exit_code == 1 and len(lines(answer)) == 1, answer.output
    return lines(answer)[0]


def test_a_place_that_is_no_lesson_of_the_course_is_refused(tmp_path: Path, course: Path) -> None:
    file = given(tmp_path)
    other = write_course(tmp_path / "other")
    (course / "linked").symlink_to(other / "waiting")
    assert "or is a symbolic link" in only_sentence(call(file, "--into", course / "linked"))
    assert "or is a symbolic link" in only_sentence(call(file, "--into", "linked", "--lessons", course))
    out = only_sentence(call(file, "--into", course / ".." / "other" / "waiting", "--lessons", course))
    assert "is no lesson of" in out
    assert "has no lesson.md" in only_sentence(call(file, "--into", course / "nowhere"))
    assert "is no slug" in only_sentence(call(file, "--new", "../x", "--lessons", course))
    assert "--into" in only_sentence(call(file, "--lessons", course))
    assert "cannot be read: no such file" in only_sentence(call(tmp_path / "none.gift", "--into", course / "again"))


def test_a_lesson_that_is_a_link_is_not_written_through(tmp_path: Path, course: Path) -> None:
    lesson, target = course / "again" / "lesson.md", tmp_path / "target.md"
    lesson.rename(target)
    lesson.symlink_to(target)
    before = target.read_text()
    assert "is a symbolic link" in only_sentence(call(given(tmp_path), "--into", lesson.parent))
    assert target.read_text() == before


def test_a_file_that_is_no_text_is_told_with_its_line(tmp_path: Path, course: Path) -> None:
    file = tmp_path / "q.gift"
    file.write_bytes(b"What?{=a ~b}\n\n\xff")
    assert only_sentence(call(file, "--into", course / "again")).startswith(f"{file}:3: byte 0xff is not UTF-8")


def test_a_broken_lesson_is_left_as_it_is(tmp_path: Path, course: Path) -> None:
    lesson = course / "again" / "lesson.md"
    lesson.write_text(lesson.read_text() + "\n```\nnever closed\n")
    assert "has errors of its own" in only_sentence(call(given(tmp_path), "--into", lesson.parent))


def test_a_lesson_that_would_be_too_large_is_left_as_it_is(tmp_path: Path, course: Path) -> None:
    lesson = course / "again" / "lesson.md"
    before = lesson.read_bytes()
    many = "\n\n".join(f"Question {at}?{{={'a' * 900} ~{'b' * 900}}}" for at in range(150))
    assert "would be larger than 200 KB" in only_sentence(call(given(tmp_path, many), "--into", lesson.parent))
    assert lesson.read_bytes() == before


def test_a_lesson_that_was_changed_meanwhile_is_not_overwritten(
    tmp_path: Path, course: Path, renderer: Renderer
) -> None:
    taken = read_file(GIFT.encode(), "gift", (course,))
    done = into_lesson(taken, course / "again", (course,), renderer)
    lesson = course / "again" / "lesson.md"
    lesson.write_text(lesson.read_text() + "\nOne more line.\n")
    changed = lesson.read_bytes()
    with pytest.raises(Refused, match="was changed meanwhile"):
        write_import(done, (course,))
    assert lesson.read_bytes() == changed


def test_a_writing_that_fails_half_way_leaves_the_lesson_as_it_was(course: Path) -> None:
    lesson = course / "again" / "lesson.md"
    before = lesson.read_bytes()
    writes = "\n".join(
        [
            "import resource, sys",
            "from pathlib import Path",
            "from webapp.course.files import replace_text",
            "resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))",
            "replace_text(Path(sys.argv[1]), 'A long text. ' * 9_000)",
        ]
    )
    answer = subprocess.run(
        [sys.executable, "-c", writes, str(lesson)], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert answer.returncode == 1 and "File too large" in answer.stderr
    assert lesson.read_bytes() == before and sorted(os.listdir(lesson.parent)) == ["lesson.md"]


def test_what_an_import_that_was_killed_left_behind_is_neither_followed_nor_in_the_way(
    tmp_path: Path, course: Path
) -> None:
    lesson, other = course / "again" / "lesson.md", tmp_path / "other.md"
    other.write_text("Of somebody else.")
    (lesson.parent / ".lesson.md.new").symlink_to(other)
    assert call(given(tmp_path), "--into", lesson.parent).exit_code == 0
    assert other.read_text() == "Of somebody else." and "grant-tomb" in lesson.read_text()
    assert sorted(os.listdir(lesson.parent)) == ["lesson.md"]


# The table


def test_the_page_shows_the_table_and_every_feature_is_in_it_once() -> None:
    page = (ROOT / "docs" / "interchange.md").read_text()
    assert shown_table() in page
    assert sorted(row.feature for row in TABLE) == sorted(Feature)
    for row in TABLE:
        assert row.cells.keys() == FORMATS.keys()
        assert all(cell.carried == "yes" or cell.reason for cell in row.cells.values()), row.feature


def test_an_id_is_made_of_what_a_question_says() -> None:
    assert id_from("Où est l'été ?") == "ou-est-l-ete"
    assert id_from("2 + 2") == "q-2-2" and id_from("日本").startswith("q-")
    assert len(id_from("word " * 50)) <= 40
