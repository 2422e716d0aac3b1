"""Programs of a reader's own: who may run them, that they end, that they count for nothing, and that the course stays as it is."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import Session, select
from starlette.testclient import TestClient

from tests.conftest import serving
from tests.courses import HELD, LAB, QUICK, prediction, write_course
from webapp.app import create_app
from webapp.authorship import FORWARDED, NO_TOKEN, NOT_LOOPBACK, OTHER_HOST, OTHER_PAGE, OTHER_USER, Authorship
from webapp.database import FILE
from webapp.labs.lab import RunSpec
from webapp.labs.states import EndedRun
from webapp.models import Learner, Program, Run
from webapp.records import KEPT_PER_LAB, Place, store
from webapp.routes.wish import MAX_PROGRAM_BYTES
from webapp.settings import Settings
from webapp.site import Site

JSON = {"accept": "application/json"}
TRY = "/lessons/waiting/try"
RUN_SECONDS = 30
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHORT = LAB.replace("    id: ways\n", "    id: ways\n    seconds: 2\n")
MENDED = HELD.replace("import time", "import asyncio").replace("time.sleep", "await asyncio.sleep")


@dataclass
class Author:
    """The browser of who started the site: a cookie of its own, and what a browser sends with its requests."""

    url: str
    lessons: Path
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        own = {"origin": self.url, "sec-fetch-site": "same-origin"}
        self.client = httpx2.Client(base_url=self.url, headers=own, timeout=RUN_SECONDS)

    def page(self, path: str = TRY) -> str:
        return self.client.get(path).text

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page())
        assert found
        return found.group(1)

    def send(self, variant: str = "held", *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """Ask for a run, with letters escaped that could not be sent else."""
        wish = json.dumps({"lesson": "waiting", "lab": "ways", "variant": variant, **fields})
        sent = {**JSON, "content-type": "application/json", **(headers or {})}
        return self.client.post("/runs", content=wish, headers=sent)

    def run(self, variant: str = "held", **fields: Any) -> dict[str, Any]:
        """A run at its end."""
        answer = self.send(variant, **fields)
        assert answer.status_code == 201, answer.text
        return self.ended(answer.json()["url"])

    def ended(self, url: str) -> dict[str, Any]:
        until = time.monotonic() + RUN_SECONDS
        while time.monotonic() < until:
            run: dict[str, Any] = self.client.get(url, headers=JSON).json()
            if run["state"] not in ("queued", "running"):
                return run
            time.sleep(0.05)
        raise AssertionError(f"the run did not end: {run}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("own")
    lessons = write_course(folder / "lessons", lab=SHORT)
    with serving(folder / "data", lessons, "--own-code") as site:
        yield site.url, lessons


@pytest.fixture
def author(served: tuple[str, Path]) -> Iterator[Author]:
    author = Author(*served)
    with author.client:
        yield author


# Who may


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"x-forwarded-for": "127.0.0.1"}, FORWARDED),
        ({"forwarded": "for=127.0.0.1"}, FORWARDED),
        ({"x-real-ip": "127.0.0.1"}, FORWARDED),
        ({"via": "1.1 proxy"}, FORWARDED),
        ({"host": "192.168.1.20:8000", "origin": "http://192.168.1.20:8000"}, OTHER_HOST),
        ({"sec-fetch-site": "none"}, OTHER_PAGE),
    ],
    ids=str,
)
def test_a_site_that_runs_them_refuses_who_is_no_author(author: Author, headers: dict[str, str], why: str) -> None:
    answer = author.send(program=MENDED, token=author.token, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (403, why)


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}], ids=str)
def test_a_page_of_another_site_changes_nothing(author: Author, headers: dict[str, str]) -> None:
    origin = {"origin": author.url, **headers}
    if "sec-fetch-site" not in headers:
        del author.client.headers["sec-fetch-site"]
    assert author.send(program=MENDED, token=author.token, headers=origin).status_code == 403


@pytest.mark.parametrize("token", [None, "", "guess", "\ud800"])
def test_a_program_without_this_starts_token_is_refused(author: Author, token: str | None) -> None:
    given: dict[str, Any] = {} if token is None else {"token": token}
    answer = author.send(program="app = 1", **given)
    assert (answer.status_code, answer.json()["detail"]) == (403, NO_TOKEN)


@pytest.fixture(params=["off", "no author"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A browser of somebody who is no author: the site has the option off, or another user's process asks."""
    on = request.param != "off"
    app = create_app(Settings(data=tmp_path / "data", lessons=_lessons(tmp_path), watch=False, own_code=on))
    app.state.site.authorship = Authorship(app.state.site.settings, told_by_system=False)
    with _browser(app) as client:
        yield client


