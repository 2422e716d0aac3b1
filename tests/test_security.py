"""What every answer carries, and which requests are refused before a route sees them."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from webapp.security import CONTENT_SECURITY_POLICY, Security

OWN = "http://127.0.0.1:8000"


async def answer(request: Request) -> Response:
    if request.url.path == "/broken":
        raise RuntimeError("broken on purpose")
    return PlainTextResponse("fine")


def client(base_url: str = OWN, names: tuple[str, ...] = ()) -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])
    return TestClient(Security(app, names=names), base_url=base_url, raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/broken"])
def test_every_answer_carries_the_policy_error_pages_too(path: str) -> None:
    headers = client().get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "interleave" in headers, "so that a script can tell our answer from that of a proxy"


def test_the_site_answers_an_error_of_its_own_with_the_policy_too(app: FastAPI) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken on purpose")

    with TestClient(app, base_url=OWN, raise_server_exceptions=False) as site:
        answer = site.get("/broken")
    assert answer.status_code == 500 and "text/html" in answer.headers["content-type"]
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(("statement", "status"), [("SELECT nothing FROM nowhere", 500), ("DELETE FROM learner", 503)])
def test_a_database_that_takes_no_writing_is_told_and_a_wrong_statement_is_a_mistake(
    app: FastAPI, statement: str, status: int
) -> None:
    @app.get("/wrong")
    async def wrong() -> None:
        await app.state.site.database.read(lambda session: session.connection().exec_driver_sql(statement))

    with TestClient(app, base_url=OWN, raise_server_exceptions=False) as site:
        assert site.get("/wrong").status_code == status


@pytest.mark.parametrize(
    ("base_url", "isolated"),
    [(OWN, True), ("http://localhost:8000", True), ("https://10.0.0.7", True), ("http://10.0.0.7:8000", False)],
)
def test_isolation_is_asked_for_only_where_a_browser_takes_it(base_url: str, isolated: bool) -> None:
    assert ("cross-origin-opener-policy" in client(base_url).get("/").headers) is isolated


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": OWN}, 403),
        ({"origin": OWN}, 200),
        ({"origin": OWN.upper()}, 200),
        ({"origin": "http://127.0.0.1:9000"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"cookie": "interleave=x"}, 403),
        ({"cookie": "interleave=x", "origin": OWN}, 200),
        ({"cookie": "interleave=x", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_only_this_sites_own_pages_change_something(headers: dict[str, str], status: int) -> None:
    assert client().post("/", headers=headers).status_code == status
    assert client().delete("/", headers=headers).status_code == status


def test_reading_is_allowed_from_anywhere() -> None:
    assert client().get("/", headers={"sec-fetch-site": "cross-site", "cookie": "a=b"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("192.168.1.20", 200),
        ("[::1]:8000", 200),
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("course.school.example", 200),
        ("evil.example", 400),
        ("evil.example:8000", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example", 400),
        ("", 400),
    ],
)
def test_a_name_that_nobody_allowed_is_refused_so_that_no_page_can_rebind_it(host: str, status: int) -> None:
    answer = client(names=("course.school.example",)).get("/", headers={"host": host})
    assert answer.status_code == status
    assert "content-security-policy" in answer.headers
