"""Regrades, reports and reasons as authors and learners meet them: forms without a script, over the real application."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from quiz import reasons
from quiz.models import LEARNERS_TABLES
from tests.classes import learner_before, respond, token
from tests.courses import prediction, question, write_course
from tests.perceived import perceive
from tests.test_analysis_pages import author
from tests.test_canary import crawl
from tests.test_review_pages import FIELD
from tests.test_site import answer, browser
from webapp.app import create_app
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.database import FILE, Database
from webapp.identity import COOKIE, _seed
from webapp.settings import Settings

ITEM = "/lessons/waiting/items/first-item"
PAGE = "/analysis/waiting/items/first-item"
FRAGMENT = {"interleave-fragment": "1"}
SAME_SITE = {"sec-fetch-site": "same-origin"}
HIDDEN = re.compile(r'<input type="hidden" name="(token|version|key)" value="([^"]*)">')


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Whose key is about to change from b to c."""
    return write_course(tmp_path / "course", questions=[question("first-item", points=2), question("multi-item")])


def correct(lessons: Path, *right: str, options: tuple[str, ...] = ("a", "b", "c")) -> None:
    """The author's edit, which the next start of the site serves."""
    items = [question("first-item", right=right or ("c",), options=options, points=2), question("multi-item")]
    write_course(lessons, questions=items)


def read(lessons: Path, data: Path, cookie: str) -> TestClient:
    client = browser(create_app(Settings(data=data, lessons=lessons, watch=False)))
    client.cookies.set(COOKIE, cookie)
    return client


def answered(lessons: Path, data: Path, *options: str) -> list[str]:
    """Learners who chose these options, by their cookies."""
    cookies = [token() for _ in options]
    with Renderer() as renderer, closing(Database(data)) as database:
        course = load_course(lessons, renderer)
        for cookie, option in zip(cookies, options, strict=True):
            answers, now = {"first-item": frozenset({option})}, datetime.now(UTC)
            database.write_now(partial(respond, course=course, answers=answers, token=cookie, at=now))
    return cookies


def regrade(client: TestClient, policy: str = "current-only", *, path: str = "regrades", **fields: str) -> Response:
    """Send a form of the item's page as it stands."""
    form = dict(HIDDEN.findall(client.get(PAGE).text)) | {"policy": policy} | fields
    return client.post(f"{PAGE}/{path}", data=form, headers=SAME_SITE, follow_redirects=False)


def said(client: TestClient, path: str) -> str:
    return perceive(client.get(path).text).text


def stored(data: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data / FILE)) as database:
        return database.execute(statement).fetchall()


