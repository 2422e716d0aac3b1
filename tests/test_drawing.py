"""Where things stand in the figures. The rows here are made up to fit a sentence; no product number comes from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from webapp.labs.axis import nice_end, share, ticks
from webapp.labs.drawing import ends, moments, most_in_flight, named, runs
from webapp.labs.stages import stages
from webapp.labs.timeline import pack, timeline
from webapp.views.labs import LabView, ParameterView, VariantView
from webapp.views.runs import Figures, Finding, RequestRow, RunView, Tone


def make_row(
    n: int, sent: float, start: float | None, end: float | None, done: float | None, *, thread: bool = False
) -> RequestRow:
    status = None if done is None else 200
    return RequestRow(n, sent - 0.001, sent, start, end, done, status, "thread" if thread else "loop", "")


def make_figures(**changes: float | None) -> Figures:
    values: dict[str, float | None] = {
        "wall": 1.0, "p50": 0.5, "p95": 0.9, "throughput": 3.0, "max_hold": 0.2, "max_lag": 0.4, "peak_tokens": 0,
        "peak_in_flight": 3, "bystander_p95": 0.1, "errors": 0, "finished": 3, "requests": 3, "bystanders": 30,
        "bystanders_waited": 12, "bystander_max": 0.4, "tokens_total": 40,
    }  # fmt: skip
    return Figures(**{**values, **changes})  # type: ignore[arg-type]


def make_run(*rows: RequestRow, tone: Tone | None = "flow", **figures: float | None) -> RunView:
    return RunView(
        id="r1", url="/runs/r1", events="/runs/r1/events", state="finished", position=None, lesson="tasks",
        lesson_url="/lessons/tasks", lab="wait", lab_title="A wait", variant="one", label="One", requests=len(rows),
        parameters=(), figures=make_figures(**figures), finding=Finding("held", tone, {}), failure=None, rows=rows,
        disturbed=False, mine=True, program_url="/one.py", command="uvicorn one:app",
    )  # fmt: skip


def make_lab(*found: RunView | None) -> LabView:
    variants = tuple(
        VariantView(
            f"v{i}", f"V{i}", f"v{i}.py", f"/v{i}.py", Markup(""), f"uvicorn v{i}:app", "GET /", None, run, None
        )
        for i, run in enumerate(found)
    )
    requests = ParameterView("requests", "Requests", "", "24", "1", "60", "1")
    return LabView("wait", "A wait", "tasks", "/runs", variants, requests, (), None, "v0", None, None)


BLOCKED = (make_row(1, 0.5, 0.5, 0.7, 0.7), make_row(2, 0.5, 0.7, 0.9, 0.9), make_row(3, 0.5, 0.9, 1.1, 1.1))
FREE = (make_row(1, 0.1, 0.11, 0.31, 0.32), make_row(2, 0.1, 0.12, 0.32, 0.33))


@given(st.floats(0.0001, 5000))
def test_an_axis_ends_at_or_after_the_last_moment_and_not_far_behind_it(seconds: float) -> None:
    assert seconds * (1 - 1e-6) <= nice_end(seconds) <= seconds * 1.5001


@given(st.floats(0.001, 1000))
def test_ticks_are_multiples_of_one_step_within_the_axis(seconds: float) -> None:
    end = nice_end(seconds)
    found = [tick.seconds for tick in ticks(end)]
    assert found[0] == 0 and found[-1] <= end * (1 + 1e-9) and 2 <= len(found) <= 6
    assert all(abs(found[1] * i - tick) < end * 1e-6 for i, tick in enumerate(found))


def test_a_measured_value_always_shows_beside_the_longest_one() -> None:
    assert share(0.001, 5) == "0.80%"
    assert share(2.5, 5) == "50.00%"
    assert share(None, 5) == share(1, 0) == "0%"


def test_moments_are_empty_where_a_request_did_not_get_so_far() -> None:
    assert moments(make_row(1, 0.5, None, None, None)) == "0.499,0.5,,,"
    assert ends([*FREE, make_row(3, 0.1, None, None, None)]) == "0.32,0.33,"


def test_only_finished_runs_are_drawn_in_the_order_of_the_variants() -> None:
    first, second = make_run(*FREE), make_run(*BLOCKED)
    lab = make_lab(first, None, second)
    assert runs(lab) == (first, second)
    found = named(lab, "v2")
    assert found is not None and found.run is second
    assert named(lab, None) is None


def test_a_request_that_waits_for_the_loop_has_its_bottleneck_in_scheduling() -> None:
    found = stages(make_run(*BLOCKED, tone="hold"))
    assert found is not None
    assert found.scheduling == pytest.approx(0.2)
    assert found.execution == pytest.approx(0.2)
    assert found.total == pytest.approx(0.4)
    waiting = stages(make_run(*BLOCKED, make_row(4, 0.5, 1.1, 1.3, 1.3), tone="hold"))
    assert waiting is not None and waiting.bottleneck == "scheduling"


def test_a_request_that_awaits_has_its_bottleneck_in_its_own_execution() -> None:
    found = stages(make_run(*FREE))
    assert found is not None and found.bottleneck == "execution"
    assert sum(found.share(stage) for stage in ("handling", "scheduling", "execution")) == pytest.approx(1)


def test_stages_of_a_run_without_an_answer_are_not_told() -> None:
    assert stages(make_run(make_row(1, 0.1, 0.2, None, None))) is None


def test_the_timeline_begins_at_the_first_sending() -> None:
    line = timeline(make_run(*FREE), 1.0)
    assert line is not None
    assert next(bar for bar in line.bars if bar.kind == "waiting").x == "0.000%"


def test_a_handler_that_let_nobody_else_start_is_drawn_as_a_hold() -> None:
    line = timeline(make_run(*BLOCKED, tone="hold"), 1.0)
    assert line is not None
    assert [bar.width for bar in line.loop] == ["20.000%"] * 3
    assert {bar.kind for bar in line.bars} == {"waiting", "holding", "answering"}
    assert "held" in [call.code for call in line.callouts]


def test_handlers_that_overlap_on_the_loop_are_not_drawn_as_holds() -> None:
    line = timeline(make_run(*FREE, tone="hold"), 1.0)
    assert line is not None and line.loop == ()
    assert "awaiting" in {bar.kind for bar in line.bars}


def test_a_handler_longer_than_the_longest_hold_is_not_drawn_as_one() -> None:
    line = timeline(make_run(*BLOCKED, tone="hold", max_hold=0.06), 1.0)
    assert line is not None and line.loop == ()


def test_threads_are_packed_into_as_many_lanes_as_ran_side_by_side() -> None:
    rows = [
        make_row(n, 0.0, start, start + 0.2, start + 0.2, thread=True) for n, start in ((1, 0.0), (2, 0.1), (3, 0.25))
    ]
    assert [[row.n for row in lane] for lane in pack(rows)] == [[1, 3], [2]]
    line = timeline(make_run(*rows, tone="thread", peak_tokens=2), 1.0)
    assert line is not None and line.lanes == 2
    assert "threads" in [call.code for call in line.callouts]


def test_a_failed_request_is_drawn_as_failed() -> None:
    failed = RequestRow(1, 0.0, 0.0, 0.1, 0.2, 0.3, 500, "loop", "")
    line = timeline(make_run(failed), 1.0)
    assert line is not None and [bar.kind for bar in line.bars] == ["failed"]


def test_call_outs_are_numbered_and_do_not_cover_each_other() -> None:
    line = timeline(make_run(*BLOCKED, tone="hold"), 5.0)
    assert line is not None
    assert [call.number for call in line.callouts] == list(range(1, len(line.callouts) + 1))
    places = [(float(call.x.rstrip("%")), call.y) for call in line.callouts]
    assert all(
        abs(x - other) >= 6 or abs(y - beside) >= 20 for i, (x, y) in enumerate(places) for other, beside in places[:i]
    )


def test_a_run_that_sent_nothing_is_not_drawn() -> None:
    assert timeline(make_run(), 1.0) is None


@given(st.integers(1, 200))
def test_a_drawing_stays_on_one_screen(count: int) -> None:
    rows = [make_row(n, 0.0, 0.01, 0.2, 0.2) for n in range(1, count + 1)]
    line = timeline(make_run(*rows), 1.0)
    assert line is not None and line.height < 560


def test_a_short_turn_is_no_hold_because_another_was_long() -> None:
    rows = (make_row(1, 0.1, 0.1, 0.102, 0.103), make_row(2, 0.2, 0.2, 1.2, 1.2), make_row(3, 1.3, 1.3, 1.301, 1.302))
    drawn = timeline(make_run(*rows, tone="hold", max_hold=1.0), 2.0)
    assert drawn is not None
    assert len(drawn.loop) == 1
    [held] = [call for call in drawn.callouts if call.code == "held"]
    assert (held.numbers["n"], held.numbers["holds"]) == (2, 1)


def test_in_flight_is_what_was_sent_and_not_yet_answered() -> None:
    assert most_in_flight(BLOCKED) == 3
    assert most_in_flight((make_row(1, 0.1, 0.1, 0.2, 0.2), make_row(2, 0.2, 0.2, 0.3, 0.3))) == 1
    assert most_in_flight((make_row(1, 0.1, None, None, None), make_row(2, 0.5, 0.5, 0.6, 0.6))) == 2
    assert most_in_flight(()) == 0
