"""The site is killed, interrupted, or loses a lab: nothing of it goes on running, and no answer that it acknowledged is lost."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import re
import secrets
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import ROOT, command, environment
from tests.courses import LAB, QUICK, question, write_course
from tests.learners import Form, Learner, learner_at
from tests.processes import MARK, bearing, seconds_until
from webapp.database import FILE

GONE_SECONDS = 10.0
STOP_SECONDS = 30.0
"""A site that is told to stop has two; the machine may be busy."""
LANES = 2
KILLS_A_LANE = 10
ITEMS = 15
RECALL = "/lessons/waiting/recall"

HANDLER = "    await asyncio.sleep(seconds)\n"
PROGRAMS = {
    # A single call into C that never lets go of the interpreter: no thread and no signal handler of the lab runs any more.
    "call": QUICK.replace(HANDLER, "    sum(range(10**12))\n"),
    # Processes of its own, which the kernel does not end with the lab.
    "pool": QUICK.replace("import asyncio", "import time\nfrom concurrent.futures import ProcessPoolExecutor").replace(
        HANDLER, "    for sleeper in [pool.submit(time.sleep, 60) for _ in range(2)]:\n        sleeper.result()\n"
    )
    + "\n\npool = ProcessPoolExecutor(2)\n",
}
BEFORE_THE_KILL = {"quick": "", "held": "request", "call": "held", "pool": "request"}
"""The program of a round's run, and the event of the run that the kill waits for."""


def course(folder: Path, **programs: str) -> Path:
    lines = "".join(f"        {name}: {{file: {name}.py, label: {name.title()}}}\n" for name in programs)
    lab = LAB.removesuffix("///\n") + lines + "///\n"
    write_course(folder, questions=[question(f"item-{n}", stem=f"Item {n}?") for n in range(ITEMS)], lab=lab)
    for name, text in programs.items():
        (folder / "waiting" / f"{name}.py").write_text(text)
    return folder


