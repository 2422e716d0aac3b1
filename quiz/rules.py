"""Rules beside the key: how often an item may be tried, what a retry and a hint take off, whether certainty is asked. Pure.

A try earns what its response is worth, less its penalty, and never less than nothing; an item earns its best try. So another
try can add and never take away. What a try is worth by the key (its fraction) and what is taken off it (its penalty) are kept
apart: a regrade decides anew about the first, and the learner was told the second before they chose to pay it.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_ATTEMPTS = 10
RETRY_PENALTY = 1 / 3
"""Moodle's for an interactive question."""


@dataclass(frozen=True, slots=True)
class Rules:
    attempts: int = 1
    """Tries at the item within one attempt at its quiz."""
    penalty: float = RETRY_PENALTY
    """Share of the item's points that each further try takes off what it earns."""
    hint_cost: float = 0.0
    """Share of the item's points that each opened hint takes off."""
    certainty: bool | None = None
    """Whether learners are asked how sure they are; None where the item leaves it to its course."""

    def taken_off(self, *, tries_before: int, hints_used: int) -> float:
        """The penalty of a try, as a share of the item's points: never more than all of them."""
        return min(1.0, self.penalty * tries_before + self.hint_cost * hints_used)

    def to_json(self) -> dict[str, object]:
        """What differs from an item without rules: nothing of these is in the JSON of the items that never had any."""
        told: dict[str, object] = {}
        if self.attempts > 1:
            told |= {"attempts": self.attempts, "penalty": float(self.penalty)}
        if self.hint_cost:
            told["hint_cost"] = float(self.hint_cost)
        if self.certainty is not None:
            told["certainty"] = self.certainty
        return told

    def problem(self, *, hints: int, options: int | None) -> str | None:
        """`options`: how many there are to choose one of; None where an item is answered otherwise."""
        if not 1 <= self.attempts <= MOST_ATTEMPTS:
            return f"there are 1 to {MOST_ATTEMPTS} attempts at an item, not {self.attempts}"
        if options is not None and 1 < self.attempts >= options:
            return (
                f"{self.attempts} attempts at {options} options leave nothing to find out: there are fewer than options"
            )
        if not (0 <= self.penalty <= 1 and 0 <= self.hint_cost <= 1):
            return "what a retry or a hint takes off is a share of the points, from 0 to 1"
        return "a hint costs something, and there is no hint" if self.hint_cost and not hints else None


PLAIN = Rules()


def mark(fraction: float, penalty: float) -> float:
    """What is left of a fraction when its penalty is taken off."""
    return max(0.0, fraction - penalty)
