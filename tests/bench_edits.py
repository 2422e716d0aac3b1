"""Taking up an edited lesson while the site runs."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI

from tests.bench_ratios import Bound, Measured, milliseconds, ratios
from tests.conftest import SHIPPED
from webapp.app import create_app
from webapp.course.course import Mode
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.settings import Settings

LESSON = "concurrent-tasks"
REPEATS = 9
SIZES = (3, 30)
"""Lessons of the courses that are edited: each the same lesson once more, with ids of its own."""
GOAL, ALARM = 1.15, 1.5


def edits() -> list[Measured]:
    """From the look that finds a settled edit to the new course being served, divided by rendering the edited lesson alone.

    Rendering it alone is: a course of that lesson and no other is read, checked and rendered, by a renderer whose process is there
    and which has rendered nothing yet. No pages are made of it, nothing is written. The same edit in such a course of one shows
    what the other lessons still cost: there nothing can be avoided.
    """
    with tempfile.TemporaryDirectory() as folder:
        return [measured for size in SIZES for measured in _edits(Path(folder) / str(size), size)]


def _edits(folder: Path, size: int) -> list[Measured]:
    folder.mkdir()
    many, one = made_course(folder / "many", size), made_course(folder / "one", 1)
    with _site(folder / "data", many) as edited, _site(folder / "data-of-one", one) as single:
        reloads, alone, least = [], [], []
        for number in range(REPEATS):
            for course in (many, one):
                _edit(course / LESSON / "lesson.md", number)
            reloads.append(_take_up(edited, number))
            with Renderer() as renderer:
                renderer.render("A worker that has started.")
                alone.append(_seconds(lambda: load_course(one, renderer)))
            least.append(_take_up(single, number))
    note = f"{milliseconds(reloads)} against {milliseconds(alone)}; one paragraph of one lesson of {size} edited"
    beside = f"{milliseconds(least)} for the same edit where there is no other lesson"
    return [
        Measured(
            f"an edit served / that lesson alone, {size} lessons",
            ratios(reloads, alone),
            goal=Bound(GOAL),
            alarm=Bound(ALARM),
            note=note,
        ),
        Measured(f"the same in a course of one, {size} lessons", ratios(reloads, least), note=beside),
    ]


@contextmanager
def _site(data: Path, lessons: Path) -> Iterator[FastAPI]:
    app = create_app(Settings(data=data, lessons=lessons, watch=False))
    with app.state.closer:
        yield app


def _take_up(app: FastAPI, number: int) -> float:
    """How long it takes until the edit is served, from the look that finds it settled."""
    assert not app.state.watch.look(), "files are left alone until they have settled"
    took = _seconds(app.state.watch.look)
    page = app.state.site.library.pages[LESSON, Mode.WHY]
    assert any(isinstance(part, bytes) and f"Edited {number} times.".encode() in part for part in page.parts)
    return took


def made_course(folder: Path, lessons: int) -> Path:
    """The shipped lesson that many times, each with ids of its own; what leads to others of the course is left out."""
    folder.mkdir()
    slugs = [LESSON, *(f"copy-{number}" for number in range(2, lessons + 1))]
    manifest = re.sub(rf'^cure = "(?!{LESSON}").*\n', "", _alone((SHIPPED / "course.toml").read_text()), flags=re.M)
    listed = ", ".join(f'"{slug}"' for slug in slugs)
    of_course, first, *_ = manifest.split("[[parts]]\n")
    rest = re.search(r"^\[\w.*", manifest, flags=re.M | re.S)  # no quizzes: one lesson has not the items for them
    assert rest
    part = re.sub(r"^lessons = \[[^]]*\]", f"lessons = [{listed}]", first, flags=re.M)
    (folder / "course.toml").write_text(f"{of_course}[[parts]]\n{part}{rest[0]}")
    for slug in slugs:
        shutil.copytree(SHIPPED / LESSON, folder / slug)
        text = _alone((folder / slug / "lesson.md").read_text())
        if slug != LESSON:
            text = _renamed(text, slug)
        (folder / slug / "lesson.md").write_text(text)
    return folder


def _renamed(text: str, slug: str) -> str:
    """With ids of its own, and its numbers bound to its own labs."""
    labs = "|".join(re.findall(r"^/// lab .*\n    id: (.+)$", text, flags=re.M))
    text = re.sub(r"^    (id|lab): (.+)$", rf"    \1: {slug}-\2", text, flags=re.M)
    return re.sub(r"\{\{.*?\}\}", lambda bound: re.sub(rf"\b({labs})\.", rf"{slug}-\1.", bound[0]), text)


def _alone(text: str) -> str:
    """Links to other lessons become links to home."""
    return re.sub(rf"\(lesson:(?!{LESSON}\b)[^)]*\)", "(/)", text)


def _edit(file: Path, number: int) -> None:
    """Another first paragraph under Why."""
    text = re.sub(r"\nEdited [0-9]+ times\.\n", "", file.read_text())
    file.write_text(text.replace("\n## Why\n", f"\n## Why\n\nEdited {number} times.\n", 1))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
