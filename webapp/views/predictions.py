"""A measured item and its results, as the templates are given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from webapp.views.items import ReportView
from webapp.views.labs import LabView


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model of a prediction; told after the run only."""

    id: str
    text: Markup | None
    """The author's own name for it; None for a built-in model, which the template names."""
    formula: str
    number: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the log axis of a result. `x` is a percentage."""

    x: str
    kind: Literal["yours", "measured", "model"]
    model: ModelView | None


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """Prediction, measurement and explanation of one setting, side by side."""

    seq: int
    setting: tuple[tuple[str, str], ...]
    predicted: float | None
    order: tuple[str, ...]
    """Labels of the variants, as they were put in order."""
    measured: tuple[tuple[str, float], ...]
    """Label and value, the smallest first."""
    ratio: float | None
    """How many times the larger of the two is the smaller one."""
    over: bool
    """Whether the prediction was the larger one."""
    low: float | None
    high: float | None
    """From where to where a number counted as right."""
    told_apart: bool
    """False where no two outcomes of an order differ by more than the noise."""
    fits: ModelView | None
    shows: ModelView | None
    right_model: bool
    feedback: Markup | None
    models: tuple[ModelView, ...]
    marks: tuple[Mark, ...]
    outcome: Literal["right", "partly", "wrong"] | None
    note: Literal["", "after-seeing"]
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredictionView:
    """A measured item: a form until it is committed to, then the run, then the results."""

    id: str
    number: int
    of: int
    stem: Markup
    body: Markup | None
    hints: tuple[Markup, ...]
    hints_left: int
    points: float
    action: str
    """Where it is posted: `number` or `place` (one a rank), `seq`, `attempt`, `shown`, `reader`, and by a script `key`."""
    hint_action: str
    refresh: str
    """Where a script fetches the item anew after a run."""
    page: str
    """The page that the item stands on with its form."""
    compact: bool
    """Whether this is another page, which shows its state alone."""
    shown: str
    attempt: int
    phase: Literal["open", "committed", "observed", "skipped", "late"]
    seq: int
    """Of the prediction that the form is for, or that waits for its run."""
    practice: bool
    """Whether the form is for another setting than the first, which alone counts."""
    metric: str
    unit: str
    setting: tuple[tuple[str, str], ...]
    variants: tuple[tuple[str, str], ...]
    """Name and label; for an order, as the form has them."""
    is_order: bool
    given: str
    predicted: float | None
    """What was committed to and waits for its run."""
    order: tuple[str, ...]
    """Labels of what was committed to."""
    note: Literal["", "skipped", "after-seeing"]
    error: Literal["no-number", "no-order", "out-of-date", "too-late"] | None
    lab: LabView | None
    """What runs it, once there is something to run."""
    ahead: str | None
    """Where another prediction of the lab is still open, which the run would tell."""
    disturbed: bool
    """Whether the last run with this setting was disturbed, so that it decides nothing."""
    results: tuple[PredictionResult, ...]
    earned: float
    outcome: Literal["right", "partly", "wrong"] | None
    """Of the first prediction."""
    explanation: Markup | None
    reader: str = ""
    """The name of whom the form was made for."""
    report: ReportView | None = None
