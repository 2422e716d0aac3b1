"""Who is an author, and every combination in which nobody is: over real connections of this machine."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.conftest import ROOT, SMALL, START_SECONDS, command, environment
from tests.processes import PROCESS_SECONDS
from webapp import peer
from webapp.app import create_app
from webapp.authorship import (
    COOKIE,
    FORWARDED,
    NO_TOKEN,
    NOT_LOOPBACK,
    OFF,
    OTHER_HOST,
    OTHER_PAGE,
    OTHER_USER,
    Authorship,
)
from webapp.dependencies import AuthorDep
from webapp.settings import OperatorError, Settings, from_environment

ON = Settings(own_code=True)
NOBODY = 65534


@dataclass
class Connection:
    """Both ends of a connection over this machine's loopback, and requests that come over it."""

    client: tuple[str, int]
    server: tuple[str, int]
    own: dict[str, str] = field(init=False)
    """What a browser sends with a form of the site's own page."""

    def __post_init__(self) -> None:
        self.own = {"host": f"127.0.0.1:{self.server[1]}", "origin": f"http://127.0.0.1:{self.server[1]}"}

    def request(
        self, headers: dict[str, str] | list[tuple[str, str]], *, method: str = "POST", **scope: Any
    ) -> Request:
        pairs = headers.items() if isinstance(headers, dict) else headers
        raw = [(name.lower().encode(), value.encode()) for name, value in pairs]
        ends = {"client": self.client, "server": self.server}
        return Request({"type": "http", "method": method, "path": "/runs", "headers": raw, **ends, **scope})

    def own_request(self, *, without: str = "", method: str = "POST", **more: str) -> Request:
        headers = {**self.own, **{name.replace("_", "-"): value for name, value in more.items()}}
        headers.pop(without, None)
        return self.request(headers, method=method)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
        listening.accept()[0] as server,
    ):
        yield Connection(client.getsockname(), server.getsockname())


@pytest.mark.parametrize("more", [{}, {"sec_fetch_site": "same-origin"}], ids=["older browser", "browser"])
def test_the_sites_own_page_with_its_token_may_run_a_program(connection: Connection, more: dict[str, str]) -> None:
    site = Authorship(ON)
    cookie = {"cookie": f"{COOKIE}={site.token}"}
    assert site.refusal(connection.own_request(**more, **cookie), site.token) is None
    assert site.is_author(connection.own_request(method="GET", without="origin", **cookie))


FORBIDDEN_SETTINGS = {
    "the option is off": (Settings(), OFF),
    "every address": (Settings(host="0.0.0.0", own_code=True), NOT_LOOPBACK),  # noqa: S104  # what must be refused
    "every IPv6 address": (Settings(host="::", own_code=True), NOT_LOOPBACK),
    "an address of the network": (Settings(host="192.168.1.20", own_code=True), NOT_LOOPBACK),
    "a name": (Settings(host="course.school.example", own_code=True), NOT_LOOPBACK),
}


@pytest.mark.parametrize("case", FORBIDDEN_SETTINGS)
def test_no_request_is_an_authors_where_the_site_is_not_set_so(connection: Connection, case: str) -> None:
    settings, why = FORBIDDEN_SETTINGS[case]
    site = Authorship(settings)
    request = connection.own_request(cookie=f"{COOKIE}={site.token}")
    assert (site.refusal(request, site.token), site.token_for(request)) == (why, None)


STRANGERS: dict[str, tuple[dict[str, str | None], str]] = {
    **{
        f"header {name}": ({name: "192.168.1.20"}, FORWARDED)
        for name in (
            "Forwarded",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Port",
            "X-Forwarded",
            "X-Forwarded-Server",
            "X-Original-Host",
            "X-Original-Forwarded-For",
            "X-Real-IP",
            "X-Client-IP",
            "X-Host",
            "X-Cluster-Client-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "CF-Ray",
            "CDN-Loop",
            "Fastly-Client-IP",
            "X-Envoy-External-Address",
            "X-ARR-SSL",
            "X-ProxyUser-IP",
            "Tailscale-User-Login",
            "Ngrok-Trace-Id",
            "Via",
        )
    },  # fmt: skip
    "an empty header of a proxy": ({"X-Forwarded-For": ""}, FORWARDED),
    "no host": ({"host": None}, OTHER_HOST),
    "a name that resolves here": ({"host": "evil.example:8000", "origin": "http://evil.example:8000"}, OTHER_HOST),
    "a name that begins like ours": ({"host": "localhost.evil.example"}, OTHER_HOST),
    "an address that begins like ours": ({"host": "127.0.0.1.evil.example"}, OTHER_HOST),
    "an address of the network": ({"host": "192.168.1.20:8000"}, OTHER_HOST),
    "every address": ({"host": "0.0.0.0:8000"}, OTHER_HOST),
    "this machine's own name": ({"host": socket.gethostname() + ".lan"}, OTHER_HOST),
    "fetched by another site": ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "empty"}, OTHER_PAGE),
    "framed by another site": ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe"}, OTHER_PAGE),
    "fetched by another port": ({"sec-fetch-site": "same-site", "sec-fetch-dest": "empty"}, OTHER_PAGE),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", STRANGERS)
