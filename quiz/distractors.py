"""Distractors: how often each option of an item was chosen, by whom, and what that says of it. Pure functions over rows.

p = n / S of those who answered, r the correlation of having chosen it with the other mark (Moodle's rest score). A distractor
works when at least 5 % choose it and they do worse elsewhere (Tarrant, Ware & Mohammed, BMC Medical Education 9:40, 2009).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from quiz.moments import Interval, correlation, wilson

LEAST_FOR_OPTIONS = 5
"""Below this many responses nothing is told by option: it could be told who chose what."""
LEAST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class OptionStatistics:
    option: str
    right: bool
    chosen: int
    of: int
    share: float
    interval: Interval
    r: float | None
    """With the other mark, over whole attempts alone; None where it does not vary."""
    paired: int
    """Whole attempts that `r` comes from."""

    @property
    def works(self) -> bool | None:
        """Whether a distractor draws those who do worse elsewhere; None for the key, and where r is not known."""
        if self.right or self.r is None:
            return None
        return self.share >= LEAST_SHARE and self.r < 0


def option_statistics(
    options: Iterable[tuple[str, bool]],
    chosen: Sequence[Collection[str]],
    pairs: Sequence[tuple[Collection[str], float]] = (),
) -> tuple[OptionStatistics, ...]:
    """By option, in the given order; nothing at all below five responses.

    `options` are ids, each with whether it is right; `chosen` what each response chose; `pairs` the same for whole attempts,
    each with its other mark.
    """
    of = len(chosen)
    if of < LEAST_FOR_OPTIONS:
        return ()
    return tuple(_option(option, right, chosen, pairs) for option, right in options)


def distractor_efficiency(options: Sequence[OptionStatistics]) -> float | None:
    """The share of distractors that work; None where of none can be told whether it does."""
    told = [option.works for option in options if option.works is not None]
    return sum(told) / len(told) if told else None


def _option(
    option: str, right: bool, chosen: Sequence[Collection[str]], pairs: Sequence[tuple[Collection[str], float]]
) -> OptionStatistics:
    count, of = sum(option in one for one in chosen), len(chosen)
    interval = wilson(count, of)
    assert interval is not None  # noqa: S101  # there are at least five
    took = [float(option in one) for one, _ in pairs]
    return OptionStatistics(
        option=option,
        right=right,
        chosen=count,
        of=of,
        share=count / of,
        interval=interval,
        r=correlation(took, [other for _, other in pairs]),
        paired=len(pairs),
    )
