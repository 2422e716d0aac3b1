"""An item as its block: what is written is read as the same item, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings

from quiz.interchange.gift_texts import Texts
from quiz.interchange.gift_tokens import Said
from quiz.interchange.markdown_writer import Unwritable, block_of
from quiz.interchange.markup import markdown_of_html
from quiz.items import Item, Kind
from quiz.questions import scan_question
from tests.builders import make_item
from tests.conftest import ROOT
from tests.drawn_items import MARKDOWN, items
from webapp.course.drafts import read_draft
from webapp.course.report import Report


def read(block: str) -> Item | None:
    item, errors = scan_question(block.splitlines(), path="", first_line=1)
    assert errors == []
    return item


def shipped() -> list[Item]:
    found: list[Item] = []
    for folder in sorted(path.parent for path in (ROOT / "lessons").glob("*/lesson.md")):
        draft = read_draft(folder, lambda path: Report(str(path)))
        assert draft is not None
        found += draft.manuscript.items
    return found


def test_every_question_of_the_shipped_lessons_is_written_as_itself() -> None:
    asked = [item for item in shipped() if item.kind is not Kind.MEASURED]
    assert len({item.kind for item in asked}) > 2
    for item in asked:
        assert read(block_of(item)) == item


def test_a_prediction_is_no_question() -> None:
    measured = next(item for item in shipped() if item.kind is Kind.MEASURED)
    with pytest.raises(Unwritable, match="a block of its own"):
        block_of(measured)


@settings(max_examples=60, deadline=None)
@given(items(MARKDOWN))
def test_any_item_is_written_as_itself_or_refused(item: Item) -> None:
    try:
        block = block_of(item)
    except Unwritable as problem:
        assert str(problem)
        event("refused")
        return
    event("written")
    lines = block.removesuffix("\n").split("\n")
    assert scan_question(lines, path="", first_line=1) == (item, [])


@pytest.mark.parametrize("body", ["- [x] Bert", "///", "= 4\n", "/// question | Another?"])
def test_a_body_that_would_be_read_as_a_key_is_refused(body: str) -> None:
    with pytest.raises(Unwritable):
        block_of(make_item(body=body))


def test_plain_text_never_begins_a_part_of_a_block() -> None:
    for line in (
        "- [x] Bert",
        "/// question | Who?",
        "= 4",
        "! 3",
        "//// hint",
        "# A",
        "> B",
        "~~~",
        "1. C",
        "```output",
        "{#id}",
    ):
        body = Texts().of(Said("plain", line))
        item = make_item(body=body)
        assert read(block_of(item)) == item, body


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two <em> words </em>here</p>", "One\n\nTwo *words* here"),
        ("a<br>b", "a<br>\nb"),
        ("<ul><li>one</li><li>two<ol><li>in</li></ol></li></ul>x", "- one\n- two\n    1. in\n\nx"),
        ("<pre>a &lt; b\n  c</pre>", "```\na < b\n  c\n```"),
        ("<code>a`b</code>", "``a`b``"),
        ('<a href="https://e.org/a b">x</a><a href="javascript:x">y</a>', "[x](<https://e.org/a b>)y"),
        ("x<sub>2</sub> &amp; y", "x<sub>2</sub> & y"),
        ("<blockquote><p>said</p></blockquote>", "> said"),
        ("List<int> a<b", "List&lt;int> a&lt;b"),
        ("<b>a", "**a**"),
        ("<p>* a</p>", r"\* a"),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert markdown_of_html(html) == (markdown, [])


def test_what_is_no_text_is_left_out_and_told() -> None:
    text, left_out = markdown_of_html(
        '<p onclick="x">a<img src=x onerror=y><script>alert(1)</script><style>p{}</style></p>'
    )
    assert (text, left_out) == ("a", ["img", "script", "style"])
