"""The site over a small course: what a reader gets, what they do, and what it keeps."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import inspect
from sqlmodel import select
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.conftest import on_both
from tests.courses import question, write_course
from webapp.app import create_app
from webapp.identity import COOKIE, Forgotten
from webapp.models import Learner
from webapp.settings import Settings
from webapp.site import Site

RUN_SECONDS = 60
RACES = 5
FRAGMENT = {"interleave-fragment": "1"}
JSON = {"accept": "application/json"}


@pytest.fixture
def app(tmp_path: Path, addresses: Callable[[], str]) -> FastAPI:
    return make_app(tmp_path, addresses())


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with browser(app) as client:
        yield client


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser on a site that many tests share: for what stores nothing that another test could see."""
    with browser(make_app(tmp_path_factory.mktemp("shared"))) as client:
        yield client


def make_app(folder: Path, address: str = "") -> FastAPI:
    items = [question(), question("multi-item", right=("a", "c"), points=2)]
    lessons = write_course(folder / "lessons", questions=items)
    return create_app(Settings(data=folder / "data", database=address, lessons=lessons, watch=False))


def browser(app: FastAPI) -> TestClient:
    client = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    client.headers["origin"] = "http://127.0.0.1:8000"
    return client


def beside(client: TestClient) -> TestClient:
    """Another browser, without a cookie yet, on the event loop of this one: the runs of both live there."""
    other = browser(client.app)  # type: ignore[arg-type]
    other.portal = client.portal
    return other


def stranger(app: FastAPI) -> TestClient:
    """Another browser, without a cookie yet; it shares the running site."""
    return browser(app)


def hidden(html: str, item: str) -> dict[str, str]:
    """The hidden fields of an item's form."""
    form = html[html.index(f'id="item-{item}"') :].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def answer(client: TestClient, item: str, *options: str, page: str = "performance", **extra: Any) -> Any:
    """Answer an item as its form does."""
    html = client.get(f"/lessons/waiting/{page}").text
    fields = {**hidden(html, item), "option": list(options), **extra.pop("fields", {})}
    return client.post(f"/lessons/waiting/items/{item}/responses?from={page}", data=fields, **extra)


def learners(app: FastAPI) -> int:
    site: Site = app.state.site
    return site.database.read_now(lambda session: len(session.exec(select(Learner)).all()))


def start(client: TestClient, variant: str = "quick", **fields: Any) -> Any:
    return client.post("/runs", json={"lesson": "waiting", "lab": "ways", "variant": variant, **fields}, headers=JSON)


def ended(client: TestClient, url: str) -> dict[str, Any]:
    """The run as JSON once it has ended."""
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        run: dict[str, Any] = client.get(url, headers=JSON).json()
        if run["state"] not in ("queued", "running"):
            return run
        time.sleep(0.05)
    raise AssertionError(f"the run did not end: {run}")


# Reading


