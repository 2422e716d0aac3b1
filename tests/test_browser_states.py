"""Every kind of question in every state: sound in both themes and at both widths, and no wider than its window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import THEMES, WIDTHS, Place, overflow, place, show, violations
from tests.states import before, states

pytestmark = pytest.mark.browser

NARROWEST = 320
LOOKS = ((THEMES[0], WIDTHS[0]), (THEMES[0], WIDTHS[1]), (THEMES[1], WIDTHS[1]))
"""A width changes nothing of a theme's colours."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, dict[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("states")
    cookies = before(folder)
    with place(folder / "data", lessons=folder / "lessons") as site:
        yield site, cookies


def test_every_kind_is_sound_in_every_state(site: tuple[Place, dict[str, str]]) -> None:
    (at, cookies), found = site, []
    with at.reading(still=True) as reader:
        for state in states(reader, cookies):
            for width in (*state.widths, NARROWEST):
                show(state.page, width, THEMES[0])
                if wider := overflow(state.page):
                    found.append(f"{state.name}, {width}: {wider} px wider than the window")
            for theme, width in LOOKS:
                show(state.page, width, theme)
                wrong = violations(state.page, part="main", colours_alone=theme != THEMES[0])
                found += [f"{state.name}, {theme}, {width}: {one}" for one in wrong]
    assert found == []
