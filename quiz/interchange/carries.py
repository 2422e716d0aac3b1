"""What each format can carry of an item: one table, written by hand from the formats' own rules, and no exporter has a say in it.

`docs/interchange.md` shows it, and tests hold every writer to it: what is carried comes back equal, what is not is told as
left out. A format that carries something "as text" keeps its words and loses what the engine does with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Format = Literal["gift", "qti21", "aiken"]
FORMATS: Mapping[Format, str] = {"gift": "GIFT", "qti21": "QTI 2.1", "aiken": "Aiken"}


class Carried(StrEnum):
    YES = "yes"
    AS_TEXT = "as text"
    NO = "no"


class Feature(StrEnum):
    """What an item may use. A kind, a rule or a notation counts as used where the item has it."""

    SINGLE = "single"
    MULTI = "multi"
    NUMERIC = "numeric"
    TEXT = "text"
    ORDER = "order"
    OUTPUT = "output"
    MEASURED = "measured"

    PLUS_MINUS = "plus-minus"
    WEIGHTS = "weights"
    ALL_OR_NOTHING = "all-or-nothing"
    TRUE_FALSE = "true-false"
    COVERAGE = "coverage"
    PAIRS = "pairs"

    NUMBER = "number"
    TOLERANCE = "tolerance"
    PERCENT_TOLERANCE = "percent-tolerance"
    INTERVAL = "interval"
    LITERAL = "literal"
    ARROW = "arrow"
    REGEX = "regex"
    CASE = "case"
    ANTICIPATED = "anticipated"

    BODY = "body"
    BOUND = "bound"
    FEEDBACK = "feedback"
    UNTICKED = "unticked"
    COMBINATIONS = "combinations"
    OUTCOME_RIGHT = "outcome-right"
    OUTCOME_PARTLY = "outcome-partly"
    OUTCOME_WRONG = "outcome-wrong"
    OTHERWISE = "otherwise"
    EXPLANATION = "explanation"
    HINTS = "hints"
    ATTEMPTS = "attempts"
    PENALTY = "penalty"
    HINT_COST = "hint-cost"
    CERTAINTY = "certainty"

    ITEM_ID = "item-id"
    OPTION_IDS = "option-ids"
    POINTS = "points"
    SKILLS = "skills"
    DIFFICULTY = "difficulty"
    MISCONCEPTIONS = "misconceptions"
    SHUFFLE = "shuffle"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Cell:
    carried: Carried
    reason: str = ""
    """Why not, or how: an end of a sentence, in Markdown."""


@dataclass(frozen=True, slots=True)
class Row:
    feature: Feature
    what: str
    """As authors call it, in Markdown."""
    cells: Mapping[Format, Cell]


def _yes(how: str = "") -> Cell:
    return Cell(Carried.YES, how)


def _no(why: str) -> Cell:
    return Cell(Carried.NO, why)


def _as_text(how: str) -> Cell:
    return Cell(Carried.AS_TEXT, how)


def _row(feature: Feature, what: str, *, gift: Cell, qti21: Cell, aiken: Cell) -> Row:
    return Row(feature, what, {"gift": gift, "qti21": qti21, "aiken": aiken})


_ONE_OF_SEVERAL = _no("one option of several, and nothing else")
_SET_BY_THE_QUIZ = _no("set in the quiz that takes the question")

TABLE: tuple[Row, ...] = (
    _row(Feature.SINGLE, "one right option", gift=_yes(), qti21=_yes(), aiken=_yes("26 options at the most")),
    _row(
        Feature.MULTI,
        "several right options",
        gift=_yes("no option is marked `=`, the weights tell"),
        qti21=_yes(),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(Feature.NUMERIC, "a number", gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(Feature.TEXT, "a text", gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(
        Feature.ORDER,
        "an order",
        gift=_no("no question of this kind; left out whole"),
        qti21=_yes(),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.OUTPUT,
        "what a program prints",
        gift=_no("a short answer has one line; left out whole"),
        qti21=_yes("as an extended text, its lines compared as ours are"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.MEASURED,
        "a prediction",
        gift=_no("a run here decides it; left out whole"),
        qti21=_no("a run here decides it; left out whole"),
        aiken=_no("a run here decides it"),
    ),
    _row(
        Feature.PLUS_MINUS,
        "`scoring: plus-minus`",
        gift=_yes("as weights, which come to the same"),
        qti21=_yes("as a mapping with a lower bound"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.WEIGHTS,
        "`scoring: weights`",
        gift=_yes("weights that are those of `plus-minus` come back as that rule"),
        qti21=_yes("as a mapping with bounds"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.ALL_OR_NOTHING,
        "`scoring: all-or-nothing`",
        gift=_no("written with the weights of `plus-minus`"),
        qti21=_yes("as `match_correct`"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.TRUE_FALSE,
        "`scoring: true-false`",
        gift=_no("written with the weights of `plus-minus`"),
        qti21=_yes("as a mapping, and what is left alone added to it"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.COVERAGE,
        "`scoring: coverage`",
        gift=_no("written with the weights of `plus-minus`"),
        qti21=_yes("multiplied out of a mapping and the number of choices"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.PAIRS,
        "the share of pairs in order",
        gift=_no("no question of this kind"),
        qti21=_yes("counted pair by pair"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(Feature.NUMBER, "`= 40`", gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(Feature.TOLERANCE, "`= 40 +- 2`", gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(
        Feature.PERCENT_TOLERANCE,
        "`= 40 +- 5%`",
        gift=_no("written as the number that it comes to, `40 +- 2`"),
        qti21=_yes("as the bounds that it comes to"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(Feature.INTERVAL, "`= [38, 42]`", gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(Feature.LITERAL, '`= "to_thread"`', gift=_yes(), qti21=_yes(), aiken=_ONE_OF_SEVERAL),
    _row(
        Feature.ARROW,
        'a text with an arrow, `= "a->b"`, or feedback with one where a text is written',
        gift=_no("`->` makes it a matching question; this answer or feedback is left out"),
        qti21=_yes(),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.REGEX,
        "`= /to_?thread/`",
        gift=_no("only `*` stands for other characters; this answer is left out"),
        qti21=_yes("in the dialect of XML Schema; with flags, `\\b` or named classes the item is left out whole"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.CASE,
        "`case: true`",
        gift=_no("set in Moodle, question by question"),
        qti21=_yes(),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.ANTICIPATED,
        "a wrong answer that is expected, `! 32`",
        gift=_yes("as an answer of 0 %"),
        qti21=_yes("as feedback for that answer"),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.BODY,
        "text under the stem",
        gift=_yes("as Markdown, in one text with the stem"),
        qti21=_yes("as HTML"),
        aiken=_no("a question is one line"),
    ),
    _row(
        Feature.BOUND,
        "a bound number `{{ … }}`, a link into the course",
        gift=_as_text("written as it stands"),
        qti21=_yes("the number as its author measured it, the words of the link"),
        aiken=_no("plain text"),
    ),
    _row(Feature.FEEDBACK, "feedback of an option or answer", gift=_yes(), qti21=_yes(), aiken=_no("no feedback")),
    _row(
        Feature.UNTICKED,
        "feedback for an option left unticked, `>!`",
        gift=_no("feedback is told of what was chosen"),
        qti21=_yes(),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.COMBINATIONS,
        "feedback for a combination",
        gift=_no("feedback is of one option"),
        qti21=_yes(),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.OUTCOME_RIGHT,
        "`feedback | correct`",
        gift=_no("set in Moodle, question by question"),
        qti21=_yes(),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.OUTCOME_PARTLY,
        "`feedback | partial`",
        gift=_no("set in Moodle, question by question"),
        qti21=_yes(),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.OUTCOME_WRONG,
        "`feedback | incorrect`, where options are chosen",
        gift=_no("set in Moodle, question by question"),
        qti21=_yes(),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.OTHERWISE,
        "`feedback | incorrect`, where an answer is written",
        gift=_yes("as the answer `*` of 0 %, told of what no other answer takes"),
        qti21=_yes(),
        aiken=_ONE_OF_SEVERAL,
    ),
    _row(
        Feature.EXPLANATION,
        "explanation",
        gift=_yes("as general feedback"),
        qti21=_yes("as feedback for every outcome"),
        aiken=_no("no feedback"),
    ),
    _row(
        Feature.HINTS,
        "hints",
        gift=_no("set in Moodle, question by question"),
        qti21=_yes("as `infoControl`, which not every system shows"),
        aiken=_no("no hints"),
    ),
    _row(
        Feature.ATTEMPTS,
        "`attempts`",
        gift=_SET_BY_THE_QUIZ,
        qti21=_yes("as `maxAttempts` in its test; the last try counts there, not the best"),
        aiken=_SET_BY_THE_QUIZ,
    ),
    _row(
        Feature.PENALTY,
        "`penalty` of a further try",
        gift=_SET_BY_THE_QUIZ,
        qti21=_no("a try there knows nothing of what was earned before it"),
        aiken=_SET_BY_THE_QUIZ,
    ),
    _row(
        Feature.HINT_COST,
        "`hint_cost`",
        gift=_no("set in Moodle, question by question"),
        qti21=_no("it is not told there which hints were opened"),
        aiken=_no("no hints"),
    ),
    _row(
        Feature.CERTAINTY,
        "`certainty`",
        gift=_SET_BY_THE_QUIZ,
        qti21=_no("no place for it"),
        aiken=_SET_BY_THE_QUIZ,
    ),
    _row(
        Feature.ITEM_ID,
        "`id`",
        gift=_yes("in a comment, `[id:…]`, and as the name"),
        qti21=_yes(),
        aiken=_no("no names"),
    ),
    _row(
        Feature.OPTION_IDS,
        "`{#id}` of an option or answer",
        gift=_no("made from its text when it comes back"),
        qti21=_yes(),
        aiken=_no("made from its text"),
    ),
    _row(
        Feature.POINTS,
        "`points`",
        gift=_SET_BY_THE_QUIZ,
        qti21=_yes("as the item's weight in its test"),
        aiken=_SET_BY_THE_QUIZ,
    ),
    _row(
        Feature.SKILLS,
        "`skill`",
        gift=_yes("as tags, `[tag:…]`"),
        qti21=_yes("as categories in the test"),
        aiken=_no("no tags"),
    ),
    _row(
        Feature.DIFFICULTY,
        "`difficulty`",
        gift=_no("no place for it"),
        qti21=_no("no place for it"),
        aiken=_no("no place for it"),
    ),
    _row(
        Feature.MISCONCEPTIONS,
        "`{~misconception}`",
        gift=_no("no place for it"),
        qti21=_no("no place for it"),
        aiken=_no("no place for it"),
    ),
    _row(Feature.SHUFFLE, "`shuffle: false`", gift=_SET_BY_THE_QUIZ, qti21=_yes(), aiken=_SET_BY_THE_QUIZ),
    _row(
        Feature.FIXED,
        "`{fixed}`",
        gift=_no("all options are shuffled or none"),
        qti21=_yes(),
        aiken=_no("all options are shuffled or none"),
    ),
)

_CELLS: Mapping[Feature, Mapping[Format, Cell]] = {row.feature: row.cells for row in TABLE}


def cell(feature: Feature, form: Format) -> Cell:
    return _CELLS[feature][form]


def shown_table() -> str:
    """The table in Markdown, as docs/interchange.md has it."""
    lines = ["| | " + " | ".join(FORMATS.values()) + " |", "|---|" + "---|" * len(FORMATS)]
    for row in TABLE:
        cells = (row.cells[form] for form in FORMATS)
        shown = (f"{one.carried}: {one.reason}" if one.reason else str(one.carried) for one in cells)
        lines.append(f"| {row.what} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"
