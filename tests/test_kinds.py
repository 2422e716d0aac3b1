"""The text of a question of each kind: what it is read as, and what is refused with its line."""

# ruff: noqa: E501  # one bad key a line reads as a table

from __future__ import annotations

import hashlib
import json

import pytest

from quiz.declarations import ASKED_KINDS
from quiz.errors import QuestionError
from quiz.items import Answer, Combination, Item, Kind, Option, Scoring, option_order
from quiz.keys import READERS
from quiz.kinds import KINDS
from quiz.lint import lint
from quiz.questions import scan_question
from quiz.written import WRITTEN
from tests.builders import make_item
from tests.conftest import ROOT


def block(key: str, *options: str, stem: str = "How many?") -> str:
    lines = [f"/// question | {stem}", "    id: who-waits", *(f"    {option}" for option in options), ""]
    return "\n".join([*lines, key.strip("\n"), "///"])


def scan(source: str) -> tuple[Item | None, list[QuestionError]]:
    return scan_question(source.split("\n"), path="lesson.md", first_line=1)


def read(source: str) -> Item:
    item, errors = scan(source)
    assert [str(error) for error in errors] == []
    assert item is not None
    return item


def refused(source: str) -> list[str]:
    item, errors = scan(source)
    assert item is None and errors
    return [f"{error.line}: {error.code} {error.message}" for error in errors]


STEPS = "1. Wake `up` {#up}\n    > First.\n2. Wash {#wash}\n3. Go {#go}\n   in two lines\n"
PROGRAM = "```python\nprint('A')\nprint('B')\n```\n\n"


def test_a_number_is_read_with_what_was_anticipated() -> None:
    item = read(
        block("= 40 +- 5% {#forty}\n    > Right.\n! 32 {#by-core ~per-core}\n    > No.\n    > Really.\n! [1, 2]\n")
    )

    assert (item.kind, item.scoring, item.options) == (Kind.NUMERIC, Scoring.MATCH, ())
    assert item.answers[:2] == (
        Answer(id="forty", text="40 +- 5%", right=True, feedback="Right."),
        Answer(id="by-core", text="32", right=False, feedback="No.\nReally.", misconception="per-core"),
    )
    assert [answer.line for answer in item.answers] == [4, 6, 9]
    assert item.answers[2].id == hashlib.sha256(b"[1, 2]").hexdigest()[:8]
    assert [str(warning) for warning in lint(item, path="lesson.md")] == [
        "lesson.md:1: W08 there is no explanation: `//// explanation` tells everybody why, whatever they chose",
        "lesson.md:9: W07 this distractor has no feedback: whoever chooses it learns nothing",
    ]
    assert item.solution == ("40",) and item.shown_solution == "40 ± 5%"


def test_a_text_is_read_with_its_expressions() -> None:
    item = read(
        block('= /(asyncio\\.)?to_thread{1}/ {#any}\n= "to_thread" {#it}\n! "run {x}" {#other}\n', "case: true")
    )

    assert (item.kind, item.case) == (Kind.TEXT, True)
    assert [answer.text for answer in item.answers] == [r"/(asyncio\.)?to_thread{1}/", '"to_thread"', '"run {x}"']
    assert item.shown_solution == "to_thread"


def test_an_order_is_read_as_it_is_written_and_shown_in_another() -> None:
    item = read(block("Of a day:\n\n" + STEPS, "type: order"))

    assert (item.kind, item.scoring, item.body) == (Kind.ORDER, Scoring.PAIRS, "Of a day:")
    assert [(step.id, step.text, step.feedback, step.right) for step in item.options] == [
        ("up", "Wake `up`", "First.", True),
        ("wash", "Wash", "", True),
        ("go", "Go\nin two lines", "", True),
    ]
    assert item.solution == ("up", "wash", "go") and item.offered == ()


def test_an_output_is_read_from_its_fences() -> None:
    key = "```output {#right}\nA\n\n  B\n```\n    > Yes.\n~~~not-output {#other ~idea}\nB\n~~~\n    > No.\n"
    item = read(block(PROGRAM + key, "type: output"))

    assert item.kind is Kind.OUTPUT and item.body == PROGRAM.strip()
    assert item.answers == (
        Answer(id="right", text="A\n\n  B", right=True, feedback="Yes."),
        Answer(id="other", text="B", right=False, feedback="No.", misconception="idea"),
    )
    assert [answer.line for answer in item.answers] == [10, 16]


