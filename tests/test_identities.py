"""An id belongs to one question for good: none takes that of a retired one, and what learners answered is held to the course."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quiz.kinds import Kind
from quiz.lint import lint_answered
from tests.builders import make_item
from tests.classes import respond, token
from tests.conftest import on_both
from tests.test_export import NOTHING_SET
from webapp.cli import cli
from webapp.course.check import check
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.database import Database

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PARTS = '[[parts]]\ntitle = "P"\nlessons = ["waiting"]\n'
SINGLE = "- [x] Anna {#anna}\n    > So.\n- [ ] Bert {#bert}\n    > No.\n"
NUMBER = "= 40 {#forty}\n    > So.\n"


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


def question(item_id: str, key: str = SINGLE, declared: str = "") -> str:
    return f"/// question | Who waits in {item_id}?\n    id: {item_id}\n{declared}\n{key}\n//// explanation\nSo.\n////\n///\n"


def course(folder: Path, *questions: str, declared: str = "") -> Path:
    (folder / "waiting").mkdir(parents=True, exist_ok=True)
    (folder / "course.toml").write_text(f'id = "c"\ntitle = "C"\nsummary = "S"\n{declared}{PARTS}')
    text = "---\ntitle: Waiting\nsummary: S.\n---\n## Learn\n\n" + "\n".join(questions)
    (folder / "waiting" / "lesson.md").write_text(text)
    return folder


def told(folder: Path | tuple[Path, ...], renderer: Renderer, root: Path) -> list[str]:
    return [str(one).replace(f"{root}/", "") for one in check(folder, renderer)]


def test_a_question_may_not_take_a_retired_id(tmp_path: Path, renderer: Renderer) -> None:
    retired = 'retired = [\n    "who-left",\n    "who-came",\n]\n'
    folder = course(tmp_path / "c", question("who-waits"), question("who-came"), declared=retired)
    assert told(folder, renderer, tmp_path) == [
        "c/waiting/lesson.md:20: E03 the id `who-came` is retired, take another one: c/course.toml:6"
    ]
    assert told(course(folder, question("who-waits"), declared=retired), renderer, tmp_path) == []


def test_a_figure_and_a_lab_may_not_take_a_retired_id_either(tmp_path: Path, renderer: Renderer) -> None:
    figure = "/// figure | Vitals\n    id: page\n    show: vitals\n///\n"
    folder = course(tmp_path / "c", figure, declared='retired = ["page"]\n')
    (found,) = told(folder, renderer, tmp_path)
    assert found.startswith("c/waiting/lesson.md:8: E03 the id `page` is retired")


def test_an_id_that_a_folder_below_retired_stays_retired(tmp_path: Path, renderer: Renderer) -> None:
    below = course(tmp_path / "below", question("who-waits"), declared='retired = ["who-came"]\n')
    above = course(tmp_path / "above", question("who-came"), declared='retired = ["who-left"]\n')
    assert told((above, below), renderer, tmp_path) == [
        "above/waiting/lesson.md:7: E03 the id `who-came` is retired, take another one: below/course.toml:4"
    ]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ('retired = "who-came"\n', '4: E21 retired is a list of ids: retired = ["an-old-question"]'),
        ("retired = [1]\n", '4: E21 retired is a list of ids: retired = ["an-old-question"]'),
        (
            'retired = [\n    "Who came?",\n]\n',
            "5: E21 `Who came?` in `retired` is no id: small letters, digits and hyphens, a letter first",
        ),
        ('retired = ["who-came", "who-came"]\n', "4: E21 the id `who-came` is retired twice"),
    ],
)
def test_what_is_no_list_of_ids_is_told_with_its_line(
    tmp_path: Path, renderer: Renderer, declared: str, said: str
) -> None:
    folder = course(tmp_path / "c", question("who-waits"), declared=declared)
    assert told(folder, renderer, tmp_path) == [f"c/course.toml:{said}"]


@on_both
def test_what_was_answered_and_is_gone_or_of_another_kind_is_told(
    tmp_path: Path, addresses: Callable[[], str], renderer: Renderer
) -> None:
    address = addresses()
    folder = course(tmp_path / "c", question("who-left"), question("who-waits"), question("who-stays"))
    before, data = load_course(folder, renderer), tmp_path / "data"
    database = Database(data, address)
    try:
        for _ in range(2):
            given = {item.id: item.solution for item in before.items}
            database.write_now(lambda session, given=given: respond(session, before, given, token=token(), at=NOW))  # type: ignore[misc]
    finally:
        database.close()
    place = ["--database", address] if address else ["--data", str(data)]

    def checked(*questions: str, declared: str = "") -> list[str]:
        course(folder, *questions, declared=declared)
        answer = CliRunner().invoke(cli, ["check", "--lessons", str(folder), *place], env=NOTHING_SET)
        assert answer.exit_code == 0, answer.output
        return [line.replace(f"{folder}/", "") for line in answer.stdout.splitlines() if " W" in line]

    stays, changed = question("who-stays"), question("who-waits", NUMBER)
    assert checked(stays, changed) == [
        "course.toml:1: W25 the question `who-left` was answered (2 as single) and is in no lesson: give it its id back, or "
        'keep others from taking it, retired = ["who-left"]',
        "waiting/lesson.md:20: W26 2 learners answered it as single, and it is numeric now: another question has an id of its own",
    ]
    waived = question("who-waits", NUMBER, "    lint-ok: [W26]\n")
    assert checked(stays, waived, declared='retired = ["who-left"]\n') == []
    assert [line.partition(" `")[0] for line in checked(stays, waived, declared="retired = []\n")] == [
        "course.toml:4: W25 the question"
    ]
    idle = question("who-stays", declared="    lint-ok: [W26]\n")
    assert [line.split(" nothing ")[0] for line in checked(idle, waived, declared='retired = ["who-left"]\n')] == [
        "waiting/lesson.md:9: W15"
    ]


def test_of_a_kind_nothing_is_said_where_nobody_answered(tmp_path: Path, renderer: Renderer) -> None:
    assert lint_answered(make_item(), None, 0, {}, path="p") == []
    assert lint_answered(make_item(), None, 0, {Kind.SINGLE: 3}, path="p") == []
    one = lint_answered(make_item(), None, 0, {Kind.SINGLE: 3, Kind.TEXT: 1}, path="p")
    assert [(error.code, error.message[:29]) for error in one] == [("W26", "1 learner answered it as text")]
    unanswered = course(tmp_path / "c", question("who-waits", NUMBER, "    lint-ok: [W26]\n"))
    assert told(unanswered, renderer, tmp_path) == [], "nobody knows yet"
