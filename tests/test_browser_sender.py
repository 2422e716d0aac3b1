"""A real browser as the sender: what it held back, by its own account, beside what the server noted of the same requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import BROWSER_LESSON, RUN_MILLISECONDS, Place, place
from tests.tour import open_sender, send

pytestmark = pytest.mark.browser

TRY = f"{BROWSER_LESSON}/try"
CONNECTIONS = 6
PATIENT = """all => all.forEach(one => { one.dataset.url = one.dataset.url.replace("seconds=0.2", "seconds=0.6"); })"""
"""Programs that answer so late that a slow browser, too, has sent all that it may send before the first answer is there."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("data")) as site:
        yield site


def entries(page: Page) -> list[dict[str, Any]]:
    """What the browser itself noted of requests to live programs."""
    found: list[dict[str, Any]] = page.evaluate(
        "() => performance.getEntriesByType('resource').filter(entry => entry.name.includes('/live/'))"
        ".map(entry => entry.toJSON())"
    )
    page.evaluate("() => performance.clearResourceTimings()")
    return found


def peak_in_flight(found: list[dict[str, Any]]) -> int:
    """How many requests were sent and unanswered at once."""
    spans = [(entry["requestStart"], 1) for entry in found] + [(entry["responseStart"], -1) for entry in found]
    return max(accumulate(step for _, step in sorted(spans)))


def summed(sender: Locator, name: str) -> str:
    return sender.locator(f'[data-sum="{name}"]').inner_text()


