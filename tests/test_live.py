"""Live programs over real HTTP: what reaches them, what comes back, whose they are, and when they end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from starlette.testclient import TestClient

from tests.conftest import Served as Site
from tests.conftest import serving
from tests.courses import HELD, LAB, QUICK, write_course
from tests.learners import learner_at
from tests.processes import seconds_until
from webapp.app import create_app
from webapp.identity import room_key
from webapp.labs import children
from webapp.labs.rooms import Place, ProgramBusy, Rooms, RoomsFull, ShareFull
from webapp.labs.served import NotServed, Program
from webapp.labs.sharing import ANYBODY, Caller
from webapp.settings import Settings

ECHO = '''"""Tells what it was asked, and answers as it is told."""

import asyncio
import os
import signal

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

app = FastAPI()
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
HEADERS = {
    "set-cookie": "interleave=stolen; path=/",
    "clear-site-data": "*",
    "www-authenticate": "Basic",
    "x-accel-redirect": "/secret",
    "content-security-policy": "script-src *",
    "cache-control": "public, max-age=600",
    "connection": "x-hop",
    "x-hop": "1",
    "x-own": "kept",
}


@app.api_route("/echo/{rest:path}", methods=METHODS)
async def echo(request: Request, response: Response):
    response.headers["x-method"] = request.method
    return {
        "method": request.method,
        "path": request.scope["raw_path"].decode(),
        "query": request.url.query,
        "headers": dict(request.headers),
        "body": (await request.body()).decode(),
        "pid": os.getpid(),
    }


@app.get("/answer")
async def answer(status: int = 200):
    return Response("its own body" if status not in (204, 304) else None, status, HEADERS)


@app.get("/to")
async def to(where: str):
    return Response(status_code=307, headers={"location": where})


asked_for_more = asyncio.Event()


@app.get("/more")
async def more():
    asked_for_more.set()


@app.get("/stream")
async def stream():
    async def parts():
        yield "first"
        await asked_for_more.wait()
        yield "second"

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/large")
async def large(mebibytes: int):
    async def parts():
        for _ in range(mebibytes):
            yield bytes(1 << 20)

    return StreamingResponse(parts())


left = 0


@app.get("/stay")
async def stay():
    async def parts():
        global left
        try:
            while True:
                yield "still here"
                await asyncio.sleep(0.05)
        finally:
            left += 1

    return StreamingResponse(parts())


@app.get("/left")
async def how_many_left():
    return left


@app.get("/leave")
async def leave():
    os._exit(3)


@app.get("/behind")
async def behind():
    """The number of a process that is in a session of its own, and nobody's child."""
    reading, writing = os.pipe()
    if not os.fork():
        os.setsid()
        if not os.fork():
            os.write(writing, b"%d" % os.getpid())
            os.closerange(0, 1024)
            while True:
                signal.pause()
        os._exit(0)
    return int(os.read(reading, 20))