def _lessons(folder: Path) -> Path:
    return write_course(folder / "lessons", lab=SHORT)


def _browser(app: FastAPI) -> TestClient:
    client = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False, client=("127.0.0.1", 50_000))
    client.headers["origin"] = "http://127.0.0.1:8000"
    return client


def test_a_reader_who_is_no_author_sees_no_byte_of_it(reader: TestClient, tmp_path: Path) -> None:
    """As if the option did not exist: compared with a site that has it off, and asked for its traces."""
    pages = ["/", TRY, "/lessons/waiting/performance", "/progress"]
    seen = [reader.get(page).text for page in pages]
    site: Site = reader.app.state.site  # type: ignore[attr-defined]
    traces = (site.authorship.token, "own-program", "data-own", "own.css", 'name="token"', "Edit", "our version")
    assert [trace for trace in traces if trace in "".join(seen)] == []
    off = create_app(Settings(data=tmp_path / "other", lessons=_lessons(tmp_path), watch=False))
    with _browser(off) as other:
        other.cookies.update(reader.cookies)
        assert [other.get(page).text for page in pages] == seen


@pytest.mark.parametrize("form", [False, True], ids=["JSON", "form"])
def test_a_program_of_who_is_no_author_starts_nothing(reader: TestClient, form: bool) -> None:
    site: Site = reader.app.state.site  # type: ignore[attr-defined]
    wish = {"lesson": "waiting", "lab": "ways", "variant": "held", "program": MENDED, "token": site.authorship.token}
    body: dict[str, Any] = {"data": wish} if form else {"json": wish}
    answer = reader.post("/runs", headers=JSON, **body)
    if site.settings.own_code:
        assert (answer.status_code, answer.json()["detail"]) == (403, OTHER_USER)
    else:
        assert (answer.status_code, answer.json()["detail"]) == (422, "A run has no field 'program'.")
    assert not site.places


def test_a_site_that_listens_elsewhere_refuses_everybody(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "d", lessons=_lessons(tmp_path), watch=False, own_code=True, host="0.0.0.0")  # noqa: S104
    with _browser(create_app(settings)) as client:
        site: Site = client.app.state.site  # type: ignore[attr-defined]
        wish = {"lesson": "waiting", "lab": "ways", "variant": "held", "program": "x", "token": site.authorship.token}
        answer = client.post("/runs", json=wish, headers=JSON)
        assert (answer.status_code, answer.json()["detail"]) == (403, NOT_LOOPBACK)
        assert site.authorship.token not in client.get(TRY).text


# What runs, and what it counts for


def test_a_version_runs_beside_the_original_and_counts_for_nothing(author: Author) -> None:
    token, before = author.token, {path: path.read_bytes() for path in author.lessons.rglob("*") if path.is_file()}
    held: dict[str, Any] = {"parameters": {"delay": 0.1}}
    alone = author.run(program=MENDED, token=token, **held)
    assert (alone["state"], alone["own"], alone["summary"]["finished"]) == ("finished", True, 4)
    page = author.page(alone["url"])
    assert "Your version of Held left the loop free." in page
    assert "Run the lesson's program with the same numbers" in page and "counts for no progress" in page
    assert "(done)" not in author.page() and "data-run=" not in author.page()

    for variant in ("held", "quick"):
        original = author.run(variant, **held)
        assert (original["own"], original["finding"]["tone"]) == (False, "hold" if variant == "held" else "flow")
    assert "(done)" in author.page()

    mine = author.run(program=MENDED, token=token, **held)
    page = re.sub(r"\s+", " ", author.page(mine["url"]))
    rows = re.findall(r'<tr data-tone="(\w+)"> <th scope="row">([^<]+)</th>', page)
    assert rows == [("flow", "Your version"), ("hold", "Held, the lesson&#39;s")]
    assert "4 requests each, with equal numbers" in page
    other = author.run(program=MENDED, token=token, requests=6, **held)
    assert "had other numbers" in author.page(other["url"])
    shown = re.findall(r'name="variant" value="held"[^>]*data-run="([^"]+)"', author.page())
    assert shown and shown[0] not in (alone["url"], mine["url"], other["url"])

    assert author.client.get(f"{mine['url']}/files/held.py").text == MENDED
    assert author.client.get("/lessons/waiting/files/held.py").text == HELD
    assert {path: path.read_bytes() for path in author.lessons.rglob("*") if path.is_file()} == before


