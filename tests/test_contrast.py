"""The tokens' colours against each other, in both themes: WCAG 2.2, 1.4.3 for text (4.5) and 1.4.11 for shapes (3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parent.parent / "static" / "css" / "tokens.css").read_text()
COLOUR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
THEMES = {
    theme: {name: pair[index] for name, *pair in COLOUR.findall(TOKENS)}
    for index, theme in enumerate(("light", "dark"))
}
GROUNDS = ("paper", "surface", "sunken", "raised")
SIGNALS = ("blue", "verm", "amber", "green", "plum")

TEXT = [
    *((text, ground) for text in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *((signal, ground) for signal in SIGNALS for ground in (*GROUNDS, f"w-{signal}")),
    *((text, f"w-{signal}") for text in ("ink", "ink-2") for signal in SIGNALS),
    *((code, ground) for code in ("c-keyword", "c-string", "c-number", "c-comment") for ground in ("surface", "mark")),
    *(("ink", ground) for ground in ("mark", "selection")),
    ("ink-2", "mark"),
    ("ink-inv", "ink"),
]
SHAPES = [
    *(("edge", ground) for ground in GROUNDS),
    *(("focus", ground) for ground in GROUNDS),
    *((f"f-{signal}", ground) for signal in ("blue", "verm", "plum", "green") for ground in ("paper", "surface")),
    # Pale bars carry an outline in the strength of text, which is what has to be seen.
    ("blue", "f-sky"),
    ("edge", "w-plum"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    assert contrast(THEMES[theme][text], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_and_outlines_can_be_seen(theme: str, shape: str, ground: str) -> None:
    assert contrast(THEMES[theme][shape], THEMES[theme][ground]) >= 3


def test_code_keeps_clear_of_the_signal_colours() -> None:
    for theme in THEMES.values():
        code = {value for name, value in theme.items() if name.startswith("c-")}
        signals = {theme[name] for signal in SIGNALS for name in (signal, f"f-{signal}") if name in theme}
        assert not code & signals


def test_the_formula_agrees_with_its_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known grey just below 4.5


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