def test_a_stranger_is_no_author_and_gets_no_token(connection: Connection, case: str, method: str) -> None:
    headers, why = STRANGERS[case]
    sent = {name: value for name, value in {**connection.own, **headers}.items() if value is not None}
    site = Authorship(ON)
    request = connection.request({**sent, "cookie": f"{COOKIE}={site.token}"}, method=method)
    assert (site.token_for(request), site.refusal(request, site.token)) == (None, why)


WRITES: dict[str, tuple[dict[str, str | None], str]] = {
    "a form of another site": ({"origin": "https://evil.example"}, OTHER_PAGE),
    "a form of another site, opened as a page": (
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
        OTHER_PAGE,
    ),
    "a page of another port": ({"origin": "http://127.0.0.1:1"}, OTHER_PAGE),
    "the same place over https": ({"origin": "https://{host}"}, OTHER_PAGE),
    "a page without an origin, such as a live program's": ({"origin": "null"}, OTHER_PAGE),
    "no origin": ({"origin": None}, OTHER_PAGE),
    "an address typed in": ({"origin": None, "sec-fetch-site": "none"}, OTHER_PAGE),
    "our origin, but the browser says another": ({"sec-fetch-site": "cross-site"}, OTHER_PAGE),
}


@pytest.mark.parametrize("case", WRITES)
def test_only_a_page_of_this_very_site_may_send_a_program(connection: Connection, case: str) -> None:
    headers, why = WRITES[case]
    named = {name: value and value.format(host=connection.own["host"]) for name, value in headers.items()}
    sent = {name: value for name, value in {**connection.own, **named}.items() if value is not None}
    site = Authorship(ON)
    request = connection.request({**sent, "cookie": f"{COOKIE}={site.token}"})
    assert site.refusal(request, site.token) == why


def test_a_header_that_is_there_twice_proves_nothing(connection: Connection) -> None:
    site = Authorship(ON)
    own = [*connection.own.items(), ("cookie", f"{COOKIE}={site.token}")]
    hosts = connection.request([*own, ("host", "evil.example")])
    origins = connection.request([*own, ("origin", "https://evil.example")])
    assert (site.refusal(hosts, site.token), site.refusal(origins, site.token)) == (OTHER_HOST, OTHER_PAGE)


@pytest.mark.parametrize("token", [None, "", "guess", "\ud800", "token of another start"])
def test_without_the_token_of_this_start_nothing_is_run(connection: Connection, token: str | None) -> None:
    site = Authorship(ON)
    given = Authorship(ON).token if token == "token of another start" else token
    assert site.refusal(connection.own_request(cookie=f"{COOKIE}={site.token}"), given) == NO_TOKEN


@pytest.mark.parametrize(
    "ends",
    [{"client": ("192.168.1.30", 4000)}, {"server": ("192.168.1.20", 8000)}, {"client": None}, {"server": ("/socket", None)}],
    ids=str,
)  # fmt: skip
def test_a_connection_that_does_not_stay_on_this_machine_is_no_authors(
    connection: Connection, ends: dict[str, Any]
) -> None:
    site = Authorship(ON)
    request = connection.request({**connection.own, "cookie": f"{COOKIE}={site.token}"}, **ends)
    assert site.refusal(request, site.token) == NOT_LOOPBACK


def test_a_process_of_another_user_is_no_author(connection: Connection) -> None:
    others = Authorship(ON, told_by_system=True, users={os.getuid() + 1})
    assert others.refusal(connection.own_request(), others.token) == OTHER_USER


def test_where_the_system_does_not_tell_the_user_the_browser_brings_the_key_of_the_terminal(
    connection: Connection,
) -> None:
    site = Authorship(ON, told_by_system=False)
    assert site.needs_key
    assert site.refusal(connection.own_request(), site.token) == OTHER_USER
    assert site.refusal(connection.own_request(cookie=f"{COOKIE}=guess"), site.token) == OTHER_USER
    assert site.is_author(connection.own_request(cookie=f"{COOKIE}={site.token}"))


