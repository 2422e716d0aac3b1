"""An item as a form and as it reads after the response, as the templates are given it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class OptionView:
    id: str
    html: Markup
    chosen: bool
    mark: Literal["right", "wrong", "missed"] | None
    """After the response only. `missed`: a right option left unticked."""
    feedback: Markup | None
    """After the response only: of the option as it was ticked, or left."""
    is_left: bool = False
    """Whether the feedback is for having left it unticked."""
    place: int | None = None
    """Of an order, after the response: where the step belongs, from 1."""


Said = Literal["reported", "no-report", "too-many", "reason-given", "no-reason"]
"""What came of something that a learner wrote about an item."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """Where a problem with an item is reported (`problem`), and where it is said why an option was chosen (`why`)."""

    action: str
    shown: str
    reason_action: str | None = None
    """Only for those who are asked, and have said nothing yet."""
    said: Said | None = None
    text: str = ""
    """What was written and not taken."""


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What a regrade made of the score, in points."""

    at: datetime
    before: float
    after: float
    moved: bool
    policy: str
    note: str
    taken_back: bool


@dataclass(frozen=True, slots=True)
class RulesView:
    """What stands beside the key of an item, in points, and what its learner's tries have made of it."""

    seq: int = 1
    """Of the next try: the form names it, so that one that is sent twice counts once."""
    attempts: int = 1
    left: int = 1
    """Tries that are still to be had, the next one included."""
    retry_cost: float = 0.0
    hint_cost: float = 0.0
    next_most: float = 0.0
    """What the next try can earn at the most, with the hints opened by now."""
    can_gain: bool = False
    """Whether that is more than what is earned already."""
    asks_certainty: bool = False
    last: Literal["right", "partly", "wrong"] | None = None
    """What the last try was; None before the first."""
    earned: float = 0.0
    """So far: the best try, what was taken off it taken off."""
    give_up_action: str | None = None
    """Where the answer is asked for instead of another try; None where that is not to be had."""
    gave_up: bool = False
    counting: int | None = None
    """The number of the try that counts, where it is another than the last."""
    off_hints: float = 0.0
    off_tries: float = 0.0
    """Both of the try that counts."""
    hints_used: int = 0
    certainty: int | None = None
    certainty_mark: float | None = None
    misplaced: tuple[int, ...] = ()
    """Places of the last order, from 1, at which another step belongs."""


@dataclass(frozen=True, slots=True)
class ItemView:
    id: str
    number: int
    of: int
    kind: Literal["single", "multi", "numeric", "text", "order", "output"]
    rule: str
    """The name of the scoring in force; its words stand in `_item_rule.html`."""
    stem: Markup
    body: Markup | None
    options: tuple[OptionView, ...]
    hints: tuple[Markup, ...]
    """The hints opened so far; `hints_left` more can be asked for."""
    hints_left: int
    points: float
    action: str
    """Where the response is posted: `option` (one for each chosen), `place` (one for each step) or `answer`, with `attempt`,
    `shown` and `key` (by a script only).
    """
    hint_action: str
    """Where one more hint is asked for, with the same form."""
    shown: str
    """Hash of what was shown: the response names it, so that it is scored against the version that the learner saw."""
    attempt: int
    """Number of the open attempt; a form from an earlier attempt is out of date."""
    outcome: Literal["right", "partly", "wrong"] | None
    earned: float
    remark: Markup | None
    """What the author says to the outcome as a whole; after the response only."""
    explanation: Markup | None
    error: (
        Literal[
            "nothing-chosen",
            "too-many",
            "no-order",
            "not-a-number",
            "too-long",
            "same-again",
            "out-of-date",
            "time-over",
        ]
        | None
    )
    given: tuple[str, ...] = ()
    """What the form brings back, or what was answered: of an order the ids in it, else the text that was written."""
    case: bool = False
    """Whether capitals count in a written text."""
    solution: str | None = None
    """Of a written item, after the response only: what is right."""
    feedback: Markup | None = None
    """Of a written item, after the response only: what is told of the answer that was met."""
    lesson: str = ""
    """The lesson's title: an answer that waits on the reader's device is named by it."""
    reader: str = ""
    """Whose form it is: one that is sent under another cookie is out of date."""
    correction: CorrectionView | None = None
    """After the response only."""
    report: ReportView | None = None
    tells: bool = True
    """Whether the response is told at once; else it is kept, and may be changed, until the attempt is submitted."""
    kept: bool = False
    """Whether an answer is kept."""
    carried: int | None = None
    """The number of the earlier attempt that the response was given in."""
    refused: tuple[Markup, ...] = ()
    """What the reader had given in a form that came too late, in the item's words."""
    rules: RulesView = RulesView()
    tried: tuple[str, ...] = ()
    """While there are tries left: what the last one was of, as `given`."""

    @property
    def template(self) -> str:
        """The one of its kind: its inputs, and how they read after the response."""
        return f"kinds/_{'choice' if self.kind in ('single', 'multi') else self.kind}.html"

    @property
    def is_refused(self) -> bool:
        """Whether what was sent is no response, so that the reader is to mend it."""
        return self.error is not None and self.error not in ("out-of-date", "time-over")
