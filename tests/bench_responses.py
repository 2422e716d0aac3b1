"""Storing what a learner answers, against the database's own pace."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex, token_urlsafe
from statistics import median
from urllib.parse import urlencode, urlsplit

from tests.bench_load import Connection, connect
from tests.bench_ratios import Measured, ratios
from tests.conftest import serving
from tests.courses import question, write_course
from tests.learners import Form, learner_at

REPEATS = 9
ITEMS = 10
LEARNERS = 4
"""With those who answer alone, fewer than one address may bring in a minute."""
ROWS = 200


def responses() -> list[Measured]:
    """Responses stored a second over HTTP, divided by rows a second of a bare sqlite3 loop with one FULL commit a row."""
    alone: list[float] = []
    together: list[float] = []
    rows: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = write_course(folder / "course", questions=[question(f"item-{n}", stem=f"{n}?") for n in range(ITEMS)])
        with serving(folder / "data", course) as site, _bare_table(folder / "bare.db") as store:
            for _ in range(REPEATS):
                for rates, learners in ((alone, 1), (together, LEARNERS)):
                    begun = time.monotonic()
                    store(ROWS)
                    rows.append(ROWS / (time.monotonic() - begun))
                    rates.append(asyncio.run(_responses_a_second(site.url, learners)))
    beside = f"a second, against {median(rows):.0f} rows"
    return [
        Measured(
            f"{who}: responses / bare FULL commits", ratios(rates, rows[first::2]), note=f"{median(rates):.0f} {beside}"
        )
        for first, (who, rates) in enumerate((("one learner", alone), (f"{LEARNERS} learners", together)))
    ]


async def _responses_a_second(url: str, learners: int) -> float:
    """New learners, each of whom answers every item once. Making them is not part of the time."""
    async with learner_at(url) as reader:
        forms = await reader.forms("/lessons/waiting/recall")
        enrolment = await reader.forms("/lessons/again/recall")
    assert (len(forms), len(enrolment)) == (ITEMS, 1)
    site = urlsplit(url)
    assert site.hostname and site.port
    connections = [await connect(site.hostname, site.port) for _ in range(learners)]
    everybody = [(connection, token_urlsafe(32)) for connection in connections]
    try:
        for connection, token in everybody:
            await _respond(connection, site.netloc, token, enrolment)
        begun = time.monotonic()
        await asyncio.gather(*(_respond(connection, site.netloc, token, forms) for connection, token in everybody))
        return learners * ITEMS / (time.monotonic() - begun)
    finally:
        for connection in connections:
            connection.close()


async def _respond(connection: Connection, host: str, token: str, forms: Sequence[Form]) -> None:
    for form in forms:
        body = urlencode({"attempt": form.attempt, "shown": form.shown, "key": token_hex(16), "option": "b"}).encode()
        head = (
            f"POST {form.action} HTTP/1.1\r\nHost: {host}\r\nCookie: interleave={token}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Interleave-Fragment: 1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        assert await connection.ask(head.encode() + body) == 200


@contextmanager
def _bare_table(file: Path) -> Iterator[Callable[[int], None]]:
    """Stores so many rows, each committed to the disk by itself, as durably as the site does."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE response (id TEXT PRIMARY KEY, learner TEXT, item TEXT, value TEXT)")

        def store(rows: int) -> None:
            for _ in range(rows):
                row = (token_hex(16), "learner", "item", '["b"]')
                database.execute("INSERT INTO response VALUES (?, ?, ?, ?)", row)

        yield store