def test_an_author_previews_a_regrade_does_it_and_takes_it_back(lessons: Path, tmp_path: Path) -> None:
    cookies = answered(lessons, tmp_path, "a", "b", "c")
    with author(lessons, tmp_path) as client:
        assert "regrade?" not in said(client, PAGE)
        assert "One is offered here when an edit changes the key" in said(client, PAGE)
    correct(lessons)

    with author(lessons, tmp_path) as client:
        assert "3 answers scored by an earlier key" in said(client, "/analysis/waiting")
        assert re.search(r"Waiting 2 \d 3 0 ", said(client, "/analysis")), "answers to regrade, reports"
        page = said(client, PAGE)
        assert "3 answers of 3 learners were scored by an earlier key than that of version 2." in page
        assert (
            "The present key alone Marks go up and down as if the present key had always been there. 1 up, 1 down"
            in page
        )
        assert "Full marks for all" in page and "2 up, 0 down; +4.00 points" in page
        assert "Learner 2 attempt 1 Option b 2 ↓ 0 2 2 2" in page
        assert "Version 2 present" in page and "Key: what was answered before may score otherwise." in page

        assert regrade(client, note="It is c: see the source.").headers["location"] == f"{PAGE}#regrades"
        page = said(client, PAGE)
        assert "The present key alone 3 answers of 3 learners: 1 up, 1 down, to version 2." in page
        assert "Told them: “It is c: see the source.”" in page and "regrade?" not in page

    with read(lessons, tmp_path, cookies[2]) as client:
        item = said(client, "/lessons/waiting/performance")
        assert re.search(r"Right 2 of 2 points Corrected on \d+ \w+ \d{4}, 0 → 2\.", item)
        assert "The key was changed after you had answered. It is c: see the source." in item
        assert "Your choice: right" in item
        assert "Points 2 of 3" in said(client, "/progress")
    with read(lessons, tmp_path, cookies[1]) as client:
        assert re.search(
            r"Not right 0 of 2 points Corrected on .*, 2 → 0", said(client, "/lessons/waiting/performance")
        )
    with read(lessons, tmp_path, cookies[0]) as client:
        item = said(client, "/lessons/waiting/recall")
        assert re.search(r"The key was changed on \d+ \w+ \d{4}\. Your mark stays\.", item)
        assert "Corrected" not in item

    with author(lessons, tmp_path) as client:
        action = re.search(r'action="([^"]+/reversals)"', client.get(PAGE).text)
        assert action
        path = action[1].removeprefix(f"{PAGE}/")
        keys = re.findall(r'name="key" value="([^"]+)"', client.get(PAGE).text)
        assert regrade(client, path=path, key=keys[-1]).status_code == 303
        page = said(client, PAGE)
        assert "Taken back: The present key alone" in page and "taken back since" in page
        assert "3 answers of 3 learners were scored by an earlier key" in page, "it is offered again"
    with read(lessons, tmp_path, cookies[2]) as client:
        item = said(client, "/lessons/waiting/performance")
        assert re.search(r"Corrected on .*, 2 → 0\. An earlier correction was taken back\.", item)
        assert "Your choice: not right" in item, "the marks agree with the score"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            "full-credit",
            r"Corrected on .*, 0 → 2\. The key was changed, and everybody who had answered has the full mark\.",
        ),
        ("none", r"Not right 0 of 2 points"),
        ("previous-or-current", r"What counts is the better of the two keys: your mark stays\."),
    ],
)
def test_a_learner_is_told_what_the_policy_made_of_their_answer(
    lessons: Path, tmp_path: Path, policy: str, words: str
) -> None:
    (cookie,) = answered(lessons, tmp_path, "a")
    correct(lessons)
    with author(lessons, tmp_path) as client:
        assert regrade(client, policy).status_code == 303
        assert "regrade?" not in said(client, PAGE)
    with read(lessons, tmp_path, cookie) as client:
        assert re.search(words, said(client, "/lessons/waiting/performance"))


def test_an_option_that_is_gone_is_named_in_the_preview(lessons: Path, tmp_path: Path) -> None:
    answered(lessons, tmp_path, "b")
    correct(lessons, options=("a", "c", "d"))
    with author(lessons, tmp_path) as client:
        page = said(client, PAGE)
        assert "1 of them chose an option that is no more. By the present key it counts as not chosen." in page
        assert "Option b 1 no longer there" in page


def test_a_form_that_is_sent_twice_regrades_once_and_an_outdated_one_not_at_all(lessons: Path, tmp_path: Path) -> None:
    answered(lessons, tmp_path, "c")
    correct(lessons)
    with author(lessons, tmp_path) as client:
        form = dict(HIDDEN.findall(client.get(PAGE).text))
        for _ in range(2):
            assert regrade(client, **form).status_code == 303
        assert stored(tmp_path, "SELECT count(*) FROM regrade") == [(1,)]
        assert stored(tmp_path, "SELECT count(*) FROM score") == [(2,)]
        outdated = regrade(client, version="1", key="k" * 16, token=form["token"])
        assert outdated.status_code == 409
        assert "The question was edited after you had opened the page. Nothing was done" in perceive(outdated.text).text
        nothing = regrade(client, version="2", key="k" * 16, token=form["token"])
        assert nothing.status_code == 409 and "Nothing is left to regrade" in nothing.text
        reused = regrade(client, "none", **form)
        assert reused.status_code == 409 and "sent before, for something else" in reused.text
        gone = regrade(client, path="regrades/none/reversals", key="q" * 16, token=form["token"])
        assert gone.status_code == 409 and "Nothing was done" in gone.text


def test_only_an_authors_own_page_regrades(lessons: Path, tmp_path: Path) -> None:
    (cookie,) = answered(lessons, tmp_path, "c")
    correct(lessons)
    form = {"policy": "full-credit", "version": "2", "key": "k" * 16, "token": "t" * 43}
    with read(lessons, tmp_path, cookie) as client:
        assert client.get(PAGE).status_code == 403
        for path in ("regrades", "regrades/x/reversals"):
            assert client.post(f"{PAGE}/{path}", data=form).status_code == 403
    with author(lessons, tmp_path) as client:
        right = dict(HIDDEN.findall(client.get(PAGE).text))
        for fields, headers in (
            (form, SAME_SITE),
            (form | right, {}),
            (form | right, {"sec-fetch-site": "cross-site"}),
            (form | right, {"origin": "http://elsewhere.example"}),
        ):
            for path in ("regrades", "regrades/x/reversals"):
                assert client.post(f"{PAGE}/{path}", data=fields, headers=headers).status_code == 403
    assert stored(tmp_path, "SELECT count(*) FROM regrade") == [(0,)]