'''
BROKEN = 'from fastapi import FastAPI\n\napp = FastAPI()\nnumber = int("four")\n'
VARIANTS = {"echo": ECHO, "broken": BROKEN}
LIVE = "/live/waiting/ways"
WAITS = 8
"""Requests at once, each of which waits so long:"""
WAIT_SECONDS = 0.5
RATIO = 3
"""Eight that hold take eight times as long as eight that do not; a busy machine may take more than half of it away."""
PATIENCE_SECONDS = 60


def course(folder: Path) -> Path:
    lines = "".join(f"        {name}: {{file: {name}.py, label: {name.title()}}}\n" for name in VARIANTS)
    write_course(folder, lab=LAB.removesuffix("///\n") + lines + "///\n")
    for name, text in VARIANTS.items():
        (folder / "waiting" / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("live")
    with serving(folder / "data", course(folder / "course")) as site:
        yield site


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


def ask(site: Site, path: str, method: str = "GET", body: bytes | None = None, /, **headers: str) -> Answer:
    """One request with the path exactly as it is given."""
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def pid(site: Site, room: str = "", **headers: str) -> int:
    """The process of a room's echo; without a room that of the caller's address, or of the cookie in the headers."""
    path = f"/live/~{room}/waiting/ways/echo/echo/" if room else f"{LIVE}/echo/echo/"
    number: int = ask(site, path, **headers).json()["pid"]
    return number


# The same as the runs show


async def wall(site: Site, variant: str) -> float:
    """How long so many requests at once take with a client of ours, the program being there already."""
    url = f"{site.url}{LIVE}/{variant}/quick?seconds="
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def get(seconds: float) -> int:
            async with session.get(f"{url}{seconds}") as answer:
                return answer.status

        assert await get(0) == 200
        begun = time.monotonic()
        assert await asyncio.gather(*(get(WAIT_SECONDS) for _ in range(WAITS))) == [200] * WAITS
        return time.monotonic() - begun


def wall_with_curl(site: Site, variant: str) -> float:
    """One process sends them all: a busy machine takes long to start eight."""
    url = f"{site.url}{LIVE}/{variant}/quick?seconds="
    subprocess.run(["curl", "-sf", f"{url}0"], check=True, capture_output=True)
    begun = time.monotonic()
    at_once = ["curl", "-sf", "--parallel", "--parallel-immediate", *[f"{url}{WAIT_SECONDS}"] * WAITS]
    subprocess.run(at_once, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    return time.monotonic() - begun


def quickest(seconds: Callable[[], float]) -> float:
    """Of three: what a busy machine adds to one of them is none of the program's."""
    return min(seconds() for _ in range(3))


async def wall_of_a_run(site: Site, variant: str) -> float:
    async with learner_at(site.url) as learner:
        run = (await learner.press("waiting", "ways", variant, requests=WAITS, delay=WAIT_SECONDS)).json()
        async with contextlib.aclosing(learner.messages(run["events"])) as messages:
            last = [message async for message in messages][-1]
        seconds: float = last["summary"]["wall"]
        return seconds


def test_a_program_blocks_and_flows_live_as_it_does_in_a_run(site: Site) -> None:
    held = asyncio.run(wall(site, "held"))
    assert held >= WAITS * WAIT_SECONDS
    assert held / quickest(lambda: asyncio.run(wall(site, "quick"))) > RATIO
    ran = asyncio.run(wall_of_a_run(site, "held"))
    assert ran / quickest(lambda: asyncio.run(wall_of_a_run(site, "quick"))) > RATIO


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_sees_the_same(site: Site) -> None:
    held = wall_with_curl(site, "held")
    assert held >= WAITS * WAIT_SECONDS
    assert held / quickest(lambda: wall_with_curl(site, "quick")) > RATIO


def test_a_program_that_holds_its_loop_holds_nobody_elses(site: Site) -> None:
    base = f"{site.url}/live/~heldforlong0/waiting/ways/held"

    async def beside() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{base}/ping") as answer:
                assert answer.status == 200
            holding = asyncio.create_task(session.get(f"{base}/quick?seconds={PATIENCE_SECONDS}").__aenter__())
            await asyncio.sleep(0.3)
            for path in ("/healthz", f"{LIVE}/quick/ping", "/live/~anotherroom1/waiting/ways/held/ping"):
                async with session.get(site.url + path) as answer:
                    assert answer.status == 200
            assert not holding.done()
            holding.cancel()

    asyncio.run(beside())


# What reaches the program


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_method_path_query_and_body_arrive_as_they_were_sent(site: Site, method: str) -> None:
    body = b"" if method == "GET" else b"a body"
    told = ask(site, f"{LIVE}/echo/echo/a%2Fb/../c%20d?x=1&x=%20&key=2", method, body or None).json()
    assert (told["method"], told["body"]) == (method, body.decode())
    assert (told["path"], told["query"]) == ("/echo/a%2Fb/../c%20d", "x=1&x=%20&key=2")


def test_head_has_the_headers_and_no_body(site: Site) -> None:
    answer = ask(site, f"{LIVE}/echo/echo/", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert answer.headers["x-method"] == "HEAD"


def test_no_header_of_the_site_or_of_a_proxy_reaches_the_program(site: Site) -> None:
    sent = {
        "cookie": "interleave=" + "c" * 43,
        "authorization": "Bearer site",
        "proxy-authorization": "Basic site",
        "origin": site.url.rstrip("/"),
        "referer": site.url,
        "forwarded": "for=10.0.0.1",
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-host": "site",
        "x-real-ip": "10.0.0.1",
        "remote-user": "reader",
        "x-auth-request-email": "reader@site",
        "interleave-fragment": "1",
        "x-interleave-request": "7",
        "sec-fetch-site": "same-origin",
        "connection": "x-secret",
        "x-secret": "1",
        "user-agent": "a test",
        "accept-language": "de",
        "content-type": "text/plain",
    }
    told = ask(site, f"{LIVE}/echo/echo/", "POST", b"x", **{n.replace("-", "_"): v for n, v in sent.items()}).json()
    got = told["headers"]
    assert got.pop("host").startswith("127.0.0.1:")
    assert not got.pop("host", "").endswith(urlsplit(site.url).netloc)
    assert {name: got[name] for name in ("user-agent", "accept-language", "content-type")} == {
        "user-agent": "a test",
        "accept-language": "de",
        "content-type": "text/plain",
    }
    assert got.keys() <= {"user-agent", "accept-language", "content-type", "content-length", "accept-encoding"} | {
        "connection"  # of the connection between the two, not of the caller's
    }
    assert "x-secret" not in json.dumps(got)


def test_a_body_that_is_too_large_never_reaches_the_program(site: Site) -> None:
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x" * 60_000).json()["body"] == "x" * 60_000
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x" * 70_000).status == 413


def test_curl_may_change_things_in_its_program_and_a_foreign_page_may_not(site: Site) -> None:
    cookie = "interleave=" + "c" * 43
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x").status == 200
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x", cookie=cookie).status == 200
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x", origin="https://elsewhere.example").status == 403
    assert ask(site, f"{LIVE}/echo/echo/", "POST", b"x", cookie=cookie, sec_fetch_site="cross-site").status == 403
    assert ask(site, "/theme", "POST", b"theme=dark", cookie=cookie).status == 403


# What comes back


@pytest.mark.parametrize("status", [200, 204, 304, 404, 418, 500, 503])
def test_status_and_body_are_the_programs_own(site: Site, status: int) -> None:
    answer = ask(site, f"{LIVE}/echo/answer?status={status}")
    assert (answer.status, answer.body) == (status, b"" if status in (204, 304) else b"its own body")


def test_an_answer_is_sandboxed_and_nothing_of_it_acts_on_the_site(site: Site) -> None:
    headers = ask(site, f"{LIVE}/echo/answer", cookie="interleave=" + "c" * 43).headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "unsafe-none", "a sandboxed page with another one is not shown"
    assert headers["x-own"] == "kept"
    assert not headers.keys() & {"set-cookie", "clear-site-data", "www-authenticate", "x-accel-redirect", "x-hop"}


@pytest.mark.parametrize(
    ("where", "leads"),
    [
        ("/echo/x?y=1#z", f"{LIVE}/echo/echo/x?y=1#z"),
        ("echo/x", f"{LIVE}/echo/echo/x"),
        ("../../progress", f"{LIVE}/echo/progress"),
        ("/%2e%2e/%2e%2e/progress", None),
        ("/%252e%252e/progress", None),
        ("/..\\..\\progress", None),
        ("//elsewhere.example/", None),
        ("https://elsewhere.example/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_redirect_is_not_followed_and_stays_with_the_program(site: Site, where: str, leads: str | None) -> None:
    answer = ask(site, f"{LIVE}/echo/to?where={where.replace('%', '%25').replace('#', '%23')}")
    assert answer.status == 307
    assert answer.headers.get("location") == leads


def test_a_redirect_of_the_framework_keeps_the_key(site: Site) -> None:
    answer = ask(site, "/live/~keptinredire/waiting/ways/quick/ping/")
    assert (answer.status, answer.headers["location"]) == (307, "/live/~keptinredire/waiting/ways/quick/ping")


def test_an_answer_streams_as_it_is_made(site: Site) -> None:
    """The program makes the second part when it is asked for, after the first one has come."""

    async def read() -> list[bytes]:
        base = f"{site.url}{LIVE}/echo"
        async with aiohttp.ClientSession() as session, session.get(f"{base}/stream") as answer:
            first = await answer.content.readany()
            async with session.get(f"{base}/more") as asked:
                assert asked.status == 200
            return [first, await answer.content.read()]

    assert asyncio.run(read()) == [b"first", b"second"]


def noted(answer: Answer) -> dict[str, float]:
    """The Server-Timing of an answer: milliseconds, and the number of requests that were under way."""
    entries = [entry.split(";") for entry in answer.headers["server-timing"].split(", ")]
    return {name: float(value.split("=")[1].strip('"')) for name, value in entries}


def test_an_answer_says_how_long_its_program_took_and_how_long_it_waited_for_it(site: Site) -> None:
    path = "/live/~servertiming/waiting/ways/held/quick?seconds=0.2"
    starting, *later = (noted(ask(site, path)) for _ in range(4))
    again = min(later, key=lambda told: told["room"])  # on a busy machine one may wait for longer
    for told in (starting, *later):
        assert told.keys() == {"arrived", "room", "program", "unanswered"}
        assert told["program"] >= 200
        assert told["unanswered"] == 1
    assert starting["room"] > again["room"], "the first request started the program"
    assert again["arrived"] - starting["arrived"] >= 200


def test_the_server_counts_what_is_under_way_at_a_program(site: Site) -> None:
    async def together() -> list[str]:
        async with aiohttp.ClientSession() as session:

            async def one() -> str:
                async with session.get(f"{site.url}/live/~underwaysix0/waiting/ways/held/quick?seconds=0.5") as answer:
                    return answer.headers["server-timing"]

            return list(await asyncio.gather(*(one() for _ in range(6))))

    counts = [int(re.findall('unanswered;desc="([0-9]+)"', header)[0]) for header in asyncio.run(together())]
    assert max(counts) == 6


def test_nothing_but_a_live_program_sends_a_server_timing(site: Site) -> None:
    for path in ("/", "/lessons/waiting/why", "/healthz", f"{LIVE}/nope/", "/static/css/base.css"):
        assert "server-timing" not in ask(site, path).headers, path


def test_an_answer_that_is_too_long_is_cut_off_so_that_nobody_takes_it_for_whole(site: Site) -> None:
    async def read(mebibytes: int) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{site.url}{LIVE}/echo/large?mebibytes={mebibytes}") as answer,
        ):
            return len(await answer.read())

    assert asyncio.run(read(7)) == 7 << 20
    with pytest.raises(aiohttp.ClientPayloadError):
        asyncio.run(read(20))


def test_a_caller_who_leaves_a_stream_is_gone_for_the_program_too(site: Site) -> None:
    base = "/live/~callerleaves/waiting/ways/echo"

    async def leave() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(f"{site.url}{base}/stay") as answer:
            return await answer.content.readexactly(5)

    assert ask(site, f"{base}/left").body == b"0"
    assert asyncio.run(leave()) == b"still"
    assert seconds_until(lambda: ask(site, f"{base}/left").body == b"1", at_most=PATIENCE_SECONDS) is not None


# Whose it is


def test_a_learners_tabs_and_their_key_meet_in_one_process_and_nobody_elses(site: Site) -> None:
    token, other = "a" * 43, "b" * 43
    mine = pid(site, cookie=f"interleave={token}")
    assert pid(site, cookie=f"interleave={token}") == mine
    assert pid(site, room_key(token)) == mine
    by_address = pid(site)
    assert pid(site) == by_address
    assert len({mine, pid(site, cookie=f"interleave={other}"), by_address, pid(site, "anothersroom")}) == 4


def test_no_answer_gives_a_caller_a_cookie(site: Site) -> None:
    for path in (f"{LIVE}/echo/echo/", f"{LIVE}/nope/", f"{LIVE}/broken/", f"{LIVE}/echo/answer"):
        assert "set-cookie" not in ask(site, path).headers, path


@pytest.mark.parametrize(
    "path",
    [
        "/live/nope/ways/quick/ping",
        "/live/waiting/nope/quick/ping",
        f"{LIVE}/nope/ping",
        f"{LIVE}/../quick/ping",
        f"{LIVE}/%2e%2e/ping",
        f"{LIVE}/quick%2F..%2Fheld/ping",
        "/live/waiting/../../lessons/ping/",
        "/live/~short/waiting/ways/quick/ping",
        "/live/~..%2f..%2f..%2f./waiting/ways/quick/ping",
        "/live/",
        "/live",
    ],
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    assert ask(site, path).status == 404


def test_a_path_behind_the_program_is_the_programs_alone(site: Site) -> None:
    answer = ask(site, f"{LIVE}/quick/../../../../../etc/passwd")
    assert (answer.status, answer.json()) == (404, {"detail": "Not Found"})


def test_a_method_that_no_endpoint_of_a_lesson_has_is_refused(site: Site) -> None:
    assert ask(site, f"{LIVE}/quick/ping", "OPTIONS").status == 405
    assert ask(site, f"{LIVE}/quick/ping", "TRACE").status == 405


# Its life


def test_a_program_that_cannot_start_is_told_at_its_line(site: Site) -> None:
    page = ask(site, f"{LIVE}/broken/", accept="text/html")
    assert page.status == 502
    html = page.body.decode()
    assert "broken.py could not be started." in html and "broken.py:4" in html and "Whole traceback" in html
    assert "number = int(&#34;four&#34;)" in html
    text = ask(site, f"{LIVE}/broken/", accept="*/*")
    assert text.headers["content-type"].startswith("text/plain")
    assert 'line 4, in <module>\n    number = int("four")' in text.body.decode()
    told = ask(site, f"{LIVE}/broken/", accept="application/json").json()
    assert (told["failure"]["code"], told["failure"]["line"]) == ("program", 4)


def test_a_program_that_dies_is_started_anew_by_the_next_request(site: Site) -> None:
    first = pid(site, "killedoutsid")
    os.kill(first, signal.SIGKILL)
    assert seconds_until(lambda: not alive(first), at_most=PATIENCE_SECONDS) is not None
    second = pid(site, "killedoutsid")
    assert second != first
    answer = ask(site, "/live/~killedoutsid/waiting/ways/echo/leave")
    assert answer.status == 502
    assert b"ended, or broke off" in answer.body
    assert pid(site, "killedoutsid") not in (first, second)


def test_an_edited_lesson_is_served_by_the_next_request(tmp_path: Path) -> None:
    lessons = course(tmp_path / "course")
    with serving(tmp_path / "data", lessons) as site:
        assert ask(site, f"{LIVE}/quick/quick").json() == {"message": "quick"}
        (lessons / "waiting" / "quick.py").write_text(QUICK.replace('"message": "quick"', '"message": "edited"'))
        edited = {"message": "edited"}
        served = seconds_until(lambda: ask(site, f"{LIVE}/quick/quick").json() == edited, at_most=PATIENCE_SECONDS)
        assert served is not None


@pytest.mark.parametrize("told", [signal.SIGKILL, signal.SIGTERM])
def test_the_sites_end_leaves_no_program(tmp_path: Path, told: signal.Signals) -> None:
    with serving(tmp_path / "data", course(tmp_path / "course")) as site:
        programs = [pid(site, f"room{number:08d}") for number in range(3)]
        if sys.platform == "linux":  # elsewhere it has nobody who would end it
            programs.append(int(ask(site, "/live/~room00000000/waiting/ways/echo/behind").body))
        assert all(map(alive, programs))
        site.process.send_signal(told)
        site.process.wait(PATIENCE_SECONDS)
        assert seconds_until(lambda: not any(map(alive, programs)), at_most=PATIENCE_SECONDS) is not None


def alive(number: int) -> bool:
    stat = Path(f"/proc/{number}/stat")
    try:
        os.kill(number, 0)
        return not Path("/proc/self").exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):  # it may end between two looks
        return False


def test_beyond_the_cap_a_sentence_says_when_to_come_again(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path / "data", lessons=course(tmp_path / "course"), watch=False))
    app.state.site.rooms.processes = 2
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        for room in ("first", "second"):
            assert client.get(f"/live/~{room:0<12}/waiting/ways/quick/ping").status_code == 200
        refused = client.get("/live/~third0000000/waiting/ways/quick/ping")
        assert refused.status_code == 503
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.text.startswith("This server serves 2 programs live at the most")
        page = client.get("/live/~third0000000/waiting/ways/quick/ping", headers={"accept": "text/html"})
        assert "<h1>The server is busy</h1>" in page.text


# Rooms, without the site


@contextlib.asynccontextmanager
async def rooms(**limits: Any) -> AsyncIterator[Rooms]:
    await children.warm()
    opened = Rooms(**limits)
    await opened.start()
    try:
        yield opened
    finally:
        await opened.close()


def place(room: str, variant: str = "quick") -> Place:
    return Place(room, "waiting", "ways", variant)


async def call(rooms: Rooms, where: Place, text: str = QUICK, caller: Caller = ANYBODY) -> tuple[str, int]:
    """The address of the program after one request was there."""
    async with rooms.visit(where, Program("quick.py", text), caller) as served:
        return served.address


def test_a_room_that_nobody_uses_ends_and_comes_back(tmp_path: Path) -> None:
    async def idle() -> None:
        async with rooms(idle_seconds=0.3) as opened:
            async with opened.visit(place("one"), Program("quick.py", QUICK)) as served:
                await asyncio.sleep(0.6)
                assert not served.ended.is_set(), "a request is under way"
            async with asyncio.timeout(PATIENCE_SECONDS):
                await served.ended.wait()
            assert await call(opened, place("one")) != served.address

    asyncio.run(idle())


def test_requests_that_come_together_start_one_process() -> None:
    async def together() -> None:
        async with rooms() as opened:
            assert len(set(await asyncio.gather(*(call(opened, place("one")) for _ in range(10))))) == 1
            assert len(set(await asyncio.gather(*(call(opened, place(name)) for name in "abc")))) == 3

    asyncio.run(together())


def test_at_the_cap_a_room_with_several_programs_spares_an_idle_one_and_others_keep_theirs() -> None:
    async def crowded() -> None:
        async with rooms(processes=3) as opened:
            alone = await call(opened, place("alone"))
            await call(opened, place("several", "a"))
            async with opened.visit(place("several", "b"), Program("quick.py", QUICK)) as used:
                assert await call(opened, place("newcomer")), "the idle program of the room with two made way"
                assert not used.ended.is_set()
                assert await call(opened, place("alone")) == alone
                with pytest.raises(RoomsFull):
                    await call(opened, place("one too many"))

    asyncio.run(crowded())


def test_made_up_keys_of_one_address_fill_no_more_than_its_share() -> None:
    async def flood() -> None:
        flooding, other = Caller("192.0.2.1", is_learner=False), Caller("192.0.2.2", is_learner=False)
        async with rooms(processes=4, share=2) as opened:
            for key in ("one", "two"):
                await call(opened, place(key), caller=flooding)
            with pytest.raises(ShareFull, match="From your address 2 programs are live") as refused:
                await call(opened, place("three"), caller=flooding)
            assert 0 < refused.value.seconds <= 60
            assert await call(opened, place("one"), caller=flooding), "what is there goes on answering"
            assert await call(opened, place("of another"), caller=other)
            assert await call(opened, place("of a learner"), caller=Caller("192.0.2.1"))

    asyncio.run(flood())


def test_at_the_cap_the_address_with_the_most_programs_spares_an_idle_one() -> None:
    async def crowded() -> None:
        here, there = Caller("192.0.2.1"), Caller("192.0.2.2")
        async with rooms(processes=3) as opened:
            first = await call(opened, place("a"), caller=here)
            for name in "bc":
                await call(opened, place(name), caller=here)
            assert await call(opened, place("d"), caller=there), "the address with three makes way for one with none"
            assert not opened.is_there(place("a"), Program("quick.py", QUICK)), (
                f"the one that was idle for longest: {first}"
            )
            with pytest.raises(RoomsFull):
                await call(opened, place("e"), caller=there)

    asyncio.run(crowded())


def test_at_the_cap_a_learner_goes_before_callers_of_the_address_who_are_none() -> None:
    async def crowded() -> None:
        stranger = Caller("192.0.2.1", is_learner=False)
        async with rooms(processes=2) as opened:
            for name in "ab":
                await call(opened, place(name), caller=stranger)
            assert await call(opened, place("learner"), caller=Caller("192.0.2.1"))
            with pytest.raises(RoomsFull):
                await call(opened, place("c"), caller=stranger)

    asyncio.run(crowded())


def test_keys_and_cookies_that_somebody_made_up_are_no_learners(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path / "data", lessons=course(tmp_path / "course"), watch=False))
    app.state.site.rooms.share = 1
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:

        def ask_with(token: str) -> Any:
            client.cookies.set("interleave", token)
            return client.get(f"{LIVE}/quick/ping")

        learner = "l" * 43
        client.cookies.set("interleave", learner)
        own = {"sec-fetch-site": "same-origin"}
        assert client.post("/lessons/waiting/why/completions", headers=own, follow_redirects=False).status_code == 303
        assert ask_with("m" * 43).status_code == 200
        refused = ask_with("n" * 43)
        assert (refused.status_code, refused.text[:19]) == (503, "From your address 1")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert ask_with(learner).status_code == 200
        client.cookies.clear()
        assert client.get("/live/~madeup000000/waiting/ways/quick/ping").status_code == 503


def test_a_program_takes_so_many_requests_at_once() -> None:
    async def busy() -> None:
        async with rooms(requests_at_once=1) as opened, opened.visit(place("one"), Program("quick.py", QUICK)):
            with pytest.raises(ProgramBusy):
                await call(opened, place("one"))

    asyncio.run(busy())


@pytest.mark.parametrize(
    ("text", "code"), [(BROKEN, "program"), ("app = 1\n", "no-app"), ("import os\n\nos._exit(1)\n", "lost")]
)
def test_a_program_that_fails_takes_no_place_and_is_tried_again_a_little_later(text: str, code: str) -> None:
    async def failing() -> None:
        async with rooms(processes=1) as opened:
            for _ in range(2):
                with pytest.raises(NotServed) as failed:
                    await call(opened, place("one"), text)
                assert failed.value.failure["code"] == code
            assert await call(opened, place("two"))

    asyncio.run(failing())


def test_a_run_beside_a_room_at_work_has_company_and_one_beside_an_idle_room_has_none() -> None:
    async def company() -> list[bool]:
        told: list[bool] = []
        async with rooms(on_busy=told.append) as opened:
            async with opened.visit(place("one"), Program("quick.py", QUICK)):
                await call(opened, place("two"))
            assert told == [True, False]
            await call(opened, place("one"))
        return told

    assert asyncio.run(company()) == [True, False, True, False]


def test_a_run_that_a_busy_room_kept_from_the_processor_says_so(tmp_path: Path) -> None:
    spin = HELD.replace(
        "time.sleep(seconds)",
        "until = time.monotonic() + seconds\n    while time.monotonic() < until:\n"
        "        pass  # time.sleep(0) would leave the processor to others",
    )

    async def disturbed(site: Site) -> bool:
        cores = os.cpu_count() or 1
        async with aiohttp.ClientSession() as session, learner_at(site.url) as learner:

            async def burn(number: int) -> None:
                url = f"{site.url}/live/~burning{number:05d}/waiting/ways/held/quick?seconds=4"
                async with session.get(url) as answer:
                    assert answer.status == 200

            burning = [asyncio.create_task(burn(number)) for number in range(3 * cores)]
            await asyncio.sleep(1)
            run = (await learner.press("waiting", "ways", "held", requests=4, delay=0.2)).json()
            async with contextlib.aclosing(learner.messages(run["events"])) as messages:
                last = [message async for message in messages][-1]
            await asyncio.gather(*burning)
            flag: bool = last["disturbed"]
            return flag

    lessons = course(tmp_path / "course")
    (lessons / "waiting" / "held.py").write_text(spin)
    with serving(tmp_path / "data", lessons) as site:
        assert asyncio.run(disturbed(site))
