"""What the templates are given: frozen values, already computed, so that a template only loops and branches.

Words that a reader sees stand in the templates; here are codes and numbers. `Markup` is sanitised HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from markupsafe import Markup

Tone = Literal["hold", "flow", "thread"]
"""What a finished run showed of its program: it held the loop, it left it free, or it used worker threads."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the nine modes of a lesson."""

    mode: str
    url: str | None
    """None where the lesson has no such mode: a gap among the nine."""
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class GradeView:
    """What a learner's attempts at a quiz come to by its rule."""

    policy: str
    mark: float
    max_mark: float
    attempt: int | None
    """The number of the attempt that decides it; None for an average."""


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """A lesson in the outline, on home and on the progress page."""

    number: int
    slug: str
    title: str
    summary: Markup
    url: str
    """To where the learner left off, else its first mode."""
    minutes: int
    cells: tuple[Cell, ...]
    current: bool
    points: float
    points_possible: float
    answered: int
    items: int
    impact: float | None
    """The largest ratio of wall times that this learner's runs showed; None before there is one."""
    wrong: int = 0
    """Questions whose response is not right and can be tried again."""
    grade: GradeView | None = None
    """What the lesson's quiz comes to, where another attempt than the last one may count."""

    @property
    def done(self) -> int:
        return sum(cell.done for cell in self.cells)

    @property
    def total(self) -> int:
        return sum(cell.url is not None for cell in self.cells)