def test_the_live_program_is_always_the_lessons(author: Author) -> None:
    program = QUICK.replace('"quick"', '"mine"')
    assert author.run("quick", program=program, token=author.token)["state"] == "finished"
    assert author.client.get("/live/waiting/ways/quick/quick?seconds=0").json() == {"message": "quick"}


def test_a_version_that_is_as_in_the_lesson_is_the_lessons_whatever_its_line_ends(author: Author) -> None:
    assert author.run("quick", program=QUICK.replace("\n", "\r\n"), token=author.token)["own"] is False


def test_without_a_script_the_form_leads_to_the_runs_page_from_which_one_goes_on(author: Author) -> None:
    fields = {"lesson": "waiting", "lab": "ways", "variant": "held", "token": author.token, "program": MENDED}
    went = author.client.post("/runs", files={name: (None, value) for name, value in fields.items()})
    assert went.status_code == 303
    author.ended(went.headers["location"])
    page = author.page(went.headers["location"])
    assert f">\n{MENDED}</textarea>".replace('"', "&#34;") in page
    assert author.token in page
    with Author(author.url, author.lessons).client as stranger:
        page = stranger.get(went.headers["location"]).text
    assert "A reader&#39;s version of Held" in page and "<textarea" not in page


# What cannot be run, and what is ended


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "A run needs the field 'program'."),
        ("#" * (MAX_PROGRAM_BYTES + 1), "A program may have 32,768 bytes, and this one has 32,769."),
        (4, "A run needs the field 'program'."),
        ("\ud800", "The program is no text."),
    ],
    ids=["empty", "large", "number", "no text"],
)
def test_what_is_no_program_is_refused_in_words(author: Author, program: Any, why: str) -> None:
    answer = author.send(program=program, token=author.token)
    assert (answer.status_code, answer.json()["detail"]) == (422, why)


@pytest.mark.parametrize(
    ("program", "line", "message"),
    [
        (MENDED.replace("return {}", "return {"), 18, "SyntaxError"),
        ("import fastapi\n\napp = fastapi.FastAPI(\n", 3, "SyntaxError"),
        (MENDED.replace('    return {"message"', "   return {'message'"), 13, "IndentationError"),
        ("x = 1\x00", None, "null bytes"),
        ("(" * 4000, 1, "SyntaxError"),
        (MENDED + "\nnumber = int('four')\n", 20, "ValueError"),
        (MENDED + "\nraise OSError('no file \\udcff')\n", 20, "OSError: no file ?"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(author: Author, program: str, line: int | None, message: str) -> None:
    run = author.run(program=program, token=author.token)
    assert (run["state"], run["failure"]["code"], run["failure"]["line"]) == ("failed", "program", line)
    assert message in run["failure"]["message"]


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (MENDED.replace("    await asyncio.sleep(seconds)", "    while True:\n        pass"), (12, 13)),
        ("while True:\n    pass\n", (1, 2)),
    ],
    ids=["in a handler", "before it serves"],
)
def test_an_endless_loop_is_ended_at_its_line_and_the_site_goes_on(
    author: Author, program: str, line: tuple[int, int]
) -> None:
    run = author.run(program=program, token=author.token)
    assert (run["state"], run["failure"]["code"]) == ("failed", "time-out")
    assert run["failure"]["line"] in line
    assert author.run("quick")["state"] == "finished"


def test_an_endless_loop_is_ended_by_stop(author: Author) -> None:
    begun = author.send(program="while True:\n    pass\n", token=author.token).json()
    assert author.client.delete(begun["url"]).status_code == 204
    assert author.ended(begun["url"])["state"] == "stopped"


# What is kept


def test_own_runs_push_out_no_run_of_the_lesson_and_their_texts_go_with_them(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, lessons=_lessons(tmp_path), watch=False))
    site: Site = app.state.site
    lab = site.course.lessons[0].labs[0]

    def keep(session: Session) -> tuple[int, int, int]:
        session.add(Learner(id="anna", seed="1", created_at=NOW))
        session.flush()
        store(session, Place("anna", "trial", "waiting", "ways", "quick"), _ended("first", lab.spec("quick")))
        for number in range(KEPT_PER_LAB + 5):
            spec = lab.spec("quick", program=f"app = {number}")
            store(session, Place("anna", "trial", "waiting", "ways", "quick", own=True), _ended(f"own-{number}", spec))
        own = len(session.exec(select(Run).where(Run.own)).all())
        return own, len(session.exec(select(Run)).all()), len(session.exec(select(Program)).all())

    assert site.database.write_now(keep) == (KEPT_PER_LAB, KEPT_PER_LAB + 1, KEPT_PER_LAB + 1)
    app.state.closer.close()


