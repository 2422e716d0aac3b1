"""A bad network: answers wait on the device and arrive once, and a run that is on is followed again from where it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browsing import LESSON, RUN_MILLISECONDS, Place, Reading, place
from tests.network import Network, network
from tests.test_browser_items import announcer, option, responses
from tests.test_browser_runs import ends_kept, runs_kept
from tests.tour import LONG_RUN, answer, open_items, start

pytestmark = pytest.mark.browser

LEARN = f"{LESSON}/learn"
ELSEWHERE = "/lessons/forty-tokens/learn"
FIRST, SECOND, THIRD = ("two-awaits", "two-waits"), ("def-behind-hold", "moved"), ("free-lines", "async-client")
KEPT = "Kept on this device; it will be sent when the network is back."
ALL_RECEIVED = "Every answer has been received"
PLAIN_HTTP = """() => {
    delete Crypto.prototype.randomUUID;
    for (const name of ['locks', 'serviceWorker']) delete Navigator.prototype[name];
}"""
"""What a browser lacks on plain http in a LAN."""
ENTRIES = "() => Object.keys(localStorage).filter(name => name.startsWith('interleave.answer.')).length"
PATIENCE_MILLISECONDS = 10_000
LONG = {"Requests": "60", "Each request waits": "0.15"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


@pytest.fixture
def between(site: Place) -> Iterator[Network]:
    with network(site.url) as between:
        yield between


@pytest.fixture
def reader(site: Place, between: Network) -> Iterator[Reading]:
    with site.reading_through(between, still=True) as reader:
        reader.context.add_init_script(f"({PLAIN_HTTP})()")
        yield reader


def test_answers_given_while_the_network_is_away_arrive_once(site: Place, between: Network, reader: Reading) -> None:
    """A newcomer's first answers, a dead network, a 503 after storing, a reload, two tabs."""
    page = reader.open(LEARN)
    before = responses(site)
    between.state = "cut"
    give(page, *FIRST)
    expect(line(page)).to_contain_text("1 answer waits for the network")
    give(page, *SECOND)
    expect(line(page)).to_contain_text("2 answers wait for the network")
    expect(page.locator("[data-count]")).to_have_attribute("role", "status")
    assert responses(site) == before

    with stored_but_refused(reader) as keys:
        between.state = "sound"
        send_now(page)
        until(page, lambda: len(keys) == 2)
        expect(line(page)).to_contain_text("2 answers wait for the network")
        page.reload()
        second = reader.open(LEARN)
        for tab in (page, second):
            expect(line(tab)).to_contain_text("2 answers wait for the network")
        assert len(keys) == 2, "sent again under the same keys"
        assert responses(site) == before + 2
    send_now(second)
    for tab in (second, page):
        expect(line(tab)).to_contain_text(ALL_RECEIVED)
        for name, _ in (FIRST, SECOND):
            expect(item(tab, name).get_by_role("heading", name=re.compile("Right|Not right"))).to_be_visible()
    assert responses(site) == before + 2
    assert page.evaluate(ENTRIES) == 0


def test_what_waits_is_shown_and_locked_after_a_reload_and_in_another_tab(
    site: Place, between: Network, reader: Reading
) -> None:
    page, second = reader.open(LEARN), reader.open(LEARN)
    before = responses(site)
    with lost(reader):
        page.bring_to_front()
        give(page, *FIRST)
        expect(item(page, FIRST[0]).locator("[data-waiting]")).to_be_focused()
        page.reload()
        for tab in (page, second):
            place = item(tab, FIRST[0])
            expect(place.get_by_text(KEPT)).to_be_visible()
            expect(option(place, FIRST[1])).to_be_checked()
            expect(option(place, FIRST[1])).to_be_disabled()
            expect(place.get_by_role("button")).to_have_count(0)
        page.goto(between.url + ELSEWHERE)
        expect(line(page)).to_contain_text("1 answer waits for the network")
        elsewhere = open_items(page)[0]
        give(page, elsewhere, item(page, elsewhere).locator("[name=option]").first.get_attribute("value") or "")
        expect(line(page)).to_contain_text("2 answers wait for the network")
    send_now(page)
    expect(item(page, elsewhere).locator("[data-result]")).to_be_visible()
    expect(item(second, FIRST[0]).get_by_role("heading", name="Right")).to_be_visible()
    expect(announcer(second)).to_have_text("Question 1: right, 1 of 1 point.")
    assert responses(site) == before + 2