def test_how_many_go_at_once_depends_on_their_addresses_and_the_page_says_so(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        sender = open_sender(page)
        sender.locator("[name=program]").evaluate_all(PATIENT)
        for address, cache, peak in [
            ("one each", "as usual", CONNECTIONS),
            ("the same for all", "as usual", 1),
            ("the same for all", "no-store", CONNECTIONS),
        ]:
            send(sender, address=address, cache=cache, requests="8")
            assert peak_in_flight(entries(page)) == peak
            assert summed(sender, "peak") == str(peak), "by the browser's account"
            assert min(peak, 2) <= int(summed(sender, "unanswered")) <= peak, "by the server's"
            assert int(summed(sender, "held")) == 8 - peak
            assert summed(sender, "protocols") == "HTTP/1.1"


def test_each_request_is_a_row_with_both_records_and_durations_that_fit(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        sender = open_sender(page)
        send(sender, requests="8")
        sender.get_by_role("radio", name="Table").check()
        rows = sender.get_by_role("region", name="that this browser sent").locator("tbody tr")
        expect(rows).to_have_count(8)
        told_of = sorted(entries(page), key=lambda entry: int(entry["name"].rsplit("-", 1)[1]))
        for row, entry in zip(rows.all(), told_of, strict=True):
            assert row.locator('[data-cell="status"]').inner_text() == "200"
            noted = {told["name"]: told for told in entry["serverTiming"]}
            shown = float(row.locator('[data-cell="program"]').inner_text().removesuffix(" s"))
            assert abs(shown - noted["program"]["duration"] / 1000) < 0.006, "as it is written, to a hundredth"
            waited = entry["responseStart"] - entry["requestStart"]
            assert 200 <= noted["program"]["duration"] <= waited, "the server's part lies within the browser's wait"
        assert rows.locator('[data-cell="connect"]').all_inner_texts().count("was open") >= 8 - CONNECTIONS


def test_the_plots_are_read_by_the_keyboard_and_said_politely(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        sender = open_sender(page)
        sender.locator("[name=program]").evaluate_all(PATIENT)
        send(sender, requests="7")
        said = sender.get_by_role("status")
        expect(said).to_contain_text("At most 6 were in flight at once; the browser held")
        sender.get_by_role("group", name="two plots").focus()
        page.keyboard.press("End")
        expect(sender.locator("[data-readout]")).to_contain_text(
            re.compile(r"Request 7: held back \d\.\d\d s, .* This server: ")
        )
        expect(said).to_contain_text("Request 7")
        page.keyboard.press("ArrowUp")
        expect(said).to_contain_text("Request 6")
        page.keyboard.press("Escape")
        expect(sender.locator("[data-readout]")).to_be_empty()


def made_of(page: Page, **entry: Any) -> dict[str, Any]:
    """What the page makes of an entry of Resource Timing, in milliseconds, and what it says of it."""
    told = {"startTime": 1000, "fetchStart": 1000, "nextHopProtocol": "", "responseStatus": 200, "serverTiming": []}
    made: dict[str, Any] = page.evaluate(
        """async entry => {
          const { row, summary } = await import("/static/js/browser-timings.js");
          const { phase, noted, protocol, WORDS } = await import("/static/js/browser-words.js");
          const made = row(1, entry, 1000);
          const sums = summary([made]);
          return { phases: ["queued", "connect", "waiting", "download"].map(name => phase(made.seen, name)), sums,
            server: noted(made.server, "program"), protocol: protocol(made.seen.protocol),
            request: WORDS.request(made), done: WORDS.done(sums) };
        }""",
        told | entry,
    )
    return made


def test_phases_that_the_browser_hides_are_not_visible_and_never_zero(site: Place) -> None:
    with site.reading() as reader:
        hidden = {"requestStart": 0, "responseStart": 0, "connectStart": 0, "connectEnd": 0, "responseEnd": 1200}
        shown = made_of(reader.open("/"), **hidden)
    assert shown["phases"] == ["not visible"] * 4
    assert (shown["server"], shown["protocol"]) == ("not visible", "not visible")
    assert "the phases are not visible" in shown["request"] and "0 ms" not in shown["request"]
    assert "hides when it sent them" in shown["done"]
    assert [shown["sums"][name] for name in ("peak", "held", "opened", "unanswered")] == [None] * 4


def test_a_new_connection_is_a_part_of_its_own(site: Place) -> None:
    times = {"connectStart": 1010, "connectEnd": 1030, "requestStart": 1031, "responseStart": 1081, "responseEnd": 1084}
    with site.reading() as reader:
        page = reader.open("/")
        fresh = made_of(page, **times)
        again = made_of(page, **times | {"connectStart": 1000, "connectEnd": 1000})
    assert fresh["phases"] == ["11 ms", "20 ms", "50 ms", "3 ms"] and fresh["sums"]["opened"] == 1
    assert "a new connection took 20 ms" in fresh["request"]
    assert again["phases"] == ["31 ms", "0 ms", "50 ms", "3 ms"] and again["sums"]["opened"] == 0
    assert "on a connection that was open" in again["request"]


def test_the_figure_of_senders_keeps_what_this_tab_sent_apart_from_what_the_generator_sent(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        table = page.get_by_role("region", name="Table: One load, several senders")
        expect(table).to_contain_text("This browser has sent nothing yet")
        sender = open_sender(page)
        sender.locator("[name=program]").evaluate_all(PATIENT)
        send(sender, requests="7")
        send(sender, address="the same for all", requests="2")
        browser = table.get_by_role("row").filter(has_text="this browser")
        expect(browser).to_have_count(2)
        expect(browser.nth(0)).to_contain_text(re.compile(r"Waits.*an address each.*7.*6\s*$", re.DOTALL))
        expect(browser.nth(1)).to_contain_text(re.compile(r"Waits.*one address.*2.*1\s*$", re.DOTALL))
        lab = page.locator("live-lab").first
        lab.get_by_role("radio", name="Waits").last.check()
        lab.get_by_role("button", name="Run", exact=True).click()
        expect(lab).to_have_attribute("data-state", "finished", timeout=RUN_MILLISECONDS)
        generator = table.get_by_role("row").filter(has_text="generator").first
        expect(generator).to_contain_text(re.compile(r"Waits.*12\s*$", re.DOTALL))
        expect(browser).to_have_count(2)


def test_a_page_at_this_machines_other_name_is_offered_where_there_is_one(site: Place) -> None:
    with site.reading() as reader:
        page = reader.open(TRY)
        sender = open_sender(page)
        link = sender.get_by_role("link", name="localhost")
        assert (link.get_attribute("href") or "").split("#")[0] == f"{site.url.replace('127.0.0.1', 'localhost')}{TRY}"
