"""The analysis as authors meet it: who sees it, what it says and when, and what it never shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup
from starlette.testclient import TestClient

from quiz.findings import Code, Finding
from tests.classes import course_of, respond, token
from tests.conftest import ROOT
from tests.courses import question, write_course
from tests.perceived import perceive
from webapp.app import create_app
from webapp.authorship import COOKIE, Authorship
from webapp.database import Database
from webapp.settings import Settings
from webapp.templating import environment, percent, signed

QUESTIONS = [
    question("first-item", right=("b",), stem="Which first?").replace("{#a}", "{#a ~idea}"),
    question("multi-item", right=("a", "c"), stem="Which of these?"),
    question("third-item", right=("b",), stem="Which third?").replace("{#c}", "{#c ~idea}"),
]
PATHS = ("/analysis", "/analysis/waiting")


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_course(tmp_path_factory.mktemp("course"), questions=QUESTIONS)
    manifest = folder / "course.toml"
    manifest.write_text(manifest.read_text() + '[misconceptions.idea]\ntext = "A `wrong` idea."\ncure = "again"\n')
    return folder


@contextmanager
def author(lessons: Path, data: Path) -> Iterator[TestClient]:
    """The site for a browser that has brought the terminal's key, as where no system tells whose a connection is."""
    settings = Settings(data=data, lessons=lessons, watch=False, own_code=True)
    app = create_app(settings)
    app.state.site.authorship = Authorship(settings, told_by_system=False)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        client.cookies.set(COOKIE, app.state.site.authorship.token)
        yield client


def answered(data: Path, lessons: Path, *learners: Mapping[str, str]) -> None:
    """Each of the learners has responded so: item -> option ids as one text."""
    course, database = course_of(lessons), Database(data)
    try:
        for at, given in enumerate(learners):
            answers = {item: frozenset(chosen) for item, chosen in given.items()}
            begun = datetime.now(UTC) - timedelta(days=3, minutes=at)
            database.write_now(
                lambda session, answers=answers, begun=begun: respond(  # type: ignore[misc]
                    session, course, answers, token=token(), at=begun, apart=timedelta(minutes=1)
                )
            )
    finally:
        database.close()


def text(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return perceive(answer.text).text


def test_a_reader_is_told_that_the_analysis_is_for_authors(lessons: Path, tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, lessons=lessons, watch=False))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)) as client:
        for path in PATHS:
            answer = client.get(path)
            assert answer.status_code == 403
            page = perceive(answer.text)
            assert page.one("heading").text == "This page is for authors" and "--own-code" in page.text
        assert "For the course's authors" not in client.get("/progress").text


def test_before_the_first_answer_it_says_what_it_will_show_and_when(lessons: Path, tmp_path: Path) -> None:
    with author(lessons, tmp_path) as client:
        page = text(client, "/analysis")
        assert "No answers yet." in page and "From 30 whole attempts" in page
        lesson = text(client, "/analysis/waiting")
        assert "Told from 5 whole attempts on" in lesson and "Drawn from 5 answers on." in lesson
        assert "0 answers so far." in lesson
        assert client.get("/analysis/nope").status_code == 404
        assert perceive(client.get("/progress").text).one("link", "Analysis").attributes["href"] == "/analysis"


def test_below_five_answers_nothing_is_told_of_anybody(lessons: Path, tmp_path: Path) -> None:
    answered(tmp_path, lessons, *[{"first-item": "a", "multi-item": "a", "third-item": "b"}] * 4)

    with author(lessons, tmp_path) as client:
        page, course = client.get("/analysis/waiting").text, client.get("/analysis").text
    assert "By option" not in page and "analysis__dot" not in page
    assert "4 answers so far." in perceive(page).text
    assert not re.search(r"\d%", perceive(page).text.split("What to look at")[1])
    assert "A wrong idea is told once 5 learners have met" in course and "Mean mark" in course


def test_from_five_answers_on_shares_and_intervals_are_told_and_no_verdict(lessons: Path, tmp_path: Path) -> None:
    learners = [{"first-item": "b" if at < 3 else "a", "multi-item": "ac", "third-item": "b"} for at in range(5)]
    answered(tmp_path, lessons, *learners, {"first-item": "b"})

    with author(lessons, tmp_path) as client:
        page, course = text(client, "/analysis/waiting"), text(client, "/analysis")
        html = client.get("/analysis/waiting").text

    assert "5 whole first attempts, 1 still on its way." in page
    assert "n = 6, facility 67% (30% to 90%)." in page
    assert "from 30 whole attempts on; there are 5" in page and "index" not in page
    assert html.count('class="analysis__dot"') == 3, "facility alone"
    assert "Feedback of" not in page and "learner_id" not in html
    assert "2 of 6 learners showed it: 33% (10% to 70%), on 2 questions." in course
    assert "Whether it is cured is told from 5 learners on; 2 have met another question about it since." in course


