"""Claims: what may be said, what is refused and with which nearest name, and when the repeats decide."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.labs.claims import Claim, ClaimError, Setting, Term, Verdict, decide
from webapp.labs.grammar import read_claim
from webapp.labs.lab import Lab, Parameter, Range, Variant


def make_lab(*, bystander: str | None = "GET /ping") -> Lab:
    return Lab(
        id="wait",
        title="Two",
        variants=tuple(
            Variant(name, name, f"{name}.py", "", "GET /?seconds={delay}") for name in ("holds", "over-http")
        ),
        requests=Range(24, 1, 60, whole=True),
        parameters=(
            Parameter("delay", "Delay", Range(0.2, 0.05, 1)),
            Parameter("tokens", "T", Range(40, 1, 100, whole=True)),
        ),
        bystander=bystander,
    )


LAB = make_lab()


def decided(text: str, **ranges: tuple[float, float]) -> Verdict:
    """The claim over ranges by metric and variant: `wall_holds`."""

    def known(term: Term) -> tuple[float, float] | None:
        return ranges.get(f"{term.metric}_{term.setting.variant.replace('-', '_')}")

    return decide(read_claim(text, LAB), known)


def test_a_term_is_complete_with_the_defaults_of_its_lab() -> None:
    (term,) = read_claim("peak_tokens(holds, requests=60, tokens=10) == 10", LAB).terms
    assert term == Term("peak_tokens", Setting("holds", 60, (("delay", 0.2), ("tokens", 10.0))))
    (status,) = read_claim("status(over_http, 504) == 3", LAB).terms
    assert (status.setting.variant, status.key) == ("over-http", "status 504")


def test_overrides_that_are_the_defaults_ask_for_the_same_run() -> None:
    claim = read_claim("wall(holds) < 1 and wall(holds, delay=0.2, requests=24) < 2", LAB)
    assert len(claim.terms) == 1


@pytest.mark.parametrize(
    ("text", "message", "nearest"),
    [
        ("wal(holds) > 1", "no metric `wal`", "wall"),
        ("wall(hold) > 1", "no variant `hold`", "holds"),
        ("wall(holds, delai=1) > 1", "no parameter `delai`", "delay"),
        ("wall(holds, requests=61) > 1", "requests must be a whole number from 1 to 60, not 61", ""),
        ("wall(holds)", "a claim compares: one of < <= > >= == != belongs where the text ends", ""),
        ("1 < 2", "a claim says something of a run, such as `wall(…) < 1`", ""),
        ("wall(holds) > ", "the text ends where a number or a metric belongs", ""),
        ("wall(holds) > 1 or wall(holds) < 2", "nothing that is known begins where `or` stands", ""),
        ("wall(holds) == 4.8", "no two times are equal: `==` is for counts, a time lies between two bounds", ""),
        ("status(holds) > 1", "`status` counts answers of one status: `status(variant, 504)`", ""),
        ("status(holds, 42) > 1", "`42` is no status of HTTP", ""),
        ("wall(holds, delay=1, delay=1) > 1", "`delay` stands twice", ""),
        ("wall[holds] > 1", "`(` belongs where `[` stands", ""),
        ("__import__('os') > 1", "no metric `_`", ""),
        ("(" * 30 + "1", "these parentheses are nested too deeply", ""),
        ("wall(holds) > 1" + " and wall(holds) > 1" * 40, "a claim has 400 characters at the most", ""),
    ],
)
def test_what_is_no_claim_is_told_with_the_reason(text: str, message: str, nearest: str) -> None:
    with pytest.raises(ClaimError) as refused:
        read_claim(text, LAB)
    assert str(refused.value) == message
    assert not nearest or nearest in refused.value.known


def test_a_bystander_that_is_not_there_has_no_figure() -> None:
    with pytest.raises(ClaimError, match="the lab `wait` has none"):
        read_claim("bystander_p95(holds) > 1", make_lab(bystander=None))


@pytest.mark.parametrize(
    ("text", "wall", "verdict"),
    [
        ("wall(holds) > 1", (1.1, 1.2), Verdict.HOLDS),
        ("wall(holds) > 1", (0.9, 1.2), Verdict.NOISY),
        ("wall(holds) > 1", (0.8, 0.9), Verdict.FAILS),
        ("wall(holds) < 1", (0.8, 0.9), Verdict.HOLDS),
        ("wall(holds) < 1", (1.0, 1.2), Verdict.FAILS),
        ("wall(holds) <= 1", (1.0, 1.2), Verdict.NOISY),
        ("0.5 < wall(holds) < 1", (0.8, 0.9), Verdict.HOLDS),
        ("0.85 < wall(holds) < 1", (0.8, 0.9), Verdict.NOISY),
        ("wall(holds) > 0.5 and wall(holds) > 2", (0.8, 0.9), Verdict.FAILS),
        ("2 - wall(holds) * 2 > 0", (0.8, 0.9), Verdict.HOLDS),
        ("-wall(holds) < -(0.7)", (0.8, 0.9), Verdict.HOLDS),
        ("1 / (wall(holds) - 0.85) > 0", (0.8, 0.9), Verdict.NOISY),
    ],
)
def test_the_whole_range_of_the_repeats_decides(text: str, wall: tuple[float, float], verdict: Verdict) -> None:
    assert decided(text, wall_holds=wall) is verdict


def test_each_repeat_of_one_program_meets_each_of_the_other() -> None:
    text = "wall(holds) / wall(over-http) > 8"
    assert decided(text, wall_holds=(4.8, 5.0), wall_over_http=(0.2, 0.25)) is Verdict.HOLDS
    assert decided(text, wall_holds=(4.8, 5.0), wall_over_http=(0.2, 0.7)) is Verdict.NOISY
    assert decided(text, wall_holds=(0.2, 0.25), wall_over_http=(4.8, 5.0)) is Verdict.FAILS
    assert decided(text, wall_holds=(4.8, 5.0)) is Verdict.NOISY


@pytest.mark.parametrize(
    ("sign", "counted", "verdict"),
    [
        ("==", (40, 40), Verdict.HOLDS),
        ("==", (39, 40), Verdict.NOISY),
        ("==", (24, 24), Verdict.FAILS),
        ("!=", (24, 24), Verdict.HOLDS),
        ("!=", (39, 41), Verdict.NOISY),
        ("!=", (40, 40), Verdict.FAILS),
    ],
)
def test_counts_may_be_equal(sign: str, counted: tuple[float, float], verdict: Verdict) -> None:
    assert decided(f"peak_tokens(holds) {sign} 40", peak_tokens_holds=counted) is verdict


@given(st.lists(st.floats(0.1, 10), min_size=5, max_size=9), st.floats(0.1, 10))
def test_a_claim_that_held_in_one_repeat_is_never_called_false(walls: list[float], bound: float) -> None:
    claim = read_claim(f"wall(holds) > {bound:.4f}", LAB)
    verdict = decide(claim, lambda term: (min(walls), max(walls)))
    held = [wall > float(f"{bound:.4f}") for wall in walls]
    assert verdict is (Verdict.HOLDS if all(held) else Verdict.NOISY if any(held) else Verdict.FAILS)


@given(st.text(max_size=60))
def test_any_text_is_a_claim_or_refused(text: str) -> None:
    with contextlib.suppress(ClaimError):
        assert isinstance(read_claim(text, LAB), Claim)
