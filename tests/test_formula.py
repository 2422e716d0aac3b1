"""Formulas of authors: arithmetic and nothing else, whatever is written."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.formula import FormulaError, names_of, work_out

VALUES = {"N": 24.0, "d": 0.2, "tokens": 10.0, "cores": 2.0}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("N * d", 4.8),
        ("ceil(N / tokens) * d", 0.6),
        ("N*d/cores", 2.4),
        ("max(d, 3, 0.1) + 2 * -1", 1.0),
        ("ceil(N / min(32, cores + 4)) * d", 0.8),
        ("floor(N / tokens) - (1 - d)", 1.2),
    ],
)
def test_a_formula_is_worked_out_with_the_values_of_its_names(text: str, number: float) -> None:
    assert math.isclose(work_out(text, VALUES), number)


def test_a_formula_tells_the_names_that_it_wants_each_once() -> None:
    assert names_of("ceil(N / tokens) * d + N") == ("N", "tokens", "d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no formula"),
        ("N *", "no formula"),
        ("N ** 9", "no arithmetic"),
        ("__import__('os').system('true')", "no arithmetic"),
        ("d.real", "no arithmetic"),
        ("[N for N in d]", "no arithmetic"),
        ("'N' * 9", "no arithmetic"),
        ("True + 1", "true and false"),
        ("ceil(N, d)", "takes one number"),
        ("min(N)", "takes two numbers"),
        ("1 if N else 2", "no arithmetic"),
        ("N+" * 120 + "N", "at most 200"),
    ],
)
def test_what_is_no_arithmetic_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        names_of(text)


@pytest.mark.parametrize("text", ["N / 0", "1 / (d - d)", "unknown + 1", "1e308 * 10 * N"])
def test_a_formula_without_a_value_says_so(text: str) -> None:
    with pytest.raises(FormulaError):
        work_out(text, VALUES)


@given(st.text(max_size=60) | st.text(alphabet="Nd()+-*/. ,ceil1\n", max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    with suppress(FormulaError):
        assert math.isfinite(work_out(text, VALUES))
