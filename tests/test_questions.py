"""The text of a question block beside the item that it stands for, and bad blocks beside every error with its line."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.choices import option_id
from quiz.errors import QuestionError
from quiz.items import Item, Kind, Option, Scoring
from quiz.lint import lint
from quiz.questions import scan_question

HEAD = "/// question | Who waits?\n    id: who-waits\n\n"
KEY = "- [ ] Anna {#a}\n- [x] Bert {#b}\n"
PIECES = (
    *("/// question | S", "    id: a-b-c", "    type: multi", "", "text", "= 4", "{#", "  C", "> D", "    > E"),
    *(
        "- [x] A",
        "- [ ] B {#b}",
        "- [y] F",
        "- [ ] ```",
        "//// hint",
        "//// feedback | correct",
        "////",
        "///",
        "```",
        "~~~",
    ),
)


def scan(source: str, first_line: int = 1) -> tuple[Item | None, list[QuestionError]]:
    return scan_question(source.splitlines(), path="lesson.md", first_line=first_line)


def item_of(source: str) -> Item:
    item, errors = scan(source)
    assert errors == []
    assert item is not None
    return item


def told(source: str) -> list[str]:
    """The errors as an author reads them, without the path."""
    item, errors = scan(source)
    assert (item is None) == bool(errors)
    return [str(error).removeprefix("lesson.md:") for error in errors]


# What a block stands for


def test_a_whole_block_becomes_its_item() -> None:
    source = dedent(
        """\
        /// question | What does awaiting `asyncio.sleep(0)` do?
            id: loop-sleep-zero
            type: single
            skill: [event-loop.yield, asyncio.sleep]
            difficulty: 2
            points: 1.5
            shuffle: false

        Optional stem: any *Markdown*.

        ```python
        await asyncio.sleep(0)
        ```

        - [ ] It blocks the thread for one tick {#blocks ~await-blocks}
            > No thread sleeps: see `tasks.py`.
            >
            > And no timer is made.
        - [x] It lets other ready callbacks run once {#yields}
            > Right: a bare `yield`.
        * [ ] Neither of these {fixed #neither}

        //// hint
        Is there any timer at all?
        ////

        //// hint
        Read `__sleep0`.
        ////
        //// explanation
        It is a bare `yield`.

        So the loop runs what is ready.
        ////
        //// feedback | correct
        Yes.
        ////
        //// feedback | incorrect
        Not yet.
        ////
        ///
        """
    )
    item, errors = scan_question(source.splitlines(), path="lesson.md", first_line=41)

    assert errors == []
    assert item == Item(
        id="loop-sleep-zero",
        kind=Kind.SINGLE,
        stem="What does awaiting `asyncio.sleep(0)` do?",
        body="Optional stem: any *Markdown*.\n\n```python\nawait asyncio.sleep(0)\n```",
        options=(
            Option(
                id="blocks",
                text="It blocks the thread for one tick",
                right=False,
                feedback="No thread sleeps: see `tasks.py`.\n\nAnd no timer is made.",
                misconception="await-blocks",
            ),
            Option(
                id="yields",
                text="It lets other ready callbacks run once",
                right=True,
                feedback="Right: a bare `yield`.",
            ),
            Option(id="neither", text="Neither of these", right=False, fixed=True),
        ),
        scoring=Scoring.SINGLE,
        hints=("Is there any timer at all?", "Read `__sleep0`."),
        explanation="It is a bare `yield`.\n\nSo the loop runs what is ready.",
        feedback_right="Yes.",
        feedback_wrong="Not yet.",
        points=1.5,
        skills=("event-loop.yield", "asyncio.sleep"),
        difficulty=2,
        shuffle=False,
    )
    assert (item.line, item.skills_line) == (41, 44)
    assert [option.line for option in item.options] == [55, 59, 61]


def test_the_smallest_block_has_a_stem_an_id_and_two_options() -> None:
    item = item_of("/// question | Who waits?\n    id: who-waits\n- [ ] Anna\n- [x] Bert\n///")

    assert (item.stem, item.body, item.points, item.shuffle) == ("Who waits?", "", 1.0, True)
    assert item.option_ids == (option_id("Anna"), option_id("Bert"))


def test_one_right_option_makes_it_single_and_two_make_it_multi() -> None:
    assert item_of(HEAD + "- [ ] Anna\n- [x] Bert\n///").kind is Kind.SINGLE
    several = item_of(HEAD + "- [X] Anna\n- [x] Bert\n- [ ] Cleo\n///")
    assert (several.kind, several.scoring) == (Kind.MULTI, Scoring.PLUS_MINUS)


def test_a_multi_question_may_have_one_right_option_and_a_rule_of_its_own() -> None:
    item = item_of(
        "/// question | Who?\n    id: who-waits\n    type: multi\n    scoring: all-or-nothing\n\n" + KEY + "///"
    )

    assert (item.kind, item.scoring) == (Kind.MULTI, Scoring.ALL_OR_NOTHING)


def test_a_skill_may_be_named_without_a_list() -> None:
    assert item_of("/// question | Who?\n    id: who-waits\n    skill: waiting\n\n" + KEY + "///").skills == (
        "waiting",
    )


def test_lines_may_still_carry_their_ends() -> None:
    source = (HEAD + KEY + "///").replace("\n", "\r\n")

    item, errors = scan_question(source.splitlines(keepends=True), path="lesson.md", first_line=1)

    assert errors == []
    assert item is not None
    assert item.option("a").text == "Anna"


def test_an_option_may_go_on_below_its_key_line() -> None:
    source = HEAD + "- [ ] Anna\n  and her\n      friends {x}\n\n  Twice. {#a}\n- [x] Bert\n///"
    assert told(source) == ["8: E01 `{#a}` would be shown: attributes stand in braces at the end of the key line"]

    item = item_of(source.replace(" {#a}", ""))
    assert item.options[0].text == "Anna\nand her\n    friends {x}\n\nTwice."


def test_fenced_code_is_opaque_everywhere() -> None:
    code = "- [x] no key\n> no feedback\n///\n//// hint\n    id: no-option\n- [y]"
    inside = "\n".join(f"    {line}" for line in code.splitlines())
    source = (
        f"{HEAD}~~~~\n```\n{code}\n~~~\n~~~~\n\n- [ ] Anna {{#a}}\n\n    ```python\n{inside}\n    ```\n    > No.\n"
        f"- [x] ```text {{#b}}\n{inside}\n    ```\n//// hint\n```\n{code}\n////\n```\n////\n///"
    )
    item = item_of(source)

    assert item.body == f"~~~~\n```\n{code}\n~~~\n~~~~"
    assert item.option("a").text == f"Anna\n\n```python\n{code}\n```"
    assert item.option("a").feedback == "No."
    assert item.option("b").text == f"```text\n{code}\n```"
    assert item.hints == (f"```\n{code}\n////\n```",)


def test_feedback_stands_at_any_indent_and_may_hold_code() -> None:
    item = item_of(
        HEAD + "- [ ] Anna {#a}\n> No:\n> ```python\n>     - [x]\n> ```\n- [x] Bert {#b}\n        > Yes.\n///"
    )

    assert item.option("a").feedback == "No:\n```python\n    - [x]\n```"
    assert item.option("b").feedback == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "returns {}",
        "`/items/{item}`",
        "/items/{item}",
        "a set {1, 2}",
        "`{#no-id}`",
        "Use `{~this}` here",
        "f(x) {body}",
    ],
)
def test_braces_that_hold_no_attribute_are_text(text: str) -> None:
    assert item_of(f"{HEAD}- [ ] {text}\n- [x] Bert\n///").options[0].text == text


def test_a_quotation_and_links_in_the_stem_are_prose() -> None:
    body = "> Asked by many.\n\n- [x](https://example.org) says yes\n- [docs]\n- plain"

    assert item_of(f"{HEAD}{body}\n\n{KEY}///").body == body


def test_the_id_of_an_option_stays_while_its_text_says_the_same() -> None:
    assert option_id("It `awaits`  once") == option_id("it awaits once")
    assert option_id("It awaits once") != option_id("It awaits twice")
    assert len(option_id("Anna")) == 8


def test_code_that_differs_in_its_indentation_alone_is_not_the_same() -> None:
    inside = "- [ ] ```\n    with lock:\n        work()\n    ```\n- [x] ```\n    with lock:\n    work()\n    ```\n"

    assert len(item_of(HEAD + inside + "///").options) == 2


# What is wrong with a block


def options(*lines: str) -> str:
    return (
        "/// question | Who waits?\n    id: who-waits\n"
        + "".join(f"    {line}\n" for line in lines)
        + "\n"
        + KEY
        + "///"
    )


@pytest.mark.parametrize(
    ("source", "errors"),
    [
        pytest.param(
            options("skil: [a]"), ["3: E01 unknown option `skil`: did you mean `skill`?"], id="misspelt option"
        ),
        pytest.param(
            options("colour: red"),
            [
                "3: E01 unknown option `colour`; there are `id`, `type`, `points`, `skill`, `difficulty`, `shuffle`, "
                "`scoring`, `case`, `lint-ok`, `attempts`, `penalty`, `hint_cost`, `certainty`"
            ],
            id="unknown option",
        ),
        pytest.param(
            options("since: 2"),
            [
                "3: E01 the option `since` is not supported yet; there are `id`, `type`, `points`, `skill`, "
                "`difficulty`, `shuffle`, `scoring`, `case`, `lint-ok`, `attempts`, `penalty`, "
                "`hint_cost`, `certainty`"
            ],
            id="option of later",
        ),
        pytest.param(options("id: other-id"), ["3: E01 the option `id` is given twice"], id="option twice"),
        pytest.param(
            options("skill: [a, b"),
            ["3: E01 the options are not YAML: expected ',' or ']', but got '<stream end>'"],
            id="broken YAML",
        ),
        pytest.param(
            options("points: 1", "  more: 2"),
            ["4: E01 the options are not YAML: mapping values are not allowed here"],
            id="broken YAML in a later line",
        ),
        pytest.param(
            "/// question | Who waits?\n    - id\n\n" + KEY + "///",
            ["2: E01 options are lines of `name: value`"],
            id="options that are no mapping",
        ),
        pytest.param(options("points: 0"), ["3: E01 points are a number above 0, up to 1000, not `0`"], id="no points"),
        pytest.param(
            options("points: .nan"), ["3: E01 points are a number above 0, up to 1000, not `nan`"], id="NaN points"
        ),
        pytest.param(
            options("points: 1e400"),
            ["3: E01 points are a number above 0, up to 1000, not `1e400`"],
            id="no YAML number",
        ),
        pytest.param(
            options("points: 1" + "0" * 400),
            [f"3: E01 points are a number above 0, up to 1000, not `1{'0' * 400}`"],
            id="huge points",
        ),
        pytest.param(
            options("points: true"),
            ["3: E01 points are a number above 0, up to 1000, not `True`"],
            id="points of truth",
        ),
        pytest.param(
            options("difficulty: 6"),
            ["3: E01 the difficulty is a whole number from 1 to 5, not `6`"],
            id="difficulty out of range",
        ),
        pytest.param(options("shuffle: maybe"), ["3: E01 shuffle is `true` or `false`, not `maybe`"], id="shuffle"),
        pytest.param(
            options("skill: [1]"),
            ["3: E01 skill is a list of names such as `[event-loop.yield]`, not `[1]`"],
            id="skill that is no name",
        ),
        pytest.param(options("skill: [a, a]"), ["3: E01 a skill is named twice"], id="skill twice"),
        pytest.param(
            options("type: numeric"),
            [
                "1: E04 no answer is right: mark the right one with `=`",
                "5: E04 this is an option of a single or multi question, and the question is of the kind `numeric`",
            ],
            id="kind of another key",
        ),
        pytest.param(
            options("type: mutli"), ["3: E01 unknown type `mutli`: did you mean `multi`?"], id="misspelt type"
        ),
        pytest.param(
            options("scoring: ripkey"),
            [
                "3: E01 the scoring `ripkey` is not supported yet; there are `single`, `plus-minus`, `all-or-nothing`, "
                "`true-false`, `coverage`, `weights`"
            ],
            id="scoring of later",
        ),
        pytest.param(
            options("scoring: plus-minus"),
            ["3: E01 the scoring `plus-minus` does not fit a single question; there are `single`"],
            id="scoring that does not fit",
        ),
        pytest.param(
            "/// question | Who waits?\n  id: who-waits\n\n" + KEY + "///",
            [
                "2: E01 the option `id` is misplaced: options are indented by four spaces, right under the first line "
                "of the block"
            ],
            id="options indented by two",
        ),
        pytest.param(
            "/// question | Who waits?\n\n    id: who-waits\n    points: 2\n\n" + KEY + "///",
            [
                "3: E01 the option `id` is misplaced: options are indented by four spaces, right under the first line "
                "of the block",
                "4: E01 the option `points` is misplaced: options are indented by four spaces, right under the first "
                "line of the block",
            ],
            id="options behind a blank line",
        ),
    ],
)
def test_a_bad_option_of_the_block_is_refused(source: str, errors: list[str]) -> None:
    assert told(source) == errors


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "1: E03 the question has no id: add the option `id`"),
        (
            "    id: Who_Waits\n",
            "2: E03 the id `Who_Waits` is malformed: 3 to 64 small letters, digits and hyphens, a letter first",
        ),
        ("    id: 12\n", "2: E03 the id `12` is malformed: 3 to 64 small letters, digits and hyphens, a letter first"),
        ("    id:\n", "2: E03 the id `None` is malformed: 3 to 64 small letters, digits and hyphens, a letter first"),
    ],
)
def test_a_missing_or_malformed_id_is_refused(line: str, error: str) -> None:
    assert told(f"/// question | Who waits?\n{line}\n{KEY}///") == [error]


@pytest.mark.parametrize(
    ("key", "errors"),
    [
        pytest.param("", ["1: E05 a question has at least two options, not 0"], id="no options"),
        pytest.param("- [x] Anna\n", ["1: E05 a question has at least two options, not 1"], id="one option"),
        pytest.param(
            "- [ ] Anna\n- [ ] Bert\n",
            ["4: E04 no option is right: mark the right one with `[x]`"],
            id="no key",
        ),
        pytest.param("- [ ] Anna\n- [x]\n", ["5: E14 this option is empty"], id="empty option"),
        pytest.param("- [ ] {#a}\n- [x] Bert\n", ["4: E14 this option is empty"], id="attributes alone"),
        pytest.param(
            "- [ ] Anna `B`\n- [x] Bert\n- [ ] anna  b\n",
            ["6: E06 this option says the same as the one in line 4"],
            id="same text",
        ),
        pytest.param(
            "- [ ] Anna {#a}\n- [x] Bert {#a}\n", ["5: E03 the option id `a` is that of line 4"], id="same option id"
        ),
        pytest.param(
            "- [ ] Anna {#A}\n- [x] Bert\n",
            ["4: E03 the option id `#A` is not `#` and 1 to 32 small letters, digits and hyphens"],
            id="malformed option id",
        ),
        pytest.param(
            "- [ ] Anna {#a #b}\n- [x] Bert\n", ["4: E03 the option has two ids, `#a` and `#b`"], id="two option ids"
        ),
        pytest.param(
            "- [ ] Anna {w=50}\n- [x] Bert\n",
            ["4: E01 the weight `w=50` counts with `scoring: weights` alone"],
            id="weight of no rule",
        ),
        pytest.param(
            "- [ ] Anna {#a fixd}\n- [x] Bert\n",
            ["4: E01 unknown attribute `fixd`: did you mean `fixed`?"],
            id="misspelt attribute",
        ),
        pytest.param(
            "- [ ] Anna {#a loose}\n- [x] Bert\n",
            ["4: E01 unknown attribute `loose`; there are `fixed`"],
            id="unknown attribute",
        ),
        pytest.param(
            "- [ ] Anna {~}\n- [x] Bert\n",
            ["4: E01 the misconception `~` is not `~` and small letters, digits and hyphens"],
            id="malformed misconception",
        ),
        pytest.param(
            "- [ ] Anna\n- [x] Bert {~await-blocks}\n",
            ["5: E01 a right option stands for no misconception: take `~await-blocks` away"],
            id="misconception of a right option",
        ),
        pytest.param(
            "- [ ] {#a} Anna\n- [x] Bert\n",
            ["4: E01 `{#a}` would be shown: attributes stand in braces at the end of the key line"],
            id="attributes in front",
        ),
        pytest.param(
            "- [ ] Anna {#a ~anna-waits\n- [x] Bert #b fixed}\n",
            [
                "4: E01 `{#a ~anna-waits` would be shown: attributes stand in braces at the end of the key line",
                "5: E01 `#b fixed}` would be shown: attributes stand in braces at the end of the key line",
            ],
            id="half a brace",
        ),
        pytest.param(
            "- [y] Anna\n- [x] Bert\n",
            ["4: E04 `- [y]` is no key: write `- [ ]` or `- [x]`, then a space"],
            id="another letter",
        ),
        pytest.param(
            "- [ ] Anna\n- [] Bert\n- [x]Cleo\n-[x] Dora\n+ [x] Emil\n- [x ] Fred\n",
            [
                "5: E04 `- []` is no key: write `- [ ]` or `- [x]`, then a space",
                "6: E04 `- [x]` is no key: write `- [ ]` or `- [x]`, then a space",
                "7: E04 `-[x]` is no key: write `- [ ]` or `- [x]`, then a space",
                "8: E04 `+ [x]` is no key: write `- [ ]` or `- [x]`, then a space",
                "9: E04 `- [x ]` is no key: write `- [ ]` or `- [x]`, then a space",
            ],
            id="other slips",
        ),
        pytest.param(
            "- [ ] Anna\n  - [x] Bert\n",
            ["5: E04 a key line begins in the first column, its `-` or `*` first"],
            id="indented key",
        ),
        pytest.param(
            "    - [ ] Anna\n    - [x] Bert\n",
            [
                "4: E04 a key line begins in the first column, its `-` or `*` first",
                "5: E04 a key line begins in the first column, its `-` or `*` first",
            ],
            id="indented list",
        ),
        pytest.param(
            KEY + "\nOne more thing.\nAnd another.\n\nAnd a third.\n",
            [
                "7: E07 this text stands behind the key: indent it under its option, or move it above the options",
                "10: E07 this text stands behind the key: indent it under its option, or move it above the options",
            ],
            id="text after the key",
        ),
        pytest.param(
            KEY + "```\n- [x] Cleo\n\n```\n",
            ["6: E07 this text stands behind the key: indent it under its option, or move it above the options"],
            id="code after the key",
        ),
        pytest.param(
            "- [ ] Anna\n    > No.\n    For she runs.\n- [x] Bert\n",
            ["6: E07 this text stands behind the feedback: begin the line with `>` or move it"],
            id="text after feedback",
        ),
        pytest.param(
            "> No.\n- [ ] Anna\n- [x] Bert\n",
            ["4: E08 this feedback stands above its option: write it directly under the key line"],
            id="feedback above the key",
        ),
        pytest.param(
            "- [ ] Anna\n\n    > No.\n    > Never.\n- [x] Bert\n",
            [
                "6: E08 a blank line parts this feedback from its option: write it directly under the key line",
            ],
            id="detached feedback",
        ),
        pytest.param(
            KEY + "    > Yes.\n\n    > Or no.\n",
            ["8: E08 a blank line parts this feedback from its option: write it directly under the key line"],
            id="a second feedback",
        ),
        pytest.param(
            KEY + "//// hint\nLook.\n////\n> Yes.\n> Yes!\n",
            ["9: E08 this feedback stands under no option"],
            id="orphan feedback",
        ),
    ],
)
def test_a_bad_key_is_refused(key: str, errors: list[str]) -> None:
    assert told(HEAD + key + "///") == errors


@pytest.mark.parametrize("last", ["- [ ] Cleo\n", ""])
def test_a_single_question_with_several_right_options_is_refused(last: str) -> None:
    source = f"/// question | Who?\n    id: who-waits\n    type: single\n- [x] Anna\n- [x] Bert\n{last}///"

    assert told(source) == ["5: E04 a question of `type: single` has one right option, not 2"]


@pytest.mark.parametrize(
    ("rest", "errors"),
    [
        pytest.param("//// hint\nLook.\n///", ["6: E02 this hint is never closed: end it with `////`"], id="unclosed"),
        pytest.param(
            "//// hint\nLook.\n//// explanation\nSo.\n////\n///",
            ["6: E02 this hint is never closed: end it with `////`"],
            id="unclosed before another",
        ),
        pytest.param("////\n///", ["6: E02 this `////` closes nothing"], id="nothing to close"),
        pytest.param(
            "//// hnt\nLook.\n////\n///", ["6: E01 unknown section `hnt`: did you mean `hint`?"], id="misspelt section"
        ),
        pytest.param(
            "//// answer\nLook.\n////\n///",
            ["6: E01 unknown section `answer`; there are `hint`, `explanation`, `feedback`"],
            id="unknown section",
        ),
        pytest.param("//// hint\n\n////\n///", ["6: E14 this hint is empty"], id="empty section"),
        pytest.param(
            "//// feedback\nYes.\n////\n///",
            [
                "6: E01 write which feedback this is: `//// feedback | correct`, `| partial`, `| incorrect`",
            ],
            id="feedback for what",
        ),
        pytest.param(
            "//// feedback | corect\nYes.\n////\n///",
            ["6: E01 unknown feedback `corect`: did you mean `correct`?"],
            id="misspelt outcome",
        ),
        pytest.param(
            "//// hint | one\nLook.\n////\n///", ["6: E01 the section `hint` takes nothing behind `|`"], id="argument"
        ),
        pytest.param(
            "//// explanation\nSo.\n////\n//// explanation\nOr so.\n////\n///",
            ["9: E01 the explanation is given twice"],
            id="section twice",
        ),
        pytest.param(
            "//// hint\nLook.\n////\n- [ ] Cleo\n- [ ] Dora\n///",
            ["9: E07 options stand before the sections"],
            id="options after a section",
        ),
        pytest.param("", ["1: E02 this question is never closed: end it with `///`"], id="unclosed question"),
        pytest.param(
            "/// lab | Two\n///",
            ["6: E02 no block can stand in a question: is the `///` missing that closes it?"],
            id="another block",
        ),
        pytest.param("///\n\nMore.", ["8: E02 the question was closed above this line"], id="lines behind the end"),
        pytest.param(
            "    //// explanation\n    Bert.\n    ////\n///",
            [
                "6: E02 this line would be shown: `///` and `////` stand in the first column",
                "8: E02 this line would be shown: `///` and `////` stand in the first column",
            ],
            id="indented section",
        ),
        pytest.param("```\n///", ["6: E02 this code fence is never closed"], id="unclosed fence"),
    ],
)
def test_a_bad_section_or_end_is_refused(rest: str, errors: list[str]) -> None:
    assert told(HEAD + KEY + rest) == errors


def test_sections_before_the_options_are_refused_once() -> None:
    assert told(HEAD + "//// hint\nLook.\n////\n" + KEY + "///") == ["4: E07 sections stand behind the options"]


@pytest.mark.parametrize("opening", ["/// question", "/// question |", "/// question |   "])
def test_an_empty_stem_is_refused(opening: str) -> None:
    assert told(f"{opening}\n    id: who-waits\n\n{KEY}///") == [
        "1: E14 the stem is empty: write it behind `/// question |`"
    ]


def test_a_block_of_another_name_is_refused() -> None:
    assert told("/// qustion | Who?\n///") == ["1: E01 a question begins with `/// question | stem`"]
    assert told("") == ["1: E01 a question begins with `/// question | stem`"]


def test_all_errors_of_a_block_are_told_at_once_with_the_lessons_lines() -> None:
    source = (
        "/// question |\n    idd: who\n    points: -1\n\n- [y] Anna {w=5}\n- [ ] anna\ntext\n\n> late\n//// hnt\n///"
    )
    item, errors = scan_question(source.splitlines(), path="lessons/a/lesson.md", first_line=101)

    assert item is None
    assert [(error.line, error.code) for error in errors] == [
        (101, "E03"),
        (101, "E14"),
        (102, "E01"),
        (103, "E01"),
        (105, "E01"),
        (105, "E04"),
        (106, "E06"),
        (107, "E07"),
        (110, "E01"),
        (110, "E02"),
    ]
    assert str(errors[2]) == "lessons/a/lesson.md:102: E01 unknown option `idd`: did you mean `id`?"


@given(st.lists(st.sampled_from(PIECES)))
def test_no_lines_make_the_scanner_fail(lines: list[str]) -> None:
    item, errors = scan_question(lines, path="lesson.md", first_line=1)

    assert (item is None) == bool(errors)
    assert all(1 <= error.line <= max(1, len(lines)) for error in errors)


@given(st.text())
def test_no_text_makes_the_scanner_fail(text: str) -> None:
    for source in (text, f"/// question | S\n    {text}\n\n{KEY}///", f"{HEAD}{text}\n{KEY}{text}\n///"):
        item, errors = scan_question(source.split("\n"), path="lesson.md", first_line=1)
        assert (item is None) == bool(errors)


# Warnings


def test_a_distractor_without_feedback_is_warned_of_in_its_line() -> None:
    item = item_of(HEAD + "- [ ] Anna\n- [x] Bert\n- [ ] Cleo\n    > No.\n//// explanation\nSo.\n////\n///")

    (warning,) = lint(item, path="lesson.md")
    assert str(warning) == "lesson.md:4: W07 this distractor has no feedback: whoever chooses it learns nothing"
    assert warning.is_warning


# Slips of an author's hand

TOLD = ("FEEDBACK", "SECRET-HINT", "EXPLAINED", "OUTCOME")
WHOLE = """\
/// question | Who waits?
    id: who-waits
    points: 2

Look at this:

```python
- [x] no key
```

- [ ] Anna {#a ~anna-waits}
    > FEEDBACK on a
- [x] Bert {#b}
    and his `code`
    > FEEDBACK on b
    > FEEDBACK goes on
- [ ] Cleo {#c}
    > FEEDBACK on c

//// hint
SECRET-HINT
////

//// explanation
EXPLAINED
////

//// feedback | correct
OUTCOME
////
///"""
SLIPS: dict[str, Callable[[str], list[str]]] = {
    "lost": lambda line: [],
    "twice": lambda line: [line, line],
    "indented by one": lambda line: [f" {line}"],
    "indented by four": lambda line: [f"    {line}"],
    "moved to the first column": lambda line: [line.lstrip()],
    "behind a blank line": lambda line: ["", line],
    "before a blank line": lambda line: [line, ""],
    "without its first character": lambda line: [line[1:]],
    "without its last character": lambda line: [line[:-1]],
    "with a doubled first character": lambda line: [line[:1] + line],
    "without spaces": lambda line: [line.replace(" ", "")],
    "in capitals": lambda line: [line.upper()],
}


@pytest.mark.parametrize("slip", SLIPS)
def test_no_slip_of_the_hand_shows_what_is_told_after_the_response(slip: str) -> None:
    lines = WHOLE.splitlines()
    for at, line in enumerate(lines):
        item, errors = scan("\n".join([*lines[:at], *SLIPS[slip](line), *lines[at + 1 :]]))
        if item is None:
            assert errors
            continue
        texts = "\n".join([item.stem, item.body, *(option.text for option in item.options)]).splitlines()
        shown = [text for text in texts if "no" not in text.lower()]  # the fenced line only looks like a key
        assert not [word for word in (*TOLD, "[x]", "[X]", "{#", "~anna") if word in "\n".join(shown)], (line, shown)
        assert not [word for word in TOLD if word != "SECRET-HINT" and word in "".join(item.hints)], line
        assert item.key == {"b"}, line
