"""The scan of a lesson: what is prose, what is a block, what is neither, and on which line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.course.blocks import Block, Section, Text, scan
from webapp.course.figure_blocks import read_figure
from webapp.course.lab_blocks import read_lab
from webapp.course.report import Report
from webapp.labs.lab import Cost, Parameter, Range

QUESTION = "/// question | Which?\n    id: which-one\n\n- [x] This\n- [ ] That\n///"


def scanned(text: str) -> tuple[tuple[Section, ...], list[str]]:
    """The sections, and the errors without their path."""
    report = Report("")
    sections = scan(text.split("\n"), report)
    return sections, [str(error).removeprefix(":") for error in report.found]


def parts(text: str) -> tuple[Text | Block, ...]:
    sections, errors = scanned(f"## Learn\n{text}")
    assert errors == []
    return sections[0].parts


def errors(text: str) -> list[str]:
    """Of a text under `## Learn`, which is line 1."""
    return scanned(f"## Learn\n{text}")[1]


def test_a_lesson_is_cut_into_modes_prose_and_blocks() -> None:
    text = f"## Why\n\nBecause.\n\n## Learn\nOne.\n{QUESTION}\nTwo.\n\n\n/// lab | A lab\n    id: x\n///\n## Recall\n"
    sections, found = scanned(text)
    assert found == []
    assert [(section.mode, section.line) for section in sections] == [("why", 1), ("learn", 5), ("recall", 19)]
    assert sections[0].parts == (Text("Because.\n", 3),)
    assert sections[1].parts == (
        Text("One.\n", 6),
        Block("question", "Which?", 7, tuple(QUESTION.split("\n"))),
        Text("Two.\n", 13),
        Block("lab", "A lab", 16, ("/// lab | A lab", "    id: x", "///")),
    )
    assert sections[2].parts == ()


@pytest.mark.parametrize("heading", ["## learn", "## LEARN", "##  Learn ##", "## Learn "])
def test_a_mode_is_known_by_its_name_in_any_case(heading: str) -> None:
    assert scanned(f"{heading}\n\nText.")[0][0].mode == "learn"


@pytest.mark.parametrize("not_a_mode", ["##Learn more", "### Learn", "text ## Learn", "    ## Learn"])
def test_what_only_looks_like_a_mode_is_prose(not_a_mode: str) -> None:
    assert parts(f"\n{not_a_mode}") == (Text(f"{not_a_mode}\n", 3),)


# Fenced code is opaque


@pytest.mark.parametrize(
    "code",
    [
        f"```\n{QUESTION}\n## Why\n```",
        f"~~~markdown\n{QUESTION}\n# x\n~~~",
        f"`````markdown\n```\n{QUESTION}\n```\n`````",
        f'```markdown title="lesson.md" hl_lines="1 3-4" linenums="1"\n{QUESTION}\n```',
        "- item\n\n    ```markdown\n    /// question | x\n\n    - [x] y\n    ///\n    ```",
        "> ```markdown\n> /// question | x\n> - [x] y\n> ///\n> ```",
        "```\n<!--\n```",
    ],
)
def test_code_that_shows_a_block_is_no_block(code: str) -> None:
    assert parts(f"\n{code}\n\nText.") == (Text(f"{code}\n\nText.\n", 3),)


def test_a_longer_closing_fence_is_written_as_markdown_wants_it() -> None:
    assert parts("```python\nx\n  `````\n") == (Text("```python\nx\n```\n", 2),)


def test_inline_code_in_three_backticks_opens_no_fence() -> None:
    assert parts("```x``` and more\n\nText.") == (Text("```x``` and more\n\nText.\n", 2),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "```python\nx = 1\n",
            "2: E02 this code fence is not closed: its end has the same marks and the same indentation",
        ),
        ("```\nx\n~~~\n", "2: E02 this code fence is not closed: its end has the same marks and the same indentation"),
        ("````\nx\n```\n", "2: E02 this code fence is not closed: its end has the same marks and the same indentation"),
        ("- ```python\n  x\n", "2: E01 a code fence begins a line of its own: indent it under the list item"),
        ('```python titel="x"\n```', "2: E01 unknown option `titel` of a code fence: did you mean `title`?"),
        ('```python hl_lines="two"\n```', '2: E01 `hl_lines` of a code fence holds line numbers: hl_lines="1"'),
        ("``` {.python}\n```", '2: E01 these options of a code fence are not understood: write ```python title="…"'),
        ("<!-- a comment\n\nText.\n", "2: E02 this comment is not closed by `-->`"),
    ],
)
def test_code_and_comments_say_what_is_wrong_with_them(text: str, message: str) -> None:
    assert errors(text)[0] == message


def test_a_comment_takes_a_whole_question_out() -> None:
    assert parts(f"One.\n<!--\n{QUESTION}\n## Why\n-->\nTwo.\n") == (Text("One.\n\nTwo.\n", 2),)


# Blocks


def test_a_question_may_hold_code_that_shows_a_question() -> None:
    block = f"/// question | How?\n\n```\n{QUESTION}\n```\n\n- [x] So\n///"
    assert parts(block) == (Block("question", "How?", 2, tuple(block.split("\n"))),)


@pytest.mark.parametrize(
    ("slip", "message"),
    [
        ("/// qustion | x", "2: E01 unknown block `qustion`: did you mean `question`?"),
        ("/// Question | x", "2: E01 unknown block `Question`: did you mean `question`?"),
        ("/// figur | x", "2: E01 unknown block `figur`: did you mean `figure`?"),
        ("/// question: x", "2: E01 write `/// question | Title`"),
        ("/// a question | x", "2: E01 unknown block `a`: known: " + "`question`, `predict`, `lab`, `figure`, "),
        (
            "/// html | script",
            "2: E01 unknown block `html`: known: `question`, `predict`, `lab`, `figure`, `note`, `tip`, ",
        ),
        ("    /// question | x", "2: E15 a question stands at the margin, outside of every other block and list"),
        ("- /// question | x", "2: E15 a question stands at the margin, outside of every other block and list"),
        ("> /// question | x", "2: E15 a question stands at the margin, outside of every other block and list"),
        ("//// question | x", "2: E02 a question opens and closes with three slashes"),
    ],
)
def test_a_slip_in_the_opening_line_is_told_and_its_text_never_shows(slip: str, message: str) -> None:
    sections, found = scanned(f"## Learn\n{slip}\n    id: x\n\n- [x] the key\n{'/' * slip.count('/')}\n")
    assert found[0].startswith(message)
    prose = "".join(part.source for part in sections[0].parts if isinstance(part, Text)) if sections[0].parts else ""
    # What stays in the prose is an error by itself, so that no such page is ever made.
    assert "the key" not in prose or any("E33" in error for error in found)


def test_an_unclosed_question_is_told_where_it_opens_and_the_scan_goes_on() -> None:
    text = f"/// question | x\n\n- [x] key\n\n{QUESTION}\n\n/// note | y\ntext\n\n## Try\n\n/// labb | z\n///\n"
    assert errors(text) == [
        "2: E02 this question is not closed by `///`",
        "13: E02 this note is not closed by `///`",
        "18: E01 unknown block `labb`: did you mean `lab`?",
    ]


@pytest.mark.parametrize("marker", ["- [x] key", "* [ ] wrong", "  - [X] key", "1. [x] key", "> - [x] key"])
def test_an_option_outside_a_question_is_an_error(marker: str) -> None:
    assert errors(f"Text.\n\n{marker}") == [
        "4: E33 an option stands outside a question: its tick would show in the page"
    ]


def test_blocks_of_markdown_are_left_to_markdown() -> None:
    text = (
        "/// note | Title\nText.\n\n//// details | More\n    open: true\n\nInside.\n////\n///\n"
        "/// tab | One\n    new: true\n\nx\n///\n/// tab | Two\ny\n///\n- item\n\n    /// tip\n    x\n    ///\n"
    )
    assert parts(text) == (Text(text, 2),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/// note\nx\n", "2: E02 this note is not closed by `///`"),
        ("/// note\n/// tip\nx\n///\n///\n", "2: E02 this note is not closed by `///`"),
        ("//// note\n/// tip\nx\n////\n///\n", "3: E02 this tip is not closed by `///`"),
        ("x\n///\n", "3: E02 this `///` closes no block"),
        ("/// tab\nx\n///\n", "2: E01 a tab has a title: `/// tab | Title`"),
        (
            "/// details | x\n    opne: true\n\nx\n///\n",
            "3: E01 unknown option `opne` of `/// details`: did you mean `open`?",
        ),
        ("/// details | x\n    open: yes\n\nx\n///\n", "3: E01 `open` of `/// details` is true or false"),
        (
            "/// note | x\n    attrs: {id: main}\n\nx\n///\n",
            "3: E01 unknown option `attrs` of `/// note`: there is none",
        ),
        ("/// note | x\n    code:\n        - [\n///\n", "4: E20 this is not YAML: "),
    ],
)
def test_blocks_of_markdown_are_checked_before_markdown_sees_them(text: str, message: str) -> None:
    assert errors(text)[0].startswith(message)


def test_every_error_of_a_file_is_told_at_once() -> None:
    text = "Early.\n\n## Wy\n\n# Title\n\n/// qustion | x\n\n- [x] y\n///\n\n## Learn\n\n- [ ] z\n\n```\n"
    assert [error.split(" ")[:2] for error in scanned(text)[1]] == [
        ["1:", "E24"],
        ["3:", "E24"],
        ["5:", "E24"],
        ["7:", "E01"],
        ["14:", "E33"],
        ["16:", "E02"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "~~~a\n" * 40_000,
        "  ```\n" * 30_000 + "```x",
        "/// question | x\n" * 12_000,
        "/// note\n" * 20_000,
        "//// note\n/// tip\n" * 8_000,
        "<!--\n" * 40_000,
        "## " + " " * 190_000 + "x",
        "/// x |" + " " * 190_000 + "x|",
        "- " * 100_000 + "/",
        '```a x="' * 25_000,
        "#" * 200_000,
    ],
    ids=range(11),
)
def test_no_text_takes_the_scan_long(text: str) -> None:
    begun = time.monotonic()
    scanned(f"## Learn\n{text}")
    assert time.monotonic() - begun < 10  # without its bounds, minutes


LINES = st.lists(
    st.sampled_from(
        ["## Learn", "## Try", "text", "", "```", "~~~", "/// question | q", "/// note | n", "///", "////", "//// tip"]
        + ["- [x] KEY", "    id: x", "<!--", "-->", "> ```", "    ```", "/// qustion", "    /// lab | l", "# t"]
    ),
    max_size=25,
)


@given(LINES)
def test_a_key_is_in_a_question_or_in_code_or_an_error(lines: list[str]) -> None:
    """Whatever the lines: a ticked option reaches the prose only as code, or the file has an error."""
    report = Report("")
    sections = scan(lines, report)
    texts = [part.source for section in sections for part in section.parts if isinstance(part, Text)]
    if not report.found:
        for text in texts:
            for number, line in enumerate(text.split("\n")):
                assert not line.startswith("- [x]") or any(
                    mark in before for before in text.split("\n")[:number] for mark in ("```", "~~~")
                )


# What a lab or a figure declares


def lab_block(options: str, title: str = "A lab") -> Block:
    lines = (f"/// lab | {title}", *options.split("\n"), "///")
    return Block("lab", title, 10, lines)


WHOLE = """    id: wait
    requests: {default: 24, min: 1, max: 60}
    request: GET /report?n={n}
    parameters:
        delay: {label: Each one waits, unit: s, default: 0.2, min: 0.05, max: 1}
        tokens: {label: Thread tokens, default: 40, min: 1, max: 100, whole: true}

    every_ms: 5
    bystander: GET /ping
    cost: cpu   # goes alone
    seconds: 30
    variants:
        first: {file: first.py, label: First, request: "GET /a?s={delay}", decisive: "await asyncio.sleep"}
        second:
            file: second.py
            label: 2
            one_after_another: true