@pytest.mark.skipif(not peer.can_be_told(), reason="this system does not say to whom a connection belongs")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_system_tells_whose_connection_it_is_until_it_is_closed(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        client = socket.create_connection(listening.getsockname()[:2])
        with listening.accept()[0] as server:
            ends = client.getsockname()[:2], server.getsockname()[:2]
            assert peer.owner(*ends) == os.getuid()
            client.close()
            assert peer.owner(*ends) is None
        assert peer.owner(ends[0], (host, 1)) is None


CONNECT = """
import encodings.idna, os, socket, sys  # all of it now: another user may not read where Python lies

os.setuid(int(sys.argv[2]))
held = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sys.stdin.read()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_the_connection_of_another_user_is_theirs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        given = [sys.executable, "-c", CONNECT, str(listening.getsockname()[1]), str(NOBODY)]
        listening.settimeout(START_SECONDS)
        with subprocess.Popen(given, stdin=subprocess.PIPE) as process:
            connection, client = listening.accept()
            with connection:
                assert peer.owner(client, connection.getsockname()) == NOBODY
                assert process.stdin is not None
                process.stdin.close()


def test_a_route_is_told_whether_its_reader_is_an_author(tmp_path: Path, connection: Connection) -> None:
    assert get_author_of(create_app(Settings(data=tmp_path, lessons=SMALL, watch=False)), connection) is False


def get_author_of(app: FastAPI, connection: Connection) -> bool:
    dependency = AuthorDep.__metadata__[0].dependency  # type: ignore[attr-defined]
    answer: bool = asyncio.run(dependency(connection.own_request(), app.state.site))
    app.state.closer.close()
    return answer


HOSTED = {"INTERLEAVE_OWN_CODE": "local"}


def test_the_option_wins_over_its_variable_and_local_goes_by_the_address() -> None:
    def own_code(variables: dict[str, str], host: str | None = None, option: bool | None = None) -> bool:
        return from_environment(variables, host=host, own_code=option).own_code

    assert not own_code({})
    assert own_code({}, option=True)
    assert own_code({"INTERLEAVE_OWN_CODE": "yes"})
    assert not own_code({"INTERLEAVE_OWN_CODE": "yes"}, option=False)
    assert [own_code(HOSTED, host) for host in (None, "localhost", "127.0.0.2", "::1")] == [True] * 4
    assert [own_code(HOSTED, host) for host in ("0.0.0.0", "::", "192.168.1.20", "box")] == [False] * 4  # noqa: S104
    assert not own_code({**HOSTED, "INTERLEAVE_HOST": "0.0.0.0"})  # noqa: S104
    with pytest.raises(OperatorError, match="INTERLEAVE_OWN_CODE is 'maybe': it can be yes, no, local"):
        own_code({"INTERLEAVE_OWN_CODE": "maybe"})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "some-name"])  # noqa: S104
def test_the_option_with_another_address_is_one_sentence_and_no_site(tmp_path: Path, host: str) -> None:
    given = command("serve", "--own-code", "--host", host, "--data", str(tmp_path), "--lessons", str(SMALL))
    answer = subprocess.run(given, capture_output=True, text=True, timeout=PROCESS_SECONDS, env=environment(), cwd=ROOT)
    assert answer.returncode == 1
    assert answer.stderr == (
        f"Programs of readers' own (--own-code) would run for everybody who reaches {host}: "
        "leave the option out, or listen on 127.0.0.1.\n"
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [({}, "local"), ({"INTERLEAVE_OWN_CODE": "no"}, "no")],
)
def test_make_serve_turns_it_on_where_nobody_else_can_reach_the_site(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    """The recipe itself, with a command in the place of `interleave` that prints what it is given."""
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "interleave").write_text('#!/bin/sh\necho "$INTERLEAVE_OWN_CODE $@"\n')
    (bin / "interleave").chmod(0o755)
    (tmp_path / "serve.stamp").touch()
    recipe = ["make", "-s", "-o", f"{tmp_path}/serve.stamp", f"VENV={tmp_path}", "serve", "ARGS=--host 0.0.0.0"]
    answer = subprocess.run(
        recipe,
        capture_output=True,
        text=True,
        timeout=PROCESS_SECONDS,
        env=environment(**variables),
        cwd=ROOT,
        check=True,
    )
    assert answer.stdout.split() == [said, "serve", "--host", "0.0.0.0"]  # noqa: S104


def test_what_uvicorn_makes_of_a_forwarded_address_does_not_hide_the_header(connection: Connection) -> None:
    """It takes the address from a proxy on this machine for the client's own, so only the header tells."""
    site, seen = Authorship(ON), []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"][0], site.refusal(Request(scope), site.token)))

    async def nothing(*_: Any) -> Any: ...

    request = connection.own_request(x_forwarded_for="127.0.0.9", cookie=f"{COOKIE}={site.token}")
    asyncio.run(ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1")(request.scope, nothing, nothing))  # type: ignore[arg-type]
    assert seen == [("127.0.0.9", FORWARDED)]


def test_the_address_that_the_terminal_shows_makes_a_browser_an_authors(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, lessons=SMALL, watch=False, own_code=True))
    site = app.state.site
    site.authorship = Authorship(site.settings, told_by_system=False)
    client = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert client.get("/author/guess").status_code == 404
    answer = client.get(f"/author/{site.authorship.token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "httponly; path=/; samesite=strict" in answer.headers["set-cookie"].lower()
    site.authorship = Authorship(site.settings, told_by_system=True)
    assert client.get(f"/author/{site.authorship.token}").status_code == 404
    app.state.closer.close()
