"""Every route that is an author's, asked by everybody who is none: a new one too, unless it is said here to be a reader's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from tests.courses import question, write_course
from tests.routing import routes
from tests.test_analysis_pages import author
from tests.test_regrade_pages import HIDDEN, PAGE, answered, correct, regrade, stored
from webapp.authorship import COOKIE

READERS = frozenset(
    """
    ask_once_more author complete end_run events figure file forget give-up glossary goodbye healthz hint home item lesson
    live live-keyed mode program progress quiz quiz-hint quiz-report quiz-respond quiz-start quiz-submit quizzes readyz reason
    replay report respond review review-hint review-next review-report review-respond review-turn run runs search skip start_over
    stop theme trace trace_chrome trace_csv way whole
    """.split()  # noqa: SIM905  # half a hundred names are read best so
)
"""Routes that answer any reader. What they show and run of an author's alone is tested where they are."""
OWN = {"origin": "http://127.0.0.1:8000"}


@dataclass(frozen=True)
class Stranger:
    """Somebody who is no author: the headers that they send, the cookies that they have, and where they connect from."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: bool = True
    """Whether they have the author's own, as a page of another site in the author's browser has."""
    address: str = "127.0.0.1"


STRANGERS = {
    "a reader": Stranger(cookie=False),
    "another machine": Stranger(address="192.168.1.30"),
    "another machine, through a proxy": Stranger({"X-Forwarded-For": "192.168.1.30"}),
    "through a proxy that hides whose": Stranger({"Via": "1.1 proxy"}),
    "a name that resolves here": Stranger({"Host": "evil.example:8000"}),
    "this machine's address in the network": Stranger({"Host": "192.168.1.20:8000"}),
    "a fetch of another site": Stranger({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty"}),
    "a frame of another port": Stranger({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"}),
}
FORGERS = {
    "a form of another site": {"origin": "https://evil.example"},
    "a page of another port": {"origin": "http://127.0.0.1:9000"},
    "a page of no site": {"origin": "null"},
    "no page": {"origin": ""},
    "the same place, says the form, and not the browser": {**OWN, "Sec-Fetch-Site": "cross-site"},
}


@dataclass
class Taught:
    """A site with a regrade that can be done and one that can be undone, its author's browser, and the forms of their page."""

    client: TestClient
    data: Path
    form: dict[str, str]
    undoing: str

    def path(self, route: APIRoute) -> str:
        parts = {"slug": "waiting", "item": "first-item", "regrade": self.undoing, "system": "canvas"}
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: parts[part[1]], route.path)

    def ask(self, route: APIRoute, method: str, headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[int, str]:
        given = {name: value for name, value in headers.items() if value}
        told = self.client.request(method, self.path(route), headers=given, data=form if method == "POST" else None)
        return told.status_code, told.text

    def secrets(self) -> Set[str]:
        """What no answer to a stranger holds: who answered, what, and by what a form is taken."""
        learners = {str(learner) for (learner,) in stored(self.data, "SELECT DISTINCT learner_id FROM response")}
        return learners | {self.form["token"], "Option b"}

    def rows(self) -> list[tuple[object, ...]]:
        return stored(self.data, "SELECT (SELECT count(*) FROM regrade), (SELECT count(*) FROM score)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taught]:
    data = tmp_path_factory.mktemp("data")
    lessons = write_course(data / "course", questions=[question("first-item", points=2), question("multi-item")])
    answered(lessons, data, "a", "b", "c")
    correct(lessons)
    with author(lessons, data) as client:
        client.follow_redirects = False
        assert regrade(client).status_code == 303
        found = re.search(r"/regrades/([^/]+)/reversals", client.get(PAGE).text)
        assert found
        form = dict(HIDDEN.findall(client.get(PAGE).text)) | {"policy": "current-only", "key": "k" * 20, "version": "2"}
        yield Taught(client, data, form, found[1])


@pytest.fixture
def taught(site: Taught) -> Iterator[Taught]:
    """With the author's own browser, whatever a test makes of it."""
    transport: Any = site.client._transport
    cookies, address = dict(site.client.cookies), transport.client
    yield site
    transport.client = address
    site.client.cookies.clear()
    site.client.cookies.update(cookies)


def methods(route: APIRoute) -> Set[str]:
    return route.methods or set()


def of_authors(client: TestClient) -> list[APIRoute]:
    found = [route for route in routes(client.app) if route.name not in READERS]  # type: ignore[arg-type]
    known = {route.name for route in routes(client.app)}  # type: ignore[arg-type]
    assert not READERS - known
    return found


def test_an_author_is_answered_by_each(taught: Taught) -> None:
    """So that a refusal below is one."""
    told = {}
    for route in of_authors(taught.client):
        for method in sorted(methods(route)):
            headers = OWN if method == "POST" else {}
            status, _ = taught.ask(route, method, headers, {**taught.form, "key": f"{route.name:k<20}"})
            told[route.name, method] = status
    assert {name for name, _ in told} >= {"analysis", "download-gradebook", "regrade", "regrade-undo", "edits"}
    assert {name: status for name, status in told.items() if status not in (200, 303, 409)} == {}


@pytest.mark.parametrize("case", STRANGERS)
def test_whoever_is_no_author_is_refused_and_changes_nothing(taught: Taught, case: str) -> None:
    who, before = STRANGERS[case], taught.rows()
    if not who.cookie:
        taught.client.cookies.delete(COOKIE)
    taught.client._transport.client = (who.address, 50000)  # type: ignore[attr-defined]
    told = {}
    for route in of_authors(taught.client):
        for method in sorted(methods(route)):
            status, text = taught.ask(route, method, {**(OWN if method == "POST" else {}), **who.headers}, taught.form)
            told[route.name, method] = status
            assert not any(word in text for word in taught.secrets()), (route.name, text)
    assert {name: status for name, status in told.items() if status not in (400, 403, 404)} == {}
    assert taught.rows() == before


@pytest.mark.parametrize("case", FORGERS)
def test_what_another_page_sends_with_the_authors_cookies_changes_nothing(taught: Taught, case: str) -> None:
    before = taught.rows()
    changing = [route for route in of_authors(taught.client) if "POST" in methods(route)]
    assert changing
    for route in changing:
        status, _ = taught.ask(route, "POST", FORGERS[case], taught.form)
        assert status == 403, route.name
    assert taught.rows() == before


@pytest.mark.parametrize("token", ["", "guess", "k" * 64])
def test_without_this_starts_token_nothing_is_changed(taught: Taught, token: str) -> None:
    before = taught.rows()
    for route in of_authors(taught.client):
        if "POST" in methods(route):
            assert taught.ask(route, "POST", OWN, {**taught.form, "token": token})[0] == 403, route.name
    assert taught.rows() == before


def test_what_changes_something_cannot_be_got_and_what_is_read_takes_no_other_method(taught: Taught) -> None:
    before = taught.rows()
    for route in of_authors(taught.client):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods(route):
            headers = {} if method == "GET" else OWN
            status, text = taught.ask(route, method, headers, taught.form)
            assert status == 405, (route.name, method, status)
            assert not any(word in text for word in taught.secrets())
    assert taught.rows() == before


def test_the_names_of_another_lesson_or_item_lead_nowhere(taught: Taught) -> None:
    """An item of another lesson, a regrade of another item, and one that never was."""
    before = taught.rows()
    for path in (
        "/analysis/again/items/first-item/regrades",
        "/analysis/waiting/items/second-item/regrades",
        f"/analysis/waiting/items/multi-item/regrades/{taught.undoing}/reversals",
        f"{PAGE}/regrades/{'0' * 36}/reversals",
        f"{PAGE}/regrades/%2e%2e/reversals",
    ):
        told = taught.client.post(path, data=taught.form, headers=OWN)
        assert told.status_code in (404, 409), path
    assert taught.rows() == before
