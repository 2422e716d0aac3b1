"""A learner's choice becomes a run, or is refused with the range that it left."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.labs.lab import Lab, OutOfRange, Parameter, Range, UnknownChoice, Variant, fill, placeholders

DELAY = Parameter("delay", "Each one waits", Range(0.2, 0.05, 1), "s")
TOKENS = Parameter("tokens", "Thread tokens", Range(40, 1, 100, whole=True))


def make_lab() -> Lab:
    return Lab(
        id="wait",
        title="Three programs",
        variants=(
            Variant("awaiting", "Awaits", "awaiting.py", "app = 1\n", "GET /task?n={n}&seconds={delay}"),
            Variant("blocked", "Blocks", "blocked.py", "app = 2\n", "POST /task"),
        ),
        requests=Range(24, 1, 60, whole=True),
        parameters=(DELAY, TOKENS),
        bystander="GET /ping",
        seconds=20,
    )


def test_the_defaults_make_a_run() -> None:
    spec = make_lab().spec("awaiting")
    assert (spec.requests, spec.parameters, spec.tokens, spec.file) == (
        24,
        {"delay": 0.2, "tokens": 40},
        40,
        "awaiting.py",
    )
    assert (spec.method, spec.path(7)) == ("GET", "/task?n=7&seconds=0.2")
    assert spec.program_hash == make_lab().variant("awaiting").program_hash


def test_a_choice_given_as_text_is_taken_as_its_number() -> None:
    spec = make_lab().spec("blocked", requests="60", parameters={"delay": "0.5", "tokens": "10"})
    assert (spec.requests, spec.parameters["delay"], spec.tokens, spec.method) == (60, 0.5, 10, "POST")


@pytest.mark.parametrize("requests", [0, 61, "many", 2.5, True, "nan", float("inf"), 10**400, [3]])
def test_a_number_of_requests_out_of_range_is_refused_with_the_range(requests: object) -> None:
    with pytest.raises(OutOfRange, match="requests must be a whole number from 1 to 60"):
        make_lab().spec("awaiting", requests=requests)


def test_a_parameter_out_of_range_is_refused_with_the_range() -> None:
    with pytest.raises(OutOfRange, match=r"delay must be a number from 0\.05 to 1, not 9"):
        make_lab().spec("awaiting", parameters={"delay": 9})


def test_a_variant_or_a_parameter_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownChoice, match="no variant named 'x' here; there is awaiting, blocked"):
        make_lab().spec("x")
    with pytest.raises(UnknownChoice, match="no parameter named 'x' here; there is delay, tokens"):
        make_lab().spec("awaiting", parameters={"x": 1})


def test_a_default_must_lie_in_its_range() -> None:
    with pytest.raises(ValueError, match="the default 3 lies outside 1 to 2"):
        Range(3, 1, 2)


@given(st.floats() | st.integers() | st.text())
def test_what_a_range_accepts_lies_in_it(value: object) -> None:
    try:
        number = DELAY.range.accept("delay", value)
    except OutOfRange:
        return
    assert 0.05 <= number <= 1 and not math.isnan(number)


def test_a_template_is_filled_with_numbers_written_shortly() -> None:
    assert placeholders("GET /a?n={n}&s={delay}") == ("n", "delay")
    assert fill("/a?s={delay}", {"delay": 0.2}) == "/a?s=0.2"