def test_an_answer_whose_receipt_was_lost_counts_once(site: Place, between: Network, reader: Reading) -> None:
    page = reader.open(LEARN)
    before = responses(site)
    between.state = "losing-answers"
    give(page, *FIRST)
    assert responses(site) == before + 1
    between.state = "sound"
    send_now(page)
    expect(item(page, FIRST[0]).get_by_role("heading", name="Right")).to_be_visible()
    assert responses(site) == before + 1


def test_a_request_that_hangs_is_given_up_and_sent_again_by_itself(
    site: Place, between: Network, reader: Reading
) -> None:
    page = reader.open(LEARN)
    page.clock.install()
    before = responses(site)
    between.state = "silent"
    choose(page, *FIRST)
    expect(item(page, FIRST[0]).get_by_role("button", name="Checking…")).to_be_visible()
    page.clock.fast_forward(PATIENCE_MILLISECONDS + 1000)
    expect(item(page, FIRST[0]).get_by_text(KEPT)).to_be_visible()
    between.state = "sound"
    page.clock.fast_forward(10 * PATIENCE_MILLISECONDS)
    expect(item(page, FIRST[0]).get_by_role("heading", name="Right")).to_be_visible()
    assert responses(site) == before + 1


def test_a_server_that_asks_for_patience_is_given_it(between: Network, reader: Reading) -> None:
    page = reader.open(LEARN)
    page.clock.install()
    reader.context.route("**/responses?*", lambda route: route.fulfill(status=503, headers={"retry-after": "3600"}))
    sent = posts(page)
    give(page, *FIRST)
    page.clock.fast_forward(3_000_000)
    expect(line(page)).to_contain_text("1 answer waits for the network")
    assert len(sent) == 1
    page.clock.fast_forward(1_000_000)
    until(page, lambda: len(sent) == 2)


def test_an_answer_to_an_attempt_that_was_started_over_is_not_taken_and_the_reader_is_told(
    site: Place, between: Network, reader: Reading
) -> None:
    page = reader.open(LEARN)
    answer(page, *SECOND)
    before = responses(site)
    with lost(reader):
        give(page, *FIRST)
        page.goto(f"{between.url}/progress")
        page.get_by_text("Start the questions over").first.click()
        with page.expect_response(lambda response: response.request.method == "POST"):
            page.get_by_role("button", name="Start over").first.click()
    page.goto(f"{between.url}/progress")
    send_now(page)
    told = line(page).get_by_role("listitem")
    expect(told).to_contain_text("Question 1, Concurrent task execution: your answer was not taken.")
    expect(told).to_contain_text("The question has changed since, or was started over.")
    expect(told).to_contain_text("You had chosen:")
    expect(line(page)).not_to_contain_text("for the network")
    sent = posts(page)
    page.reload()
    told.get_by_role("link", name="See the question").click()
    expect(page).to_have_url(re.compile(f"/learn#item-{FIRST[0]}$"))
    expect(item(page, FIRST[0])).to_have_attribute("data-state", "open")
    told.get_by_role("button", name="Dismiss").click()
    expect(told).to_have_count(0)
    assert sent == [], "what was refused is not sent again"
    assert responses(site) == before


def test_a_hint_cannot_be_had_without_the_network_and_the_item_says_so(
    site: Place, between: Network, reader: Reading
) -> None:
    page = reader.open(LEARN)
    between.state = "cut"
    place = item(page, FIRST[0])
    option(place, FIRST[1]).check()
    place.get_by_role("button", name="Show a hint").click()
    expect(place.get_by_text("The hint can be opened when the network is back.")).to_be_visible()
    expect(option(place, FIRST[1])).to_be_checked()
    between.state = "sound"
    place.get_by_role("button", name="Show a hint").click()
    expect(place.get_by_text("Hint 1")).to_be_visible()


