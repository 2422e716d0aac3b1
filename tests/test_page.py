"""A page of bytes and holes."""

from __future__ import annotations

import pytest

from webapp.page import Hole, Page
from webapp.templating import hole


def test_a_page_keeps_what_is_constant_and_asks_for_what_is_personal() -> None:
    page = Page.split(f"<p>Hello {hole('name')}, you are <b>{hole('place')}</b></p>")
    assert page.parts == (b"<p>Hello ", Hole("name"), b", you are <b>", Hole("place"), b"</b></p>")
    assert page.fill({"name": "Ada", "place": "first"}.__getitem__).body == b"<p>Hello Ada, you are <b>first</b></p>"


def test_a_hole_that_stands_twice_is_rendered_once() -> None:
    asked: list[str] = []

    def render(name: str) -> str:
        asked.append(name)
        return "x"

    filled = Page.split(f"{hole('theme')} and {hole('theme')}").fill(render)
    assert (filled.body, asked) == (b"x and x", ["theme"])


def test_the_tag_changes_with_the_constant_part_and_with_the_personal_part() -> None:
    def tag(text: str, name: str) -> str:
        return Page.split(f"{text}{hole('name')}").fill(lambda _: name).tag

    assert tag("a", "x") == tag("a", "x")
    assert len({tag("a", "x"), tag("a", "y"), tag("b", "x")}) == 3


def test_personal_parts_cannot_be_moved_from_one_hole_to_the_next_under_the_same_tag() -> None:
    page = Page.split(f"{hole('one')}{hole('two')}")
    first = page.fill({"one": "ab", "two": "c"}.__getitem__)
    second = page.fill({"one": "a", "two": "bc"}.__getitem__)
    assert first.tag != second.tag


def test_nothing_that_an_author_can_name_breaks_out_of_a_hole() -> None:
    with pytest.raises(ValueError, match="not a name"):
        hole("a\x00b")
