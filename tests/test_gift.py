"""GIFT out and in: the table of what it carries is proved by items that come back, and what it lacks is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from quiz.choices import option_id
from quiz.interchange.carries import TABLE, Carried, Feature
from quiz.interchange.gift_numbers import gift_of, notation_of
from quiz.interchange.gift_reader import read
from quiz.interchange.gift_writer import write
from quiz.interchange.limits import (
    LARGEST_BYTES,
    LONGEST_LINE,
    LONGEST_OPTION,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    Unreadable,
)
from quiz.interchange.naming import Names
from quiz.interchange.taken import Taken
from quiz.items import Answer, Item, Kind, Option, Scoring
from quiz.numeric import span_of
from quiz.rules import RETRY_PENALTY
from tests.builders import make_item
from tests.drawn_items import MARKDOWN, PIECES, items

NO = {row.feature for row in TABLE if row.cells["gift"].carried is Carried.NO}


def without_ids(item: Item) -> Item:
    """Ids that come of the texts. Combinations name ids, so they are gone before."""
    fresh = replace(
        item,
        combinations=(),
        options=tuple(replace(one, id=option_id(one.text)) for one in item.options),
        answers=tuple(replace(one, id=option_id(one.text)) for one in item.answers),
    )
    return item if fresh == replace(item, combinations=()) else fresh


def by_the_same_rule(item: Item) -> Item:
    """As the table says: weights that are those of plus-minus come back as that rule."""
    share = 100 / len(item.key) if item.key else 0
    if item.scoring is Scoring.WEIGHTS and all(abs(one.weight or 0) == share for one in item.options):
        item = replace(item, scoring=Scoring.PLUS_MINUS, options=tuple(replace(o, weight=None) for o in item.options))
    return item


def of_options(item: Item, **fields: Any) -> Item:
    return replace(item, options=tuple(replace(one, **fields) for one in item.options))


def plus_minus(item: Item, rule: Scoring) -> Item:
    return replace(item, scoring=Scoring.PLUS_MINUS) if item.scoring is rule else item


def only(item: Item, fits: Callable[[Answer], bool]) -> Item | None:
    """None where no answer that is right is left to be shown."""
    answers = tuple(one for one in item.answers if fits(one))
    if item.kind is not Kind.TEXT or answers == item.answers:
        return item
    shown = any(one.right and one.text.startswith('"') for one in answers)
    return replace(item, answers=answers) if shown else None


def arrowless(item: Item) -> Item | None:
    """Without answers with an arrow, and without feedback with one beside the answers that stay."""
    if item.kind is not Kind.TEXT:
        return item
    told = tuple(replace(one, feedback="" if "->" in one.feedback else one.feedback) for one in item.answers)
    item = replace(item, answers=told, feedback_wrong="" if "->" in item.feedback_wrong else item.feedback_wrong)
    return only(item, lambda one: one.text.startswith("/") or not ("->" in one.text or "\\*" in one.text))


def absolute(item: Item) -> Item:
    def one(answer: Answer) -> Answer:
        if item.kind is not Kind.NUMERIC or not answer.text.endswith("%"):
            return answer
        return replace(answer, text=notation_of(gift_of(answer.text)) or "")

    return replace(item, answers=tuple(map(one, item.answers)))


def chosen(item: Item) -> bool:
    return item.given != "written"


KINDS = (Kind.SINGLE, Kind.MULTI, Kind.NUMERIC, Kind.TEXT)


def _with_rules(item: Item, **rules: Any) -> Item:
    return replace(item, rules=replace(item.rules, **rules))


REMOVED: Mapping[Feature, Callable[[Item], Item | None]] = {
    Feature.COMBINATIONS: lambda item: replace(item, combinations=()),
    Feature.ALL_OR_NOTHING: lambda item: plus_minus(item, Scoring.ALL_OR_NOTHING),
    Feature.TRUE_FALSE: lambda item: plus_minus(item, Scoring.TRUE_FALSE),
    Feature.COVERAGE: lambda item: plus_minus(item, Scoring.COVERAGE),
    Feature.CASE: lambda item: replace(item, case=False),
    Feature.REGEX: lambda item: only(item, lambda one: not one.text.startswith("/")),
    Feature.ARROW: arrowless,
    Feature.PERCENT_TOLERANCE: absolute,
    Feature.UNTICKED: lambda item: of_options(item, unticked=""),
    Feature.OUTCOME_RIGHT: lambda item: replace(item, feedback_right=""),
    Feature.OUTCOME_PARTLY: lambda item: replace(item, feedback_partly=""),
    Feature.OUTCOME_WRONG: lambda item: replace(item, feedback_wrong="") if chosen(item) else item,
    Feature.HINT_COST: lambda item: _with_rules(item, hint_cost=0.0),
    Feature.HINTS: lambda item: replace(_with_rules(item, hint_cost=0.0), hints=()),
    Feature.PENALTY: lambda item: _with_rules(item, penalty=0.0) if item.rules.attempts > 1 else item,
    Feature.ATTEMPTS: lambda item: _with_rules(item, attempts=1, penalty=RETRY_PENALTY),
    Feature.CERTAINTY: lambda item: _with_rules(item, certainty=None),
    Feature.POINTS: lambda item: replace(item, points=1.0),
    Feature.DIFFICULTY: lambda item: replace(item, difficulty=None),
    Feature.MISCONCEPTIONS: lambda item: replace(
        of_options(item, misconception=None), answers=tuple(replace(one, misconception=None) for one in item.answers)
    ),
    Feature.SHUFFLE: lambda item: replace(item, shuffle=True),
    Feature.FIXED: lambda item: of_options(item, fixed=False),
    Feature.OPTION_IDS: without_ids,
}
"""What is left of an item without a feature, in the order in which the table's words can be taken one after another."""


