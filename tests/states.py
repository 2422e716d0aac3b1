"""Every kind of question in every state, all of them on one page: open, refused, answered in each way, asked why, corrected.

A course of six questions that ask how sure their learners are, and learners who have answered them before as a state says. The
browser tests examine the page as each of them sees it, and the screenshots are taken of it. One of them then takes two quizzes over
the same questions: one that tells nothing before it is submitted, and one whose time is over at once.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlmodel import Session

from quiz import reasons, regrades
from quiz.items import Item
from quiz.offers import offer
from quiz.regrading import Policy
from tests.browsing import Reading
from tests.classes import Answers, respond
from tests.courses import write_course
from tests.tour import State
from webapp.course.course import Course
from webapp.course.loading import load_course
from webapp.course.render import Renderer
from webapp.database import Database
from webapp.identity import COOKIE, _seed

PAGE = "/lessons/waiting/performance"
QUIZZES = """
[[quizzes]]
slug = "graded"
title = "What holds the loop"
summary = "All kinds of questions in one sitting."
items = ["single-item", "multi-item", "numeric-item", "text-item", "order-item", "output-item"]
minutes = 60
attempts = 2
policy = "first"
feedback = "after submitting"

[[quizzes]]
slug = "brief"
title = "A second"
items = ["single-item"]
minutes = 0.02
attempts = 1
"""
TOLD = "\n//// hint\nA hint with `code`.\n////\n//// explanation\nWhy it is so, in a sentence.\n////\n///\n"
SINGLE = """/// question | Who runs first, when both `await`?
    id: single-item