@dataclass(frozen=True, slots=True)
class PartEntry:
    title: str
    lessons: tuple[LessonEntry, ...]

    @property
    def done(self) -> int:
        return sum(lesson.done == lesson.total for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class Outline:
    parts: tuple[PartEntry, ...]
    quizzes: int = 0
    """How many quizzes the course sets over its lessons."""

    @property
    def lessons(self) -> tuple[LessonEntry, ...]:
        return tuple(lesson for part in self.parts for lesson in part.lessons)

    @property
    def done(self) -> int:
        return sum(lesson.done for lesson in self.lessons)

    @property
    def total(self) -> int:
        return sum(lesson.total for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class Step:
    """A link to the next or the previous page, within the lesson or along one mode of the whole course."""

    url: str
    mode: str
    lesson: str
    """The lesson's title where the step leaves the lesson, else empty."""


@dataclass(frozen=True, slots=True)
class Next:
    """The foot of a mode page."""

    action: str
    """Where going on is posted: it marks the cell done and redirects to the next page."""
    previous: Step | None
    following: Step | None
    way: str | None
    """The mode along which the reader goes through the whole course; None within the lesson."""
    marks_done: bool
    """Whether going on completes this cell (Why, Learn, Visualize, and what only the learner can tell)."""


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


@dataclass(frozen=True, slots=True)
class LevelView:
    """One certainty: how often it was right. Places are in percent of the plot's width, heights in pixels."""

    level: int
    n: int
    right: int
    share: float | None
    """None below the answers that are needed, and so are the next three."""
    low: float | None
    high: float | None
    verdict: str | None
    """`over`, `under` or `fits`."""
    y: int
    middle: int
    fair_from: float
    fair_width: float
    """From where and how wide the shares are at which this level pays most."""
    x: float | None
    x_low: float | None
    x_high: float | None


@dataclass(frozen=True, slots=True)
class CalibrationView:
    levels: tuple[LevelView, ...]
    n: int
    right: int
    mean_mark: float
    least: int
    """Answers at a level below which nothing is told of it."""
    height: int
    drawn: bool
    advice: tuple[str, int] | None
    """`over`, `under` or `fits`, and the level that it is about; None where no level has enough answers."""


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


@dataclass(frozen=True, slots=True)
class Figures:
    """A run's summary. Seconds and counts; None where nothing was measured."""

    wall: float
    p50: float | None
    p95: float | None
    throughput: float | None
    max_hold: float
    max_lag: float
    peak_tokens: int
    peak_in_flight: int
    bystander_p95: float | None
    errors: int
    finished: int
    requests: int
    bystanders: int
    bystanders_waited: int
    bystander_max: float | None
    tokens_total: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run showed, as a code and its numbers; the sentence stands in `_finding.html`."""

    code: Literal["held", "flowed", "threads", "threads-full", "errors", "left", "nothing-finished"]
    tone: Tone | None
    numbers: dict[str, float]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed. `line` is the line of the reader's program, where there is one."""

    code: Literal["program", "no-app", "time-out", "too-many-errors", "lost", "stopped", "not-started"]
    message: str
    line: int | None
    source: str
    """The text of that line."""
    traceback: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of a run, seconds from the run's start; None where it did not get so far."""

    n: int
    queued: float
    sent: float | None
    handler_start: float | None
    handler_end: float | None
    done: float | None
    status: int | None
    where: Literal["loop", "thread"] | None
    error: str
    left: float | None = None
    """When its caller closed the connection without an answer."""
    told: float | None = None
    """When the program was told that its caller had left."""
    ending: Literal["returned", "raised", "cancelled"] | None = None
    """How the handler ended."""

    @property
    def waited(self) -> float | None:
        """From sending to the handler's first line."""
        return None if self.handler_start is None or self.sent is None else self.handler_start - self.sent

    @property
    def took(self) -> float | None:
        return None if self.done is None or self.sent is None else self.done - self.sent


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """A reader's own version of a variant's program, to go on from."""

    lesson: str
    label: str
    """The variant's."""
    file: str
    program: str
    token: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run ran on, told by its own process. A text is empty where it could not be told."""

    cores: int
    python: str
    loop: str
    fastapi: str
    uvicorn: str
    anyio: str

    def __str__(self) -> str:
        """As a line of text: `2 cores, Python 3.11.7, asyncio`."""
        cores = f"{self.cores} core{'' if self.cores == 1 else 's'}"
        return ", ".join(part for part in (cores, f"Python {self.python}", self.loop) if part)

    @property
    def packages(self) -> str:
        """What served the program: `FastAPI 0.115.0, uvicorn 0.30.0, AnyIO 4.4.0`."""
        named = (("FastAPI", self.fastapi), ("uvicorn", self.uvicorn), ("AnyIO", self.anyio))
        return ", ".join(f"{name} {version}" for name, version in named if version)


@dataclass(frozen=True, slots=True)
class RunView:
    id: str
    url: str
    events: str
    state: Literal["queued", "running", "finished", "failed", "stopped"]
    position: int | None
    """Place in the queue, from 1, while queued."""
    lesson: str
    lesson_url: str
    lab: str
    lab_title: str
    variant: str
    label: str
    requests: int
    parameters: tuple[tuple[str, str], ...]
    """Label and value with its unit, as chosen for this run."""
    figures: Figures | None
    finding: Finding | None
    failure: Failure | None
    rows: tuple[RequestRow, ...]
    disturbed: bool
    mine: bool
    program_url: str
    command: str
    started_at: datetime | None = None
    """None while it waits for its turn."""
    surroundings: Surroundings | None = None
    """None of a run that had no process, or is from before they were kept."""
    predicted: float | None = None
    """Seconds that this learner had predicted for a run like this one, to be drawn with it."""
    bystander: bool = False
    """Whether pings were sent beside the load, or will be."""
    own: bool = False
    """Whether the program is a reader's own and not the lesson's."""
    original: RunView | None = None
    """Beside a run of the reader's own program: their last finished run of the lesson's."""
    again: OwnProgram | None = None
    """Its program, for an author to go on from."""

    @property
    def is_comparable(self) -> bool:
        """Whether `original` had the same number of requests and the same parameters."""
        return self.original is not None and (self.requests, self.parameters) == (
            self.original.requests,
            self.original.parameters,
        )


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a replay, for its table. Seconds from the run's start."""

    at: float
    took: float
    lane: int
    """0: the loop; else a worker thread."""
    words: Markup
    line: int


@dataclass(frozen=True, slots=True)
class TrackView:
    """A recorded run as it is replayed."""

    run: RunView
    name: str
    """The file of the program."""
    code: Markup
    """The program as it ran, one `<span class="line" data-line>` a line."""
    data: str
    """Where a script fetches the recording."""
    csv: str
    chrome: str
    steps: tuple[StepRow, ...] = ()
    """The first ones, where they are shown as a table."""
    total: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    """Of the loop's time, each from 0 to 1: `turns`, `idle`, `own` (the loop's own work), `kept` (the recorder's) and `untold`."""


@dataclass(frozen=True, slots=True)
class RunChoice:
    """A run of the reader's to look at beside another."""

    id: str
    label: str
    requests: int
    wall: float | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class ReplayView:
    """Up to two recorded runs, one above the other on one time axis."""

    tracks: tuple[TrackView, ...]
    url: str
    """Where a script fetches it anew."""
    action: str = ""
    """Where `beside` is asked for: the page of the first run."""
    choices: tuple[RunChoice, ...] = ()
    unknown: bool = False
    """Whether another run was asked for that is not there, or has no recording."""


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


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Mistake:
    """An error of the course as its author is told of it."""

    path: str
    line: int
    code: str
    message: str
    source: tuple[SourceLine, ...]
    """The wrong line and those around it; none where the file has no such line."""