def test_feedback_is_read_for_the_ticked_the_unticked_and_the_combined() -> None:
    key = (
        "- [x] Anna {#a}\n    > Ticked.\n    >! Left.\n    >! Really.\n- [x] Bert {#b}\n- [ ] Cleo {#c}\n    >! Rightly left.\n"
        "    > No.\n\n//// feedback | c, a\nBoth of them.\n////\n//// feedback | partial\nPartly.\n////\n"
    )
    item = read(block(key))

    assert [(option.feedback, option.unticked) for option in item.options] == [
        ("Ticked.", "Left.\nReally."),
        ("", ""),
        ("No.", "Rightly left."),
    ]
    assert item.combinations == (Combination(options=("a", "c"), feedback="Both of them."),)
    assert item.feedback_partly == "Partly."
    assert Item.from_json(item.to_json()) == item


def test_an_exclamation_mark_behind_a_space_and_an_image_are_feedback_for_the_ticked() -> None:
    item = read(block("- [x] Anna\n    > !important\n- [x] Bert\n    >![a picture](a.png)\n"))

    assert [option.feedback for option in item.options] == ["!important", "![a picture](a.png)"]


def test_weights_are_read_in_percent() -> None:
    item = read(block("- [x] Anna {#a w=75}\n- [x] Bert {w=25%}\n- [ ] Cleo {w=-50}\n- [ ] Dora\n", "scoring: weights"))

    assert [option.weight for option in item.options] == [75, 25, -50, None]


