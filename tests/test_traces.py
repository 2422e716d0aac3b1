"""The recording of a run as the site gives it: on its page, to a script, as files, to anyone with the link while it is kept."""

from __future__ import annotations

import csv
import io
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col
from starlette.testclient import TestClient

from tests.courses import write_course
from tests.perceived import perceive
from tests.test_site import browser, stranger
from tests.trace_events import mistakes
from webapp import traces
from webapp.app import create_app
from webapp.labs.host import LabHost
from webapp.labs.lab import UVLOOP
from webapp.models import Run
from webapp.settings import Settings
from webapp.site import Site

JSON = {"accept": "application/json"}
FRAGMENT = {"interleave-fragment": "1"}
RUN_SECONDS = 30
HOME = "http://127.0.0.1:8000"
FIGURE = "\n/// figure | Step by step\n    lab: ways\n    show: replay\n    variant: quick\n    beside: held\n///\n"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("site")
    lessons = write_course(folder / "lessons")
    lesson = lessons / "waiting" / "lesson.md"
    lesson.write_text(lesson.read_text().replace("\n## Performance\n", f"\n## Visualize\n{FIGURE}\n## Performance\n"))
    return create_app(Settings(data=folder / "data", lessons=lessons, watch=False))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with browser(app) as client:
        yield client


@pytest.fixture(scope="module")
def quick(client: TestClient) -> str:
    return ran(client, "quick")


@pytest.fixture(scope="module")
def held(client: TestClient, quick: str) -> str:
    return ran(client, "held")


