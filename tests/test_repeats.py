"""A reader's own runs taken together: what counts as a repeat, and what overlapping ranges withhold."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from webapp.database import Database
from webapp.models import Learner, Program, Run
from webapp.repeats import RunFacts, last_runs, overlap, ratio
from webapp.views.labs import SpreadView

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def facts(variant: str, *walls: float, requests: int = 24) -> RunFacts:
    return RunFacts(f"{variant}-1", variant, requests, {"delay": 0.2}, tuple({"wall": wall} for wall in walls))


def test_the_median_of_the_repeats_speaks_and_the_range_is_shown() -> None:
    assert facts("slow", 4.8, 5.2, 4.9).wall == SpreadView(4.8, 4.9, 5.2)
    assert facts("slow").wall is None
    assert facts("slow", 4.8).spread("bystander_max") is None


@pytest.mark.parametrize(
    ("slow", "fast", "expected"),
    [
        ((4.8,), (0.2,), 24.0),
        ((4.8, 5.0, 4.9), (0.2, 0.3, 0.25), 19.6),
        ((0.5, 0.3), (0.2, 0.35), None),
        ((0.5,), (), None),
        ((0.5,), (0.5,), None),
    ],
)
def test_a_ratio_is_withheld_while_the_ranges_overlap(
    slow: Sequence[float], fast: Sequence[float], expected: float | None
) -> None:
    assert ratio([facts("slow", *slow), facts("fast", *fast)]) == (expected and pytest.approx(expected))


def test_runs_of_other_settings_are_not_compared() -> None:
    assert ratio([facts("slow", 4.8), facts("fast", 0.2, requests=12)]) is None


def test_ranges_that_touch_overlap() -> None:
    assert overlap(SpreadView(1, 2, 3), SpreadView(3, 4, 5)) and not overlap(SpreadView(1, 2, 3), SpreadView(3.1, 4, 5))


def test_only_undisturbed_runs_of_the_same_program_and_setting_repeat_the_last_one(tmp_path: Path) -> None:
    def run(
        number: int,
        wall: float,
        *,
        variant: str = "slow",
        program: str = "a",
        requests: int = 24,
        disturbed: bool = False,
        state: str = "finished",
    ) -> Run:
        return Run(
            id=f"run-{number}", learner_id="ada", course="c", lesson="l", lab="wait", variant=variant,
            program_hash=program, request="GET /", requests=requests, parameters={"delay": 0.2}, state=state,
            disturbed=disturbed, summary={"wall": wall}, rows=[], events=[], started_at=NOW + timedelta(minutes=number),
        )  # fmt: skip

    with closing(Database(tmp_path)) as database:

        def write(session: Session) -> None:
            session.add(Learner(id="ada", seed="s", created_at=NOW))
            session.add_all(Program(hash=name, file="a.py", text=name) for name in "ab")
            session.flush()
            session.add_all(
                [
                    run(1, 1.0, program="b"),
                    run(2, 2.0, requests=12),
                    run(3, 3.0),
                    run(4, 4.0, disturbed=True),
                    run(5, 5.0, state="failed"),
                    run(6, 6.0, variant="fast"),
                    run(7, 7.0),
                ]
            )

        database.write_now(write)
        with Session(database.reading) as session:
            found = last_runs(session, "ada", "c")["l", "wait"]
    assert [(one.variant, one.id) for one in found] == [("slow", "run-7"), ("fast", "run-6")]
    assert found[0].wall == SpreadView(3.0, 5.0, 7.0)
