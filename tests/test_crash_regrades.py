"""The site is killed while a hundred learners answer at once and an author regrades: no answer and no regrade that it acknowledged
is lost, none is there twice, and none is there by half. On PostgreSQL too. `CRASH_KILLS=200` kills as often as that.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, text

from quiz.items import Item
from quiz.models import Regrade, Response, table
from quiz.scoring import score
from tests.conftest import DATABASES
from tests.courses import question, write_course
from tests.learners import Answer, Learner, learner_at
from tests.postgres import Cluster
from tests.test_crash import RECALL, Given, digest
from tests.warm import Starter, starter
from webapp import engines
from webapp.database import FILE

KILLS = {"sqlite": int(os.environ.get("CRASH_KILLS", "40")), "postgresql": 6}
LANES = 2
LEARNERS = 100
ROUND_SECONDS = 300.0
OFFERS_LOOKED_FOR = 6
KEYS = "bca"
POLICIES = ("current-only", "previous-or-current", "full-credit", "none")
FIELDS = re.compile(r'<input type="hidden" name="(token|version)" value="([^"]*)">')

STORED = """
    SELECT token_hash, attempt_item.item_id, response.id, first.fraction, item_version.id AS version, body
    FROM response
    JOIN score AS first ON first.response_id = response.id AND first.supersedes_id IS NULL
    JOIN item_version ON item_version.id = first.scored_version_id
    JOIN attempt_item ON attempt_item.id = response.attempt_item_id
    JOIN browser_session ON browser_session.learner_id = response.learner_id
"""
SCORES_AGAIN_AND_AGAIN = """
    SELECT response_id FROM score AS one
    WHERE NOT EXISTS (SELECT 1 FROM score AS later WHERE later.supersedes_id = one.id)
    GROUP BY response_id HAVING count(*) <> 1
