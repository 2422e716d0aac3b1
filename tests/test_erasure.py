"""Forgetting a learner who is in the middle of everything: no row, nothing that still runs or is shown, and no error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from quiz.models import Reason, table
from tests.classes import respond as responded
from tests.conftest import on_both
from tests.courses import QUICK, prediction, question, write_course
from tests.routing import LIVE, routes
from tests.test_quiz_pages import QUIZZES
from tests.test_quiz_pages import forms as quiz_forms
from tests.test_quiz_pages import send as send_kept
from tests.test_quiz_pages import start as begin_quiz
from tests.test_regrade_pages import asked
from tests.test_review_pages import begin, respond
from tests.test_site import JSON, answer, beside, browser, ended, hidden, start
from webapp.app import create_app
from webapp.authorship import COOKIE as AUTHORS
from webapp.authorship import Authorship
from webapp.identity import COOKIE
from webapp.settings import Settings

QUESTIONS = [question(f"item-{at}") for at in range(4)] + [
    question("first-item"),
    question("tried-item", rules=("attempts: 2", "certainty: true")),
]
SHARED = {"erasure", "item_version", "program", "quiz_rule", "regrade"}
"""Tables without a learner in them: what the course is, what authors decided, and programs, which may be anybody's."""
URL = "http://127.0.0.1:8000"
PARTS = {"slug": "waiting", "item": "first-item", "mode": "why", "lab": "ways", "figure": "ways", "system": "canvas"}
FORM = {
    "attempt": "1",
    "shown": "x",
    "option": "b",
    "after": "0",
    "key": "k" * 20,
    "version": "1",
    "policy": "none",
    "theme": "dark",
}

TRIALS = 20
CANARY = "canary-of-theirs"
TRIED = "/lessons/waiting/items/tried-item"


@pytest.fixture
def app(tmp_path: Path, addresses: Callable[[], str]) -> FastAPI:
    lessons = write_course(tmp_path / "lessons", questions=QUESTIONS, predictions=[prediction()])
    with (lessons / "course.toml").open("a") as file:
        file.write(QUIZZES)
    settings = Settings(data=tmp_path / "data", database=addresses(), lessons=lessons, watch=False, own_code=True)
    app = create_app(settings)
    app.state.site.authorship = Authorship(settings, told_by_system=False)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser with a cookie whose learner answered three days ago, and who is asked why they choose what they choose."""
    cookie, site = next(asked()), app.state.site
    days_ago = datetime.now(UTC) - timedelta(days=3)
    known = {name: frozenset("b") for name in ("item-0", "item-1")}
    site.database.write_now(lambda session: responded(session, site.course, known, token=cookie, at=days_ago))
    with TestClient(app, base_url=URL, client=("127.0.0.1", 50000), follow_redirects=False) as client:
        client.headers["origin"] = URL
        client.cookies.set(COOKIE, cookie)
        client.cookies.set(AUTHORS, site.authorship.token)
        yield client


def live_through_everything(app: FastAPI, client: TestClient) -> list[str]:
    """Leave a row in every table that has rows of learners, an attempt, a quiz and a run that are open, and a live program.

    Gives the runs' paths: one that has ended, one of a program of their own, and one that is on.
    """
    other = beside(client)
    other.post("/lessons/waiting/labs/ways/skips")
    client.get(start(other).json()["url"])
    client.post("/lessons/waiting/why/completions")
    form = {"attempt": "1", "seq": "1", "shown": shown(app, "held-wall"), "number": "0.2"}
    assert client.post("/lessons/waiting/items/held-wall/responses?from=predict", data=form).status_code == 303
    over = start(client, "held").json()["url"]
    for _ in range(TRIALS):  # a run beside other work on this machine decides no prediction
        if not ended(client, over)["disturbed"]:
            break
        over = start(client, "held").json()["url"]
    ended(client, start(client).json()["url"])
    own = start(client, program=f"{QUICK}\n# {CANARY}\n", token=app.state.site.authorship.token).json()["url"]
    ended(client, own)

    client.post("/lessons/waiting/items/first-item/hints?from=performance&number=1", data=item(client, "first-item"))
    answer(client, "first-item", "a")
    client.post("/lessons/waiting/items/first-item/reports?from=performance", data={"problem": CANARY})
    client.post("/lessons/waiting/items/first-item/reasons?from=performance", data={"why": CANARY})
    answer(client, "tried-item", "a", fields={"certainty": "3"})
    client.post(f"{TRIED}/answer?from=performance", data=item(client, "tried-item"))
    respond(client, begin(client), "b")
    begin_quiz(client)
    send_kept(client, quiz_forms(client)["item-0"], "b")
    client.post("/lessons/waiting/attempts", data={"only_wrong": "1"})

    assert client.get("/live/waiting/ways/quick/ping").status_code == 200
    on = start(client, parameters={"delay": 10, "tokens": 40}).json()["url"]
    assert client.get(on, headers=JSON).json()["state"] in ("queued", "running")
    return [over, own, on]


def beside_with(client: TestClient, cookie: str) -> TestClient:
    other = beside(client)
    other.cookies.set(COOKIE, cookie)
    return other


def item(client: TestClient, name: str) -> dict[str, str]:
    return hidden(client.get("/lessons/waiting/performance").text, name)


def shown(app: FastAPI, name: str) -> str:
    found = app.state.site.course.lesson("waiting").item(name)
    return str(found.shown_hash)


def holding(app: FastAPI, learner: str) -> set[str]:
    """The tables with a row in which the learner's name stands, in whatever column."""
    found = set()
    with app.state.site.database.reading.connect() as connection:
        for one in SQLModel.metadata.sorted_tables:
            for row in connection.execute(select(one)).mappings():
                if learner in map(str, row.values()):
                    found.add(one.name)
    return found