- [x] The one that was started first {#first}
    > Right: the loop takes them in their order.
- [ ] The one that waits for less {#shorter}
    > Which one waits less decides who ends first, not who begins.
- [ ] Both at once {#both}
    > One thread runs one callback at a time.
"""
MULTI = """/// question | Which of these let other tasks run?
    id: multi-item

- [x] `await asyncio.sleep(0)` {#sleep}
    > Right: a bare turn of the loop.
    >! This one does: it gives the loop one turn.
- [x] `await asyncio.to_thread(work)` {#thread}
    > Right: the work is somebody else's now.
- [ ] `time.sleep(1)` {#block}
    > It holds the thread, and with it the loop.
    >! Rightly left out: it holds the loop.
- [ ] `await done()` of a coroutine that never suspends {#done}
    > It returns without a turn of the loop.

//// feedback | sleep, block
One of these two gives the loop a turn, and the other one takes it away.
////
//// feedback | partial
Some of it.
////
"""
NUMERIC = """/// question | How many threads can wait at the same time?
    id: numeric-item

= 40 {#forty}
    > Right: forty tokens.
! 8 +- 6 {#per-core}
    > That would be a number of processors.
"""
TEXT = """/// question | Which function hands work to a thread?
    id: text-item

= "asyncio.to_thread" {#it}
    > Right.
= /(asyncio\\.)?to_thread/ {#long}
! /.*executor.*/ {#executor}
    > That is a method of the loop.
"""
ORDER = """/// question | In which order does it happen?
    id: order-item
    type: order

"""
STEPS = {
    "send": "The client sends its request {#send}\n    > Nothing happens before it.",
    "call": "The loop calls `handler`, which waits in `asyncio.wait_for(fetch(), timeout=0.5)` {#call}",
    "over": "The time is over {#over}",
    "cancel": "`CancelledError` is raised in `fetch` {#cancel}",
}
OTHER_ORDER = ("call", "over", "cancel", "send")
OUTPUT = """/// question | What is printed?
    id: output-item
    type: output

```python
# A line that is wider than a phone has to be scrolled in its place, on every page that asks the question.
print("A")
print("B")
```

```output {#ab}
A
B
```
    > Line by line.
```not-output {#ba}
B
A
```
    > The lines stand in their order.
"""


def _ordered(steps: Iterable[str]) -> str:
    return ORDER + "\n".join(f"{at}. {STEPS[step]}" for at, step in enumerate(steps, 1)) + "\n"


PRESENT = tuple(text + TOLD for text in (SINGLE, MULTI, NUMERIC, TEXT, _ordered(STEPS), OUTPUT))
BEFORE = tuple(
    text + TOLD
    for text in (
        SINGLE.replace("- [x]", "- [ ]").replace("- [ ] Both", "- [x] Both"),
        MULTI.replace("- [ ] `time", "- [x] `time"),
        NUMERIC.replace("= 40", "= 41"),
        TEXT.replace("/(asyncio\\.)?to_thread/", "/asyncio\\.to_thread|thread/"),
        _ordered(OTHER_ORDER),
        OUTPUT.replace("output {#ab}", "other {#ab}").replace("not-output", "output").replace("other", "not-output"),
    )
)
"""The same questions under another key, which was corrected later."""
GIVEN: dict[str, Answers] = {
    "right": {
        "single-item": ("first",),
        "multi-item": ("sleep", "thread"),
        "numeric-item": ("40",),
        "text-item": ("to_thread",),
        "order-item": tuple(STEPS),
        "output-item": ("A\nB",),
    },
    "partly": {
        "single-item": ("both",),
        "multi-item": ("thread",),
        "numeric-item": ("12",),
        "text-item": ("loop.run_in_executor",),
        "order-item": ("call", "send", "over", "cancel"),
        "output-item": ("B\nA",),
    },
    "wrong": {
        "single-item": ("shorter",),
        "multi-item": ("sleep", "block"),
        "numeric-item": ("1000",),
        "text-item": ("a thread",),
        "order-item": tuple(STEPS)[::-1],
        "output-item": ("A",),
    },
    "corrected": {
        "single-item": ("both",),
        "multi-item": ("sleep", "thread", "block"),
        "numeric-item": ("41",),
        "text-item": ("thread",),
        "order-item": OTHER_ORDER,
        "output-item": ("B\nA",),
    },
}


def before(folder: Path) -> dict[str, str]:
    """Writes the course to `lessons` and what its learners did to `data`; gives their cookies, by state."""
    lessons, data, now = folder / "lessons", folder / "data", datetime.now(UTC)
    cookies = {state: _who(state) for state in GIVEN}
    with Renderer() as renderer, closing(Database(data)) as database:
        was = load_course(_write(lessons, BEFORE), renderer)
        database.write_now(partial(respond, course=was, answers=GIVEN["corrected"], token=cookies["corrected"], at=now))
        course = load_course(_write(lessons, PRESENT), renderer)
        for state in ("right", "partly", "wrong"):
            database.write_now(partial(respond, course=course, answers=GIVEN[state], token=cookies[state], at=now))
        database.write_now(lambda session: _correct(session, course, now))
    return cookies


def _write(lessons: Path, questions: Sequence[str]) -> Path:
    manifest = write_course(lessons, questions=questions) / "course.toml"
    manifest.write_text(f"certainty = true\n{manifest.read_text()}{QUIZZES}")
    return lessons


def _who(state: str) -> str:
    """A cookie of a learner who is asked why wherever something was wrong, or nowhere."""
    asked = dict.fromkeys(GIVEN[state], state == "wrong")
    cookies = (urlsafe_b64encode(sha256(f"{state} {at}".encode()).digest()).decode().rstrip("=") for at in count())
    return next(one for one in cookies if {name: reasons.is_asked(_seed(one), name) for name in asked} == asked)


def _correct(session: Session, course: Course, now: datetime) -> None:
    for item in course.lessons[0].items:
        version = offer(session, course=course.id, item=item).version
        assert isinstance(item, Item) and version is not None
        regrades.regrade(
            session,
            course=course.id,
            item=item,
            policy=Policy.CURRENT_ONLY,
            key=f"corrected-{item.id}",
            version=version.number,
            note="The other one was meant.",
            now=now,
        )


def states(reader: Reading, cookies: dict[str, str]) -> Iterator[State]:
    page = reader.open(PAGE)
    yield State("states-open", page)
    for item in page.locator("quiz-item").all():
        item.get_by_role("button", name="Show a hint").click()
        expect(item.get_by_text("Hint 1")).to_be_visible()
        item.get_by_text("Report a problem").click()
        expect(item.get_by_role("textbox", name="What is wrong with it?")).to_be_visible()
        if item.locator("order-steps").count() == 0:  # an order stands there, whatever is done
            item.get_by_role("button", name="Check").click()
            expect(item.locator("[data-error]")).to_be_visible()
    yield State("states-refused", page)
    for state, cookie in cookies.items():
        reader.context.add_cookies([{"name": COOKIE, "value": cookie, "url": reader.url}])
        page.goto(reader.url + PAGE)
        expect(page.locator('quiz-item[data-state="answered"]')).to_have_count(len(GIVEN[state]))
        expect(page.get_by_role("textbox", name="Why did you")).to_have_count(
            len(GIVEN[state]) if state == "wrong" else 0
        )
        expect(page.get_by_text("Corrected on")).to_have_count(len(GIVEN[state]) if state == "corrected" else 0)
        yield State(f"states-{state}", page)
    page.goto(f"{reader.url}/progress")
    expect(page.get_by_role("figure", name="How often you were right at each certainty")).to_be_visible()
    yield State("states-certainty", page)
    yield from _quizzes(reader, page)
    page.close()


def _quizzes(reader: Reading, page: Page) -> Iterator[State]:
    page.goto(f"{reader.url}/quizzes/graded")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-left]")).to_be_visible()
    page.wait_for_load_state()
    yield State("states-quiz-begun", page)
    older = reader.open("/quizzes/graded")
    page.bring_to_front()
    store(page, "both")
    older.bring_to_front()
    store(older, "shorter")
    expect(older.get_by_text("Stored is: Both at once.")).to_be_visible()
    reader.forgive("409")
    yield State("states-quiz-older", older, part="quiz-item")
    older.close()
    page.bring_to_front()
    page.get_by_role("button", name="Submit this attempt").click()
    page.get_by_role("button", name="Submit as it is").click()
    expect(page.get_by_role("region", name="Result")).to_be_visible()
    yield State("states-quiz-submitted", page)
    page.goto(f"{reader.url}/quizzes/brief")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="See the result")).to_be_visible()
    yield State("states-quiz-over", page)
    page.get_by_role("button", name="See the result").click()
    expect(page.get_by_role("region", name="Result")).to_be_visible()
    yield State("states-quiz-allowed", page)


def store(page: Page, option: str) -> None:
    item = page.locator("#item-single-item")
    item.locator(f'[value="{option}"]').check()
    item.get_by_role("button", name="Store the answer").click()
    expect(item.locator("[data-notice]")).to_be_focused()
