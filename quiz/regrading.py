"""Regrading: what an edit of an item changes, and what each policy makes of the scores that were given before it. Pure.

A response whose options are gone by now is scored by what is left of it: an option that the item no longer has counts as not
chosen. Where the rest is no response to the item any more, its score stays as it was.

A key says nothing of what hints and earlier tries take off: that stays, except where everybody gets the full mark. Each try is
regraded by itself, and the item goes on counting the best of them: who had been right at the first try has all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quiz.errors import ResponseError
from quiz.items import Correctness, Item, Kind, Scoring
from quiz.rules import mark
from quiz.scoring import TOLERANCE, Score, score


class Change(StrEnum):
    """What an edit touches: the last of these that fits it."""

    COSMETIC = "cosmetic"
    """The words of the question, its skills, the order of its options: nothing of the below."""
    FEEDBACK = "feedback"
    """What is told beside it: feedback, explanation, hints, misconceptions."""
    OPTIONS = "options"
    """What can be chosen, or how many points can be had. Every response given before scores the same share by either version."""
    KEY = "key"
    """A response given before may score otherwise: this one opens a regrade."""


class Policy(StrEnum):
    """What becomes of the scores that were given by an earlier key. The four of Canvas."""

    FULL_CREDIT = "full-credit"
    PREVIOUS_OR_CURRENT = "previous-or-current"
    CURRENT_ONLY = "current-only"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Counted:
    """A response with the score that counts, and the version that it was scored by."""

    response: str
    score: str
    learner: str
    quiz: str
    attempt: int
    value: tuple[str, ...]
    """As it is stored: the options chosen, an order, or the one text that was written."""
    fraction: float
    outcome: Correctness
    version: Item
    at: datetime
    penalty: float = 0.0
    """What its hints and the tries before it take off."""

    @property
    def mark(self) -> float:
        return mark(self.fraction, self.penalty)


@dataclass(frozen=True, slots=True)
class Move:
    """What a policy makes of one response."""

    row: Counted
    fraction: float
    penalty: float
    outcome: Correctness
    gone: frozenset[str]
    """Options that were chosen and that the item no longer has."""
    is_unfit: bool
    """Whether what was chosen is no response to the item any more."""

    @property
    def mark(self) -> float:
        return mark(self.fraction, self.penalty)

    @property
    def is_up(self) -> bool:
        return self.mark > self.row.mark + TOLERANCE

    @property
    def is_down(self) -> bool:
        return self.mark < self.row.mark - TOLERANCE


def classify(old: Item, new: Item) -> Change | None:
    """None where the two are the same text."""
    if old.content_hash == new.content_hash:
        return None
    if may_move(old, new):
        return Change.KEY
    if _offered(old) != _offered(new):
        return Change.OPTIONS
    return Change.FEEDBACK if _told(old) != _told(new) else Change.COSMETIC


def may_move(old: Item, new: Item) -> bool:
    """Whether some response to the old version scores otherwise by the new one.

    A distractor that is gone takes nothing away any more from those who chose it among several; where one is chosen, it scored 0
    and choosing nothing does. Points move no score, which is a share of them. Where each option is a decision, another option
    is one more decision.
    """
    if old.key_hash == new.key_hash:
        return False
    if (old.kind, old.scoring, old.key) != (new.kind, new.scoring, new.key):
        return True
    if old.kind is Kind.SINGLE:
        return False
    if old.kind is not Kind.MULTI or not set(old.option_ids) <= set(new.option_ids):
        return True
    if old.scoring is Scoring.TRUE_FALSE:
        return len(old.options) != len(new.options)
    return any(option.weight != new.option(option.id).weight for option in old.options)


def is_behind(row: Counted, new: Item) -> bool:
    """Whether the new version may score this response otherwise: as it may any, or as an option is back that it chose."""
    back = frozenset(row.value) & set(new.option_ids) - set(row.version.option_ids)
    return may_move(row.version, new) or (bool(back) and row.version.key_hash != new.key_hash)


def plan(rows: Iterable[Counted], new: Item, policy: Policy) -> tuple[Move, ...]:
    """What becomes of each response that was scored by another key than the new one's. Of the others nothing is said: the same
    key moves nobody, whatever the policy."""
    return tuple(_move(row, new, policy) for row in rows if is_behind(row, new))


def _move(row: Counted, new: Item, policy: Policy) -> Move:
    of_options = row.version.given in ("chosen", "ordered")
    gone = frozenset(row.value) - set(new.option_ids) if of_options else frozenset[str]()
    rescored = _rescored(row, new)
    before = Score(row.fraction, row.outcome)
    settled = _settle(before, rescored or before, policy)
    penalty = 0.0 if policy is Policy.FULL_CREDIT else row.penalty
    return Move(row, settled.fraction, penalty, settled.outcome, gone, rescored is None)


def _rescored(row: Counted, new: Item) -> Score | None:
    """None where what is left of the response is none to the item any more."""
    if row.version.given != new.given:
        return None
    left = row.value if new.given == "written" else tuple(one for one in row.value if one in new.option_ids)
    try:
        return score(new, left)
    except ResponseError:
        return None


def _settle(before: Score, rescored: Score, policy: Policy) -> Score:
    """Canvas' rules: a full mark for everybody, the better of the two keys, the new key alone, or what there was."""
    if policy is Policy.FULL_CREDIT:
        return Score(1.0, "right")
    if policy is Policy.PREVIOUS_OR_CURRENT:
        return max(before, rescored, key=lambda one: one.fraction)
    return rescored if policy is Policy.CURRENT_ONLY else before


def _offered(item: Item) -> object:
    return item.points, item.rules, sorted((option.id, option.text) for option in item.options)


def _told(item: Item) -> object:
    outcomes = (item.feedback_right, item.feedback_partly, item.feedback_wrong)
    options = sorted((one.id, one.feedback, one.unticked, one.misconception or "") for one in item.options)
    answers = [(one.text, one.feedback, one.misconception) for one in item.answers]
    combinations = [(one.options, one.feedback) for one in item.combinations]
    return item.hints, item.explanation, outcomes, options, answers, combinations
