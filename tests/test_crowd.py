"""Several learners at once: each has one run, those who wait see their place, a full line says so, and pages go on being read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import serving
from tests.courses import LAB, write_course
from tests.learners import Learner, learner_at
from webapp.app import create_app
from webapp.labs.host import LabHost
from webapp.settings import Settings

LEARNERS = 8
ALONE = LAB.replace("///\n", "    cost: cpu\n///\n")
"""The same lab, but its runs are declared to compute, so they go one after another."""


def test_eight_learners_run_at_once_and_each_run_finishes(tmp_path: Path) -> None:
    with serving(tmp_path / "data", write_course(tmp_path / "course")) as site:
        seen = asyncio.run(crowd(site.url, LEARNERS))
    for messages in seen:
        assert messages[-1]["state"] == "finished"
        assert messages[-1]["summary"]["finished"] == 4
        assert messages[-1]["summary"]["errors"] == 0


def test_runs_that_compute_go_one_after_another_and_each_learner_sees_their_place(tmp_path: Path) -> None:
    with serving(tmp_path / "data", write_course(tmp_path / "course", lab=ALONE)) as site:
        seen = asyncio.run(crowd(site.url, LEARNERS))
    firsts = []
    for messages in seen:
        places = [message["position"] for message in messages if message["state"] == "queued"]
        assert places == sorted(places, reverse=True), "nobody overtakes"
        firsts += places[:1]
        assert messages[-1]["state"] == "finished"
    assert sorted(firsts)[-1] > 1, "more than one learner stood in the line at once"


def test_a_second_press_is_answered_with_the_run_that_is_on(tmp_path: Path) -> None:
    async def press_twice(url: str) -> None:
        async with learner_at(url) as learner, learner_at(url) as other:
            first = await learner.press("waiting", "ways", "held", delay=5)
            second = await learner.press("waiting", "ways", "quick")
            assert (first.status, second.status) == (201, 409)
            run = first.json()
            assert second.json()["url"] == run["url"]
            assert (await other.stop(run["url"])).status == 403
            assert (await learner.stop(run["url"])).status == 204
            assert (await learner.run(run["url"]))["state"] == "stopped"
            third = await learner.press("waiting", "ways", "quick")
            assert third.status == 201
            assert [message async for message in learner.messages(third.json()["events"])][-1]["state"] == "finished"

    with serving(tmp_path / "data", write_course(tmp_path / "course")) as site:
        asyncio.run(press_twice(site.url))


def test_pages_are_answered_while_a_lab_is_blocked(tmp_path: Path) -> None:
    """The lab holds its loop for twenty seconds; the pages are there long before it lets go."""

    async def read(url: str) -> None:
        async with learner_at(url) as runner, learner_at(url) as reader:
            run = (await runner.press("waiting", "ways", "held", requests=2, delay=10)).json()
            async for message in runner.messages(run["events"]):
                if any(event["e"] == "held" for event in message["events"]):
                    break
            for _ in range(20):
                assert (await reader.get("/lessons/waiting/why")).status == 200
                assert (await reader.get("/lessons/waiting/recall")).status == 200
            now = await runner.run(run["url"])
            assert now["state"] == "running"
            assert not any(row["done"] for row in now["requests"])
            await runner.stop(run["url"])

    with serving(tmp_path / "data", write_course(tmp_path / "course")) as site:
        asyncio.run(read(site.url))


@pytest.fixture
def short_line(tmp_path: Path) -> Iterator[TestClient]:
    """A site whose line holds two runs."""
    app = create_app(
        Settings(data=tmp_path / "data", lessons=write_course(tmp_path / "course", lab=ALONE), watch=False)
    )
    site = app.state.site
    site.labs = LabHost(on_end=site.keep_run, queue=2)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


def test_a_full_line_says_when_to_come_again(short_line: TestClient) -> None:
    def press(learner: str, accept: str = "application/json") -> Any:
        headers = {"Cookie": f"interleave={learner}", "Sec-Fetch-Site": "same-origin", "Accept": accept}
        form = {"lesson": "waiting", "lab": "ways", "variant": "held", "parameter-delay": "5"}
        return short_line.post("/runs", data=form, headers=headers)

    learners = [token_urlsafe(32) for _ in range(4)]
    admitted = [press(learner) for learner in learners[:3]]
    assert [answer.status_code for answer in admitted] == [201] * 3
    assert [answer.json()["state"] for answer in admitted] == ["running", "queued", "queued"]
    refused = press(learners[3])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert "2 runs are waiting" in refused.json()["detail"]
    page = press(learners[3], accept="text/html")
    assert (page.status_code, page.headers["retry-after"]) == (429, "10")
    assert "text/html" in page.headers["content-type"]


async def crowd(url: str, size: int) -> list[list[dict[str, Any]]]:
    """Every message that each learner's run told; they all press within a moment, `quick` and `held` by turns."""

    async def run(learner: Learner, variant: str) -> list[dict[str, Any]]:
        answer = await learner.press("waiting", "ways", variant)
        assert answer.status == 201, answer.text
        return [message async for message in learner.messages(answer.json()["events"])]

    async with AsyncExitStack() as opened:
        learners = [await opened.enter_async_context(learner_at(url)) for _ in range(size)]
        variants = ["quick", "held"]
        return await asyncio.gather(*(run(learner, variants[n % 2]) for n, learner in enumerate(learners)))