"""


def test_a_lab_is_read_whole() -> None:
    report = Report("lesson.md")
    declared = read_lab(lab_block(WHOLE), report)
    assert report.found == [] and declared is not None
    lab = declared.lab
    assert (lab.id, lab.title, lab.line, declared.id_line) == ("wait", "A lab", 10, 11)
    assert lab.requests == Range(24, 1, 60, whole=True)
    assert lab.parameters == (
        Parameter("delay", "Each one waits", Range(0.2, 0.05, 1), "s"),
        Parameter("tokens", "Thread tokens", Range(40, 1, 100, whole=True)),
    )
    assert (lab.interval_ms, lab.bystander, lab.cost, lab.seconds) == (5, "GET /ping", Cost.CPU, 30)
    first, second = declared.variants
    assert (first.request, first.decisive, first.decisive_line) == ("GET /a?s={delay}", "await asyncio.sleep", 23)
    assert (second.name, second.label, second.request, second.file_line) == ("second", "2", "GET /report?n={n}", 25)
    assert (first.one_after_another, second.one_after_another) == (False, True)


@pytest.mark.parametrize(("count", "most"), [(1, 100), (24, 100), (100, 100), (250, 250)])
def test_a_plain_number_of_requests_may_go_to_a_hundred_or_its_own(count: int, most: int) -> None:
    report = Report("")
    declared = read_lab(lab_block(WHOLE.replace("{default: 24, min: 1, max: 60}", str(count))), report)
    assert declared is not None and declared.lab.requests == Range(count, 1, most, whole=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    id: wait\n", "", "10: E03 a lab has no `id`"),
        (
            "id: wait",
            "id: Wait",
            "11: E03 the id `Wait` is not 2 to 64 small letters, digits and hyphens, a letter first",
        ),
        ("    id: wait\n", "    id: wait\n    id: two\n", "12: E01 `id` stands twice in a lab, first in line 11"),
        ("cost: cpu", "cots: cpu", "20: E01 unknown option `cots` of a lab: did you mean `cost`?"),
        ("{default: 24, min: 1, max: 60}", "many", "12: E01 `requests` of a lab is a number"),
        ("{default: 24, min: 1, max: 60}", "2.5", "12: E01 `requests` is a whole number from 1 to 1000, not 2.5"),
        ("{default: 24, min: 1, max: 60}", "0", "12: E01 `requests` is a whole number from 1 to 1000, not 0"),
        ("{default: 24, min: 1, max: 60}", "{default: 24, min: 1}", "12: E01 `requests` has no `max`"),
        ("default: 24", "default: .nan", "12: E01 `default` of `requests` is a number"),
        (
            "min: 0.05, max: 1}",
            "min: 2, max: 1}",
            "15: E01 `min` of the parameter `delay` is more than its `max`: 2 > 1",
        ),
        ("delay: {label", "Delay: {label", "15: E01 the parameter name `Delay` is not small letters, digits and "),
        ("every_ms: 5", "every_ms: -1", "18: E01 `every_ms` lies from 0 to 10000, not at -1"),
        ("another: true", "another: yes", "27: E01 `one_after_another` of the variant `second` is true or false"),
        ("label: 2", "lable: 2", "26: E01 unknown option `lable` of the variant `second`: did you mean `label`?"),
        ("label: 2", "", "24: E01 the variant `second` has no `label`"),
        ("            file: second.py\n", "", "24: E01 the variant `second` has no `file`"),
        (
            "second.py",
            "second.txt",
            "25: E22 `second.txt` is not a plain file name such as `holds.py` in the lesson's folder",
        ),
        ("{n}", "{m}", "13: E27 unknown placeholder `{m}`: known: `n`, `delay`, `tokens`"),
        ("s={delay}", "s=1", "15: E27 the parameter `delay` is in no request: write `{delay}`"),
        (
            "    request: GET /report?n={n}\n",
            "",
            "23: E27 the variant `second` has no `request`, and the lab has none either",
        ),
        (
            "GET /report?n={n}",
            "FETCH /report",
            "13: E27 `FETCH /report` does not begin with a method: did you mean `PATCH`?",
        ),
        ("GET /report?n={n}", "GET report", "13: E27 `GET report` is not a method, one space and a path such as "),
        ("GET /report?n={n}", "GET /a b", "13: E27 `GET /a b` is not a method, one space and a path such as "),
        ("GET /ping", "GET /ping?{n}", "19: E27 the bystander is one small request without placeholders"),
        ("id: wait", "id: [wait", "12: E20 this is not YAML: "),
        ("id: wait", "id: *anchor", "11: E20 this is not YAML: aliases are not used here"),
        ("    id: wait", "  id: wait", "11: E01 a lab holds nothing but options, indented by four spaces"),
    ],
)
def test_a_lab_says_at_which_line_it_is_wrong(old: str, new: str, message: str) -> None:
    assert old in WHOLE
    report = Report("")
    read_lab(lab_block(WHOLE.replace(old, new)), report)
    told = [str(error).removeprefix(":") for error in report.found]
    assert any(text.startswith(message) for text in told)
    # Whoever misspells a name lacks the right one besides.
    assert len(told) == 1 or new.startswith(("lable", "Delay"))


def test_a_lab_has_a_title() -> None:
    report = Report("")
    read_lab(lab_block(WHOLE, title=""), report)
    assert [str(error) for error in report.found] == [":10: E01 a lab has a title: `/// lab | Title`"]


def test_a_figure_is_named_after_its_lab_and_what_it_shows() -> None:
    report = Report("")
    block = Block(
        "figure", "Both", 5, ("/// figure | Both", "    lab: wait", "    show: timeline", "    variant: first", "///")
    )
    declared = read_figure(block, report)
    assert report.found == [] and declared is not None
    figure = declared.figure
    assert (figure.id, figure.lab, figure.show, figure.title, figure.options) == (
        "wait-timeline",
        "wait",
        "timeline",
        "Both",
        {"variant": "first"},
    )


def test_a_figure_of_the_page_has_no_lab() -> None:
    report = Report("lesson.md")
    declared = read_figure(Block("figure", "x", 5, ("/// figure | x", "    show: vitals", "///")), report)
    assert report.found == [] and declared is not None
    assert (declared.figure.id, declared.figure.lab, declared.figure.show) == ("vitals", "", "vitals")
    read_figure(Block("figure", "x", 5, ("/// figure | x", "    show: vitals", "    lab: w", "///")), report)
    assert str(report.found[0]).endswith(":7: E01 unknown option `lab` of a figure: known: `show`, `id`")


def test_a_figure_takes_no_option_that_another_kind_has() -> None:
    report = Report("")
    read_figure(
        Block("figure", "x", 5, ("/// figure | x", "    lab: w", "    show: impact", "    variant: a", "///")), report
    )
    assert [str(error) for error in report.found] == [
        ":8: E01 unknown option `variant` of a figure: known: `show`, `lab`, `id`"
    ]
