"""A course as the site serves it: frozen values, rendered and checked. No file is read here, no Markdown, no process.

`loading.load_course` makes one from a folder, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from markupsafe import Markup

from quiz.items import Item
from quiz.policies import Policy
from quiz.quizzes import Quiz
from webapp.labs.claims import Claim
from webapp.labs.lab import Lab
from webapp.labs.measurement import Measurement
from webapp.labs.numbers import Bound

FIGURES: Mapping[str, tuple[str, ...]] = {
    "programs": (),
    "comparison": (),
    "impact": (),
    "pipeline": ("variant",),
    "timeline": ("variant",),
    "replay": ("variant", "beside"),
    "senders": (),
    "vitals": (),
}
"""What a figure may show, each with the options it takes besides `id`, `lab` and `show`."""
FIGURES_OF_THE_PAGE = frozenset({"vitals"})
"""Those that show the page itself, as the reader's browser felt it: they have no lab."""


class Mode(StrEnum):
    """The nine views of a lesson, in their order: one predicts before one sees."""

    WHY = "why"
    LEARN = "learn"
    PREDICT = "predict"
    TRY = "try"
    VISUALIZE = "visualize"
    PERFORMANCE = "performance"
    CHALLENGE = "challenge"
    PROJECT = "project"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Prose:
    html: Markup


@dataclass(frozen=True, slots=True)
class ItemPlace:
    item_id: str


@dataclass(frozen=True, slots=True)
class LabPlace:
    lab_id: str


@dataclass(frozen=True, slots=True)
class FigurePlace:
    figure_id: str


Piece = Prose | ItemPlace | LabPlace | FigurePlace


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the prose. `id` is its anchor in the page, `level` is 2 or deeper."""

    id: str
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class ModePage:
    mode: Mode
    pieces: tuple[Piece, ...]
    words: int
    """Of the prose, without its code."""
    headings: tuple[Heading, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Where an author wants a view of a lab's runs, or of the page."""

    id: str
    lab: str
    """Empty for one of the page."""
    show: str
    title: str
    options: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class ItemMarkup:
    """An item's texts as sanitised HTML. Below `options`: told after the response, hints when asked for."""

    stem: Markup
    """Inline."""
    body: Markup | None
    options: Mapping[str, Markup]
    """By option id. Inline where the author wrote one paragraph, else blocks."""
    feedback: Mapping[str, Markup]
    """By the id of an option, answer or model that has feedback. Blocks."""
    hints: tuple[Markup, ...] = ()
    explanation: Markup | None = None
    outcomes: Mapping[str, Markup] = field(default_factory=dict)
    """By outcome (`right`, `partly`, `wrong`), where the author wrote feedback for it."""
    unticked: Mapping[str, Markup] = field(default_factory=dict)
    """Of options that were left unticked, by id. Blocks."""
    combinations: Mapping[tuple[str, ...], Markup] = field(default_factory=dict)
    """By exactly these options, their ids sorted. Blocks."""
    models: Mapping[str, Markup] = field(default_factory=dict)
    """Names of the models that are the author's own, by id. Inline; told after the run."""


@dataclass(frozen=True, slots=True)
class BoundNumber:
    """A number of the prose or of a question that a measurement fills in. The same expression means the same number in a course."""

    expression: str
    line: int
    bound: Bound


@dataclass(frozen=True, slots=True)
class Lesson:
    slug: str
    title: str
    summary: Markup
    """Inline."""
    number: int
    """From 1, through the whole course."""
    part: str
    """Title of its part."""
    was: tuple[str, ...]
    minutes: int
    modes: tuple[ModePage, ...]
    """Only those that the lesson has, in the order of `Mode`."""
    items: tuple[Item, ...]
    labs: tuple[Lab, ...]
    figures: tuple[Figure, ...]
    files: Mapping[str, Path]
    """Programs and images that readers may fetch, by name."""
    markup: Mapping[str, ItemMarkup]
    listings: Mapping[tuple[str, str], Markup]
    """Highlighted programs by lab and variant: one `<span class="line" data-line="3">` a line, the decisive one with
    `line--decisive`. Each line ends inside its span."""
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    """By lab."""
    numbers: tuple[BoundNumber, ...] = ()
    measured: Measurement | None = None
    """What its author measured: `measured.json`."""

    @property
    def id(self) -> str:
        """Under which everything of learners is stored: the first slug that the lesson ever had."""
        return self.was[0] if self.was else self.slug

    def mode(self, mode: Mode) -> ModePage | None:
        return next((page for page in self.modes if page.mode is mode), None)

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)

    def lab(self, lab_id: str) -> Lab | None:
        return next((lab for lab in self.labs if lab.id == lab_id), None)

    def program(self, file: str) -> str | None:
        """The text of a file that a lab runs."""
        return next((one.program for lab in self.labs for one in lab.variants if one.file == file), None)

    def predictions(self, lab_id: str) -> tuple[Item, ...]:
        """The items that predict runs of a lab."""
        return tuple(item for item in self.items if item.measured and item.measured.lab == lab_id)

    def figure(self, figure_id: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.id == figure_id), None)


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    lessons: tuple[str, ...]
    """Slugs."""


@dataclass(frozen=True, slots=True)
class Misconception:
    id: str
    text: str
    cure: str | None = None
    """Slug of the lesson that cures it."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the course, said in one sentence. `id` is its anchor in the glossary."""

    id: str
    name: str
    text: Markup
    """Inline."""


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    title: str
    summary: Markup
    """Inline."""
    lang: str
    parts: tuple[Part, ...]
    lessons: tuple[Lesson, ...]
    skills: Mapping[str, str]
    misconceptions: Mapping[str, Misconception]
    glossary: tuple[Term, ...] = ()
    """In the order of the alphabet."""
    quizzes: tuple[Quiz, ...] = ()
    """Those that are set over lessons."""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    """By a lesson's id, which attempt at its own quiz counts, where it is not the last."""

    def quiz(self, slug: str) -> Quiz | None:
        return next((quiz for quiz in self.quizzes if quiz.slug == slug), None)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for lesson in self.lessons for item in lesson.items)

    def lesson(self, slug: str) -> Lesson | None:
        """The lesson of that slug, or the one that had it once (`was`)."""
        return next(
            (lesson for lesson in self.lessons if lesson.slug == slug),
            next((lesson for lesson in self.lessons if slug in lesson.was), None),
        )
