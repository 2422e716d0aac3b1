"""Two hundred edits that damage a course at random, while its pages are read: no answer is a failure of the site, the last good
course stays, nothing grows, and what is mended is served."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import SMALL, serving
from tests.processes import seconds_until
from webapp.course.watch import see

SEED = 20260731
EDITS = 200
WARM_UP = 70
"""Edits before memory counts: what the site remembers of texts and pages is full by then."""
GROWTH_MIB = 24
TAKEN_UP_SECONDS = 30.0
"""On a busy machine; an edit takes a tenth of a second."""
READERS = 2
PAUSE_SECONDS = 0.01
PATHS = [
    *(f"/lessons/{slug}/{mode}" for slug in ("one-turn", "two-turns") for mode in ("why", "learn", "try", "recall")),
    "/",
    "/progress",
    "/search?q=turn",
    "/lessons/one-turn/files/holds.py",
    "/readyz",
]
STRANGER = {"X-Forwarded-For": "192.0.2.1"}
"""Makes a request nobody's but a reader's: without the author's panel a page is the course's alone."""
NOISE = [
    "\x00",
    "{{",
    "{% raw %}",
    "///",
    "////",
    "```",
    "<script>",
    "- [x] ",
    "\ufeff",
    "](",
    "---\n",
    "# ",
    "]" * 50,
    "é\u202e",
]


def cut(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


def lines_gone(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    return "\n".join(lines[:at] + lines[at + dice.randint(1, 4) :])


def lines_twice(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    block = lines[at : at + dice.randint(1, 8)]
    return "\n".join(lines[:at] + block + lines[at:])


def blocks_swapped(text: str, dice: random.Random) -> str:
    blocks = text.split("\n\n")
    one, other = dice.randrange(len(blocks)), dice.randrange(len(blocks))
    blocks[one], blocks[other] = blocks[other], blocks[one]
    return "\n\n".join(blocks)


def noise(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(NOISE) + text[at:]


def number_changed(text: str, dice: random.Random) -> str:
    return re.sub(r"\d+", lambda found: str(dice.choice([0, -1, 10**9, found[0]])), text, count=dice.randint(1, 5))


DAMAGES: list[Callable[[str, random.Random], str]] = [
    cut,
    lines_gone,
    lines_twice,
    blocks_swapped,
    noise,
    number_changed,
]


def damage(course: Path, dice: random.Random) -> str:
    """Do one thing to one file; what was done."""
    files = sorted(path for path in course.rglob("*") if path.is_file())
    path = dice.choice([*files, *(file for file in files if file.name in ("lesson.md", "course.toml"))])
    name = f"{path.parent.name}/{path.name}"
    match dice.randrange(12):
        case 0:
            path.unlink()
            return f"{name} deleted"
        case 1:
            path.rename(path.with_name(f"{path.stem}x{path.suffix}"))
            return f"{name} renamed"
        case 2:
            data = bytearray(path.read_bytes() or b" ")
            data[dice.randrange(len(data))] = dice.randrange(256)
            path.write_bytes(data)
            return f"{name} with another byte"
        case 3:
            path.unlink()
            path.mkdir()
            return f"{name} is a folder"
        case _:
            change = dice.choice(DAMAGES)
            path.write_text(change(path.read_text(errors="replace"), dice))
            return f"{name}: {change.__name__}"


def mend(course: Path) -> None:
    shutil.rmtree(course)
    shutil.copytree(SMALL, course)


@dataclass
class Readers:
    """Read the pages over and over until they are told to stop."""

    url: str
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, first: int) -> None:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=TAKEN_UP_SECONDS)
        at = first
        while not self.over.wait(PAUSE_SECONDS):
            path = PATHS[at % len(PATHS)]
            at += 1
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException) as problem:
                self.wrong.append(f"{path}: {problem!r}")
                return
            self.statuses[answer.status] += 1
            if answer.status >= 500:
                self.wrong.append(f"{path}: {answer.status}")
        connection.close()


def get(url: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=TAKEN_UP_SECONDS)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@dataclass(frozen=True)
class Told:
    tag: str
    """Of the last edit."""
    course: str
    """Of the course that is served."""
    is_broken: bool


def edition(url: str) -> Told:
    status, html = get(url, "/edits")
    assert status == 200, (status, html)
    found = re.search(r'data-edition="([^"]+)" data-course="([^"]+)"', html)
    assert found, html
    return Told(found[1], found[2], "data-errors" in html)


def served(url: str) -> tuple[Told, tuple[int, str]]:
    """A page as a reader gets it, and what is told of the edit that it belongs to."""
    while True:
        before, page, after = edition(url), get(url, PATHS[0], STRANGER), edition(url)
        if before == after:
            return after, (page[0], page[1].replace(_reader(page[1]), ""))


def _reader(html: str) -> str:
    """The name of a reader who has no cookie is another one each time."""
    found = re.search(r'data-reader="[^"]*"', html)
    return found[0] if found else ""


def own_mebibytes(pid: int) -> float:
    """What the process and its children, the renderer among them, have in memory for themselves."""
    family = [pid, *map(int, subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split())]
    total = 0
    for member in family:
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(number) for number in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE))
    return total / 1024


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Path]:
    yield Path(shutil.copytree(SMALL, tmp_path / "course"))


def test_two_hundred_random_edits_never_break_the_site(tmp_path: Path, course: Path) -> None:
    dice = random.Random(SEED)
    memory: list[float] = []
    kinds: Counter[str] = Counter()
    with serving(tmp_path / "data", course, "--own-code", module="tests.quick_site") as site:
        readers = Readers(site.url)
        said: list[str] = []
        threads = [threading.Thread(target=readers.read, args=(5 * number,)) for number in range(READERS)]
        threading.Thread(
            target=said.extend, args=(site.process.stdout,), daemon=True
        ).start()  # a full pipe would stop the site
        for thread in threads:
            thread.start()
        try:
            before, page = served(site.url)
            for number in range(EDITS):
                seen, done = see(course), "mended"
                if dice.random() < 0.3:
                    mend(course)
                else:
                    done = damage(course, dice)
                where = f"seed {SEED}, edit {number}: {done}"
                if see(course) == seen:
                    continue  # it was nothing that a course is made of
                assert seconds_until(lambda: edition(site.url).tag != before.tag, at_most=TAKEN_UP_SECONDS), where  # noqa: B023
                now, shown = served(site.url)
                kinds["broken" if now.is_broken else "served"] += 1
                assert now.course != before.course or shown == page, where
                before, page = now, shown
                assert readers.wrong == [], f"{where}: {readers.wrong}\n{''.join(said)}"
                if sys.platform == "linux" and number >= WARM_UP and number % 10 == 0:
                    memory.append(own_mebibytes(site.process.pid))
            mend(course)
            lesson = course / "one-turn" / "lesson.md"
            lesson.write_text(lesson.read_text().replace("\n## Why\n", "\n## Why\n\nMended at last.\n", 1))
            assert seconds_until(lambda: "Mended at last." in get(site.url, PATHS[0])[1], at_most=TAKEN_UP_SECONDS), (
                f"seed {SEED}"
            )
        finally:
            readers.over.set()
            for thread in threads:
                thread.join()
    assert readers.wrong == [] and readers.statuses[200] > EDITS, readers.statuses
    assert not any("Traceback" in line or "could not be looked at" in line for line in said), "".join(said)
    assert min(kinds["broken"], kinds["served"]) > EDITS / 10, kinds
    if memory:
        first, last = min(memory[:4]), min(memory[-4:])
        assert last - first < GROWTH_MIB, f"seed {SEED}: {memory}"