@pytest.mark.parametrize("rule", [*KINDS[Kind.MULTI].scorings][:-1])
def test_a_rule_is_in_force_that_the_author_names(rule: Scoring) -> None:
    assert read(block("- [x] Anna\n- [x] Bert\n- [ ] Cleo\n", f"scoring: {rule}")).scoring is rule


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        (block("= forty\n"), ["4: E11 `forty` is no number: write `40`, `40 +- 2`, `40 +- 5%` or `[38, 42]`"]),
        (block("! 40\n"), ["4: E04 no answer is right: mark the right one with `=`"]),
        (block("= 40\n! 40 +- 2\n"), ["5: E10 this answer and `40` meet, and only one of them is right"]),
        (block("= 40 +- 2\n= 41\n"), ["5: E11 this answer says again what `40 +- 2` says, in part at least"]),
        (block("= 40 {#a}\n! 32 {#a}\n"), ["5: E03 the answer id `a` is that of line 4"]),
        (block("= 40 {fixed}\n"), ["4: E01 `fixed` says nothing here"]),
        (block("= 40 {#a ~idea}\n"), ["4: E01 a right option stands for no misconception: take `~idea` away"]),
        (block("= 40\n! 32 {~one ~two}\n"), ["5: E01 the option has two misconceptions, `~one` and `~two`"]),
        (block("- [x] Anna\n- [ ] Bert\n", "type: predict"), ["3: E01 a question of `type: predict` is a block of its own: `/// predict | stem`"]),
        (block("= 40\n    more\n"), ["4: E07 an answer is one line: what is told of it stands below, behind `>`"]),
        (block("= 40\n\n    > Late.\n"), ["6: E08 a blank line parts this feedback from its answer: write it directly under the key line"]),
        (block("= 40\n    >! Left.\n"), ["5: E08 `>!` is told of an option left unticked, and a numeric question has none: write `>`"]),
        (block("=40\n"), ["4: E04 `=` is no key: write `=` or `!`, then a space and the answer"]),
        (block(" = 40\n"), ["4: E04 a key line begins in the first column, its `=` or `!` first"]),
        (block('= "a"\n', "type: numeric"), ['5: E11 `"a"` is no number: write `40`, `40 +- 2`, `40 +- 5%` or `[38, 42]`']),
        (block("Words.\n", "type: numeric"), ["1: E04 no answer is right: mark the right one with `=`"]),
        (block("- [x] Anna\n- [ ] Bert\n", "type: text"), [
            "1: E04 no answer is right: mark the right one with `=`",
            "5: E04 this is an option of a single or multi question, and the question is of the kind `text`",
        ]),
        (block("= 40\n\n- [x] Anna\n- [ ] Bert\n"), ["4: E04 this is an answer of a numeric or text question, and the question is of the kind `single`"]),
        (block("= 40\n", "case: true"), ["3: E01 `case` says whether capitals count in a text, and this question is numeric"]),
        (block('= "a"\n', "case: loud"), ["3: E01 case is `true` where capitals count, else `false`, not `loud`"]),
        (block("= 40\n", "shuffle: false"), ["3: E01 `shuffle` is about options, and a numeric question has none to leave in place"]),
        (block("= 40\n", "scoring: weights"), ["3: E01 the scoring `weights` does not fit a numeric question; there are `match`"]),
        (block('= "a"\n= /(/\n'), ["5: E10 this regular expression cannot be used: missing ): ("]),
        (block('= "a"\n= /b/\n'), ["5: E10 this regular expression takes none of the right answers in quotes"]),
        (block("= /a/\n"), ["4: E04 write one right answer in quotes: it is what learners are shown"]),
        (block("1. Anna\n", "type: order"), ["1: E05 a question has at least two steps, not 1"]),
        (block("1. Anna\n3. Bert\n", "type: order"), ["6: E04 this is step 2, not 3: steps are in the right order"]),
        (block("1. Anna\n2) Bert\n", "type: order"), ["6: E04 `2)` is no key: write `1.`, then a space and the step"]),
        (block("1. Anna\n2. anna\n", "type: order"), ["6: E06 this step says the same as the one in line 5"]),
        (block("1. Anna {#a ~idea}\n2. Bert\n", "type: order"), ["5: E01 `~idea` says nothing here"]),
        (block("1. Anna\n2. Bert\n"), ["1: E05 a question has at least two options, not 0"]),
        (block("```output\nA\n```\n", "type: output"), ["1: E12 there is no program above the output: it is the last fence of `python`"]),
        (block(PROGRAM, "type: output"), ["1: E04 no answer is right: mark the right one with `=`"]),
        (block(PROGRAM + "```not-output\nA\n```\n", "type: output"), ["10: E04 no answer is right: mark the right one with `=`"]),
        (block(PROGRAM + "```output\n\n```\n", "type: output"), ["10: E14 this output is empty, and an empty response is none"]),
        (block(PROGRAM + "```outputs\nA\n```\n", "type: output"), ["10: E04 ````outputs` is no key: write three backticks and `output`, or `not-output` for a wrong one"]),
        (block(PROGRAM + " ```output\nA\n ```\n", "type: output"), ["10: E04 a key line begins in the first column, its fence first"]),
        (block(PROGRAM + "```output\nA\n```\n```python\nB\n```\n", "type: output"), ["13: E07 this text stands behind the key: indent it under its output, or move it above the outputs"]),
        (block("- [x] Anna {#a}\n    >! Left.\n- [ ] Bert\n"), ["5: E08 `>!` is told of an option left unticked, and a single question has none: write `>`"]),
        (block("- [x] Anna {#a}\n- [x] Bert {#b}\n\n//// feedback | a, z\nSo.\n////\n"), ["7: E01 unknown option `z`; there are `a`, `b`"]),
        (block("- [x] Anna {#a}\n- [x] Bert {#b}\n\n//// feedback | a, a\nSo.\n////\n"), ["7: E01 a combination names each of its options once"]),
        (block("- [x] Anna {#a}\n- [x] Bert {#b}\n\n//// feedback | a, b\nSo.\n////\n//// feedback | b, a\nSo.\n////\n"), ["10: E01 the feedback is given twice"]),
        (block("- [x] Anna {#a}\n- [ ] Bert {#b}\n\n//// feedback | a, b\nSo.\n////\n"), ["7: E01 a combination of options is ticked in a multi question alone, not in a single one"]),
        (block("- [x] Anna {#a}\n- [x] Bert {#b}\n\n//// feedback | a, b\n////\n"), ["7: E14 this feedback is empty"]),
        (block("- [x] Anna {w=50}\n- [x] Bert {w=40}\n", "scoring: weights"), ["3: E09 the weights of the right options are 100 % together, not 90 %"]),
        (block("- [x] Anna {#a w=100}\n- [x] Bert {#b}\n", "scoring: weights"), ["3: E09 the option b is right and adds nothing"]),
        (block("- [x] Anna {w=100}\n- [ ] Bert {#b w=5}\n", "type: multi", "scoring: weights"), ["4: E09 the option b is wrong and adds to the score"]),
        (block("- [x] Anna {w=a}\n- [x] Bert\n", "scoring: weights"), ["5: E09 the weight `w=a` is not `w=` and a percentage from -100 to 100"]),
        (block("- [x] Anna {w=1 w=2}\n- [x] Bert\n", "scoring: weights"), ["5: E09 the option has two weights, `w=1` and `w=2`"]),
        (block("- [x] Anna {#a w=200}\n- [x] Bert\n", "scoring: weights"), ["3: E09 the weight of a lies from -100 to 100, not at 200"]),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_meant_is_refused_with_its_line(source: str, errors: list[str]) -> None:
    assert refused(source) == errors


