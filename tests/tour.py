"""One reader's way through the shipped course, from the first page to the last answer: every page and state worth looking at.
The reader is an author, as under `make serve`: their pages have all that the others' have.

The browser tests examine each of them, and the screenshots are taken of them. A state is yielded while it lasts; its page may be
shown at any of its widths and in any theme, and is used again afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Locator, Page, expect

from tests.browsing import BROWSER_LESSON, LESSON, RUN_MILLISECONDS, WIDTHS, Reading
from tests.classes import class_before, learner_before
from tests.conftest import SHIPPED
from webapp.identity import COOKIE

PROGRAMS = ("Awaiting", "Threaded", "Blocked")
PANEL = ".lab__panel"
SENDER = "browser-sender"
LEARNED = ("two-awaits", "free-lines", "rounds", "token-time", "started-by-call")
"""What the learner of some days ago has answered, one of them wrongly."""
LONG_RUN = {"Requests": "60", "Each request waits": "0.45"}
"""Blocked, this takes 27 s: as long as a run of the lab may, so that there is time to look at it."""


@dataclass(frozen=True)
class State:
    name: str
    page: Page
    widths: tuple[int, ...] = WIDTHS
    whole: bool = True
    """Whether a picture of it shows the whole page, or the window alone (for what lies above the page)."""
    part: str | None = None
    """A selector of what alone differs from a state that came before."""


def before(data: Path) -> str:
    """What a data folder holds before the tour: a class, and a learner of three days ago, whose cookie this gives."""
    class_before(data, SHIPPED, learners=32, whole=30)
    return learner_before(data, SHIPPED, LEARNED, days=3, wrong=LEARNED[:1])


def tour(reader: Reading, learner: str) -> Iterator[State]:
    """`learner` is the cookie of the one who comes back for a review, from `before`."""
    yield from _arrive(reader)
    yield from _predict(reader)
    yield from _run(reader)
    yield from _edit(reader)
    yield from _send(reader)
    yield from _answer(reader)
    yield from _take_a_quiz(reader)
    yield from _look_back(reader)
    yield from _analyse(reader)
    yield from _review(reader, learner)


def _arrive(reader: Reading) -> Iterator[State]:
    page = reader.open("/")
    yield State("home-fresh", page)
    paths = mode_paths(page)
    page.get_by_role("button", name="Theme").click()
    yield State("theme-menu", page, whole=False)
    page.keyboard.press("Escape")
    for path in paths:
        page.goto(reader.url + path)
        lesson, mode = path.split("/")[-2:]
        if path.startswith(LESSON):
            yield State(f"{mode}-fresh", page)
        else:
            yield State(f"{lesson}-{mode}-fresh", page, widths=WIDTHS[-1:])
    page.goto(f"{reader.url}{LESSON}/recall")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Course outline").click()
    yield State("outline-open", page, widths=(390,), whole=False)
    page.goto(f"{reader.url}/modes/learn")
    yield State("way", page)
    page.goto(f"{reader.url}/progress")
    yield State("progress-fresh", page)
    page.goto(f"{reader.url}/review")
    yield State("review-fresh", page, widths=WIDTHS[-1:])
    page.goto(f"{reader.url}/no-such-page")
    reader.forgive("404")
    yield State("error-404", page)
    page.close()


def _predict(reader: Reading) -> Iterator[State]:
    page = reader.open(f"{LESSON}/predict")
    blocked, order = (page.locator(f"#item-predict-{name}") for name in ("blocked", "order"))
    blocked.get_by_role("button", name="Commit").click()
    expect(blocked.get_by_text("Write a number above 0.")).to_be_visible()
    reader.forgive("422")
    yield State("predict-no-number", page, part="predict-item")
    blocked.get_by_role("spinbutton").fill("0.2")
    blocked.get_by_role("button", name="Commit").click()
    expect(blocked).to_have_attribute("data-state", "committed")
    page.locator("#item-predict-threaded").get_by_role("button", name="Skip").click()
    expect(page.locator("#item-predict-threaded")).to_have_attribute("data-state", "answered")
    order.get_by_role("button", name="Place 1 down").click()
    order.get_by_role("button", name="Commit").click()
    expect(order).to_have_attribute("data-state", "committed")
    yield State("predict-committed", page)
    run_prediction(page, "predict-blocked")
    yield State("predict-measured", page, part="#item-predict-blocked")
    page.reload()
    yield State("predict-again", page)
    page.close()


def _run(reader: Reading) -> Iterator[State]:
    page, second = reader.open(f"{LESSON}/try"), reader.open(f"{LESSON}/try")
    page.locator("form[data-run-form]").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("spinbutton", name="Requests").fill("500")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("refused")
    reader.forgive("422")
    yield State("try-refused", page, part=PANEL)

    page.bring_to_front()
    start(page, "Blocked", **LONG_RUN)
    expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop")
    second.get_by_role("button", name="Run", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text("One run at a time")
    reader.forgive("409")
    yield State("try-running", page, part=PANEL)
    stop(page)
    yield State("try-stopped", page, part=PANEL)

    page.bring_to_front()
    reader.context.route("**/events?*", lambda route: route.abort())
    start(page, "Blocked", **LONG_RUN)
    expect(page.locator("[data-progress-text]")).to_contain_text("The connection to the run is lost")
    yield State("try-lost", page, part=PANEL)
    reader.context.unroute_all()
    reader.forgive("net::ERR_FAILED", "/events")
    page.bring_to_front()
    stop(page)
    start(page, "Blocked", **LONG_RUN)
    expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop")
    second.goto(run_url(page))
    expect(second.locator("[data-progress-text]")).to_contain_text("holds the loop")
    yield State("run-running", second)
    stop(second)
    second.reload()
    yield State("run-stopped", second)

    page.bring_to_front()
    page.reload()
    for program in PROGRAMS:
        run(page, program)
        yield State(f"try-finished-{program.lower()}", page, part="live-lab" if program == PROGRAMS[-1] else PANEL)
    page.get_by_role("radio", name="Table").check()
    yield State("try-table", page, part=PANEL)
    page.goto(page.url)
    second.goto(run_url(page))
    expect(second.get_by_role("group", name="Replay")).to_be_visible()
    yield State("run-finished", second)
    second.get_by_role("button", name="Show it").first.click()
    expect(second.get_by_role("group", name=re.compile(r"^Timeline of \w+\. Left"))).to_have_count(2)
    yield State("run-beside-another", second, part="run-replay")
    for mode in ("visualize", "performance"):
        page.goto(f"{reader.url}{LESSON}/{mode}")
        yield State(f"{mode}-measured", page)
        if mode == "visualize":
            for _ in range(3):
                page.get_by_role("button", name="One step forward").click()
            page.get_by_role("button", name="Show less time, larger").click()
            yield State("visualize-stepped", page, part="run-replay")
    page.locator("[data-bound] button").first.focus()
    yield State("performance-number", page, whole=False)
    page.close()
    second.close()


def _edit(reader: Reading) -> Iterator[State]:
    page = reader.open(f"{LESSON}/try")
    page.get_by_role("link", name="Edit blocked.py").click()
    editor = page.get_by_role("textbox", name="Your version of Blocked")
    expect(editor).to_be_focused()
    yield State("try-edit", page, part=".own")
    original = page.locator("details[open] textarea").input_value()
    for name, program, state in (
        ("failed", original.replace("    return", "    retrun"), "failed"),
        ("compared", "import asyncio\n" + original.replace("time.sleep", "await asyncio.sleep"), "finished"),
    ):
        editor.press("ControlOrMeta+a")
        page.keyboard.insert_text(program)
        editor.press("ControlOrMeta+Enter")
        expect(page.locator("live-lab")).to_have_attribute("data-state", state, timeout=RUN_MILLISECONDS)
        yield State(f"try-edit-{name}", page, part=".own" if state == "failed" else PANEL)
    page.goto(run_url(page))
    expect(page.get_by_text("Go on from this version")).to_be_visible()
    yield State("run-own", page)
    page.close()


def _send(reader: Reading) -> Iterator[State]:
    page = reader.open(f"{BROWSER_LESSON}/try")
    sender = open_sender(page)
    send(sender, requests="8")
    yield State("try-sent", page, part=SENDER)
    sender.get_by_role("radio", name="Table").check()
    yield State("try-sent-table", page, part=SENDER)
    for _ in range(2):
        run_by_request(page, BROWSER_LESSON, lab="senders", variant="waits")
    page.goto(f"{reader.url}{BROWSER_LESSON}/performance")
    expect(page.get_by_role("row", name="Waits")).not_to_contain_text("Not run yet")
    yield State("performance-noise", page, widths=WIDTHS[-1:], part=".figure")
    page.get_by_role("button", name="Block this page").click()
    expect(page.locator('[data-vital="INP"] [data-value]')).to_contain_text("ms")
    yield State("performance-vitals", page, part="page-vitals")
    page.close()


def _answer(reader: Reading) -> Iterator[State]:
    page = reader.open(f"{LESSON}/learn")
    item = page.locator("#item-two-awaits")
    item.get_by_role("button", name="Check").click()
    expect(item.get_by_text("Choose one option first.")).to_be_visible()
    item.get_by_role("button", name="hint").click()
    expect(item.get_by_text("Hint 1")).to_be_visible()
    page.locator("#item-free-lines").get_by_role("button", name="Check").click()
    yield State("learn-hint-and-nothing-chosen", page, part="quiz-item")
    answer(page, "two-awaits", "two-waits")
    answer(page, "def-behind-hold", "moved")
    answer(page, "free-lines", "async-client")
    yield State("learn-answered", page)
    item.get_by_text("Report a problem").click()
    yield State("learn-report", page, part="#item-two-awaits")
    item.get_by_role("textbox", name="What is wrong with it?").fill("The second option can be read in two ways.")
    item.get_by_role("button", name="Send").click()
    expect(item.get_by_text("Thank you. The course's authors")).to_be_visible()
    yield State("learn-reported", page, part="#item-two-awaits")
    yield from _answer_in_other_kinds(reader, page)
    page.goto(f"{reader.url}{LESSON}/performance")
    yield from _lose_the_network(reader, page)
    for name in open_items(page):
        answer(page, name)
    yield State("performance-answered", page)
    page.goto(f"{reader.url}{LESSON}/whole")
    yield State("whole-measured", page)
    page.go_back()
    page.get_by_role("link", name="On to Recall").click()
    expect(page).to_have_url(re.compile("/recall$"))
    yield State("recall-partly-answered", page)
    page.close()


def _answer_in_other_kinds(reader: Reading, page: Page) -> Iterator[State]:
    """A number, a text, an output and an order: refused, wrong and partly right."""
    output = page.locator("#item-what-await-prints")
    output.get_by_role("textbox", name="What it prints").fill("A\nB\nA\nB")
    try_item(page, "what-await-prints")
    yield State("output-tried", page, part="#item-what-await-prints")
    output.get_by_role("button", name="Show the answer").click()
    expect(output).to_have_attribute("data-state", "answered")
    yield State("output-answered", page, part="#item-what-await-prints")
    page.goto(f"{reader.url}/lessons/forty-tokens/learn")
    number = page.locator("#item-tokens-of-three-workers")
    number.get_by_role("textbox").fill("forty")
    number.get_by_role("button", name="Check").click()
    expect(number.get_by_text("This is no number")).to_be_visible()
    reader.forgive("422")
    yield State("number-refused", page, part="#item-tokens-of-three-workers")
    answer(page, "tokens-of-three-workers", "40")
    answer(page, "line-for-the-pool", "await asyncio.to_thread(work)")
    yield State("written-answered", page, part="#item-line-for-the-pool")
    page.goto(f"{reader.url}/lessons/waiting-together/learn")
    page.locator("#item-order-of-a-failure").get_by_role("button", name="Down").first.click()
    yield State("order-moved", page, part="#item-order-of-a-failure")
    answer(page, "order-of-a-failure")
    yield State("order-answered", page, part="#item-order-of-a-failure")


def _lose_the_network(reader: Reading, page: Page) -> Iterator[State]:
    name = open_items(page)[0]
    item, line = page.locator(f"#item-{name}"), page.get_by_role("region", name="Answers kept on this device")
    reader.context.route("**/responses?*", lambda route: route.abort())
    item.locator("[name=option]").first.check()
    item.get_by_role("button", name="Check").click()
    expect(line).to_contain_text("1 answer waits for the network")
    yield State("answer-waiting", page, part=f"outbox-line, #item-{name}")
    yield State("answer-waiting-line", page, whole=False, part="outbox-line")
    reader.context.unroute_all()
    reader.context.route("**/responses?*", lambda route: route.fulfill(status=404, headers={"interleave": "1"}))
    page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(line.get_by_role("listitem")).to_contain_text("your answer was not taken")
    yield State("answer-not-taken", page, whole=False, part="outbox-line")
    reader.context.unroute_all()
    line.get_by_role("button", name="Dismiss").click()
    reader.forgive("/responses")


def _take_a_quiz(reader: Reading) -> Iterator[State]:
    """The course's own quiz over lessons, from its rule to a second attempt at what was wrong."""
    page = reader.open("/quizzes")
    yield State("quizzes", page)
    page.get_by_role("link", name="Mixed questions").click()
    yield State("quiz-fresh", page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Submit this attempt")).to_be_visible()
    page.wait_for_load_state()
    first, *others = open_items(page)
    answer(page, first)
    expect(page.get_by_role("navigation", name="Questions")).to_contain_text(re.compile("right"))
    yield State("quiz-begun", page)
    page.get_by_role("button", name="Submit this attempt").click()
    expect(page.get_by_role("alert")).to_contain_text("still open")
    yield State("quiz-sure", page, whole=False)
    page.get_by_role("link", name="Go on answering").click()
    for name in others[:-1]:
        answer(page, name)
    page.get_by_role("button", name="Submit this attempt").click()
    page.get_by_role("button", name="Submit as it is").click()
    expect(page.get_by_role("region", name="Result")).to_be_visible()
    yield State("quiz-submitted", page)
    page.get_by_role("button", name="Try again what was wrong").click()
    expect(page.get_by_role("button", name="Submit this attempt")).to_be_visible()
    yield State("quiz-again", page, widths=WIDTHS[-1:])
    page.close()


def _look_back(reader: Reading) -> Iterator[State]:
    page = reader.open("/")
    yield State("home-started", page)
    page.goto(f"{reader.url}/progress")
    yield State("progress", page)
    page.get_by_text("Start the questions over").first.click()
    page.get_by_text("Forget me").click()
    yield State("progress-confirm", page)
    page.close()


def _analyse(reader: Reading) -> Iterator[State]:
    page = reader.open("/analysis")
    yield State("analysis", page)
    page.get_by_role("region", name="Table: lessons").get_by_role("link").first.click()
    page.get_by_text("By option").first.click()
    yield State("analysis-lesson", page)
    page.get_by_role("link", name="Versions, reports, regrades of question 1", exact=True).click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    yield State("analysis-item", page)
    page.close()


def _review(reader: Reading, learner: str) -> Iterator[State]:
    reader.context.add_cookies([{"name": COOKIE, "value": learner, "url": reader.url}])
    page = reader.open("/review")
    page.get_by_text("As a table").click()
    yield State("review-ready", page)
    page.get_by_role("link", name="Begin").click()
    expect(page.locator('quiz-item[data-state="open"]')).to_have_count(1)
    yield State("review-question", page)
    for left in range(len(LEARNED) - 1, -1, -1):
        expect(page.locator('quiz-item[data-state="open"]')).to_have_count(1)
        page.wait_for_load_state()
        answer(page, open_items(page)[0])
        expect(page.get_by_role("link", name="Next question" if left else "Finish")).to_be_visible()
        if left == len(LEARNED) - 2:
            yield State("review-answered", page)
        page.get_by_role("link", name="Next question" if left else "Finish").click()
    expect(page.get_by_text("That was today")).to_be_visible()
    yield State("review-done", page, widths=WIDTHS[-1:])
    page.close()


def start(page: Page, program: str, **numbers: str) -> None:
    """Choose a program, fill in numbers by their labels, and press Run."""
    page.get_by_role("radio", name=program).check()
    for label, number in numbers.items():
        page.get_by_role("spinbutton", name=label).fill(number)
    page.get_by_role("button", name=re.compile(r"^Run( again)?$")).click()


def run(page: Page, program: str, **numbers: str) -> None:
    """Run a program to its end."""
    start(page, program, **numbers)
    expect(page.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(page.locator("[data-finding]")).to_contain_text(program)


def open_sender(page: Page) -> Locator:
    """Unfold the first lab's sender."""
    fold = page.locator("details", has=page.locator("browser-sender")).first
    fold.locator("summary").first.click()
    return fold.locator("browser-sender")


def send(sender: Locator, *, address: str = "one each", cache: str = "as usual", requests: str = "12") -> None:
    """Send requests from this browser, and wait until all of them are answered."""
    for choice in (address, cache):
        sender.get_by_role("radio", name=choice, exact=True).check()
    sender.get_by_role("spinbutton", name="Requests").fill(requests)
    sender.get_by_role("button", name="Send from this browser").click()
    told = re.compile(f"^({requests} requests|One request) in ")
    expect(sender.locator("[data-told]")).to_have_text(told, timeout=RUN_MILLISECONDS)


def run_by_request(page: Page, lesson: str, *, lab: str, variant: str) -> None:
    """Run a program to its end without the page of its lab."""
    given = {"lesson": lesson.removeprefix("/lessons/"), "lab": lab, "variant": variant}
    state = page.evaluate(
        """async given => {
            const headers = { "Content-Type": "application/json", Accept: "application/json" };
            const { url } = await (await fetch("/runs", { method: "POST", headers, body: JSON.stringify(given) })).json();
            for (;;) {
                const { state } = await (await fetch(url, { headers })).json();
                if (state !== "queued" && state !== "running") return state;
                await new Promise(done => setTimeout(done, 100));
            }
        }""",
        given,
    )
    assert state == "finished", state


def run_prediction(page: Page, item: str) -> None:
    """Press Run in a prediction of one program, and wait for what that decides, on a site where no run is disturbed."""
    place = page.locator(f"#item-{item}")
    place.get_by_role("button", name="Run", exact=True).click()
    expect(place.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(place.get_by_text("What explains it")).to_be_visible()


def stop(page: Page) -> None:
    """Stop the run that is on; one that has just ended by itself is left as it is."""
    page.locator("[data-stop-form]").first.evaluate("form => form.requestSubmit()")
    expect(page.locator("live-lab")).to_have_attribute("data-state", re.compile("stopped|finished"))
    expect(page.locator("[data-failure], [data-finding]").first).to_be_visible()


def run_url(page: Page) -> str:
    """The page of the run that a lab shows."""
    return urljoin(page.url, page.locator("live-lab").get_attribute("data-run"))


def mode_paths(home: Page) -> list[str]:
    """The path of every mode of every lesson, as the first page links them."""
    links = home.get_by_role("list", name=re.compile("^Modes of")).get_by_role("link")
    paths: list[str] = links.evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    return paths


def open_items(page: Page) -> list[str]:
    """The ids of the items on the page that wait for a response."""
    names: list[str] = page.locator('quiz-item[data-state="open"]').evaluate_all("all => all.map(item => item.id)")
    return [name.removeprefix("item-") for name in names]


def answer(page: Page, name: str, *options: str) -> None:
    """Choose these options of an item, or its first one, or write `40`, and press Check; of tries that are left none is taken. An
    order is left as it stands."""
    item = page.locator(f"#item-{name}")
    if item.locator("[name=answer]").count():
        item.locator("[name=answer]").fill("\n".join(options) or "40")
    elif item.locator("[name=option]").count():
        for option in options or (item.locator("[name=option]").first.get_attribute("value"),):
            item.locator(f'[value="{option}"]').check()
    try_item(page, name)
    if item.get_by_role("button", name="Show the answer").count():
        item.get_by_role("button", name="Show the answer").click()
    expect(item).to_have_attribute("data-state", "answered")


def try_item(page: Page, name: str) -> None:
    """Press Check, and wait for what comes of it."""
    item = page.locator(f"#item-{name}")
    item.get_by_role("button", name="Check").click()
    expect(item.locator("[data-result]")).to_be_visible()


def edited(reader: Reading, path: str, file: Path, old: str, new: str) -> Iterator[State]:
    """An author's open page while an edit of a lesson's file is broken; the file is mended at the end."""
    page = reader.open(path)
    panel = page.get_by_role("complementary", name="Errors of the last edit")
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    expect(panel).to_contain_text("this edit is not served")
    yield State("edit-broken", page, whole=False)
    panel.locator("summary").first.press("Enter")
    yield State("edit-broken-folded", page, whole=False)
    file.write_text(text)
    expect(panel).to_have_count(0)
    page.close()