def ran(client: TestClient, variant: str) -> str:
    """The URL of a run that has ended."""
    asked = {"lesson": "waiting", "lab": "ways", "variant": variant, "parameters": {"delay": 0.06}}
    url: str = client.post("/runs", json=asked, headers=JSON).json()["url"]
    until = time.monotonic() + RUN_SECONDS
    while client.get(url, headers=JSON).json()["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return url


def test_before_a_run_the_figure_invites_to_one(app: FastAPI, client: TestClient) -> None:
    shown = perceive(figure(stranger(app)))
    assert "Nothing to replay yet." in shown.text
    assert [button.text for button in shown.all("button")] == ["Run it: Quick", "Run it: Held"]


def test_the_data_has_the_steps_in_order_each_with_its_sentence(client: TestClient, quick: str) -> None:
    told = client.get(f"{quick}/trace").json()
    starts = [step[0] for step in told["steps"]]
    assert starts == sorted(starts) and told["cut"] is None
    assert {n for n, *_ in told["waits"] if n} == {1, 2, 3, 4}
    said = {told["sentences"][step[5]] for step in told["steps"] if step[3] == 2}
    source = "<code>await asyncio.sleep\\(seconds\\)</code>"
    waited = r"( It had been ready for [^.]+ ms, and waited for the loop\.)?( The machine was busy .*)?"
    line = rf"Request 2 runs up to line \d+: {source}\. There it waits for <code>asyncio\.sleep</code>\.{waited}"
    assert any(re.fullmatch(line, sentence) for sentence in said), said
    assert any(
        re.fullmatch(rf"Request 2 goes on after line \d+, to its end\.{waited}", sentence) for sentence in said
    ), said


def test_a_turn_that_holds_the_loop_is_told_with_the_line_that_it_was_seen_at(client: TestClient, held: str) -> None:
    told = client.get(f"{held}/trace").json()
    assert {step[6] for step in told["steps"] if step[3]} >= {2}
    held_at = re.compile(r"<code>time\.sleep\(seconds\)</code>\.( It had been ready .*?)? All others waited")
    assert any(held_at.search(sentence) for sentence in told["sentences"])


def test_the_page_of_a_run_has_the_replay_the_program_and_the_same_as_a_table(client: TestClient, quick: str) -> None:
    shown = perceive(re.sub("\x00.*?\x00", "", client.get(quick).text).removeprefix("<!doctype html>"))
    assert shown.one("heading", "Step by step")
    steps = next(found for found in shown.walk() if found.attributes.get("id") == "steps")
    assert "Request 1 runs up to line" in steps.text and "loop" in steps.text
    program = next(found for found in shown.walk() if "data-listing" in found.attributes)
    assert "await asyncio.sleep(seconds)" in program.text
    names = [href for found in shown.all("link") if f"{quick}/trace" in (href := found.attributes.get("href", ""))]
    assert f"{quick}/trace.json" in names and f"{quick}/trace.csv" in names


def test_another_run_stands_beside_it_by_its_id_or_by_the_link_of_its_page(
    client: TestClient, quick: str, held: str
) -> None:
    wanted = held.rpartition("/")[2]
    for beside in (wanted, f"{HOME}{held}", f"{HOME}{held}/?beside=x"):
        page = client.get(quick, params={"beside": beside}).text
        assert re.findall(r'data-track="([^"]+)"', page) == [f"{quick}/trace", f"{held}/trace"]
    page = client.get(quick).text
    assert f'<option value="{wanted}">Held, 4 requests' in page and "no such run" not in page
    assert "There is no such run" in client.get(quick, params={"beside": "nope"}).text


def test_the_figure_shows_the_last_runs_of_the_variants_that_the_author_or_the_reader_chose(
    app: FastAPI, client: TestClient, quick: str, held: str
) -> None:
    assert re.findall(r'data-track="([^"]+)"', figure(client)) == [f"{quick}/trace", f"{held}/trace"]
    chosen = figure(client, "?first=held&second=held")
    assert re.findall(r'data-track="([^"]+)"', chosen) == [f"{held}/trace"]
    assert f'data-track="{quick}/trace"' in client.get("/lessons/waiting/visualize").text


def test_the_files_are_downloads_and_say_the_same(client: TestClient, quick: str) -> None:
    chrome, table = client.get(f"{quick}/trace.json"), client.get(f"{quick}/trace.csv")
    assert chrome.headers["content-disposition"].startswith('attachment; filename="run-')
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert mistakes(chrome.json()) == []
    turns = [event for event in chrome.json()["traceEvents"] if event["ph"] == "X" and event["cat"] == "turn"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(turns) == sum(row["kind"] == "turn" for row in rows) > 7
    assert {row["source"] for row in rows if row["line"]} >= {"await asyncio.sleep(seconds)"}
    assert not any(cell.startswith(traces.FORMULA) for row in rows for cell in row.values())


def test_of_a_run_on_uvloop_the_page_says_that_no_turn_was_seen(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site itself asks for asyncio's own loop alone; such a run must not look like one that never held its loop."""
    submit = LabHost.submit
    monkeypatch.setattr(
        LabHost, "submit", lambda host, spec, *, owner: submit(host, replace(spec, loop=UVLOOP), owner=owner)
    )
    url = ran(client, "held")
    shown = re.sub(r"\s+", " ", perceive(client.get(url).text.removeprefix("<!doctype html>")).text)
    assert "There is no recording of this run" in shown and "it ran on uvloop" in shown
    assert "Whether Held held the loop was not seen." in shown
    assert "no turn can be timed on uvloop" in shown
    assert "left the loop free" not in shown and "never held" not in shown
    for name in ("trace", "trace.json", "trace.csv"):
        refused = client.get(f"{url}/{name}", headers=JSON)
        assert refused.status_code == 404 and "its loop was not asyncio's own" in refused.json()["detail"]


def test_the_files_and_the_page_say_what_the_run_ran_on(client: TestClient, quick: str) -> None:
    told = client.get(quick, headers=JSON).json()["surroundings"]
    assert told["cores"] >= 1
    expected = {name: version(name) for name in ("fastapi", "uvicorn", "anyio")}
    assert told == {"cores": told["cores"], "python": platform.python_version(), "loop": "asyncio", **expected}
    assert client.get(f"{quick}/trace").json()["surroundings"] == told
    assert client.get(f"{quick}/trace.json").json()["otherData"].items() >= told.items()
    first = next(csv.DictReader(io.StringIO(client.get(f"{quick}/trace.csv").text)))
    assert first["kind"] == "surroundings" and first["what"].endswith(f"AnyIO {told['anyio']}")
    shown = perceive(client.get(quick).text).text
    assert f"Python {told['python']}, asyncio; FastAPI {told['fastapi']}, uvicorn {told['uvicorn']}, AnyIO" in shown


def test_a_run_from_before_that_was_kept_is_shown_without(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", lessons=write_course(tmp_path / "lessons"), watch=False)
    app = create_app(settings)
    with browser(app) as client:
        url = ran(client, "quick")
        app.state.site.database.write_now(lambda session: session.execute(update(Run).values(surroundings=None)))
    with browser(create_app(settings)) as client:
        assert client.get(url, headers=JSON).json()["surroundings"] is None
        assert client.get(f"{url}/trace").json()["surroundings"] is None
        assert client.get(url).status_code == 200
        kinds = [row["kind"] for row in csv.DictReader(io.StringIO(client.get(f"{url}/trace.csv").text))]
        assert kinds and "surroundings" not in kinds


@pytest.mark.parametrize("path", ["/trace", "/trace.json", "/trace.csv", "/replay"])
def test_anyone_with_the_link_may_see_the_recording_and_nobody_without(
    app: FastAPI, client: TestClient, quick: str, path: str
) -> None:
    assert stranger(app).get(f"{quick}{path}").status_code == 200
    assert stranger(app).get(f"/runs/nope{path}").status_code == 404


def test_a_run_from_before_runs_were_recorded_says_so_and_keeps_its_page(
    app: FastAPI, client: TestClient, quick: str, held: str
) -> None:
    url = ran(client, "held")
    site: Site = app.state.site
    site.database.write_now(
        lambda session: session.execute(update(Run).where(col(Run.id) == url[6:]).values(trace=None))
    )
    assert client.get(f"{url}/trace").status_code == 404
    page = client.get(url)
    assert page.status_code == 200 and "run-replay" not in page.text.partition("<body")[2]
    assert client.get(quick, params={"beside": url[6:]}).text.count("data-track=") == 1


def figure(client: TestClient, query: str = "") -> str:
    answer: Any = client.get(f"/lessons/waiting/figures/ways-replay{query}", headers=FRAGMENT)
    assert answer.status_code == 200
    text: str = answer.text
    return text


def test_forgetting_a_learner_deletes_their_recordings(app: FastAPI, client: TestClient, quick: str) -> None:
    """The last one here: the runs of the tests above go with their learner."""
    assert client.get(f"{quick}/trace").status_code == 200
    assert client.post("/forget").status_code == 303
    assert client.get(f"{quick}/trace").status_code == 404
