"""A lab and its programs, as the templates are given them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from webapp.views.runs import Figures, RunView, Tone


@dataclass(frozen=True, slots=True)
class ParameterView:
    name: str
    label: str
    unit: str
    default: str
    minimum: str
    maximum: str
    step: str
    """`any` where fractions are allowed, `1` for whole numbers."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """Where a program answers real requests, and what a reader types to see it do so. Commands are for a POSIX shell."""

    url: str
    """For this reader's own browser: the cookie says whose program it is."""
    address: str
    """The same in full."""
    method: str
    path: str
    """What is asked for, without its query."""
    key: str
    curl: str
    """With the key in the address, so that it needs no cookie and meets the same program."""
    crowd: str
    """Several requests at once, each as long as the lab allows."""
    alone: str
    """One request beside them, and how long it took: the bystander's, where the lab has one."""


@dataclass(frozen=True, slots=True)
class SpreadView:
    """The lowest, middle and highest of a figure over some runs."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class VariantView:
    name: str
    label: str
    file: str
    url: str
    """The program to download."""
    code: Markup
    """Highlighted listing, one `<span class="line">` a line, the decisive one with `line--decisive`."""
    command: str
    """How to run it at home."""
    request: str
    tone: Tone | None
    """From the learner's own last run; None before there is one."""
    run: RunView | None
    """The learner's last finished run of this variant."""
    gain: float | None
    """How many times shorter its wall time is than the slowest variant's; None until two have comparable runs that differ."""
    live: LiveView | None = None
    program: str = ""
    """Its text, for whoever may edit it."""
    program_hash: str = ""
    repeats: int = 0
    """How many undisturbed runs of the learner's had this program and setting."""
    spreads: Mapping[str, SpreadView] = field(default_factory=dict)
    """By figure, over those runs."""
    measured: Figures | None = None
    """Medians of a measurement, in a figure that shows one because the learner has no run."""

    @property
    def figures(self) -> Figures | None:
        """What a figure shows of the program."""
        return self.run.figures if self.run else self.measured


@dataclass(frozen=True, slots=True)
class LabView:
    id: str
    title: str
    lesson: str
    action: str
    """`POST /runs`."""
    variants: tuple[VariantView, ...]
    requests: ParameterView
    parameters: tuple[ParameterView, ...]
    bystander: str | None
    selected: str
    """The variant chosen at first: the first one that the learner has not run."""
    current: RunView | None
    """The learner's run that is on or queued."""
    error: str | None
    """What was refused, in words; the form keeps its values."""
    token: str | None = None
    """For an author alone, whose programs may be edited: what their form must carry."""
    predict: str | None = None
    """The page with this learner's open predictions of the lab, which come before its first run."""
    skip: str = ""
    """Where they are skipped."""
