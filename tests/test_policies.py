"""Which attempts make a grade: Moodle's rules, as a table and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.policies import Grade, Mark, Policy, grade

BEST, LAST, FIRST, AVERAGE = Policy.BEST, Policy.LAST, Policy.FIRST, Policy.AVERAGE


def marks(*earned: float | None, possible: float = 10.0) -> list[Mark]:
    return [Mark(f"a{at}", one, possible) for at, one in enumerate(earned, 1)]


@pytest.mark.parametrize(
    ("policy", "earned", "mark", "attempt"),
    [
        (BEST, (4.0, 8.0, 6.0), 8.0, "a2"),
        (BEST, (8.0, 8.0), 8.0, "a1"),
        (BEST, (None, 0.0), 0.0, "a2"),
        (LAST, (4.0, 8.0, 6.0), 6.0, "a3"),
        (FIRST, (4.0, 8.0, 6.0), 4.0, "a1"),
        (FIRST, (None, 8.0), 8.0, "a2"),
        (AVERAGE, (4.0, 8.0, 6.0), 6.0, None),
        (AVERAGE, (4.0, None, 8.0), 6.0, None),
        (AVERAGE, (5.0,), 5.0, None),
    ],
)
def test_the_attempts_make_a_grade(
    policy: Policy, earned: tuple[float | None, ...], mark: float, attempt: str | None
) -> None:
    assert grade(policy, marks(*earned)) == Grade(mark, 10.0, attempt)


@pytest.mark.parametrize("policy", list(Policy))
def test_without_a_mark_there_is_no_grade(policy: Policy) -> None:
    assert grade(policy, []) is None
    assert grade(policy, marks(None, None)) is None


def test_a_last_attempt_without_a_mark_leaves_no_grade() -> None:
    assert grade(LAST, marks(4.0, None)) is None


def test_attempts_that_are_worth_other_points_are_compared_by_their_share() -> None:
    uneven = [Mark("few", 3.0, 4.0), Mark("many", 5.0, 10.0)]

    assert grade(BEST, uneven) == Grade(3.0, 4.0, "few")
    assert grade(AVERAGE, uneven) == Grade(6.25, 10.0, None)
    assert grade(BEST, [Mark("nothing", 0.0, 0.0)]) == Grade(0.0, 0.0, "nothing")


@given(policy=st.sampled_from(Policy), earned=st.lists(st.floats(0, 10, width=16) | st.none(), min_size=1, max_size=6))
def test_a_grade_lies_among_the_marks_that_make_it(policy: Policy, earned: list[float | None]) -> None:
    stands = grade(policy, marks(*earned))
    known = [one for one in earned if one is not None]

    if stands is not None:
        assert min(known) - 1e-9 <= stands.mark <= max(known) + 1e-9
        assert stands.mark <= (grade(BEST, marks(*earned)) or stands).mark + 1e-9