def back(text: str, **keywords: Any) -> Taken:
    return read(text.encode(), Names(), **keywords)


def test_every_feature_that_gift_lacks_has_a_way_to_be_taken_away() -> None:
    assert set(REMOVED) | {Feature.ORDER, Feature.OUTPUT, Feature.MEASURED, Feature.PAIRS} == NO


ARROWS = (
    Answer(id=option_id('"~"'), text='"~"', right=True, feedback="->"),
    Answer(id=option_id('"a"'), text='"a"', right=False, feedback="It is b."),
)


@example(Item(id="a00", kind=Kind.TEXT, stem="~", options=(), scoring=Scoring.MATCH, answers=ARROWS[:1]))
@example(
    Item(
        id="a00",
        kind=Kind.TEXT,
        stem="Which?",
        options=(),
        scoring=Scoring.MATCH,
        answers=ARROWS,
        feedback_wrong="It is `a -> b`.",
    )
)
@settings(max_examples=70, deadline=None)
@given(items(MARKDOWN, KINDS))
def test_an_item_comes_back_with_all_that_the_table_says_and_the_rest_is_told(item: Item) -> None:
    lost = {feature for feature, remove in REMOVED.items() if remove(item) != item}
    kept: Item | None = by_the_same_rule(item)
    for remove in REMOVED.values():
        kept = remove(kept) if kept is not None else None
    written = write([item])
    told = {one.feature for one in written.left_out} - {Feature.BOUND}
    event(f"{item.kind}, {len(lost)} lost")
    if kept is None:
        assert written.text == "" and Feature.TEXT in told
        return
    assert told == lost
    taken = back(written.text)
    assert (taken.refused, taken.warnings) == ((), ())
    assert taken.items == (kept,)


@settings(max_examples=12, deadline=None)
@given(st.lists(items(MARKDOWN, KINDS), min_size=2, max_size=4, unique_by=lambda item: item.id))
def test_several_items_come_back_in_their_order(several: list[Item]) -> None:
    written = write(several)
    whole = {one.item for one in written.left_out if one.feature is Feature.TEXT}
    assert [item.id for item in back(written.text).items] == [item.id for item in several if item.id not in whole]


def test_a_percentage_is_written_as_what_it_comes_to() -> None:
    assert gift_of("40 +- 5%") == "40:2" and gift_of("-0.2 ± 2.5%") == "-0.2:0.005"
    assert span_of("-0.2 +- 2.5%") == span_of("-0.2 +- 0.005")


def test_no_feedback_makes_a_matching_question_of_a_text() -> None:
    """Moodle takes a key with `=` and `->` for matching, the general feedback alone not being looked at."""
    item = Item(
        id="which-way",
        kind=Kind.TEXT,
        stem="Which way?",
        options=(),
        scoring=Scoring.MATCH,
        answers=ARROWS,
        feedback_wrong="No: a->b.",
        explanation="a -> b",
    )
    written = write([item])
    key, general = written.text.partition("{")[2].split("####")
    assert "->" not in key and "It is b." in key and "a -> b" in general
    assert [one.what for one in written.left_out if one.feature is Feature.ARROW] == [
        'the feedback of the answer `"~"`',
        "`feedback | incorrect`",
    ]


