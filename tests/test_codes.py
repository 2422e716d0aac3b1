"""Every code of the check is in its table, with an example that has it and one that has it no more, and the page says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quiz.lint import LINTS, OVER_THE_COURSE, WAIVABLE
from tests.conftest import ROOT
from webapp.cli import cli
from webapp.course.check import check
from webapp.course.codes import OF_QUESTIONS, Code, codes, document
from webapp.course.errors import CourseError
from webapp.course.render import Renderer

OF_MANY = ("W03", "W12", "W17")
"""No single question has these: tests/test_lints.py makes courses that do."""
EXAMPLES = [code for code in codes().values() if int(code.name[1:]) < OF_QUESTIONS and code.name not in OF_MANY]
HEAD = 'id = "c"\ntitle = "C"\nsummary = "S"\n[[parts]]\ntitle = "P"\nlessons = ["waiting"]\n'
NAMES = '[skills]\n"loop.holds" = "S"\n[misconceptions.async-frees]\ntext = "So."\n'
FRONT = "---\ntitle: Waiting\nsummary: S.\n---\n## Learn\n\n"
USING = """/// question | Who waits?
    id: who-waits
    skill: [loop.holds]

- [x] Everybody {#everybody}
- [ ] Nobody {#nobody ~async-frees}
///
"""


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def found(folder: Path, code: Code, text: str, renderer: Renderer) -> list[CourseError]:
    in_manifest = code.file == "course.toml"
    (folder / "waiting").mkdir()
    (folder / "course.toml").write_text(HEAD + (text if in_manifest else NAMES))
    lesson = USING.replace("    skill: [loop.holds]\n", "").replace(" ~async-frees", "") if in_manifest else text
    if in_manifest and "holds" in text:
        lesson = USING.replace(" ~async-frees", "")
    if in_manifest and "async-frees" in text:
        lesson = USING.replace("    skill: [loop.holds]\n", "")
    (folder / "waiting" / "lesson.md").write_text(FRONT + lesson)
    return check(folder, renderer)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.name)
def test_the_example_of_a_code_has_it_and_mended_it_has_it_no_more(
    tmp_path: Path, code: Code, renderer: Renderer
) -> None:
    assert code.example and code.mended
    for name, text, fires in (("before", code.example, True), ("after", code.mended, False)):
        folder = tmp_path / name
        folder.mkdir()
        told = found(folder, code, text, renderer)
        assert (code.name in {error.code for error in told}) is fires, (name, list(map(str, told)))
        assert code.name != "W15" or fires or "W05" not in {error.code for error in told}, "the waiver waives"
        if not fires:
            assert [str(error) for error in told if not error.is_warning] == []


def test_every_code_that_is_told_is_in_the_table_and_no_other() -> None:
    sources = [*(ROOT / "webapp" / "course").glob("*.py"), *(ROOT / "quiz").rglob("*.py")]
    told = {code for path in sources for code in re.findall(r'"([EW]\d{2})"', path.read_text())}
    assert set(codes()) == told
    assert set(LINTS) | set(WAIVABLE) | set(OVER_THE_COURSE) <= told
    assert all(code.meaning and code.why.endswith((".", "`.")) for code in codes().values())
    assert all(not code.example for name, code in codes().items() if name in OF_MANY or int(name[1:]) >= OF_QUESTIONS)


def test_the_page_of_codes_is_made_of_the_table() -> None:
    assert (ROOT / "docs" / "lints.md").read_text() == document(), "write it anew: make codes"


def test_the_guide_leads_to_the_page_of_codes() -> None:
    assert "(lints.md)" in (ROOT / "docs" / "authors.md").read_text()


@pytest.mark.parametrize("name", ["W05", "w05"])
def test_a_code_is_explained_with_its_example(name: str) -> None:
    answer = CliRunner().invoke(cli, ["check", "--explain", name])
    code = codes()["W05"]
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"W05: {code.meaning}\n") and "- [ ] Always {#always}" in answer.stdout


def test_a_code_that_nothing_carries_names_the_nearest() -> None:
    answer = CliRunner().invoke(cli, ["check", "--explain", "E044"])
    assert (answer.exit_code, answer.stderr) == (1, "Unknown code `E044`: did you mean `E44`?\n")


def test_warnings_end_the_check_with_1_where_it_is_strict(tmp_path: Path) -> None:
    code = codes()["W08"]
    (tmp_path / "waiting").mkdir()
    (tmp_path / "course.toml").write_text(HEAD)
    (tmp_path / "waiting" / "lesson.md").write_text(FRONT + code.example)
    loose = CliRunner().invoke(cli, ["check", "--lessons", str(tmp_path)])
    strict = CliRunner().invoke(cli, ["check", "--strict", "--lessons", str(tmp_path)])
    assert (loose.exit_code, strict.exit_code) == (0, 1)
    assert loose.stdout == strict.stdout and " W08 " in loose.stdout
