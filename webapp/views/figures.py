"""What is measured and shown on a page: bound numbers and figures, as the templates are given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webapp.views.labs import LabView
from webapp.views.replays import ReplayView


@dataclass(frozen=True, slots=True)
class NumberView:
    """A bound number, measured by somebody; `median` is None where nobody did. Seconds, counts, or times (`unit` None).

    `is_foretold`: the reader is still to predict it, so nothing of it is here.
    """

    unit: Literal["seconds", "count", "rate"] | None
    low: float | None = None
    median: float | None = None
    high: float | None = None
    repeats: int = 0
    conditions: tuple[tuple[str, int, tuple[tuple[str, str], ...]], ...] = ()
    """Of each program: its label, the requests, and each parameter's label and value."""
    is_own: bool = False
    """Measured by this server, and not where the lesson was written."""
    is_foretold: bool = False
    machine: str = ""
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredView:
    """A measurement that stands in a figure: how it was made, and by whom."""

    repeats: int
    requests: int
    parameters: tuple[tuple[str, str], ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class FigureView:
    """A view placed by the author with a `figure` block: of the page, or of a lab's runs: the learner's own, or until then a
    measurement."""

    id: str
    show: str
    """Names the template `figures/_{show}.html`."""
    title: str
    url: str
    """Where a script fetches it anew after a run."""
    lab: LabView | None
    """None for a figure of the page itself."""
    comparable: bool
    """Whether the shown runs had the same number of requests and parameters."""
    slowest: str | None
    fastest: str | None
    ratio: float | None
    """Wall time of the slowest over that of the fastest, by medians; None until two variants have comparable runs that differ."""
    measured: MeasuredView | None = None
    """Where the figures come from, if they are not the learner's own."""
    withheld: bool = False
    """Whether the ranges of the slowest and the fastest overlap, so that neither can be called slower."""
    replay: ReplayView | None = None
    """Of a figure that shows one."""
