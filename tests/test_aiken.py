"""Aiken in: one right option of several, and everything else refused with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quiz.interchange.aiken import read
from quiz.interchange.limits import Unreadable
from quiz.interchange.naming import Names
from quiz.interchange.taken import Taken
from tests.drawn_items import PIECES

TWO = """Who waits while `time.sleep(1)` runs?
A. The caller
B) Everybody

ANSWER: B

What is 2 * 3?
It is *not* 5.
A. 6
B. 5
ANSWER: A
"""


def taken(text: str) -> Taken:
    return read(text.encode(), Names())


def test_questions_become_items_with_the_lines_of_the_file() -> None:
    first, second = taken(TWO).items
    assert (first.id, first.line, first.stem) == (
        "who-waits-while-time-sleep-1-runs",
        1,
        "Who waits while `time.sleep(1)` runs?",
    )
    assert [(one.text, one.right) for one in first.options] == [("The caller", False), ("Everybody", True)]
    assert (second.line, second.stem, second.body) == (7, "What is 2 * 3?", r"It is \*not\* 5.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("What?\nA. a\nB. b\n", "it has no line `ANSWER:`"),
        ("What?\nA. a\nB. b\nANSWER: C\n", "`ANSWER: C` is none of its options"),
        ("What?\nA. a\nB. b\nANSWER: A, B\n", "`ANSWER: A, B` is none of its options"),
        ("What?\nA. a\nC. b\nANSWER: A\n", "its options are A, C and not the letters from A on"),
        ("What?\nA. a\nANSWER: A\n", "an item has at least two options, not 1"),
        ("What?\nA. a\nB. A\nANSWER: A\n", "two options say the same"),
        ("A. a\nB. b\nANSWER: A\n", "there is no question above the options"),
        ("What?\nANSWER: A\n", "it has no options"),
    ],
)
def test_what_is_no_question_is_refused_and_the_next_one_is_taken(text: str, reason: str) -> None:
    found = taken(f"{text}\nAnd this?\nA. yes\nB. no\nANSWER: A\n")
    (refused,) = found.refused
    assert refused.line == 1 and refused.reason.startswith(reason) and refused.words
    assert [item.stem for item in found.items] == ["And this?"]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from((*PIECES, "\nA. ", "\nB) ", "\nANSWER: A\n")), max_size=30).map("".join)
    )
)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        found = taken(text)
    except Unreadable as problem:
        assert "\0" in text and problem.line
    else:
        assert all(refused.reason and refused.line for refused in found.refused)