def test_forget_me_takes_ones_own_programs_along(author: Author) -> None:
    run = author.run(program=f"{MENDED}\n# a secret of mine\n", token=author.token)
    assert "a secret of mine" in author.client.get(f"{run['url']}/files/held.py").text
    author.client.post("/forget")
    database = sqlite3.connect(f"file:{author.lessons.parent / 'data' / FILE}?mode=ro", uri=True)
    kept = database.execute("SELECT count(*) FROM program WHERE text LIKE '%a secret of mine%'").fetchone()
    database.close()
    assert kept == (0,)


def _ended(run: str, spec: RunSpec) -> EndedRun:
    """A run that was stopped before it began, as the lab host hands it over."""
    return EndedRun(
        id=run,
        owner="anna",
        spec=spec,
        program_hash=spec.program_hash,
        state="stopped",
        summary=None,
        finding=None,
        failure=None,
        rows=(),
        events=(),
        disturbed=False,
        started_at=None,
        ended_at=NOW,
    )


# Beside predictions


@pytest.fixture(scope="module")
def foreseen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A site whose lab waits for a prediction."""
    folder = tmp_path_factory.mktemp("foreseen")
    lessons = write_course(folder / "lessons", lab=SHORT, predictions=[prediction()])
    with serving(folder / "data", lessons, "--own-code", module="tests.calm_site") as site:
        yield site.url, lessons


@pytest.fixture
def foretelling(foreseen: tuple[str, Path]) -> Iterator[Author]:
    author = Author(*foreseen)
    with author.client:
        yield author


def phase(author: Author) -> str:
    found = re.search(r'<predict-item [^>]*data-state="(\w+)"', author.page("/lessons/waiting/predict"))
    assert found
    return found.group(1)


def foretell(author: Author, **fields: str) -> None:
    page = author.page("/lessons/waiting/predict")
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page[page.index("data-predict") :]))
    sent = author.client.post("/lessons/waiting/items/held-wall/responses?from=predict", data={**kept, **fields})
    assert sent.status_code == 303


def test_a_program_of_ones_own_waits_for_the_prediction_as_the_lessons_does(foretelling: Author) -> None:
    answer = foretelling.send(program=MENDED, token=foretelling.token)
    assert (answer.status_code, answer.json()["url"]) == (409, "/lessons/waiting/predict#item-held-wall")
    foretell(foretelling, skip="1")
    assert foretelling.run(program=MENDED, token=foretelling.token)["own"] is True


def test_a_run_of_ones_own_program_decides_no_prediction(foretelling: Author) -> None:
    foretell(foretelling, number="0.08")
    numbers: dict[str, Any] = {"requests": 4, "parameters": {"delay": 0.02}}
    mine = foretelling.run(program=HELD + "# mine\n", token=foretelling.token, **numbers)
    assert (mine["state"], mine["own"], phase(foretelling)) == ("finished", True, "committed")
    page = foretelling.page("/lessons/waiting/predict")
    assert mine["id"] not in page
    foretelling.run(**numbers)
    assert phase(foretelling) == "answered"