def test_kinds_that_gift_lacks_are_left_out_whole() -> None:
    steps = tuple(Option(id=name, text=name, right=True) for name in ("one", "two"))
    order = Item(id="the-order", kind=Kind.ORDER, stem="Which?", options=steps, scoring=Scoring.PAIRS)
    written = write([order, make_item()])
    assert [(one.item, one.feature) for one in written.left_out if one.item == "the-order"] == [
        ("the-order", Feature.ORDER)
    ]
    assert "the-order" not in written.text and "who-waits" in written.text


# What Moodle's own files bring


def taken(text: str) -> tuple[Item, list[str]]:
    found = back(text)
    assert found.refused == () and len(found.items) == 1, found
    return found.items[0], [one.what for one in found.warnings]


def test_true_and_false_are_two_options_that_stay_where_they_are() -> None:
    item, notes = taken("::Sun::The sun rises in the west.{FALSE#In the east.#Right.}")
    assert [(one.id, one.right, one.feedback) for one in item.options] == [
        ("true", False, "In the east."),
        ("false", True, "Right."),
    ]
    assert (item.id, item.shuffle, notes) == ("sun", False, [])


def test_a_part_of_the_points_is_told_where_there_is_none_here() -> None:
    item, notes = taken("Pick.{~wrong ~%50%half =full}")
    assert [one.right for one in item.options] == [False, False, True]
    assert notes == ["`half` earned 50 %: here an option is wrong, with none"]
    item, notes = taken("Name it.{=Frog =%50%Cat#No. =%0%Dog =%0%*#Other.}")
    assert [(one.text, one.right) for one in item.answers] == [('"Frog"', True), ('"Cat"', False), ('"Dog"', False)]
    assert (item.feedback_wrong, notes) == ("Other.", ["`Cat` earned 50 %: here it is an expected wrong answer"])


def test_answers_that_meet_are_left_out_and_told() -> None:
    item, notes = taken("When?{#=1822:0#Yes. =%50%1822:2#Close.}")
    assert [(one.text, one.feedback) for one in item.answers] == [("1822", "Yes.")]
    assert len(notes) == 2 and "is left out" in notes[1]


def test_a_star_stands_for_any_characters() -> None:
    item, _ = taken("What?{=Nazareth =Naz* =a\\\\*b}")
    assert [one.text for one in item.answers] == ['"Nazareth"', "/Naz.*/", '"a*b"']


def test_weights_say_the_rule() -> None:
    item, _ = taken("Which?{~%50%a ~%50%b ~%-50%c}")
    assert (item.kind, item.scoring, [one.weight for one in item.options]) == ("multi", "plus-minus", [None] * 3)
    item, _ = taken("Which?{~%50%a ~%50%b ~%-100%c ~d}")
    assert (item.scoring, [one.weight for one in item.options]) == ("weights", [50, 50, -100, None])


def test_a_sentence_has_its_blank_and_html_becomes_markdown() -> None:
    item, notes = taken(
        "[html]<p>What does <b>await</b> in <code>f(a_b)</code> do {=It <i>may</i> wait ~No}?</p><script>x</script>"
    )
    assert "_____?" in item.stem and "**await**" in item.stem and "`f(a_b)`" in item.stem
    assert item.options[0].text == "It *may* wait" and "script" in notes[0] and "x" not in item.stem.split("?")[-1]


def test_plain_text_reads_as_it_was_written() -> None:
    item, _ = taken("[plain]# What does 2 * 3 * x_y *do* in List<int> and `a_*b*`?{=1. one ~- two}")
    assert item.stem == r"\# What does 2 * 3 * x_y \*do\* in List&lt;int> and `a_*b*`?"
    assert [one.text for one in item.options] == [r"1\. one", r"\- two"]