@on_both
def test_forgetting_leaves_no_row_in_any_table_and_nothing_that_runs_or_is_shown(
    app: FastAPI, client: TestClient, tmp_path: Path
) -> None:
    site = app.state.site
    paths = live_through_everything(app, client)
    with site.database.reading.connect() as connection:
        learner = str(connection.execute(select(table(Reason).c.learner_id)).scalar_one())
    theirs = {one.name for one in SQLModel.metadata.sorted_tables} - SHARED
    assert holding(app, learner) == theirs, "else the test says nothing of a table"
    preview = client.get("/analysis/waiting/items/first-item")
    assert preview.status_code == 200
    cookie = client.cookies[COOKIE]

    with client.stream("GET", "/analysis/responses.csv") as export:
        lines = export.iter_lines()
        assert next(lines)
        assert beside_with(client, cookie).post("/forget").status_code == 303
        assert all(lines), "what had begun is sent to its end"

    assert holding(app, learner) == set()
    assert not site.rooms._live, "no program goes on that they had called"
    for path in paths:
        for part in ("", "/events", "/trace", "/trace.csv", "/replay", "/files/quick.py", "/files/held.py"):
            told = beside(client).get(path + part)
            assert told.status_code == 404 and CANARY not in told.text, path + part
    assert CANARY not in client.get("/analysis/waiting/items/first-item").text
    assert learner not in client.get("/analysis/responses.csv").text

    for reader in (client, beside_with(client, cookie)):
        for route in routes(app):
            if route.name not in {*LIVE, "author", "events", "forget"}:
                for method in route.methods or ():
                    path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: PARTS.get(part[1], "x"), route.path)
                    status = reader.request(method, path, data=FORM if method == "POST" else None).status_code
                    assert status < 500, (method, path, status)
    assert holding(app, learner) == set()


def test_the_database_file_keeps_no_byte_of_what_was_deleted(tmp_path: Path) -> None:
    lessons, data = write_course(tmp_path / "lessons"), tmp_path / "data"
    with browser(create_app(Settings(data=data, lessons=lessons, watch=False))) as client:
        for at in range(20):
            written = {"problem": f"{at} {CANARY} " * 30}
            assert (
                client.post("/lessons/waiting/items/first-item/reports?from=performance", data=written).status_code
                < 500
            )
        client.post("/forget")
    files = [path for path in data.rglob("*") if path.is_file()]
    assert files and not [path for path in files if CANARY.encode() in path.read_bytes()]
