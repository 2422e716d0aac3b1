"""The glossary: what authors write in `[glossary]`, what is wrong with it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.courses import write_course
from webapp.course.check import check
from webapp.course.loading import load_course
from webapp.course.render import Renderer


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def glossary(folder: Path, text: str) -> Path:
    """A course whose course.toml ends with this."""
    write_course(folder)
    manifest = folder / "course.toml"
    manifest.write_text(manifest.read_text() + text)
    return folder


def told(folder: Path, renderer: Renderer) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in check(folder, renderer)]


def test_terms_are_anchors_in_the_order_of_the_alphabet(tmp_path: Path, renderer: Renderer) -> None:
    text = (
        '[glossary]\nturn = "Ends at `await`."\n"Event loop" = "See [Why](lesson:waiting#why)."\n"Éclat" = "A word."\n'
    )
    terms = load_course(glossary(tmp_path, text), renderer).glossary
    assert [(term.id, term.name) for term in terms] == [
        ("term-eclat", "Éclat"),
        ("term-event-loop", "Event loop"),
        ("term-turn", "turn"),
    ]
    assert terms[1].text == 'See <a href="/lessons/waiting/why" rel="noopener noreferrer">Why</a>.'
    assert terms[2].text == "Ends at <code>await</code>."


def test_a_course_may_have_no_glossary(tmp_path: Path, renderer: Renderer) -> None:
    assert load_course(write_course(tmp_path), renderer).glossary == ()


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ('[glosary]\nturn = "A."\n', ["E21 unknown key `glosary` of course.toml: did you mean `glossary`?"]),
        ("[glossary]\nturn = 3\n", ["E21 the term `turn` is said in one sentence, a text of one line"]),
        ('[glossary]\nturn = " "\n', ["E21 the term `turn` is said in one sentence, a text of one line"]),
        ('[glossary]\nturn = """A\nB"""\n', ["E21 the term `turn` is said in one sentence, a text of one line"]),
        ('[glossary]\nloop.lag = "A."\n', ["E21 the term `loop` is said in one sentence, a text of one line"]),
        (
            '[glossary]\nturn = "A."\nTurn = "B."\n',
            ["E21 the terms `turn` and `Turn` are the same word"],
        ),
        ('[glossary]\n"?" = "A."\n', ["E21 the term `?` is not a word or a few, 60 characters at the most"]),
        ('[glossary]\nturn = "[A](lesson:nowhere)."\n', ["E31 no lesson `nowhere`: known: `waiting`, `again`"]),
        ('[glossary]\nturn = "[A](javascript:1)."\n', ["E31 `javascript:1` is no link"]),
    ],
)
def test_what_is_wrong_is_told_at_its_line(tmp_path: Path, renderer: Renderer, text: str, errors: list[str]) -> None:
    folder = glossary(tmp_path, text)
    lines = (folder / "course.toml").read_text().split("\n")
    found = told(folder, renderer)
    assert len(found) == len(errors), found
    for line, error in zip(found, errors, strict=True):
        assert error in line
        number = int(line.split(":")[1])
        assert number >= lines.index(text.split("\n")[0]) + 1
        if "glosary" not in error:
            assert lines[number - 1].lower().startswith(("turn", "loop", '"?"')), line