@dataclass
class Marked:
    """A site whose processes all carry its mark."""

    url: str
    process: subprocess.Popen[str]
    mark: str

    def is_gone(self) -> bool:
        return not bearing(self.mark)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def marked(data: Path, lessons: Path, *options: str) -> Iterator[Marked]:
    mark = secrets.token_hex(8)
    with subprocess.Popen(
        command("serve", "--port", "0", "--data", str(data), "--lessons", str(lessons), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**{MARK: mark}),
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            address = re.search(r"http://\S+", said)
            assert address, said + process.stdout.read()
            yield Marked(address.group(), process, mark)
        finally:
            for pid in bearing(mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True)
class Given:
    """An answer as it was sent."""

    token: str
    form: Form
    option: str
    key: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass
class Lane:
    """One data folder whose site is killed again and again, and what its learners know."""

    data: Path
    lessons: Path
    random: random.Random
    acknowledged: list[Given] = field(default_factory=list)
    unsure: list[Given] = field(default_factory=list)
    """Sent, and the site died before it said anything."""
    killed: list[int] = field(default_factory=list)
    gone_after: list[float] = field(default_factory=list)

    def kill_again_and_again(self, times: int) -> None:
        for number in range(times):
            variant = list(BEFORE_THE_KILL)[number % len(BEFORE_THE_KILL)]
            with marked(self.data, self.lessons) as site:
                asyncio.run(self.live_through(site, variant))
                self.killed.append(site.process.pid)
                gone = seconds_until(site.is_gone, at_most=GONE_SECONDS)
                assert gone is not None, f"left after a run of {variant}: {left_over(site.mark)}"
                self.gone_after.append(gone)
        with marked(self.data, self.lessons) as site:
            asyncio.run(self.ask_again(site))
            self.compare_with_what_is_stored()
            site.process.terminate()
            assert site.process.wait(STOP_SECONDS) == 0

    async def live_through(self, site: Marked, variant: str) -> None:
        """From a site's start to its end: what was answered is there, answers and a run are under way, and it is killed."""
        await self.ask_again(site)
        self.compare_with_what_is_stored()
        async with learner_at(site.url) as runner, learner_at(site.url) as first, learner_at(site.url) as second:
            forms = [await learner.forms(RECALL) for learner in (first, second)]
            assert [len(form) for form in forms] == [ITEMS, ITEMS]
            acknowledged = asyncio.Event()
            run = (await pressed(runner, variant))["events"]
            on = asyncio.create_task(until(runner, run, BEFORE_THE_KILL[variant]))
            answering = [
                asyncio.create_task(self.answer(learner, open_items, acknowledged))
                for learner, open_items in zip((first, second), forms, strict=True)
            ]
            await asyncio.gather(on, acknowledged.wait())
            await asyncio.sleep(self.random.uniform(0, 0.15))
            site.kill()
            await asyncio.gather(*answering)

    async def answer(self, learner: Learner, forms: list[Form], acknowledged: asyncio.Event) -> None:
        """Answer one item after another, until there are none or the site is gone."""
        for form in forms:
            given = Given(learner.token, form, self.random.choice("abc"))
            try:
                answer = await learner.respond(form, given.option, key=given.key)
            except aiohttp.ClientError:
                self.unsure.append(given)
                return
            assert answer.status == 200, answer.text
            self.acknowledged.append(given)
            acknowledged.set()

    async def ask_again(self, site: Marked) -> None:
        """What the learners see after the restart; who heard nothing sends the same answer once more."""
        last = self.acknowledged[-1:]
        for given in last + self.unsure:
            async with learner_at(site.url, given.token) as learner:
                if given in self.unsure:
                    answer = await learner.respond(given.form, given.option, key=given.key)
                    assert answer.status == 200, answer.text
                assert given.form.item in await learner.answered(RECALL)
        self.acknowledged += self.unsure
        self.unsure = []

    def compare_with_what_is_stored(self) -> None:
        stored, integrity = responses(self.data / FILE)
        assert integrity == "ok"
        assert len(stored) == len(set(stored)), "a response is stored twice"
        known = {(digest(given.token), given.form.item): given.option for given in self.acknowledged}
        assert dict(stored) == known


def test_a_killed_site_leaves_nothing_running_and_loses_no_answer(tmp_path: Path) -> None:
    lessons = course(tmp_path / "course", **PROGRAMS)
    lanes = [Lane(tmp_path / f"data-{seed}", lessons, random.Random(seed)) for seed in range(LANES)]
    with ThreadPoolExecutor(LANES) as threads:
        for done in [threads.submit(lane.kill_again_and_again, KILLS_A_LANE) for lane in lanes]:
            done.result()
    gone_after = [seconds for lane in lanes for seconds in lane.gone_after]
    answers = sum(len(lane.acknowledged) for lane in lanes)
    assert len(gone_after) == LANES * KILLS_A_LANE
    print(f"{len(gone_after)} kills, {answers} answers; gone after {max(gone_after):.2f} s at the latest")  # noqa: T201
    for pid in (pid for lane in lanes for pid in lane.killed):  # the next start clears up what a killed one left
        assert not list(Path(tempfile.gettempdir()).glob(f"interleave-labs-{pid}-*"))


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_site_that_is_told_to_stop_ends_at_once_with_open_streams(tmp_path: Path, told: signal.Signals) -> None:
    async def watch_and_stop(site: Marked) -> None:
        async with learner_at(site.url) as one, learner_at(site.url) as two, learner_at(site.url) as three:
            watching = []
            for learner, variant in ((one, "held"), (two, "quick"), (three, "call")):
                run = await pressed(learner, variant)
                watching.append(asyncio.create_task(last_message(learner, run["events"])))
                await until(learner, run["events"], "request")
            site.process.send_signal(told)
            assert await asyncio.to_thread(site.process.wait, STOP_SECONDS) == 0
            assert [last["state"] for last in await asyncio.gather(*watching)] == ["stopped"] * 3

    with marked(tmp_path / "data", course(tmp_path / "course", **PROGRAMS)) as site:
        asyncio.run(watch_and_stop(site))
        assert seconds_until(site.is_gone, at_most=GONE_SECONDS) is not None, left_over(site.mark)
        assert site.process.stdout is not None
        assert site.process.stdout.read().strip() == ""
        assert not list(Path(tempfile.gettempdir()).glob(f"interleave-labs-{site.process.pid}-*"))


def test_a_lab_that_is_killed_from_outside_is_lost_and_the_next_run_works(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    named = QUICK + f'\n\nimport os\nimport pathlib\n\npathlib.Path("{told}").write_text(str(os.getpid()))\n'

    async def kill_the_lab(site: Marked) -> None:
        async with learner_at(site.url) as learner:
            run = await pressed(learner, "named")
            await until(learner, run["events"], "request")
            os.kill(int(told.read_text()), signal.SIGKILL)
            last = await last_message(learner, run["events"])
            assert (last["state"], last["failure"]["code"]) == ("failed", "lost")
            assert (await learner.run(run["url"]))["failure"]["code"] == "lost"
            again = await pressed(learner, "quick", delay=0.02)
            assert (await last_message(learner, again["events"]))["state"] == "finished"

    with marked(tmp_path / "data", course(tmp_path / "course", named=named)) as site:
        asyncio.run(kill_the_lab(site))


async def pressed(learner: Learner, variant: str, *, delay: float = 10) -> dict[str, Any]:
    """A run of four requests, each of which takes as long as a lab allows."""
    answer = await learner.press("waiting", "ways", variant, delay=delay)
    assert answer.status == 201, answer.text
    return answer.json()


async def until(learner: Learner, events: str, kind: str) -> None:
    """Follow a run until an event of this kind; of none, until it has told anything."""
    async with contextlib.aclosing(learner.messages(events)) as messages:
        async for message in messages:
            if not kind or any(event["e"] == kind for event in message["events"]):
                return
    raise AssertionError(f"the run ended without {kind!r}")


async def last_message(learner: Learner, events: str) -> dict[str, Any]:
    async with contextlib.aclosing(learner.messages(events)) as messages:
        return [message async for message in messages][-1]


def responses(file: Path) -> tuple[list[tuple[tuple[str, str], str]], str]:
    """Every stored response as (learner's token hash, item) and option, once for each first score of it; and SQLite's own check."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT token_hash, item_id, value FROM response"
            " JOIN score ON score.response_id = response.id AND score.supersedes_id IS NULL"
            " JOIN attempt_item ON attempt_item.id = response.attempt_item_id"
            " JOIN browser_session ON browser_session.learner_id = response.learner_id"
        ).fetchall()
        (count,) = database.execute("SELECT count(*) FROM response").fetchone()
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
    assert count == len(rows), "a response has no score, or two"
    return [((token, item), "".join(json.loads(value))) for token, item, value in rows], integrity


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def left_over(mark: str) -> list[str]:
    told = subprocess.run(
        ["ps", "-o", "pid=,ppid=,stat=,command=", "-p", ",".join(map(str, bearing(mark)))],
        capture_output=True,
        text=True,
    )
    return told.stdout.splitlines()
