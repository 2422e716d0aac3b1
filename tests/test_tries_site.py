"""Tries, hints that cost and certainty through the site, without a script: tried, refused, sent twice, given up."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from quiz.rules import Rules
from tests.courses import question, write_course
from tests.test_kinds_site import ORDER
from tests.test_site import browser, hidden
from webapp.app import create_app
from webapp.settings import Settings

TRIED = question("first-item", rules=("attempts: 2", "certainty: true"), points=3)
COSTLY = question("costly-item", rules=("hint_cost: 0.25",), points=2)
SEVERAL = question("several-item", right=("a", "b"), rules=("attempts: 3", "penalty: 0.25"))
ITEMS = [TRIED, COSTLY, SEVERAL, ORDER.replace("type: order", "type: order\n    attempts: 2")]
PAGE = "/lessons/waiting/performance"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    lessons = write_course(tmp_path / "lessons", questions=ITEMS)
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        yield client


def send(
    client: TestClient, item: str, *, form: dict[str, str] | None = None, to: str = "responses", **given: Any
) -> Any:
    fields = form or hidden(client.get(PAGE).text, item)
    return client.post(f"/lessons/waiting/items/{item}/{to}?from=performance", data={**fields, **given})


def text(client: TestClient, item: str) -> str:
    """The words of an item as its page has it."""
    found = re.search(rf'<quiz-item[^>]* id="item-{item}".*?</quiz-item>', client.get(PAGE).text, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def responses(tmp_path: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(tmp_path / "data" / "interleave.db") as connection:
        return connection.execute(
            "SELECT seq, certainty, settles, fraction, penalty FROM response JOIN score ON response_id = response.id "
            "ORDER BY received_at, seq"
        ).fetchall()


def test_a_wrong_try_leads_back_to_an_open_form_with_what_was_given(client: TestClient) -> None:
    assert "You have 2 tries, and the best one counts; each further try earns 1 point less." in text(
        client, "first-item"
    )
    assert send(client, "first-item", option="a").status_code == 303
    told = text(client, "first-item")

    assert "Not right yet. One more try." in told and "The next try can earn up to 2 points" in told
    assert "Feedback of a." in told and "Feedback of b." not in told and "The explanation." not in told
    assert re.search(r'value="a" checked', client.get(PAGE).text)
    assert "How sure are you?" not in told, "it is asked once"


def test_the_second_try_says_what_was_taken_off(client: TestClient, tmp_path: Path) -> None:
    send(client, "first-item", option="a", certainty="3")
    send(client, "first-item", option="b")
    told = text(client, "first-item")

    assert "Right 2 of 3 points" in told and "Taken off: 1 point for trying again." in told
    assert "At your first try you said “I am sure”: −6 for practice" in told
    assert responses(tmp_path) == [(1, 3, 0, 0.0, 0.0), (2, None, 1, 1.0, Rules().penalty)]
    assert re.search(r"<dt>Points</dt><dd[^>]*>2<", client.get("/progress").text)


def test_an_earlier_try_counts_and_is_said_to(client: TestClient) -> None:
    send(client, "several-item", option="a")
    assert "Partly right so far. 2 more tries." in text(client, "several-item")
    assert "What you chose is right; something is missing." in text(client, "several-item")
    send(client, "several-item", option=["a", "c"])
    send(client, "several-item", option=["c"])
    told = text(client, "several-item")
    assert "Not right 0.5 of 1 point" in told
    assert "Your first try earned more than the last one, which is shown, and counts." in told


def test_the_same_form_twice_is_one_try_and_the_same_answer_again_is_none(client: TestClient, tmp_path: Path) -> None:
    form = hidden(client.get(PAGE).text, "first-item")
    assert send(client, "first-item", form=form, option="a").status_code == 303
    assert send(client, "first-item", form=form, option="a").status_code == 303
    refused = send(client, "first-item", option="a")
    assert refused.status_code == 422 and "This is what you gave at your last try." in refused.text
    assert len(responses(tmp_path)) == 1


def test_of_two_tabs_the_second_keeps_what_it_gave_and_sees_how_things_stand(
    client: TestClient, tmp_path: Path
) -> None:
    form = hidden(client.get(PAGE).text, "first-item")
    send(client, "first-item", form=form, option="a")
    late = send(client, "first-item", form=form, option="c")

    assert late.status_code == 409 and "Not right yet. One more try." in unescape(late.text)
    assert re.search(r'value="c" checked', late.text) and "Feedback of c." not in late.text
    assert len(responses(tmp_path)) == 1


def test_giving_up_shows_the_answer_and_takes_no_further_try(client: TestClient) -> None:
    form = hidden(client.get(PAGE).text, "first-item")
    early = send(client, "first-item", form=form, to="answer")
    assert early.status_code == 409 and "The explanation." not in early.text, "nothing was tried yet"
    send(client, "first-item", form=form, option="a")
    late = hidden(client.get(PAGE).text, "first-item")
    assert send(client, "first-item", to="answer").status_code == 303
    assert "You had the answer shown" in text(client, "first-item") and "The explanation." in text(client, "first-item")
    assert send(client, "first-item", form=late, option="b").status_code == 409
    assert send(client, "first-item", form=late, to="answer").status_code == 303, "pressed twice"


def test_what_a_hint_costs_is_told_before_it_is_opened_and_taken_off_after(client: TestClient) -> None:
    told = text(client, "costly-item")
    assert "Each hint that you open takes off 0.5 points." in told and "Show a hint, −0.5 points" in told
    form = hidden(client.get(PAGE).text, "costly-item")
    client.post("/lessons/waiting/items/costly-item/hints?from=performance&number=1", data=form)
    send(client, "costly-item", option="b")
    assert "Right 1.5 of 2 points Taken off: 0.5 points for the hint." in text(client, "costly-item")


def test_a_wrong_order_says_which_places_are_wrong_and_not_what_belongs_there(client: TestClient) -> None:
    send(client, "order-item", place=["first", "third", "second"])
    told = text(client, "order-item")
    assert "Another step belongs at places 2, 3." in told and "Told of the first." not in told


def test_what_was_chosen_of_certainty_stays_when_a_form_comes_back(client: TestClient) -> None:
    refused = send(client, "first-item", certainty="2")
    assert refused.status_code == 422 and re.search(r'name="certainty" value="2" checked', refused.text)
    assert send(client, "first-item", certainty="4", option="a").status_code == 422


def test_a_course_may_ask_for_certainty_everywhere(tmp_path: Path) -> None:
    asked = [question("first-item"), question("other-item", rules=("certainty: false",))]
    lessons = write_course(tmp_path / "lessons", questions=asked)
    manifest = lessons / "course.toml"
    manifest.write_text(manifest.read_text().replace('lang = "en"', 'lang = "en"\ncertainty = true'))
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        assert "How sure are you?" in text(client, "first-item")
        assert "How sure are you?" not in text(client, "other-item")


def test_the_picture_comes_with_five_answers_at_a_level(tmp_path: Path) -> None:
    names = [f"item-{at}" for at in range(6)]
    lessons = write_course(
        tmp_path / "lessons", questions=[question(name, rules=("certainty: true",)) for name in names]
    )
    app = create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))
    with browser(app) as client:
        assert "How sure you are" not in client.get("/progress").text
        for name in names[:4]:
            send(client, name, option="a", certainty="3")
        page = client.get("/progress").text
        assert "From 5 answers at one certainty on" in page and "calibration__plot" not in page
        send(client, names[4], option="a", certainty="3")
        send(client, names[5], option="b", certainty="2")
        page = unescape(client.get("/progress").text)
        assert "You are sure more often than you are right." in page and page.count("calibration__dot") == 1
        assert "0% to 43%" in page and "certainty mark −4.67 on average" in page