def test_the_first_visit_sets_a_cookie_that_scripts_cannot_read_and_stores_nobody(
    app: FastAPI, client: TestClient
) -> None:
    cookie = client.get("/").headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    client.get("/lessons/waiting/try")
    assert learners(app) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/progress",
        "/modes/why",
        "/lessons/waiting/why",
        "/lessons/waiting/try",
        "/lessons/waiting/recall",
        "/healthz",
    ],
)
def test_a_page_is_asked_for_each_time_and_sent_only_when_it_changed(visitor: TestClient, path: str) -> None:
    first = visitor.get(path)
    assert first.status_code == 200
    if path == "/healthz":
        return
    assert first.headers["cache-control"] == "private, no-cache"
    again = visitor.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/lessons/nope",
        "/lessons/nope/why",
        "/lessons/waiting/learn",
        "/lessons/waiting/nope",
        "/lessons/waiting/files/lesson.md",
        "/lessons/waiting/files/..%2f..%2fcourse.toml",
        "/lessons/waiting/figures/nope",
        "/modes/predict",
        "/modes/nope",
        "/runs/nope",
        "/runs/nope/events",
        "/runs/nope/files/quick.py",
        "/docs",
        "/openapi.json",
        "/redoc",
    ],
)
def test_what_is_not_there_is_a_page_in_the_same_look(visitor: TestClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "<h1>There is no such page</h1>" in answer.text
    assert visitor.get(path, headers=JSON).json()["detail"]


@pytest.mark.parametrize("path", ["/", "/lessons/waiting/try", "/healthz", "/static/favicon.svg", "/nope"])
def test_head_is_get_without_its_body(visitor: TestClient, path: str) -> None:
    asked, whole = visitor.head(path), visitor.get(path)
    assert (asked.status_code, asked.content) == (whole.status_code, b"")
    assert asked.headers.get("etag") == whole.headers.get("etag")


def test_a_lesson_leads_to_where_the_reader_left_off(client: TestClient) -> None:
    assert client.get("/lessons/waiting").headers["location"] == "/lessons/waiting/why"
    client.post("/lessons/waiting/why/completions")
    assert client.get("/lessons/waiting").headers["location"] == "/lessons/waiting/try"


@on_both
def test_going_on_marks_the_cell_and_leads_to_the_next_page(client: TestClient) -> None:
    went = client.post("/lessons/waiting/why/completions")
    assert (went.status_code, went.headers["location"]) == (303, "/lessons/waiting/try")
    assert "1 of 4 steps done" in client.get("/lessons/waiting/why").text


def test_one_mode_leads_through_the_whole_course(client: TestClient) -> None:
    way = client.get("/modes/why").text
    assert "/lessons/waiting/why?way=why" in way and "/lessons/again/why?way=why" in way
    went = client.post("/lessons/waiting/why/completions?way=why")
    assert went.headers["location"] == "/lessons/again/why?way=why"
    assert client.post("/lessons/again/why/completions?way=why").headers["location"] == "/progress"


def test_answering_does_not_lead_off_the_way(client: TestClient) -> None:
    html = client.get("/lessons/waiting/recall?way=recall").text
    action = re.search(r'action="([^"]*first-item/responses[^"]*)"', html)
    assert action is not None
    went = client.post(action[1].replace("&amp;", "&"), data={**hidden(html, "first-item"), "option": ["b"]})
    assert went.headers["location"] == "/lessons/waiting/recall?way=recall#item-first-item"


def test_a_program_is_downloaded_as_it_is_listed(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/lessons/waiting/files/quick.py")
    assert answer.text == (tmp_path / "lessons" / "waiting" / "quick.py").read_text()
    assert 'filename="quick.py"' in answer.headers["content-disposition"]


def test_the_theme_is_kept_in_a_cookie_and_leads_back(visitor: TestClient) -> None:
    chosen = visitor.post("/theme", data={"theme": "dark", "back": "/progress"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/progress")
    assert '<html lang="en" data-theme="dark">' in visitor.get("/").text
    assert '<html lang="en" data-theme="dark">' in visitor.get("/nope").text
    assert visitor.post("/theme", data={"theme": "pink"}).status_code == 422


@pytest.mark.parametrize(
    "back",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x", "/a\nb", "//[", "http://["],
)
def test_a_form_never_leads_away_from_the_site(visitor: TestClient, back: str) -> None:
    assert visitor.post("/theme", data={"theme": "dark", "back": back}).headers["location"] == "/"


def test_a_body_that_is_too_large_is_refused(visitor: TestClient) -> None:
    assert visitor.post("/theme", content=b"x" * 70_000, headers={"content-type": "text/plain"}).status_code == 413
    chunks = iter([b"theme=dark&back=", b"x" * 70_000])
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert visitor.post("/theme", content=chunks, headers=form).status_code == 413


# Answering


@on_both
def test_an_answer_leads_back_to_its_item_which_then_tells_everything(client: TestClient) -> None:
    before = client.get("/lessons/waiting/performance").text
    assert "Feedback of" not in before and "The explanation." not in before
    went = answer(client, "first-item", "a")
    assert (went.status_code, went.headers["location"]) == (303, "/lessons/waiting/performance#item-first-item")
    after = client.get("/lessons/waiting/performance").text
    assert "Your choice: not right" in after and "The right one" in after
    assert "Feedback of a." in after and "The explanation." in after
    assert hidden(after, "multi-item"), "the other item is still open"


def test_a_script_gets_the_item_alone(client: TestClient) -> None:
    went = answer(client, "first-item", "b", headers=FRAGMENT)
    assert went.status_code == 200
    assert went.text.lstrip().startswith("<quiz-item") and "<html" not in went.text
    assert "Your choice: right" in went.text


def test_choosing_nothing_is_said_in_the_page_and_stores_nothing(visitor: TestClient) -> None:
    went = answer(visitor, "first-item")
    assert went.status_code == 422
    assert "Choose one option first." in went.text and "<html" in went.text
    assert "Feedback of" not in went.text


@on_both
def test_what_was_chosen_stays_when_it_is_refused_and_when_a_hint_is_opened(client: TestClient) -> None:
    both = answer(client, "first-item", "a", "b")
    assert (both.status_code, both.text.count(" checked")) == (422, 2)
    html = client.get("/lessons/waiting/performance").text
    fields = {**hidden(html, "first-item"), "option": ["c"]}
    hint = client.post(
        "/lessons/waiting/items/first-item/hints?from=performance&number=1", data=fields, headers=FRAGMENT
    )
    assert hint.status_code == 200
    assert "A hint." in hint.text and "checked" in hint.text


def test_an_option_that_does_not_exist_is_refused(visitor: TestClient) -> None:
    assert answer(visitor, "first-item", "z").status_code == 422


def test_recall_has_every_item_in_the_order_of_the_lesson(visitor: TestClient) -> None:
    html = visitor.get("/lessons/waiting/recall").text
    assert re.findall(r"Question (\d) of 2", html) == ["1", "2"]


def test_an_item_is_one_item_wherever_it_appears(client: TestClient) -> None:
    answer(client, "first-item", "b")
    assert "Your choice: right" in client.get("/lessons/waiting/recall").text


@on_both
def test_the_same_request_again_stores_nothing_and_tells_the_same(client: TestClient) -> None:
    key = {"key": "0123456789abcdef0123456789abcdef"}
    first = answer(client, "first-item", "b", fields=key, headers=FRAGMENT)
    html = first.text
    for _ in range(3):
        fields = {"attempt": "1", "shown": shown_of(client), "option": ["b"], **key}
        again = client.post(
            "/lessons/waiting/items/first-item/responses?from=performance", data=fields, headers=FRAGMENT
        )
        assert (again.status_code, again.text) == (200, html)


def shown_of(client: TestClient) -> str:
    site: Site = client.app.state.site  # type: ignore[attr-defined]
    lesson = site.course.lesson("waiting")
    assert lesson is not None
    item = lesson.item("first-item")
    assert item is not None
    return item.shown_hash


@on_both
def test_a_second_tab_that_answers_otherwise_is_told_what_is_stored(client: TestClient) -> None:
    other_tab = {**hidden(client.get("/lessons/waiting/performance").text, "first-item"), "option": ["a"]}
    answer(client, "first-item", "b")
    late = client.post("/lessons/waiting/items/first-item/responses?from=performance", data=other_tab, headers=FRAGMENT)
    assert late.status_code == 409
    assert "You had answered this already." in late.text and "Your choice: right" in late.text


def test_an_answer_that_waited_is_not_taken_for_another_reader(app: FastAPI, client: TestClient) -> None:
    waited = {**hidden(client.get("/lessons/waiting/performance").text, "first-item"), "option": ["b"]}
    other = stranger(app)
    other.get("/")
    late = other.post("/lessons/waiting/items/first-item/responses?from=performance", data=waited, headers=FRAGMENT)
    assert late.status_code == 409
    assert 'data-state="open"' in late.text and "Here it is as it stands now." in late.text
    assert learners(app) == 0


def test_a_browser_without_cookies_may_answer(app: FastAPI, client: TestClient) -> None:
    form = {**hidden(client.get("/lessons/waiting/performance").text, "first-item"), "option": ["b"]}
    answered = stranger(app).post(
        "/lessons/waiting/items/first-item/responses?from=performance", data=form, headers=FRAGMENT
    )
    assert answered.status_code == 200
    assert "Your choice: right" in answered.text


@on_both
def test_an_answer_of_an_attempt_that_was_started_over_is_not_taken(client: TestClient) -> None:
    waited = {**hidden(client.get("/lessons/waiting/performance").text, "first-item"), "option": ["b"], "key": "k" * 32}
    answer(client, "multi-item", "a")
    client.post("/lessons/waiting/attempts")
    for _ in range(2):
        late = client.post(
            "/lessons/waiting/items/first-item/responses?from=performance", data=waited, headers=FRAGMENT
        )
        assert late.status_code == 409
        assert 'name="attempt" value="2"' in late.text


def test_the_whole_lesson_has_every_item_once_in_its_first_place(client: TestClient) -> None:
    html = client.get("/lessons/waiting/whole").text
    assert re.findall(r'<quiz-item class="item card" id="item-([\w-]+)"', html) == ["first-item", "multi-item"]
    assert [html.index(f'id="whole-{mode}"') for mode in ("why", "try", "performance")] == sorted(
        html.index(f'id="whole-{mode}"') for mode in ("why", "try", "performance")
    )
    assert 'id="whole-recall"' not in html, "nothing of its own stands there"
    assert "Feedback of" not in html
    answer(client, "first-item", "b")
    assert "Your choice: right" in client.get("/lessons/waiting/whole").text


def test_the_whole_lesson_shows_the_last_run_of_each_lab(client: TestClient) -> None:
    ended(client, start(client, "held").json()["url"])
    html = client.get("/lessons/waiting/whole").text
    assert re.search(r'value="held" checked', html)
    assert re.search(rf"Run on .* UTC on \d+ cores?, Python {re.escape(platform.python_version())}, asyncio", html)


def test_the_order_of_options_is_the_learners_own_and_stays(app: FastAPI, client: TestClient) -> None:
    def order(reader: TestClient) -> list[str]:
        html = reader.get("/lessons/waiting/performance").text
        return re.findall(r"Option (\w)</", html)[:3]

    before = order(client)
    answer(client, "multi-item", "a")
    assert order(client) == before
    assert len({tuple(order(stranger(app))) for _ in range(12)}) > 1


def test_plus_minus_credit_is_given_and_shown(client: TestClient) -> None:
    went = answer(client, "multi-item", "a", headers=FRAGMENT)
    assert "Partly right" in went.text and "1 of 2 points" in went.text
    assert "Right, not chosen" in went.text


@on_both
def test_starting_over_opens_the_items_again_and_forgets_nothing(app: FastAPI, client: TestClient) -> None:
    answer(client, "first-item", "a")
    stale = {"attempt": "1", "shown": shown_of(client), "option": ["b"]}
    client.post("/lessons/waiting/attempts")
    html = client.get("/lessons/waiting/performance").text
    assert hidden(html, "first-item")["attempt"] == "2"
    late = client.post("/lessons/waiting/items/first-item/responses", data=stale, headers=FRAGMENT)
    assert late.status_code == 409
    answer(client, "first-item", "b")
    assert "Your choice: right" in client.get("/lessons/waiting/performance").text


@on_both
def test_progress_counts_steps_and_points(client: TestClient) -> None:
    answer(client, "first-item", "b")
    answer(client, "multi-item", "a", "c")
    text = client.get("/progress").text
    assert "2 of 6 steps done, 3 of 4 points" in text


@on_both
def test_forget_me_leaves_no_row_of_the_learner(app: FastAPI, client: TestClient) -> None:
    answer(client, "first-item", "b")
    client.post("/lessons/waiting/why/completions")
    run = start(client).json()
    ended(client, run["url"])
    assert learners(app) == 1
    went = client.post("/forget")
    assert went.headers["location"] == "/" and f'{COOKIE}=""' in went.headers["set-cookie"]
    site: Site = app.state.site
    with site.database.reading.connect() as connection:
        tables = ["learner", "browser_session", "completion", "run", "attempt", "attempt_item", "response", "score"]
        counts = {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables}
    assert set(counts.values()) == {0}, counts


@on_both
def test_what_is_sent_beside_being_forgotten_is_not_stored_under_a_name_that_is_gone(
    app: FastAPI, client: TestClient
) -> None:
    site: Site = app.state.site
    statuses = set()
    for _ in range(RACES):
        client.post("/lessons/waiting/why/completions")
        fields = {**hidden(client.get("/lessons/waiting/performance").text, "first-item"), "option": "b"}
        path = "/lessons/waiting/items/first-item/responses?from=performance"
        calls = [(path, fields), ("/forget", {}), ("/lessons/waiting/try/completions", {}), (path, fields)]
        tabs = [beside(client) for _ in calls]
        for tab in tabs:
            tab.cookies.set(COOKIE, client.cookies[COOKIE])
        with ThreadPoolExecutor(len(calls)) as threads:
            sent = [threads.submit(tab.post, path, data=data) for tab, (path, data) in zip(tabs, calls, strict=True)]
            statuses |= {one.result().status_code for one in sent}
        client.post("/forget")
        with site.database.reading.connect() as connection:
            gone = "SELECT count(*) FROM response WHERE learner_id NOT IN (SELECT id FROM learner)"
            assert connection.exec_driver_sql(gone).scalar_one() == 0
    assert statuses <= {303, 409}


@on_both
def test_nothing_is_done_for_a_learner_who_was_forgotten(app: FastAPI, client: TestClient) -> None:
    client.post("/lessons/waiting/why/completions")
    site: Site = app.state.site
    with site.database.reading.connect() as connection:
        learner = connection.exec_driver_sql("SELECT id FROM learner").scalar_one()
    client.post("/forget")
    assert client.portal is not None
    with pytest.raises(Forgotten):
        client.portal.call(site.write, learner, lambda session: pytest.fail("it was done all the same"))


def test_who_was_forgotten_first_is_told_so(app: FastAPI, client: TestClient) -> None:
    async def late(request: Request) -> None:
        raise Forgotten("somebody")

    app.router.routes.insert(0, Route("/late", late))
    told = client.get("/late", headers=JSON)
    assert told.status_code == 409 and "was deleted" in told.json()["detail"]
    assert "You were forgotten first" in client.get("/late").text


# Runs


@on_both
def test_a_run_is_started_by_a_form_and_leads_to_its_page(client: TestClient) -> None:
    fields = {"lesson": "waiting", "lab": "ways", "variant": "quick", "requests": "4", "parameter-delay": "0.02"}
    went = client.post("/runs", data=fields)
    assert went.status_code == 303
    run = ended(client, went.headers["location"])
    assert (run["state"], run["summary"]["finished"]) == ("finished", 4)
    page = client.get(went.headers["location"]).text
    assert page.count('<th scope="row"') >= 4


def test_a_script_is_told_where_everything_is(client: TestClient) -> None:
    answer = start(client)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"id", "state", "events", "url"}
    run = ended(client, body["url"])
    assert {
        "wall",
        "p50",
        "p95",
        "throughput",
        "max_hold",
        "max_lag",
        "peak_tokens",
        "peak_in_flight",
        "errors",
    } <= set(run["summary"])
    assert [row["n"] for row in run["requests"]] == [1, 2, 3, 4]
    assert {row["status"] for row in run["requests"]} == {200}


def test_the_stream_of_a_run_is_numbered_and_ends_with_its_summary(client: TestClient) -> None:
    body = start(client).json()
    text = client.get(body["events"]).text
    numbers = [int(number) for number in re.findall(r"^id: (\d+)$", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert '"state":"finished"' in text.rpartition("data: ")[2]
    later = client.get(body["events"], headers={"last-event-id": str(numbers[-2])}).text
    assert re.findall(r"^id: (\d+)$", later, re.MULTILINE) == [str(numbers[-1])]
    assert client.get(body["events"], headers={"last-event-id": str(numbers[-1])}).status_code == 204
    assert client.get(body["events"], headers={"last-event-id": "9" * 5000}).status_code == 200


def test_a_viewer_may_say_goodbye_whatever_the_run_does(client: TestClient) -> None:
    body = start(client).json()
    goodbye = body["events"].replace("events", "goodbye")
    assert client.post(f"{goodbye}?viewer=one").status_code == 204
    ended(client, body["url"])
    assert client.post(f"{goodbye}?viewer=one").status_code == 204
    assert client.post("/runs/no-such-run/goodbye").status_code == 204


def test_a_finished_run_is_shown_again_after_a_restart_to_anyone_with_its_link(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", lessons=write_course(tmp_path / "lessons"), watch=False)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as first:
        url = start(first).json()["url"]
        before = ended(first, url)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as second:
        assert second.get(url, headers=JSON).json() == before
        assert '"state":"finished"' in second.get(f"{url}/events").text
        assert second.get(f"{url}/files/quick.py").text == (tmp_path / "lessons" / "waiting" / "quick.py").read_text()
        assert second.delete(url).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"lesson": "nope"}, 404),
        ({"lab": "nope"}, 404),
        ({"variant": "nope"}, 422),
        ({"requests": 0}, 422),
        ({"requests": 51}, 422),
        ({"requests": -1}, 422),
        ({"requests": 1.5}, 422),
        ({"requests": "many"}, 422),
        ({"requests": True}, 422),
        ({"requests": [4]}, 422),
        ({"parameters": {"delay": 11}}, 422),
        ({"parameters": {"delay": "nan"}}, 422),
        ({"parameters": {"tokens": 0}}, 422),
        ({"parameters": {"nope": 1}}, 422),
        ({"parameters": [1]}, 422),
        ({"score": 100}, 422),
        ({"variant": 7}, 422),
    ],
)
def test_what_lies_outside_the_declared_ranges_is_refused_in_words(
    visitor: TestClient, fields: dict[str, Any], status: int
) -> None:
    answer = start(visitor, **fields)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_body_that_is_no_json_is_refused(visitor: TestClient) -> None:
    headers = {**JSON, "content-type": "application/json"}
    half = b'{"lesson": "waiting", "lab": "ways", "variant": "quick", "requests": "\\ud800"}'  # of a character
    for body in (b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 60_000, half):
        assert visitor.post("/runs", content=body, headers=headers).status_code == 422


def test_one_run_a_learner_and_only_its_owner_stops_it(app: FastAPI, client: TestClient) -> None:
    slow: dict[str, Any] = {"parameters": {"delay": 5}, "requests": 2}
    first = start(client, **slow).json()
    second = start(client, **slow)
    assert (second.status_code, second.json()["url"]) == (409, first["url"])
    by_form = client.post("/runs", data={"lesson": "waiting", "lab": "ways", "variant": "quick"})
    assert (by_form.status_code, by_form.headers["location"]) == (303, first["url"])
    assert stranger(app).delete(first["url"]).status_code == 403
    assert client.delete(first["url"]).status_code == 204
    assert ended(client, first["url"])["state"] == "stopped"
    assert client.delete(first["url"]).status_code == 204


@on_both
def test_a_run_that_every_variant_finished_marks_the_cell_and_fills_the_comparison(client: TestClient) -> None:
    for variant in ("quick", "held"):
        ended(client, start(client, variant).json()["url"])
    assert client.get("/lessons/waiting").headers["location"] == "/lessons/waiting/why"
    assert "1 of 4 steps done" in client.get("/lessons/waiting/try").text


def test_new_learners_from_one_address_are_bounded(app: FastAPI, client: TestClient) -> None:
    app.state.site.newcomers.limit = 2
    app.state.site.newcomers._arrivals.clear()
    statuses = [stranger(app).post("/lessons/waiting/why/completions").status_code for _ in range(3)]
    assert statuses == [303, 303, 429]


@on_both
def test_reading_changes_nothing_in_the_database(app: FastAPI, client: TestClient) -> None:
    answer(client, "first-item", "b")
    site: Site = app.state.site

    def rows() -> list[tuple[str, int]]:
        with site.database.reading.connect() as connection:
            names = inspect(connection).get_table_names()
            return [(name, connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()) for name in names]

    before = rows()
    for path in ("/", "/progress", "/modes/why", "/lessons/waiting", "/lessons/waiting/try", "/lessons/waiting/recall"):
        client.get(path)
        stranger(app).get(path)
    assert rows() == before


@on_both
def test_a_key_that_is_no_text_is_kept_or_refused(app: FastAPI, client: TestClient) -> None:
    """PostgreSQL keeps no NUL in a text."""
    kept = app.state.site.database.writing.dialect.name == "sqlite"
    assert answer(client, "first-item", "b", fields={"key": "\0" * 16}).status_code == (303 if kept else 422)


def test_what_the_author_says_to_an_outcome_is_told_with_it(tmp_path: Path) -> None:
    remarks = "//// feedback | correct\nWell seen.\n////\n//// feedback | incorrect\nLook at the bars again.\n////\n"
    item = question().replace("//// explanation", remarks + "//// explanation")
    lessons = write_course(tmp_path / "lessons", questions=[item])
    with browser(create_app(Settings(data=tmp_path / "data", lessons=lessons, watch=False))) as client:
        assert "Look at the bars again." not in client.get("/lessons/waiting/performance").text
        told = answer(client, "first-item", "a", headers=FRAGMENT).text
        assert "Look at the bars again." in told and "Well seen." not in told


def test_a_request_keeps_the_course_that_it_found_when_another_takes_its_place(
    app: FastAPI, client: TestClient
) -> None:
    site: Site = app.state.site
    begun, later = Request({"type": "http"}), Request({"type": "http"})
    found = site.course_for(begun)
    course = replace(found)
    site.serve(course, replace(site.library, course=course))
    assert site.course_for(begun) is found
    assert site.course_for(later) is course