def test_a_preview_and_a_note_tell_no_key_to_whoever_has_not_answered(tmp_path: Path) -> None:
    """After a regrade with a note, a learner who has not answered gets the bytes that they would get without one."""
    pages: list[Mapping[str, bytes]] = []
    for name, right in (("one", "c"), ("two", "a")):
        lessons = write_course(tmp_path / name, questions=[question("first-item"), question("multi-item")])
        data = tmp_path / f"data-{name}"
        answered(lessons, data, "b")
        write_course(lessons, questions=[question("first-item", right=(right,)), question("multi-item")])
        if name == "one":
            with author(lessons, data) as client:
                assert regrade(client, note="canary-note").status_code == 303
        with read(lessons, data, "n" * 43) as client:
            pages.append(crawl(client, ("/", PAGE, f"{PAGE}/regrades", f"{ITEM}/reports", f"{ITEM}/reasons")))
            assert not any(b"canary-note" in body for body in pages[-1].values())
            report = client.post(f"{ITEM}/reports?from=performance", data={"problem": "Odd."}, headers=FRAGMENT)
            assert report.status_code == 200
            assert not any(word in report.text for word in ("Feedback of", "The explanation", "A hint.", "canary"))
    assert pages[0] == pages[1]


# What learners write


def test_a_problem_is_reported_with_the_version_and_what_was_chosen(lessons: Path, tmp_path: Path) -> None:
    text = "Is <b>b</b> not right\nas well?"
    (cookie,) = answered(lessons, tmp_path, "a")
    with read(lessons, tmp_path, cookie) as client:
        page = client.post(f"{ITEM}/reports?from=performance", data={"problem": text})
        assert page.status_code == 200 and "Thank you. The course's authors see it" in perceive(page.text).text
        client.post(f"{ITEM}/reports?from=performance", data={"problem": text})
    with read(lessons, tmp_path, token()) as client:
        html = client.get("/lessons/waiting/performance").text
        assert f'formaction="{ITEM}/reports?from=performance"' in html
        form = dict(FIELD.findall(html)) | {"option": ["b", "nonsense"], "problem": "The second."}
        page = client.post(f"{ITEM}/reports?from=performance", data=form)
        assert re.search(r'name="option" value="b" checked', page.text), "what is chosen stays chosen"
    correct(lessons)

    with author(lessons, tmp_path) as client:
        html = client.get(PAGE).text
        assert "Is &lt;b&gt;b&lt;/b&gt; not right\nas well?" in html
        told = perceive(html).text
        assert told.index("The second.") < told.index("not right as well?"), "the newest first"
        assert re.search(r"The second\. [^.]*, version 1 \(not the present one\); had chosen: Option b", told)
        assert told.count("not right as well?") == 1
        assert "2 reports" in said(client, "/analysis/waiting")


@pytest.mark.parametrize("problem", ["", "  \n ", "x" * 1001])
def test_a_report_has_words_and_not_too_many(lessons: Path, tmp_path: Path, problem: str) -> None:
    with read(lessons, tmp_path, token()) as client:
        page = client.post(f"{ITEM}/reports?from=performance", data={"problem": problem})
        assert page.status_code == 422
        assert "Write a few words first" in perceive(page.text).text
    assert stored(tmp_path, "SELECT count(*) FROM report") == [(0,)]


def test_a_learner_reports_so_much_within_an_hour_and_keeps_the_words(lessons: Path, tmp_path: Path) -> None:
    with read(lessons, tmp_path, token()) as client:
        for at in range(10):
            assert client.post(f"{ITEM}/reports", data={"problem": f"Odd {at}."}, headers=FRAGMENT).status_code == 200
        page = client.post(f"{ITEM}/reports", data={"problem": "One more."}, headers=FRAGMENT)
        assert page.status_code == 429
        assert "as much as is taken within an hour" in page.text and "One more.</textarea>" in page.text


