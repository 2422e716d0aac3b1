"""Sentences that assert what should be measured are warned of, and those that only speak of what is set are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measured_courses import checked, keep, loaded, make_course, measurement
from webapp.course.asserted import sentences, typed
from webapp.labs.lab import Lab, Parameter, Range
from webapp.labs.measurement import this_environment

LAB = Lab("wait", "Wait", (), Range(24, 1, 60), (Parameter("delay", "Delay", Range(0.2, 0.05, 1)),), seconds=30)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is about 5 times faster.", "5 times fast"),
        ("It ran 20 × faster than before.", "20 × fast"),
        ("Awaiting is 20x quicker.", "20x quick"),
        ("It is five times as long.", "five times as long"),
        ("It is twice as fast.", "twice as fast"),
        ("This makes it 40 % faster.", "40 % fast"),
        ("It grew by a factor of 12.", "a factor of 12"),
        ("The run took 4.8 s.", "took 4.8 s"),
        ("All were answered within 35 ms.", "were answered within 35 ms"),
        ("A ping waits about 3 s.", "about 3 s"),
        ("It needs ~ 250 milliseconds.", "~ 250 milliseconds"),
    ],
)
def test_a_typed_figure_is_found(text: str, found: str) -> None:
    (figure,) = typed(text, [LAB])
    assert found in figure


@pytest.mark.parametrize(
    "text",
    [
        "Each request waits 0.2 s, and the run took about 0.2 s.",
        "A run is ended after 30 s.",
        "The lab sends a ping every 20 ms.",
        "Forty tokens, ten times.",
        "Run it three times, with 24 requests.",
        "The executor has `min(32, cores + 4)` threads.",
        "At ten checkouts a second, each keeps a token for 5 s.",
        "It came with Python 3.11, in less than a year.",
    ],
)
def test_what_is_set_or_no_figure_is_left_alone(text: str) -> None:
    assert list(typed(text, [LAB])) == []


def test_code_links_and_bound_numbers_are_no_sentences() -> None:
    lines = ["It took `3.9 s`, {{ a.b.wall }}.", "```text", "took 3.9 s", "```", "[x](about-3-s) end"]
    told = dict(sentences(lines, 10))
    assert list(told) == [10, 14]
    assert not any("3" in text for text in told.values())


def test_a_lesson_is_warned_of_typed_figures_and_of_versions_that_were_not_run(tmp_path: Path) -> None:
    here = this_environment().minor
    folder = make_course(tmp_path, prose=f"It is 5 times faster.\n\nOn Python {here} and on Python 3.2 alike.")
    keep(folder, measurement(loaded(folder).lessons[0]))
    lines = (folder / "waiting" / "lesson.md").read_text().split("\n")
    at = lines.index("It is 5 times faster.") + 1
    assert [(problem.line, problem.code) for problem in checked(folder)] == [(at, "W40"), (at + 2, "W41")]