def test_a_text_that_begins_with_code_is_under_its_name() -> None:
    text = "[markdown]```python\\nprint(1)\\n```{=1 ~2}"
    assert back(text).refused[0].reason.startswith("it begins with code")
    item, _ = taken(f"::What does it print?::{text}")
    assert (item.stem, item.body) == ("What does it print?", "```python\nprint(1)\n```")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n\nWhat?{", 3, "`{` is not closed before the next blank line"),
        ("What?{=a ~b} and {=c ~d}", 1, "it has other braces than those around its one key"),
        ("::What?{=a ~b}", 1, "its name begins with `::` and does not end"),
        ("What?{x =a ~b}", 1, "there is a text before the first `=` or `~`"),
        ("What?{#x}", 1, "`x` is no number"),
        ("What?{#}", 1, "`{#}` has no number"),
        ("What?{~a ~b}", 1, "none of its options is right"),
        ("What?{=a ~A}", 1, "two options say the same"),
        ("What?{~%50%a ~%40%b}", 1, "the weights of the right options are 100 % together, not 90 %"),
        ("Words alone.", 1, "it is a text without a question"),
        ("Write.{}", 1, "an essay cannot be scored here"),
        ("Match.{=a->b =c->d}", 1, "matching is no kind here"),
        ("What?{=*a*}", 1, "write one right answer in quotes"),
        ("What?{=a ~" + "b" * (LONGEST_OPTION + 1) + "}", 1, "an option has more than 2,000 characters"),
        ("What" + "<b>x</b>" * 1_001 + "{=a ~b}", 1, "a text of it has more than 2,000 tags"),
        ("What?" + "\n".join(["x" * 90_000] * 2) + "{=a ~b}", 1, "it has more than 100,000 characters"),
        ("What?{" + "~a" * (MOST_OPTIONS + 1) + "}", 1, f"it has more than {MOST_OPTIONS} answers"),
    ],
)
def test_what_is_no_item_is_refused_with_its_line_and_why(text: str, line: int, reason: str) -> None:
    found = back(text + "\n\nAnd this?{=yes ~no}")
    (refused,) = found.refused
    assert (refused.line, len(found.items)) == (line, 1)
    assert refused.reason.startswith(reason) and text.strip().startswith(refused.words[:3])


def test_two_questions_of_one_stem_are_two_and_the_same_one_is_one() -> None:
    found = back("Which?{=a ~b}\n\nWhich?{~a =b}\n\nWhich?{=a ~b}\n\nWhich?{~a =b}")
    first, second = found.items
    assert first.id == "which" and second.id.startswith("which-")
    assert [(one.line, one.reason) for one in found.refused] == [
        (5, "it stands in line 1 already"),
        (7, "it stands in line 3 already"),
    ]


def test_tags_are_skills_that_the_course_has() -> None:
    text = "// [id:my-own-id] [tag:loop.holds] [tag:fred]\nWhat?{=a ~b}"
    assert back(text).items[0].skills == ("loop.holds", "fred")
    found = back(text, skills={"loop.holds"})
    assert (found.items[0].id, found.items[0].skills) == ("my-own-id", ("loop.holds",))
    assert [one.what for one in found.warnings] == ["no skill of the course: fred"]


# Bombs


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"x" * (LARGEST_BYTES + 1), 0, "the file has more than 2000 KB"),
        (b"a\n\xff\xfe", 2, "byte 0xff is not UTF-8"),
        (b"a\nb\0", 2, "there is a NUL byte"),
        ("What?".encode("utf-16"), 1, "this is UTF-16"),
        (b"a\n" + b"x" * (LONGEST_LINE + 1), 2, "the line has more than"),
        (b"a{}\n\n" * (MOST_QUESTIONS + 1), 2 * MOST_QUESTIONS + 1, "the file has more than 2,000 questions"),
    ],
)
def test_a_file_that_is_too_much_or_no_text_is_told_with_its_line(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(Unreadable) as told:
        read(data, Names())
    assert told.value.line == line and told.value.reason.startswith(reason)


def test_a_mark_of_byte_order_and_other_line_ends_are_no_text() -> None:
    found = read("\ufeffWhat?{\r\n=a\r\n~b}\r\rAnd?{=c ~d}\r\n".encode(), Names())
    assert [(item.stem, item.line) for item in found.items] == [("What?", 1), ("And?", 5)]


@settings(max_examples=70, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from((*PIECES, "{", "=", "~", "{#", "}", "[html]", "<")), max_size=40).map("".join),
    )
)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        found = back(text)
    except Unreadable as problem:
        assert "\0" in text and problem.line
    else:
        assert len(found.items) + len(found.refused) <= len(text)


BOMBS = (
    "{",
    "}",
    "{}",
    "\\",
    "::",
    "#",
    "####",
    "~",
    "=",
    "[html]",
    "<",
    "<b>",
    "`",
    "` ",
    "->",
    "%5%",
    " ",
    "[id:",
    "\\]",
    "&#",
    "*",
    "<ul><li>",
)


def seconds(data: bytes) -> float:
    begun = time.process_time()
    read(data, Names())
    return time.process_time() - begun


@pytest.mark.parametrize("form", ["", "[html]", "// "])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_takes_no_longer_than_it_is_long(bomb: str, form: str) -> None:
    """Four times the text takes about four times as long. Sixteen times would be each sign against each other one."""
    small, large = (f"{form}{bomb * (size // len(bomb))}{{=a ~b}}".encode() for size in (12_000, 48_000))
    assert seconds(large) < 10 * max(seconds(small), seconds(small), 0.02)
