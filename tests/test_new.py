"""`interleave new`: what it makes passes the check, runs and teaches; what stands in its way is one sentence."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT, SHIPPED, serving
from tests.courses import write_course
from tests.learners import learner_at
from tests.processes import PROCESS_SECONDS
from tests.test_cli import refused, run
from tests.test_site import browser, ended, start
from webapp.app import create_app
from webapp.course.check import check
from webapp.course.contents import Unlisted, with_lesson
from webapp.course.course import FIGURES
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.course.starter import Refused, new_course, new_lesson
from webapp.settings import Settings

STARTER = ROOT / "templates" / "new"
PATIENCE_SECONDS = 60.0
HEAD = 'id = "c"\ntitle = "C"\nsummary = "S"\n'


def found(folder: Path) -> list[str]:
    return [str(problem) for problem in check(folder)]


def edited(lists: str, slug: str = "new") -> str:
    """What becomes of the text behind HEAD."""
    changed = with_lesson(HEAD + lists, slug)
    assert changed.startswith(HEAD)
    return changed.removeprefix(HEAD)


# The text of course.toml


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[[parts]]\nlessons = ["a"]\n', '[[parts]]\nlessons = ["a", "new"]\n'),
        ("[[parts]]\nlessons = []\n", '[[parts]]\nlessons = ["new"]\n'),
        ("[[parts]]\nlessons=[ 'a','b' ] # two\n", "[[parts]]\nlessons=[ 'a','b', \"new\" ] # two\n"),
        ('[[parts]]\nlessons = ["a",]', '[[parts]]\nlessons = ["a", "new",]'),
        ('[[parts]]\nlessons = [\n  "a",\n  "b",\n]\n', '[[parts]]\nlessons = [\n  "a",\n  "b",\n  "new",\n]\n'),
        ('[[parts]]\nlessons = [\n\t"a",\n\t"b"\n]\n', '[[parts]]\nlessons = [\n\t"a",\n\t"b",\n\t"new"\n]\n'),
        (
            '[[parts]]\nlessons = [\n    "a",  # ], one\n    "b"  # "two"\n    # three\n]\n',
            '[[parts]]\nlessons = [\n    "a",  # ], one\n    "b",  # "two"\n    "new"\n    # three\n]\n',
        ),
        ('[[parts]]\nlessons = [\n    "a"]\n', '[[parts]]\nlessons = [\n    "a",\n    "new"]\n'),
        (
            '[[parts]]\nlessons = [\n  "a", "b",\n  "c", "d"\n]\n',
            '[[parts]]\nlessons = [\n  "a", "b",\n  "c", "d", "new"\n]\n',
        ),
        ('[[parts]]\r\nlessons = [\r\n  "a",\r\n]\r\n', '[[parts]]\r\nlessons = [\r\n  "a",\r\n  "new",\r\n]\r\n'),
        (
            '[[parts]]\nlessons = ["a"]\n[[ "parts" ]]\n"lessons" = ["b"]\ntitle = "]["\n[skills]\nx = "lessons = []"\n',
            '[[parts]]\nlessons = ["a"]\n[[ "parts" ]]\n"lessons" = ["b", "new"]\ntitle = "]["\n[skills]\nx = "lessons = []"\n',
        ),
        (
            '[[parts]]\ntitle = """\nlessons = ["z"]\n"""\nlessons = ["a"]\n',
            '[[parts]]\ntitle = """\nlessons = ["z"]\n"""\nlessons = ["a", "new"]\n',
        ),
        ('parts = [{lessons = ["a"]}, {lessons = ["b"]}]\n', 'parts = [{lessons = ["a"]}, {lessons = ["b", "new"]}]\n'),
        (
            '[[parts]]\nlessons = ["a"]\n[other]\nlessons = ["q"]\n',
            '[[parts]]\nlessons = ["a", "new"]\n[other]\nlessons = ["q"]\n',
        ),
    ],
)
def test_a_slug_is_added_to_the_last_part_and_nothing_else_changes(before: str, after: str) -> None:
    assert edited(before) == after


@pytest.mark.parametrize(
    "text", ["", "parts = 3", "[[parts]]\n", '[[parts]]\nlessons = "a"\n', "lessons = [", "parts = []"]
)
def test_what_has_no_place_for_a_slug_is_not_touched(text: str) -> None:
    with pytest.raises(Unlisted):
        with_lesson(text, "new")


@given(st.lists(st.lists(st.sampled_from(["a", "b-c", "d1"]), max_size=3), min_size=1, max_size=3), st.data())
def test_any_layout_of_the_lists_keeps_its_other_characters(parts: list[list[str]], data: st.DataObject) -> None:
    space = st.sampled_from(["", " ", "\n", "\n    ", ' # ] " note\n', "\r\n\t"])
    text = HEAD
    for slugs in parts:
        entries = ",".join(f'{data.draw(space)}"{slug}"{data.draw(space)}' for slug in slugs)
        text += f'[[parts]]\ntitle = "[x"\nlessons = [{data.draw(space)}{entries}{data.draw(space)}]\n'
    changed = with_lesson(text, "new")
    wanted = tomllib.loads(text)
    wanted["parts"][-1]["lessons"].append("new")
    assert tomllib.loads(changed) == wanted
    kept = iter(changed)
    assert all(character in kept for character in text), "every character of before stands there in its order"


# Courses and lessons


def test_the_starter_is_itself_a_course_without_a_warning() -> None:
    assert found(STARTER) == []


def test_a_new_course_passes_its_check_and_is_named_after_its_folder(tmp_path: Path) -> None:
    new_course(tmp_path / "Data & Tasks", STARTER)
    assert found(tmp_path / "Data & Tasks") == []
    manifest = tomllib.loads((tmp_path / "Data & Tasks" / "course.toml").read_text())
    assert (manifest["id"], manifest["title"]) == ("data-tasks", "Data tasks")
    new_course(tmp_path / "2026", STARTER)
    assert found(tmp_path / "2026") == []


def test_a_new_lesson_passes_its_check_beside_others_and_touches_nothing_but_the_list(tmp_path: Path) -> None:
    course = write_course(tmp_path / "course")
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    for slug in ("forty-tokens", "next"):
        folder = new_lesson(course, slug, STARTER)
        assert sorted(path.name for path in folder.iterdir()) == ["frees.py", "holds.py", "lesson.md"]
    assert found(course) == []
    assert {path for path, content in before.items() if path.read_bytes() != content} == {course / "course.toml"}
    assert tomllib.loads((course / "course.toml").read_text())["parts"][-1]["lessons"][2:] == ["forty-tokens", "next"]
    assert not [path for path in course.iterdir() if path.name.startswith(".")]


def test_the_example_shows_every_construct(tmp_path: Path) -> None:
    course = write_course(tmp_path / "course")
    new_lesson(course, "shown", STARTER)
    with Renderer() as renderer:
        lesson = load_course(course, renderer).lesson("shown")
    assert lesson is not None and lesson.title == "Shown"
    assert sorted(item.kind for item in lesson.items) == ["multi", "single"]
    assert all(option.feedback for item in lesson.items for option in item.options)
    assert all(item.explanation for item in lesson.items) and any(item.hints for item in lesson.items)
    assert [len(lab.variants) for lab in lesson.labs] == [2]
    assert all(variant.decisive_line for lab in lesson.labs for variant in lab.variants)
    assert [figure.show for figure in lesson.figures] == ["comparison"]
    text = (course / "shown" / "lesson.md").read_text()
    assert all(f"`{name}`" in text for name in (*FIGURES, "note", "tip", "warning", "danger", "details", "tab"))
    assert all(mode in text for mode in ("Why", "Learn", "Predict", "Challenge", "Project", "Recall"))


def test_the_lab_of_a_new_lesson_runs(tmp_path: Path) -> None:
    new_course(tmp_path / "course", STARTER)
    with browser(create_app(Settings(data=tmp_path / "data", lessons=tmp_path / "course", watch=False))) as client:
        waits = {}
        for variant in ("holds", "frees"):
            run = start(client, lesson="first-lesson", lab="first-lesson-lab", variant=variant).json()
            waits[variant] = ended(client, run["url"])["summary"]["wall"]
    assert waits["holds"] > 2 * waits["frees"], waits


def test_a_new_lesson_runs_in_a_site_that_is_on_and_touches_nothing_but_its_folder_and_the_list(tmp_path: Path) -> None:
    course = Path(shutil.copytree(SHIPPED, tmp_path / "course"))
    before = files(course)

    async def run_it(url: str) -> dict[str, Any]:
        async with learner_at(url) as learner:
            while (await learner.get("/lessons/fresh/try")).status != 200:  # noqa: ASYNC110  # the site cannot wake it
                await asyncio.sleep(0.1)
            pressed = (await learner.press("fresh", "fresh-lab", "frees", requests=4)).json()
            last: dict[str, Any] = [message async for message in learner.messages(pressed["events"])][-1]
            return last

    with serving(tmp_path / "data", course) as site:
        assert run("new", "lesson", "fresh", "--lessons", str(course)).returncode == 0
        last = asyncio.run(asyncio.wait_for(run_it(site.url), PATIENCE_SECONDS))
    assert (last["state"], last["summary"]["finished"]) == ("finished", 4)
    after = files(course)
    assert {path for path in after if after[path] != before.get(path)} == {
        "course.toml",
        *(f"fresh/{name}" for name in ("lesson.md", "holds.py", "frees.py")),
    }
    assert before.keys() <= after.keys()
    assert {path.name for path in tmp_path.iterdir()} == {"course", "data"}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("slug", ["", "A", "1st", "a_b", "../x", "-a", "a/b", "x" * 41, "é", "a b"])
def test_what_is_no_slug_is_refused(tmp_path: Path, slug: str) -> None:
    course = write_course(tmp_path / "course")
    with pytest.raises(Refused, match="is no slug"):
        new_lesson(course, slug, STARTER)
    assert len(list(course.iterdir())) == 3


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    course = write_course(tmp_path / "course")
    lesson = (course / "waiting" / "lesson.md").read_bytes()
    with pytest.raises(Refused, match="is there already"):
        new_lesson(course, "waiting", STARTER)
    (course / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="is there already"):
        new_lesson(course, "dangling", STARTER)
    with pytest.raises(Refused, match="is there already and is not empty"):
        new_course(course, STARTER)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        new_course(tmp_path / "file", STARTER)
    assert (course / "waiting" / "lesson.md").read_bytes() == lesson and (tmp_path / "file").read_text() == "mine"


def test_a_slug_or_an_id_that_the_course_has_had_is_refused(tmp_path: Path) -> None:
    course = write_course(tmp_path / "course")
    lesson = course / "again" / "lesson.md"
    lesson.write_text(
        lesson.read_text().replace("summary:", "was: [before]\nsummary:").replace("second-item", "mine-turns")
    )
    for slug, name in (("before", "before"), ("mine", "mine-turns")):
        with pytest.raises(Refused, match=f"`{name}` is taken"):
            new_lesson(course, slug, STARTER)


@pytest.mark.parametrize("text", ["not toml [", "\n", '[[parts]]\nlessons = "x"\n'])
def test_a_manifest_that_cannot_be_added_to_is_left_alone(tmp_path: Path, text: str) -> None:
    course = write_course(tmp_path / "course")
    (course / "course.toml").write_text(text)
    with pytest.raises(Refused, match=r"write lessons = \[\"fresh\"\]"):
        new_lesson(course, "fresh", STARTER)
    assert (course / "course.toml").read_text() == text and not (course / "fresh").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Refused, match="cannot be written"):
        new_course(tmp_path / "course", STARTER)


def test_the_command_makes_a_course_and_a_lesson_and_says_where(tmp_path: Path) -> None:
    course = tmp_path / "mine"
    made = run("new", "course", str(course))
    assert (made.returncode, str(course) in made.stdout) == (0, True)
    added = run("new", "lesson", "second", "--lessons", str(course))
    assert (added.returncode, str(course / "second") in added.stdout) == (0, True)
    assert run("check", "--lessons", str(course)).returncode == 0
    assert "is there already" in refused(run("new", "lesson", "second", "--lessons", str(course)))
    assert "is no slug" in refused(run("new", "lesson", "Second", "--lessons", str(course)))
    assert "There is no lesson folder" in refused(run("new", "lesson", "third", "--lessons", str(tmp_path / "no")))


def test_a_program_of_the_starter_runs_at_home() -> None:
    for path in sorted((STARTER / "first-lesson").glob("*.py")):
        code = f"import {path.stem}; assert {path.stem}.app.routes"
        environment = {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        assert (
            subprocess.run(
                [sys.executable, "-c", code], cwd=path.parent, timeout=PROCESS_SECONDS, env=environment
            ).returncode
            == 0
        )