def test_who_is_forgotten_leaves_no_answer_on_the_device(site: Place, between: Network, reader: Reading) -> None:
    page = reader.open(LEARN)
    before = responses(site)
    with lost(reader):
        give(page, *FIRST)
        page.goto(f"{between.url}/progress")
        page.get_by_text("Forget me").click()
        page.get_by_role("button", name="Delete everything of mine").click()
        expect(page).to_have_url(f"{between.url}/")
        until(page, lambda: page.evaluate(ENTRIES) == 0)
        expect(line(page)).to_have_count(0)
    assert responses(site) == before


def test_a_run_is_followed_again_from_where_the_network_was_lost(
    site: Place, between: Network, reader: Reading
) -> None:
    page = reader.open(f"{LESSON}/try")
    before = runs_kept(site)
    start(page, "Blocked", **LONG)
    progress = page.locator("[data-progress-text]")
    expect(progress).to_contain_text("holds the loop")
    between.asked.clear()
    between.state = "cut"
    expect(progress).to_contain_text("The connection to the run is lost.")
    page.wait_for_timeout(3000)  # longer than a run goes on whose viewers have all said goodbye
    between.state = "sound"
    back = progress.filter(has_text="of 60 finished")
    expect(back.or_(page.locator('live-lab[data-state="finished"]')).first).to_be_visible()
    expect(page.locator("live-lab")).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
    expect(page.locator("[data-figure=finished]")).to_have_text("60")
    assert runs_kept(site) == before + 1
    assert any("/events?viewer=" in asked for asked in between.asked), "the stream was asked for again"


def test_a_page_that_is_left_says_goodbye_and_its_run_ends(site: Place, between: Network, reader: Reading) -> None:
    page = reader.open(f"{LESSON}/try")
    before = runs_kept(site)
    start(page, "Blocked", **LONG_RUN)
    expect(page.locator("[data-progress-text]")).to_contain_text("holds the loop")
    page.goto(f"{between.url}/progress")
    until(page, lambda: runs_kept(site) == before + 1)
    assert ends_kept(site)[-1] == "stopped"
    assert any("/goodbye?viewer=" in asked for asked in between.asked)
    page.goto(f"{between.url}{LESSON}/try")
    expect(page.locator("live-lab")).not_to_have_attribute("data-state", "running")


def item(page: Page, name: str) -> Locator:
    return page.locator(f"#item-{name}")


def line(page: Page) -> Locator:
    """What the page says of answers that wait."""
    return page.get_by_role("region", name="Answers kept on this device")


def choose(page: Page, name: str, chosen: str) -> None:
    option(item(page, name), chosen).check()
    item(page, name).get_by_role("button", name="Check").click()


def give(page: Page, name: str, chosen: str) -> None:
    """Answer an item while the network is away."""
    choose(page, name, chosen)
    expect(item(page, name).get_by_text(KEPT)).to_be_visible()


def send_now(page: Page) -> None:
    """Press the button, unless everything has been sent by itself just now."""
    page.get_by_role("button", name="Send now", include_hidden=True).dispatch_event("click")


def posts(page: Page) -> list[str]:
    """The responses that this page sends from now on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    return sent


@contextmanager
def lost(reader: Reading) -> Iterator[None]:
    """Every response is lost on its way, while pages arrive."""
    reader.context.route("**/responses?*", lambda route: route.abort())
    yield
    reader.context.unroute_all()


@contextmanager
def stored_but_refused(reader: Reading) -> Iterator[set[str]]:
    """Every response is stored, and something on the way answers 503. Gives the keys of those that were."""
    keys: set[str] = set()

    def refuse(route: Route) -> None:
        found = re.search(r'name="key"\s+([0-9a-f]{32})', route.request.post_data or "")
        route.fetch()
        route.fulfill(status=503)
        keys.add(found.group(1) if found else "none")

    reader.context.route("**/responses?*", refuse)
    yield keys
    reader.context.unroute_all(behavior="wait")


def until(page: Page, holds: Callable[[], bool], *, tries: int = 1200) -> None:
    """Wait until a condition outside of the page holds."""
    for _ in range(tries):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to that")