def test_a_prediction_and_a_question_of_a_review_can_be_reported(tmp_path: Path) -> None:
    lessons = write_course(tmp_path / "course", predictions=[prediction()])
    cookie = learner_before(tmp_path / "data", lessons, ["first-item"], days=3)
    with read(lessons, tmp_path / "data", cookie) as client:
        assert client.get("/review/next").headers["location"] == "/review/items/first-item"
        page = client.post("/review/items/first-item/reports", data={"problem": "In a review.", "option": "a"})
        assert page.status_code == 200 and "Thank you" in page.text and 'value="a" checked' in page.text
        assert client.post("/review/items/nothing/reports", data={"problem": "Odd."}).status_code == 404
        page = client.post("/lessons/waiting/items/held-wall/reports?from=predict", data={"problem": "Of a run."})
        assert page.status_code == 200 and "Thank you" in page.text
    with author(lessons, tmp_path / "data") as client:
        assert "In a review." in said(client, PAGE)
        told = said(client, "/analysis/waiting/items/held-wall")
        assert "Of a run." in told and "A prediction is scored by its run" in told
        assert "Versions, reports of question 1; 1 report" in said(client, "/analysis/waiting")


def asked(item: str = "first-item", *, is_asked: bool = True) -> Iterator[str]:
    """Cookies of learners who are asked why, or who are not."""
    while True:
        cookie = token()
        if reasons.is_asked(_seed(cookie), item) is is_asked:
            yield cookie


def test_one_in_four_is_asked_why_after_a_wrong_first_answer(lessons: Path, tmp_path: Path) -> None:
    share = sum(reasons.is_asked(f"seed {at}", "first-item") for at in range(4000)) / 4000
    assert 0.22 < share < 0.28
    one, other = next(asked()), next(asked(is_asked=False))
    action = f"{ITEM}/reasons?from=performance"
    with read(lessons, tmp_path, one) as client:
        for cookie, option, is_shown in ((other, "a", False), (next(asked()), "b", False), (one, "a", True)):
            client.cookies.set(COOKIE, cookie)
            answer(client, "first-item", option)
            assert ("Why did you pick it?" in said(client, "/lessons/waiting/performance")) is is_shown
        assert client.post(action, data={"why": " "}).status_code == 422
        page = client.post(action, data={"why": "It <i>blocks</i>."})
        assert page.status_code == 200 and "Thank you. It helps the authors" in perceive(page.text).text
        assert "Why did you pick it?" not in said(client, "/lessons/waiting/performance")
        client.post(action, data={"why": "Once more."})
        client.cookies.set(COOKIE, other)
        assert client.post(action, data={"why": "Unasked."}).status_code == 404
    assert stored(tmp_path, "SELECT text FROM reason") == [("It <i>blocks</i>.",)]


def test_reasons_are_told_by_option_from_five_on(lessons: Path, tmp_path: Path) -> None:
    cookies = asked()

    def explain(options: str, since: int) -> None:
        with read(lessons, tmp_path, token()) as client:
            for at, option in enumerate(options, since):
                client.cookies.set(COOKIE, next(cookies))
                answer(client, "first-item", option)
                assert client.post(f"{ITEM}/reasons", data={"why": f"Because {at} & <i>."}).status_code == 200

    explain("aaaaccccc", 0)
    with author(lessons, tmp_path) as client:
        page = said(client, PAGE)
        assert "Because 8 & <i>." in page and "Because 0" not in page, "five of c, four of a"
    explain("a", 9)
    with author(lessons, tmp_path) as client:
        page = said(client, PAGE)
        assert page.index("Because 9") < page.index("Because 0"), "the newest first"


def test_forget_me_leaves_no_row_of_a_learner_anywhere(lessons: Path, tmp_path: Path) -> None:
    cookie = next(asked())
    with read(lessons, tmp_path, cookie) as client:
        answer(client, "first-item", "c")
        client.post(f"{ITEM}/reports?from=performance", data={"problem": "canary-report"})
        client.post(f"{ITEM}/reasons?from=performance", data={"why": "canary-reason"})
    correct(lessons)
    with author(lessons, tmp_path) as client:
        regrade(client)
    ((learner,),) = stored(tmp_path, "SELECT DISTINCT learner_id FROM response")
    full = [str(model.__tablename__) for model in LEARNERS_TABLES]
    assert {"report", "reason", "score", "response"} <= {
        table for table in full if stored(tmp_path, f"SELECT 1 FROM {table} WHERE learner_id = '{learner}'")
    }
    assert stored(tmp_path, "SELECT count(*) FROM score") == [(2,)]

    with read(lessons, tmp_path, cookie) as client:
        assert client.post("/forget").status_code == 303
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        dump = "\n".join(database.iterdump())
    assert learner not in dump and "canary" not in dump
    assert stored(tmp_path, "SELECT count(*) FROM regrade") == [(1,)], "what was decided stays"