def test_the_order_of_steps_is_drawn_for_each_learner_and_tells_no_key() -> None:
    item = make_item("abcdef", "abcdef", kind="order")
    back = make_item("abcdef", "fedcba", kind="order")
    shown = {option_order(item, seed) for seed in map(str, range(30))}

    assert len(shown) > 15
    assert all(option_order(item, seed) == option_order(back, seed) for seed in map(str, range(30)))


def test_items_of_before_keep_the_hashes_that_they_were_published_with() -> None:
    """Stored versions are found by these: worked out by the code that knew single and multi items alone."""
    item = Item(
        id="who-waits",
        kind=Kind.MULTI,
        stem="Who?",
        options=(
            Option(id="a", text="Anna", right=True, feedback="Yes.", misconception=None, fixed=True),
            Option(id="b", text="Bert", right=False, misconception="idea"),
        ),
        scoring=Scoring.PLUS_MINUS,
        hints=("Look.",),
    )

    assert (item.shown_hash, item.key_hash, item.content_hash) == (
        "398ea47e74f6379dacd487146a0867303117bfea6838fc7818a61ca44c8efdc0",
        "691d4747bbe1201c9cf27e02982d6ee168a9b65ab96748d1b3f7c30a2b1b66d6",
        "ea76bce4471b512d5e8ab6f8e9ecef632e34cd79c9329ecaa78363186c8f4165",
    )


def test_every_kind_has_its_reader_its_template_and_if_it_is_written_its_notation() -> None:
    assert READERS.keys() == set(ASKED_KINDS)
    assert {kind for kind, rules in KINDS.items() if rules.given == "written"} == WRITTEN.keys()
    for kind in ASKED_KINDS:
        name = "choice" if KINDS[kind].given == "chosen" else kind.value
        assert (ROOT / "templates" / "kinds" / f"_{name}.html").is_file()


OPTIONS = [{"id": "a", "text": "Anna", "right": True}, {"id": "b", "text": "Bert", "right": False}]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"options": OPTIONS[:1]}, "an item has at least two options, not 1"),
        ({"options": [{**OPTIONS[0], "id": "A"}, OPTIONS[1]]}, "the option id 'A' is not 1 to 32 small letters, digits and hyphens"),
        ({"options": [{**OPTIONS[0], "text": " "}, OPTIONS[1]]}, "the option a has no text"),
        ({"options": [{**OPTIONS[0], "id": "b"}, OPTIONS[1]]}, "two options share an id"),
        ({"options": [{**OPTIONS[0], "text": "Bert"}, OPTIONS[1]]}, "two options say the same"),
        ({"answers": [{"id": "x", "text": "1", "right": True}]}, "a multi item has no answers to be written"),
        ({"case": True}, "case counts in texts alone"),
        ({"kind": "numeric", "scoring": "match"}, "a numeric item has answers, no options"),
        ({"kind": "order", "scoring": "pairs"}, "every step of an order is right, and none is fixed or stands for a misconception"),
        ({"combinations": [{"options": ["b", "a"], "feedback": ""}]}, "a combination is two options or more, sorted, not ('b', 'a')"),
        ({"combinations": [{"options": ["a", "z"], "feedback": ""}]}, "the combination a, z names an option that is not there"),
        ({"combinations": [{"options": ["a", "b"], "feedback": ""}] * 2}, "the combination a, b is there twice"),
        ({"kind": "numeric", "scoring": "match", "options": [], "answers": [{"id": "X", "text": "1", "right": True}]},
         "the answer id 'X' is not 1 to 32 small letters, digits and hyphens"),
        ({"kind": "numeric", "scoring": "match", "options": [], "answers": [{"id": "x", "text": t, "right": True} for t in "12"]},
         "two answers share an id"),
        ({"kind": "numeric", "scoring": "match", "options": [], "answers": []}, "no answer is right: mark the right one with `=`"),
    ],
)  # fmt: skip
def test_an_item_that_no_kind_allows_cannot_be_made(fields: dict[str, object], message: str) -> None:
    body = json.loads(make_item("ac", kind="multi").to_json())
    with pytest.raises(ValueError, match="who-waits") as refusal:
        Item.from_json(json.dumps({**body, **fields}))
    assert str(refusal.value) == f"who-waits: {message}"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"unticked": "Left."}, "only a multi item tells of options left unticked and of combinations"),
        ({"weight": 50.0}, "the option a has a weight, and the item is not scored by weights"),
    ],
)
def test_an_option_says_nothing_that_its_item_cannot_use(option: dict[str, object], message: str) -> None:
    body = json.loads(make_item("b").to_json())
    body["options"][0] |= option
    with pytest.raises(ValueError, match="who-waits") as refusal:
        Item.from_json(json.dumps(body))
    assert str(refusal.value) == f"who-waits: {message}"
