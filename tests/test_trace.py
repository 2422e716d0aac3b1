"""Figures from events that are written down here, so that each rule can be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.labs import trace
from webapp.views.runs import Figures, RequestRow

Event = dict[str, Any]


def request(n: int, *, sent: float, start: float | None = None, end: float | None = None, done: float | None = None,
            status: int = 200, where: str = "loop") -> list[Event]:  # fmt: skip
    """The events of one request that got as far as the times given."""
    events: list[Event] = [
        {"e": "request", "t": sent, "n": n, "phase": "queued"},
        {"e": "request", "t": sent, "n": n, "phase": "sent"},
    ]
    if start is not None:
        events.append({"e": "request", "t": start, "n": n, "phase": "handler_start", "where": where})
    if end is not None:
        events.append({"e": "request", "t": end, "n": n, "phase": "handler_end"})
    if done is not None:
        events.append({"e": "request", "t": done, "n": n, "phase": "done", "status": status})
    return events


def ping(n: int, sent: float, done: float | None, status: int = 200) -> list[Event]:
    events: list[Event] = [{"e": "ping", "t": sent, "n": n, "phase": "sent"}]
    if done is not None:
        events.append({"e": "ping", "t": done, "n": n, "phase": "done", "status": status})
    return events


def test_the_summary_has_the_fields_of_figures_and_a_row_those_of_request_row() -> None:
    events = request(1, sent=0.0, done=1.0)
    assert set(trace.summary(events, requests=1)) == set(Figures.__dataclass_fields__)
    assert set(trace.rows(events)[0]) == set(RequestRow.__dataclass_fields__)


def test_the_wall_is_from_the_first_request_sent_to_the_last_one_done() -> None:
    events = [*request(1, sent=0.1, done=0.4), *request(2, sent=0.2, done=0.9), *ping(1, 0.0, 5.0)]
    figures = trace.summary(events, requests=2)
    assert figures["wall"] == pytest.approx(0.8)
    assert figures["throughput"] == pytest.approx(2 / 0.8)


def test_only_what_is_finished_is_counted() -> None:
    events = [
        *request(1, sent=0.0, done=1.0),
        *request(2, sent=0.0, start=0.5),
        *ping(1, 0.0, 0.01),
        *ping(2, 0.0, None),
    ]
    figures = trace.summary(events, requests=3)
    assert (figures["finished"], figures["requests"], figures["bystanders"], figures["errors"]) == (1, 3, 1, 0)
    assert figures["p95"] == 1.0


def test_nothing_measured_is_none_and_no_number() -> None:
    figures = trace.summary([], requests=5)
    assert (figures["p50"], figures["p95"], figures["throughput"], figures["bystander_p95"]) == (None, None, None, None)
    assert (figures["wall"], figures["finished"], figures["requests"]) == (0.0, 0, 5)
    assert trace.finding([], figures)["code"] == "nothing-finished"


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.95, 7),
        ([1, 2], 0.5, 1),
        ([1, 2, 3], 0.5, 2),
        (range(1, 101), 0.95, 95),
        (range(1, 21), 0.95, 19),
    ],
)
def test_percentiles_are_by_nearest_rank(values: list[float], share: float, expected: float | None) -> None:
    assert trace.percentile(list(values), share) == expected


@given(st.lists(st.floats(0, 100), min_size=1).map(sorted), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float) -> None:
    found = trace.percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_a_refusal_or_no_answer_is_an_error_and_no_answer_is_not_finished() -> None:
    events = [
        *request(1, sent=0.0, done=1.0, status=503),
        *request(2, sent=0.0, done=9.0, status=0),
        *request(3, sent=0.0, done=2.0),
    ]
    figures = trace.summary(events, requests=3)
    assert (figures["errors"], figures["finished"]) == (2, 2)
    assert figures["p95"] == 2.0
    assert trace.finding(events, figures)["code"] == "errors"


def test_peak_in_flight_counts_handlers_that_ran_at_once() -> None:
    one_by_one = [*request(1, sent=0, start=0, end=1), *request(2, sent=0, start=1, end=2)]
    assert trace.summary(one_by_one, requests=2)["peak_in_flight"] == 1, "at the same microsecond the end came first"
    together = [*request(1, sent=0, start=0, end=2), *request(2, sent=0, start=1, end=3)]
    assert trace.summary(together, requests=2)["peak_in_flight"] == 2


@pytest.mark.parametrize(
    ("took", "code", "tone"), [(0.04, "flowed", "flow"), (0.06, "held", "hold")], ids=["within the budget", "a hold"]
)
def test_a_turn_over_the_budget_holds_the_loop(took: float, code: str, tone: str) -> None:
    events = [*request(1, sent=0, done=1), {"e": "slice", "t": 0.5, "end": 0.5 + took, "n": 1}]
    figures = trace.summary(events, requests=1, longest_turn=0.001)
    found = trace.finding(events, figures)
    assert figures["max_hold"] == pytest.approx(took)
    assert (found["code"], found["tone"]) == (code, tone)
    assert found["numbers"]["holds"] == (1 if code == "held" else 0)


def test_a_turn_too_short_to_be_told_still_counts_as_the_longest() -> None:
    assert trace.summary(request(1, sent=0, done=1), requests=1, longest_turn=0.003)["max_hold"] == 0.003


@pytest.mark.parametrize(("waiting", "used", "code"), [(0, 12, "threads"), (20, 40, "threads-full")])
def test_threads_are_found_by_their_tokens(waiting: int, used: int, code: str) -> None:
    events = [
        *request(1, sent=0, start=0.1, end=0.9, done=1, where="thread"),
        {"e": "tokens", "t": 0.2, "used": used, "waiting": waiting, "total": 40},
        {"e": "tokens", "t": 0.9, "used": 0, "waiting": 0, "total": 40},
    ]
    figures = trace.summary(events, requests=1)
    assert (figures["peak_tokens"], figures["tokens_total"]) == (used, 40)
    found = trace.finding(events, figures)
    assert (found["code"], found["tone"]) == (code, "thread")
    assert found["numbers"]["token_waiters"] == waiting
    assert trace.rows(events)[0]["where"] == "thread"


def test_the_longest_lag_is_answered_or_still_open() -> None:
    events = [{"e": "lag", "t": 1, "lag": 0.2}, {"e": "held", "t": 2, "for": 0.7}]
    assert trace.summary(events, requests=1)["max_lag"] == 0.7


def test_pings_over_fifty_milliseconds_waited() -> None:
    events = [*ping(1, 0, 0.049), *ping(2, 0, 0.051), *ping(3, 0, 4.0), *ping(4, 0, 9.0, status=0)]
    figures = trace.summary(events, requests=1)
    assert (figures["bystanders"], figures["bystanders_waited"], figures["bystander_max"]) == (3, 2, 4.0)


def test_the_first_mention_of_a_phase_counts_and_a_request_never_queued_is_no_row() -> None:
    events = [*request(1, sent=0, start=1), *request(1, sent=5, start=6)[2:], *request(2, sent=0, start=1)[2:]]
    assert [(row["n"], row["handler_start"]) for row in trace.rows(events)] == [(1, 1)]


@pytest.mark.parametrize(
    ("wall", "waited", "company", "disturbed", "strained"),
    [
        (0.25, 0.2, True, True, True),
        (0.25, 0.2, False, False, False),
        (0.25, 0.09, True, False, True),
        (0.25, 0.07, True, False, False),
        (0.05, 0.045, True, False, True),
        (5, 1.8, True, False, True),
        (5, 1, True, False, False),
    ],
    ids=["waited too long", "alone", "a part", "little", "short", "a part of a long run", "little of it"],
)
def test_a_run_is_disturbed_when_others_kept_it_from_the_processor(
    wall: float, waited: float, company: bool, disturbed: bool, strained: bool
) -> None:
    assert trace.disturbed({"wall": wall}, waited=waited, company=company) is disturbed
    assert trace.strained({"wall": wall}, waited=waited, company=company) is strained


@pytest.mark.parametrize(
    ("neighbours", "others", "expected"),
    [(True, None, True), (True, 0.0, True), (False, None, False), (False, 0.1, False), (False, 1.0, True)],
)
def test_a_run_has_company_of_other_runs_or_of_other_work(
    neighbours: bool, others: float | None, expected: bool
) -> None:
    assert trace.company(neighbours=neighbours, others=others) is expected


def test_waiting_for_a_processor_counts_between_the_first_request_and_the_last_answer() -> None:
    account = [(0.0, 1.0), (0.9, 2.0), (2.1, 5.0), (3.0, 9.0)]
    assert trace.waited(request(1, sent=1.0, done=2.0), account) == 3.0
    assert trace.waited([], account) == 0.0