def test_the_cure_rate_is_told_with_its_number_and_interval(lessons: Path, tmp_path: Path) -> None:
    answered(tmp_path, lessons, *[{"first-item": "a", "third-item": "b" if at < 4 else "c"} for at in range(5)])

    with author(lessons, tmp_path) as client:
        page = text(client, "/analysis")
    assert "5 of 5 learners showed it" in page
    assert "Cured: 4 of 5 who met another question about it later no longer show it: 80% (38% to 96%)." in page
    assert "The lesson against it: Again." in page


def test_from_thirty_whole_attempts_on_discrimination_is_told(lessons: Path, tmp_path: Path) -> None:
    good = {"first-item": "b", "multi-item": "ac", "third-item": "b"}
    poor = {"first-item": "a", "multi-item": "b", "third-item": "a"}
    mixed = {"first-item": "b", "multi-item": "a", "third-item": "c"}
    against = {"first-item": "b", "multi-item": "b", "third-item": "a"}
    answered(tmp_path, lessons, *[good] * 12, *[poor] * 8, *[mixed] * 6, *[against] * 4)

    with author(lessons, tmp_path) as client:
        html, course = client.get("/analysis/waiting").text, text(client, "/analysis")
    page = perceive(html).text
    assert html.count('class="analysis__dot"') == 6
    assert re.search(r"index \+\d\d, 30 attempts", page)
    assert "Consistency (Cronbach's alpha)" in page and "Error ratio" in page and "Standard error" in page
    assert re.search(r"Waiting 3 \d 0 0 30 30 \d\d% \+0\.\d\d", course), course


def test_questions_with_something_to_look_at_come_first(lessons: Path, tmp_path: Path) -> None:
    answered(tmp_path, lessons, *[{"first-item": "b", "multi-item": "ac", "third-item": "a"}] * 6)

    with author(lessons, tmp_path) as client:
        html = client.get("/analysis/waiting").text
    assert re.findall(r'class="analysis__item" id="([\w-]+)"', html) == ["third-item", "first-item", "multi-item"]
    assert "Read “Option a” as a learner would. 100% of 6 chose it, 0% the right one." in perceive(html).text


def test_an_earlier_key_stands_apart(tmp_path: Path) -> None:
    folder = write_course(tmp_path / "course", questions=[question("first-item", right=("a",))])
    answered(tmp_path / "data", folder, *[{"first-item": "a"}] * 5)
    write_course(folder, questions=[question("first-item", right=("b",))])

    with author(folder, tmp_path / "data") as client:
        page = text(client, "/analysis/waiting")
    assert "0 whole first attempts, 5 at an earlier key of a question, counted apart." in page
    assert "(an earlier key; never counted with the present one)" in page
    assert "n = 5, facility 100%" in page


@pytest.mark.parametrize(
    ("code", "numbers", "said"),
    [
        ("too-few", (1, 5), "1 answer so far. Shares are told from 5 on."),
        (
            "against-the-rest",
            (-12.4, 31),
            "Check the key first. Those who did well elsewhere got this one wrong more often (index −12",
        ),
        ("rivals-the-key", (0.5, 0.25), "Read “Text” as a learner would. 50% of 40 chose it, 25% the right one."),
        ("guessed", (0.3, 0.25), "30% of 40 right cannot be told from blind choice, which gives 25%."),
        ("draws-the-able", (0.2, 0.41), "20% chose it, and they do better elsewhere than the others (r = +0.41)."),
        ("apart", (4.0, 30), "+4% of what its marks allow, in 30 attempts"),
        ("nearly-all-right", (0.92,), "At least 92% get it right"),
        ("idle", (0.0, 2), "Replace or drop “Text”. 0% of 40 chose it, and 2 of the distractors are like that"),
        ("too-few-to-discriminate", (1, 30), "from 30 whole attempts on; there is 1."),
        (
            "sound",
            (0.6, 40.0, 30),
            "60% get it right, and it points the way of the other questions (index +40, 30 attempts).",
        ),
    ],
)
def test_every_finding_is_a_sentence_with_its_numbers(code: Code, numbers: tuple[float, ...], said: str) -> None:
    templates = environment(ROOT / "templates", url_for=str, static=str, course="Concurrency")
    plainly = templates.get_template("analysis/_finding.html").module.plainly  # type: ignore[attr-defined]
    item = {"finding": Finding(code, numbers, "t"), "finding_option": Markup("Text"), "answered": 40}

    assert said in perceive(plainly(item)).text


def test_numbers_are_written_with_their_sign_and_as_percentages() -> None:
    assert [signed(value) for value in (-7.07, 0.2, -0.2, 12.5, None)] == ["−7", "0", "0", "+12", "–"]
    assert (signed(0.301, 2), signed(-0.301, 2)) == ("+0.30", "−0.30")
    assert [percent(share) for share in (0.4567, 0.0, 1.0, None)] == ["46%", "0%", "100%", "–"]
