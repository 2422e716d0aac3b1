"""Every broken course under tests/data/broken tells exactly what its expected.txt says, all of it at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.course.check import check
from webapp.course.errors import CourseErrors
from webapp.course.loading import load_course
from webapp.course.render import DEADLINE_SECONDS, Renderer

DATA = Path(__file__).parent / "data"
BROKEN = sorted(path.name for path in (DATA / "broken").iterdir())
REQUIRED = (
    "unknown-option",
    "unclosed-block",
    "no-key",
    "duplicate-id",
    "missing-program",
    "bad-yaml",
    "bad-toml",
    "hostile-markdown",
    "wrong-encoding",
    "empty-file",
)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_course_tells_every_error_with_its_line(name: str, renderer: Renderer) -> None:
    folder = DATA / "broken" / name
    told = [str(error).replace(f"{folder}/", "") for error in check(folder, renderer)]
    assert told == (folder / "expected.txt").read_text().splitlines()


def test_the_ten_kinds_of_broken_courses_are_there() -> None:
    assert set(REQUIRED) <= set(BROKEN)


@pytest.mark.parametrize(
    "name", [name for name in BROKEN if name != "hostile-markdown"]
)  # that one takes its seconds once
def test_a_broken_course_is_not_loaded(name: str, renderer: Renderer) -> None:
    folder = DATA / "broken" / name
    expected = [
        line for line in (folder / "expected.txt").read_text().splitlines() if not line.split()[1].startswith("W")
    ]
    with pytest.raises(CourseErrors) as caught:
        load_course(folder, renderer)
    assert str(caught.value).replace(f"{folder}/", "").splitlines() == expected


def test_a_good_course_has_nothing_to_tell(renderer: Renderer) -> None:
    assert check(DATA / "small", renderer) == []


def test_errors_come_before_warnings(renderer: Renderer) -> None:
    found = [error.is_warning for error in check(DATA / "broken" / "dead-links", renderer)]
    assert True in found and found == sorted(found)


def test_a_distractor_without_feedback_is_a_warning_and_the_course_loads(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    edit(folder / "two-turns/lesson.md", "    > The second wait begins when the first is over.\n", "")
    warnings = check(folder, renderer)
    assert [(warning.line, warning.code) for warning in warnings] == [(15, "W07")]
    assert load_course(folder, renderer).title == "A small course"


def test_paths_are_told_as_the_folder_was_given(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of_small(tmp_path)
    edit(folder / "two-turns/lesson.md", "dot.png", "dit.png")
    monkeypatch.chdir(tmp_path)
    message = "E32 the image `dit.png` is missing: did you mean `dot.png`?"
    assert [str(error) for error in check(Path("small"), renderer)] == [f"small/two-turns/lesson.md:8: {message}"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path, renderer: Renderer) -> None:
    path = tmp_path / "nowhere"
    assert [str(error) for error in check(path, renderer)] == [f"{path}/course.toml:1: E22 there is no folder {path}"]


def test_a_course_without_its_file_is_an_error(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    (folder / "course.toml").unlink()
    assert [str(error) for error in check(folder, renderer)] == [f"{folder}/course.toml:1: E22 course.toml is missing"]


def test_an_unknown_key_of_the_course_names_the_right_one(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    edit(folder / "course.toml", 'lang = "en"', 'langauge = "en"\nlang = "no tongue"')
    edit(folder / "course.toml", '\ntitle = "More turns"', '\ntitel = "More turns"')
    edit(folder / "course.toml", 'cure = "two-turns"', 'cures = "two-turns"')
    told = [str(error).removeprefix(f"{folder}/course.toml:") for error in check(folder, renderer)]
    assert told == [
        "4: E21 unknown key `langauge` of course.toml: did you mean `lang`?",
        "5: E21 `no tongue` is no language tag such as `en` or `pt-BR`",
        "11: E21 a part has no `title`",
        "12: E21 unknown key `titel` of a part: did you mean `title`?",
        "25: E21 unknown key `cures` of the misconception `await-is-parallel`: did you mean `cure`?",
    ]


def test_files_that_lead_out_of_the_folder_are_refused(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    secret = tmp_path / "secret.py"
    secret.write_text("app = 'secret'\n")
    (folder / "one-turn/holds.py").unlink()
    (folder / "one-turn/holds.py").symlink_to(secret)
    (folder / "two-turns/dot.png").unlink()
    (folder / "two-turns/dot.png").symlink_to(secret)
    told = [str(error).removeprefix(f"{folder}/") for error in check(folder, renderer)]
    assert told == [
        "one-turn/lesson.md:68: E22 the program `holds.py` is a symbolic link; put the file itself there",
        "two-turns/lesson.md:8: E32 the image `dot.png` is missing",
    ]


def test_a_lesson_folder_that_leads_out_of_the_course_is_refused(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    (folder / "two-turns").rename(tmp_path / "elsewhere")
    (folder / "two-turns").symlink_to(tmp_path / "elsewhere")
    told = [str(error).removeprefix(f"{folder}/") for error in check(folder, renderer)]
    assert (
        told[0] == "course.toml:12: E22 the lesson folder `two-turns` is a symbolic link; put the folder itself there"
    )


def test_a_lesson_that_is_too_large_is_refused_unread(tmp_path: Path, renderer: Renderer) -> None:
    folder = copy_of_small(tmp_path)
    (folder / "two-turns/lesson.md").write_bytes(b"x" * 200_001)
    told = [str(error).removeprefix(f"{folder}/") for error in check(folder, renderer)]
    assert "two-turns/lesson.md:1: E23 lesson.md is larger than 200 KB" in told


def test_a_lesson_full_of_hostile_texts_costs_seconds_and_no_more(tmp_path: Path) -> None:
    folder = copy_of_small(tmp_path)
    bomb = "[" * 9000
    options = "".join(f"- [{'x' if n == 1 else ' '}] {n} {bomb}\n    > {n} {bomb}\n" for n in range(8))
    question = f"/// question | Which one?\n    id: which-one\n\n{options}///\n"
    edit(folder / "two-turns/lesson.md", "## Recall\n", f"{question}\n## Recall\n")
    deadline = DEADLINE_SECONDS / 4
    with Renderer(deadline_seconds=deadline) as renderer:
        found = [error for error in check(folder, renderer) if not error.is_warning]
    lines = [error.line for error in found]
    assert [error.message for error in found] == ["this text took longer than 0.5 s to render"] * len(found)
    assert len(found) == 3 and lines == sorted(lines), "of eight and more, each of which would take its whole deadline"


def copy_of_small(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "small", tmp_path / "small"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