"""
UNSCORED = "SELECT id FROM response WHERE id NOT IN (SELECT response_id FROM score)"
SCORES_OF_REGRADES = "SELECT regrade_id, count(*) AS scores FROM score WHERE regrade_id IS NOT NULL GROUP BY regrade_id"


@dataclass(frozen=True)
class Sent:
    """A regrade as its form was sent, without the token, which is another one at each start."""

    path: str
    policy: str
    version: str
    key: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass
class Lane:
    """One database whose site is killed again and again, and what its learners and its author know.

    At each start the key of every item is another one. Every learner answers one item, the next at the next start, and the author
    regrades what the starts before have scored.
    """

    folder: Path
    seed: int
    address: str
    kills: int
    tokens: list[str] = field(default_factory=lambda: [secrets.token_urlsafe(32) for _ in range(LEARNERS)])
    acknowledged: list[Given] = field(default_factory=list)
    unsure: list[Given] = field(default_factory=list)
    """Sent, and the site died before it said anything."""
    done: list[Sent] = field(default_factory=list)
    unheard: list[Sent] = field(default_factory=list)
    cut: Counter[str] = field(default_factory=Counter)
    """How many kills came while answers, and while regrades, were under way."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.fatal, self.reached = 0, asyncio.Event()

    def live(self) -> None:
        options = ["--own-code", *(["--database", self.address] if self.address else [])]
        with starter() as site:
            for at in range(self.kills + 1):
                questions = [
                    question(f"item-{n}", right=(KEYS[at % len(KEYS)],), stem=f"Item {n}?") for n in range(self.kills)
                ]
                lessons = write_course(self.folder / "course", questions=questions)
                url = site.start(self.folder / "data", lessons, *options)
                asyncio.run(self.come_back(url))
                self.compare_with_what_is_stored()
                if at < self.kills:
                    asyncio.run(self.teach(site, url, f"item-{at}"))
                else:
                    asyncio.run(self.look_back(url))

    async def come_back(self, url: str) -> None:
        """Who heard nothing sends the same once more. A regrade that is not there is out of date by now: its key is another one."""
        unsure, self.unsure = self.unsure, []
        await asyncio.gather(*(self.answer(url, given) for given in unsure + self.acknowledged[-1:]))
        assert self.unsure == []
        async with learner_at(url) as author:
            for sent in self.done[-1:] + self.unheard:
                answer = await self.send(author, sent, token=await self.token(author))
                assert answer.status in ((303,) if sent in self.done else (303, 409)), answer.text
                if answer.status == 303 and sent in self.unheard:
                    self.done.append(sent)
        self.unheard = []

    async def teach(self, site: Starter, url: str, item: str) -> None:
        """A hundred learners answer the item at once and the author regrades, until the site is killed."""
        self.fatal, self.reached = len(self.acknowledged) + self.random.randrange(LEARNERS), asyncio.Event()
        async with learner_at(url) as reader:
            form = next(form for form in await reader.forms(RECALL) if form.item == item)
            offered = [found async for found in self.offered(reader)]
        sending = [self.answer(url, Given(token, form, self.random.choice("abc"))) for token in self.tokens]
        sending.insert(self.random.randrange(LEARNERS), self.regrade(url, offered))
        under_way = [asyncio.create_task(one) for one in sending]
        async with asyncio.timeout(ROUND_SECONDS):
            await self.reached.wait()
        await asyncio.sleep(self.random.uniform(0, 0.02))
        await asyncio.to_thread(site.kill)
        await asyncio.gather(*under_way)
        self.cut.update(kills=1, answers=bool(self.unsure), regrades=bool(self.unheard))

    async def answer(self, url: str, given: Given) -> None:
        async with learner_at(url, given.token) as learner:
            try:
                answer = await learner.respond(given.form, given.option, key=given.key)
            except aiohttp.ClientError:
                self.unsure.append(given)
                return
        assert answer.status == 200, answer.text
        if given not in self.acknowledged:
            self.acknowledged.append(given)
            if len(self.acknowledged) > self.fatal:
                self.reached.set()

    async def offered(self, author: Learner) -> AsyncIterator[tuple[Sent, str]]:
        """Some regrades, with the token that goes with each."""
        items = [f"item-{n}" for n in range(self.kills)]
        for item in self.random.sample(items, min(OFFERS_LOOKED_FOR, len(items))):
            page = f"/analysis/waiting/items/{item}"
            fields = dict(FIELDS.findall((await author.get(page)).text))
            if "version" in fields:
                yield Sent(f"{page}/regrades", self.random.choice(POLICIES), fields["version"]), fields["token"]

    async def regrade(self, url: str, offered: list[tuple[Sent, str]]) -> None:
        """One after another."""
        async with learner_at(url) as author:
            for sent, token in offered:
                try:
                    answer = await self.send(author, sent, token=token)
                except aiohttp.ClientError:
                    self.unheard.append(sent)
                    return
                assert answer.status == 303, answer.text
                self.done.append(sent)

    async def send(self, author: Learner, sent: Sent, *, token: str) -> Answer:
        return await author.send(sent.path, token=token, policy=sent.policy, version=sent.version, key=sent.key)

    async def token(self, author: Learner) -> str:
        """Of this start, from whatever page has one: a regrade that can be taken back, an offer."""
        for n in range(self.kills):
            if found := FIELDS.findall((await author.get(f"/analysis/waiting/items/item-{n}")).text):
                return str(dict(found)["token"])
        raise AssertionError("no page has a form")

    async def look_back(self, url: str) -> None:
        """What learners and the author see in the end."""
        async with AsyncExitStack() as opened:
            author = await opened.enter_async_context(learner_at(url))
            for path in ("/analysis", "/analysis/waiting", "/analysis/waiting/items/item-0"):
                assert (await author.get(path)).status == 200
            for token in self.tokens[:3]:
                learner = await opened.enter_async_context(learner_at(url, token))
                known = {given.form.item for given in self.acknowledged if given.token == token}
                assert await learner.answered(RECALL) == known

    def compare_with_what_is_stored(self) -> None:
        with self.stored() as connection:
            if not self.address:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            for broken in (SCORES_AGAIN_AND_AGAIN, UNSCORED):
                assert connection.execute(text(broken)).all() == []
            values = {row.id: row.value for row in connection.execute(table(Response).select())}
            rows = connection.execute(text(STORED)).all()
            assert len(rows) == len(values), "a response has no score, or two"
            scores = {row.regrade_id: row.scores for row in connection.execute(text(SCORES_OF_REGRADES))}
            regrades = connection.execute(table(Regrade).select()).all()
        self.compare_responses(rows, values)
        assert sorted(one.key for one in regrades) == sorted(sent.key for sent in self.done)
        for one in regrades:
            assert scores.get(one.id, 0) == (0 if one.policy == "none" else one.summary["responses"]), "by half"

    def compare_responses(self, rows: Any, values: dict[str, list[str]]) -> None:
        """Each acknowledged one is there once, with the score that its version gives it; and no other is there."""
        stored = [((row.token_hash, row.item_id), "".join(values[row.id])) for row in rows]
        known = {(digest(given.token), given.form.item): given.option for given in self.acknowledged}
        assert len(stored) == len(known) and dict(stored) == known
        versions = {row.version: Item.from_json(row.body) for row in rows}
        for row in rows:
            assert row.fraction == score(versions[row.version], tuple(values[row.id])).fraction

    @contextmanager
    def stored(self) -> Iterator[Connection]:
        opened = engines.of_server(self.address) if self.address else engines.of_file(self.folder / "data" / FILE)
        with closing(opened), opened.reading.connect() as connection:
            yield connection


@pytest.mark.parametrize("kind", DATABASES)
def test_a_killed_site_loses_doubles_and_halves_no_answer_and_no_regrade(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("CRASH_SEED", secrets.randbelow(10**6)))
    print(f"CRASH_SEED={seed}")  # noqa: T201  # shown where it fails
    lanes = []
    for at in range(LANES):
        address = ""
        if kind == "postgresql":
            cluster: Cluster = request.getfixturevalue("cluster")
            address = cluster.address(cluster.create())
        lanes.append(Lane(tmp_path / f"lane-{at}", seed + at, address, KILLS[kind] // LANES))
    with ThreadPoolExecutor(LANES) as threads:
        for lived in [threads.submit(lane.live) for lane in lanes]:
            lived.result()
    cut = sum((lane.cut for lane in lanes), Counter())
    answers, regrades = (sum(len(getattr(lane, name)) for lane in lanes) for name in ("acknowledged", "done"))
    print(f"{cut['kills']} kills, {answers} answers, {regrades} regrades; cut short: {dict(cut)}")  # noqa: T201
    assert cut["kills"] == KILLS[kind] and regrades
    assert cut["answers"] >= cut["kills"] // 2, "most kills come while answers are under way"
