"""Folders of lessons over each other: an author's own over one that stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import ROOT
from tests.courses import HELD, question, write_course
from tests.test_cli import run
from webapp.app import create_app
from webapp.course.course import Course
from webapp.course.loading import load_course, read_course
from webapp.course.render import Renderer
from webapp.course.starter import Refused, new_course_over, new_lesson
from webapp.course.watch import Watch
from webapp.settings import Settings, from_environment, resource

STARTER = ROOT / "templates" / "new"
LESSON = "---\ntitle: {title}\nsummary: One line.\n---\n## Why\n\n{text}\n"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def below(tmp_path: Path) -> Path:
    folder = write_course(tmp_path / "below")
    write(
        folder / "course.toml",
        'id = "trial"\ntitle = "A trial course"\nsummary = "For one test."\nlang = "de"\n'
        '[[parts]]\ntitle = "Part one"\nlessons = ["waiting", "again"]\n'
        '[skills]\n"a.b" = "Do this"\n"c.d" = "Do that"\n'
        '[misconceptions.wrong]\ntext = "It is so."\ncure = "again"\n'
        '[glossary]\n"hold" = "A long turn."\n"turn" = "Once."\n',
    )
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    write(folder / "course.toml", "# Nothing yet.\n")
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def lesson(folder: Path, slug: str, text: str = "Text.") -> Path:
    return write(folder / slug / "lesson.md", LESSON.format(title=slug.title(), text=text))


def found(renderer: Renderer, *folders: Path) -> list[str]:
    return [
        str(error).removeprefix(f"{folders[0].parent}{os.sep}")
        for error in read_course(folders, renderer).found
        if not error.is_warning
    ]


def titles(course: Course) -> dict[str, list[str]]:
    named = {lesson.slug: lesson.title for lesson in course.lessons}
    return {part.title: [named[slug] for slug in part.lessons] for part in course.parts}


# What the folders say together


def test_an_own_folder_that_says_nothing_is_the_course_below(renderer: Renderer, own: Path, below: Path) -> None:
    assert load_course((own, below), renderer) == load_course(below, renderer)


def test_a_lesson_folder_hides_the_one_of_the_same_name_whole(renderer: Renderer, own: Path, below: Path) -> None:
    lesson(own, "waiting", "Ours.")
    course = load_course((own, below), renderer)
    assert titles(course) == {"Part one": ["Waiting", "Again"]}
    waiting = course.lessons[0]
    assert (waiting.labs, dict(waiting.files), waiting.number) == ((), {}, 1)
    assert course.lessons[1].items[0].id == "second-item"


def test_a_part_of_the_same_title_goes_on_and_others_come_after(renderer: Renderer, own: Path, below: Path) -> None:
    write(
        own / "course.toml",
        '[[parts]]\ntitle = "Ours"\nlessons = ["local"]\n[[parts]]\ntitle = "Part one"\nlessons = ["more"]\n',
    )
    lesson(own, "local"), lesson(own, "more")
    course = load_course((own, below), renderer)
    assert titles(course) == {"Part one": ["Waiting", "Again", "More"], "Ours": ["Local"]}
    assert [lesson.number for lesson in course.lessons] == [1, 2, 3, 4]
    assert (course.id, course.title, course.lang) == ("trial", "A trial course", "de")


def test_a_lesson_stands_where_the_upper_folder_lists_it(renderer: Renderer, own: Path, below: Path) -> None:
    write(own / "course.toml", '[[parts]]\ntitle = "Part one"\nlessons = ["again", "local", "waiting"]\n')
    lesson(own, "local")
    assert titles(load_course((own, below), renderer)) == {"Part one": ["Again", "Local", "Waiting"]}
    write(own / "course.toml", '[[parts]]\ntitle = "Ours"\nlessons = ["again", "local", "waiting"]\n')
    assert titles(load_course((own, below), renderer)) == {"Ours": ["Again", "Local", "Waiting"]}


def test_the_topmost_folder_that_says_a_thing_is_heard(
    renderer: Renderer, own: Path, below: Path, tmp_path: Path
) -> None:
    write(
        own / "course.toml",
        'title = "Ours"\n[skills]\n"a.b" = "Do it our way"\n"e.f" = "Do more"\n'
        '[misconceptions.wrong]\ntext = "It may be so."\n[glossary]\n"Hold" = "Our long turn."\n"apple" = "A fruit."\n',
    )
    middle = tmp_path / "middle"
    write(middle / "course.toml", 'title = "Between"\nsummary = "Said between."\nlang = "fr"\n')
    course = load_course((own, middle, below), renderer)
    assert (course.id, course.title, course.summary, course.lang) == ("trial", "Ours", "Said between.", "fr")
    assert course.skills == {"a.b": "Do it our way", "c.d": "Do that", "e.f": "Do more"}
    assert (course.misconceptions["wrong"].text, course.misconceptions["wrong"].cure) == ("It may be so.", None)
    assert [(term.name, term.text) for term in course.glossary] == [
        ("apple", "A fruit."),
        ("Hold", "Our long turn."),
        ("turn", "Once."),
    ]


# Errors, each in the file where it is to be mended


def test_what_no_folder_says_is_told_of_the_top_one(renderer: Renderer, own: Path, tmp_path: Path) -> None:
    middle = tmp_path / "middle"
    write(middle / "course.toml", 'title = "Between"\n')
    assert found(renderer, own, middle) == [
        f"own/course.toml:1: E21 neither this course.toml nor one below it has {name}"
        for name in ("`id`", "`summary`", "a part: `[[parts]]`")
    ]


def test_errors_name_the_file_that_they_are_in(renderer: Renderer, own: Path, below: Path) -> None:
    write(own / "course.toml", '[[parts]]\ntitle = "Ours"\nlessons = [\n  "local",\n  "nowhere"\n]\n')
    lesson(own, "local", "See [this](lesson:never) and [that](lesson:waiting#try).")
    write(below / "again" / "lesson.md", LESSON.format(title="Again", text="![A picture](gone.png)"))
    assert found(renderer, own, below) == [
        "below/again/lesson.md:7: E32 the image `gone.png` is missing",
        "own/course.toml:5: E22 there is no lesson folder `nowhere`",
        "own/local/lesson.md:7: E31 no lesson `never`: known: `waiting`, `again`, `local`",
    ]


def test_a_cure_is_told_of_the_folder_that_counts(renderer: Renderer, own: Path, below: Path) -> None:
    toml = below / "course.toml"
    toml.write_text(toml.read_text().replace('cure = "again"', 'cure = "gone"'))
    assert [error.split(" ")[0] for error in found(renderer, own, below)] == ["below/course.toml:13:"]
    write(own / "course.toml", '[misconceptions.wrong]\ntext = "It is so."\ncure = "never"\n')
    assert [error.split(" ")[0] for error in found(renderer, own, below)] == ["own/course.toml:3:"]


def test_an_id_that_both_folders_use_is_told_with_both_places(renderer: Renderer, own: Path, below: Path) -> None:
    write(own / "course.toml", '[[parts]]\ntitle = "Ours"\nlessons = ["local"]\n')
    lesson(own, "local", question("second-item"))
    (error,) = found(renderer, own, below)
    assert error.startswith("own/local/lesson.md:") and str(below / "again" / "lesson.md") in error


def test_a_folder_without_its_lesson_hides_nothing_in_silence(renderer: Renderer, own: Path, below: Path) -> None:
    (own / "again").mkdir()
    (error,) = found(renderer, own, below)
    assert error == "own/again/lesson.md:1: E22 the lesson folder `again` has no lesson.md"


def test_a_folder_that_cannot_be_read_is_an_error_of_its_own(renderer: Renderer, own: Path, below: Path) -> None:
    write(own / "course.toml", "parts = [")
    assert [error.split(" ")[1] for error in found(renderer, own, below)] == ["E20"]
    (own / "course.toml").unlink()
    assert found(renderer, own, below) == ["own/course.toml:1: E22 course.toml is missing"]


def test_a_link_leads_out_of_no_folder(renderer: Renderer, own: Path, below: Path, tmp_path: Path) -> None:
    lesson(tmp_path / "elsewhere", "again")
    (own / "again").symlink_to(tmp_path / "elsewhere" / "again")
    (error,) = found(renderer, own, below)
    assert "symbolic link" in error


# The site and the commands


def test_the_site_serves_own_and_lower_files_and_follows_edits_of_both(own: Path, below: Path, tmp_path: Path) -> None:
    lesson(own, "again", "Ours.")
    (own / "again" / "loop.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    app = create_app(Settings(data=tmp_path / "data", lessons=(own, below), watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert "Ours." in client.get("/lessons/again/why").text
        assert "<svg" in client.get("/lessons/again/files/loop.svg").text
        (below / "waiting" / "quick.py").write_text(HELD)
        lesson(own, "again", "Ours, edited.")
        watch: Watch = app.state.watch
        assert [watch.look(), watch.look()] == [False, True]
        assert [error.path for error in watch.errors] == [str(below / "waiting" / "lesson.md")]
        text = below / "waiting" / "lesson.md"
        text.write_text(text.read_text().replace("decisive: await asyncio.sleep", "decisive: time.sleep"))
        watch.look(), watch.look()
        assert "Ours, edited." in client.get("/lessons/again/why").text
        assert client.get("/lessons/waiting/files/quick.py").text == HELD


def test_a_new_folder_over_a_course_is_checked_and_gets_lessons_of_its_own(tmp_path: Path, below: Path) -> None:
    own = tmp_path / "school"
    before = {path: path.read_bytes() for path in below.rglob("*") if path.is_file()}
    made = run("new", "course", str(own), "--over", str(below))
    options = ("--lessons", str(own), "--lessons", str(below))
    assert (made.returncode, " ".join(options) in made.stdout) == (0, True), made
    assert [path.name for path in own.iterdir()] == ["course.toml"]
    for slug in ("ours", "another"):
        added = run("new", "lesson", slug, *options)
        assert (added.returncode, str(own / slug) in added.stdout) == (0, True), added
    checked = run("check", *options)
    *told, summed_up = checked.stdout.splitlines()
    assert (checked.returncode, summed_up.startswith(f"{own} over {below}: 0 errors, ")) == (0, True)
    codes = {line.split()[1] for line in told if line.startswith(str(own))}
    assert codes == {"W16"}, "a lesson that is begun names none of the misconceptions below"
    with Renderer() as renderer:
        assert titles(load_course((own, below), renderer)) == {"Part one": ["Waiting", "Again", "Ours", "Another"]}
    assert {path: path.read_bytes() for path in below.rglob("*") if path.is_file()} == before


def test_a_lesson_that_stands_below_is_not_begun_anew(own: Path, below: Path) -> None:
    with pytest.raises(Refused, match="copy the folder to"):
        new_lesson(own, "waiting", STARTER, below=[below])
    write(below / "again" / "lesson.md", LESSON.format(title="Again", text=question("fresh-turns")))
    with pytest.raises(Refused, match="`fresh-turns` is taken"):
        new_lesson(own, "fresh", STARTER, below=[below])
    with pytest.raises(Refused, match="is not empty"):
        new_course_over(own, [below], STARTER)


def test_the_shipped_course_has_a_name_wherever_it_is_installed(tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert run("new", "course", str(own), "--over", "shipped").returncode == 0
    assert run("new", "lesson", "ours", "--lessons", str(own), "--lessons", "shipped").returncode == 0
    assert run("check", "--lessons", str(own), "--lessons", "shipped").returncode == 0
    assert "--lessons shipped" in (own / "course.toml").read_text()


def test_folders_come_from_options_else_from_the_variable() -> None:
    paths = from_environment({"INTERLEAVE_LESSONS": os.pathsep.join(["/own", "shipped"])}).lessons
    assert paths == (Path("/own"), resource("lessons"))
    assert from_environment({"INTERLEAVE_LESSONS": "/own"}, lessons=[Path("/a"), Path("/b")]).lessons == (
        Path("/a"),
        Path("/b"),
    )
    assert from_environment({"INTERLEAVE_LESSONS": "/own"}).lessons == Path("/own")
    assert from_environment({}).lessons == resource("lessons")


def test_every_folder_must_be_a_course(own: Path, below: Path, tmp_path: Path) -> None:
    answer = run("check", "--lessons", str(own), "--lessons", str(tmp_path / "no"))
    assert (answer.returncode, f"There is no lesson folder {tmp_path / 'no'}" in answer.stderr) == (1, True)
    answer = run("new", "course", str(tmp_path / "new"), "--over", str(tmp_path))
    assert (answer.returncode, "has no course.toml" in answer.stderr) == (1, True)
    assert not (tmp_path / "new").exists()
