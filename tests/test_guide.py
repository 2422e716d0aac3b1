"""The author's guide is under test: every example of it is a course without an error, and its codes are those of the check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.conftest import ROOT
from tests.courses import question, write_course
from webapp.cli import cli
from webapp.course.check import check
from webapp.course.course import FIGURES, Course, Mode, Prose
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.labs.claims import METRICS

GUIDE = (ROOT / "docs" / "authors.md").read_text()
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)\n", re.MULTILINE | re.DOTALL)
FRONT = "---\ntitle: An example\nsummary: Of the guide.\n---\n## Learn\n"


@dataclass(frozen=True)
class Example:
    info: str
    text: str
    line: int


EXAMPLES = [
    Example(found["info"], found["text"], GUIDE.count("\n", 0, found.start()) + 1) for found in FENCE.finditer(GUIDE)
]
LESSONS = [example for example in EXAMPLES if example.info == "markdown"]


def only(info: str) -> Example:
    (example,) = [example for example in EXAMPLES if example.info == info]
    return example


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def course(folder: Path, example: Example) -> Path:
    """The guide's own course.toml, the example as its lesson, and the guide's own program wherever a lab wants one."""
    text = example.text
    lesson = folder / "waiting"
    lesson.mkdir()
    (folder / "course.toml").write_text(only("toml").text)
    (lesson / "lesson.md").write_text(text if text.startswith("---\n") else FRONT + text)
    program = only('python title="holds.py"').text
    if ".py" in text:
        (lesson / "holds.py").write_text(program)
    if "frees.py" in text:
        (lesson / "frees.py").write_text(
            program.replace("import time", "import asyncio").replace("time.sleep", "await asyncio.sleep")
        )
    return folder


def told(folder: Path, renderer: Renderer) -> list[str]:
    """What the check says of everything but what an example need not have: a use of each program and name, measured numbers, an
    explanation, and a misconception for each of its distractors."""
    found = [str(problem).replace(f"{folder}/waiting/", "") for problem in check(folder, renderer)]
    return [line for line in found if not re.search(r" (W08|W16|W18|W19|W23|W42) ", line)]


def load(folder: Path, example: Example, renderer: Renderer) -> Course:
    return load_course(course(folder, example), renderer)


def test_every_example_is_of_a_kind_that_is_tested() -> None:
    assert {example.info for example in EXAMPLES} == {
        "sh",
        "toml",
        'toml title="quizzes"',
        'toml title="a lesson\'s own quiz"',
        'toml title="a lesson with a limit"',
        "markdown",
        "markdown wrong",
        "text",
        'python title="holds.py"',
    }
    assert len(LESSONS) >= 6
    assert GUIDE.count("```") == sum(example.text.count("```") for example in EXAMPLES) + 2 * len(EXAMPLES)


def test_the_quizzes_of_the_guide_are_quizzes_of_a_course(tmp_path: Path, renderer: Renderer) -> None:
    asked = [question(name) for name in ("first-question", "second-question", "third-question")]
    folder = write_course(tmp_path / "course", questions=asked)
    with (folder / "course.toml").open("a") as file:
        for title in ("quizzes", "a lesson's own quiz", "a lesson with a limit"):
            file.write(only(f'toml title="{title}"').text)
    found = load_course(folder, renderer)
    assert [quiz.slug for quiz in found.quizzes] == ["mixed", "exam", "waiting-timed"]
    assert set(found.policies) == {"waiting"} and found.quizzes[2].minutes == 10


@pytest.mark.parametrize("example", LESSONS, ids=lambda example: f"line-{example.line}")
def test_an_example_is_a_lesson_without_an_error_or_a_warning(
    tmp_path: Path, example: Example, renderer: Renderer
) -> None:
    text = example.text
    if "](holds.py)" in text:  # a lesson shows the programs of its labs alone
        text += next(other.text for other in LESSONS if "id: shown-lab" in other.text)
    lesson = load(tmp_path, Example(example.info, text, example.line), renderer).lessons[0]
    assert told(tmp_path, renderer) == []
    html = "".join(piece.html for page in lesson.modes for piece in page.pieces if isinstance(piece, Prose))
    assert "///" not in html and "[x]" not in html
    assert html or lesson.items or lesson.labs


def test_the_examples_show_what_they_say(tmp_path: Path, renderer: Renderer) -> None:
    def lesson(words: str) -> Course:
        folder = tmp_path / re.sub(r"\W+", "-", words)
        folder.mkdir()
        return load(folder, next(example for example in LESSONS if words in example.text), renderer)

    asked = lesson("id: waiting-who").lessons[0].items[0]
    assert (asked.points, asked.difficulty, asked.option_ids) == (2, 2, ("caller", "everybody", "nobody"))
    assert [option.fixed for option in asked.options] == [False, False, True]
    assert asked.hints and asked.explanation and asked.outcome_feedback("wrong")
    lab = lesson("id: waiting-lab").lessons[0].labs[0]
    assert [parameter.name for parameter in lab.parameters] == ["delay", "tokens"]
    assert all(variant.decisive_line for variant in lab.variants)
    held = lesson("id: held-lab").lessons[0]
    assert len(held.claims["held-lab"]) == 6 and len(held.numbers) == 5
    assert (held.labs[0].loops, held.labs[0].pythons) == (("asyncio", "uvloop"), ("all",))
    number, order = (item.measured for item in lesson("id: foretold-lab").lessons[0].items)
    assert number and order and not number.is_order and order.is_order
    assert [model.id for model in number.models] == ["serial", "free", "pool", "half"] and len(number.again) == 2
    shown = lesson("id: shown-lab")
    assert [figure.show for figure in shown.lessons[0].figures] == ["comparison", "pipeline", "replay", "vitals"]
    assert [term.name for term in shown.glossary] == ["hold"]
    assert lesson("was:").lessons[0].was == ("an-old-slug",)


def test_the_wrong_example_is_told_as_the_guide_says(tmp_path: Path, renderer: Renderer) -> None:
    folder = course(tmp_path, only("markdown wrong"))
    assert told(folder, renderer) == only("text").text.splitlines()


def test_the_guide_names_every_mode_every_figure_and_every_metric() -> None:
    assert all(mode.capitalize() in GUIDE for mode in Mode)
    assert all(f"`{name}`" in GUIDE or f"`{name}(…)`" in GUIDE for name in METRICS)
    assert all(f"`{name}`" in GUIDE for name in FIGURES)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.info == "sh"], ids=lambda one: one.line)
def test_the_commands_of_the_guide_are_those_of_the_command_line(tmp_path: Path, example: Example) -> None:
    commands = [line.split("#")[0].split()[1:] for line in example.text.splitlines()]
    assert [command[0] for command in commands if command[0] != "measure"] == ["new", "new", "check", "serve"]
    for command in commands[:-1]:
        words = [str(tmp_path / word) if word in ("my-course", "mine") else word for word in command]
        answer = CliRunner().invoke(cli, words)
        assert answer.exit_code == 0, answer.output
