"""The texts of a GIFT question as Markdown, in whatever format they are, and which of it is the stem."""

from __future__ import annotations

import re

from quiz.blocks import joined
from quiz.interchange.gift_questions import BLANK
from quiz.interchange.gift_tokens import Said
from quiz.interchange.markup import has_html, markdown_of_html, text_of_html
from quiz.interchange.plain import markdown_of_plain

_BEGINS_A_BLOCK = re.compile(
    r"[ \t]*(?:[-+*>|]|\d{1,9}[.)][ \t]|`{3}|~~~|\#{1,6} |</?(?:pre|table|ul|ol|div)\b|    )", re.ASCII
)
_FENCE = re.compile(r"[ \t]*(?:`{3}|~{3})")
_HARD_BREAK = re.compile(r"(?<=\S) {2,}\n(?=\S)")
_BLANK_AND_SIGN = re.compile(rf"{BLANK} (?=[.,;:!?)])")


class Texts:
    def __init__(self) -> None:
        self.notes: list[str] = []
        """What was left out on the way."""

    def of(self, said: Said | None, *, block: bool = True) -> str:
        """As Markdown; of an option, which is no block, in any case without white space around it."""
        if said is None:
            return ""
        text = joined(self._markdown(said).split("\n"))
        return text if block else text.strip()

    def literal(self, said: Said) -> str:
        """What has to be typed: without tags and on one line."""
        text = (
            text_of_html(said.text)
            if said.format == "html" or (said.format == "moodle" and has_html(said.text))
            else said.text
        )
        return " ".join(text.split()) if "\n" in text else text.strip()

    def stem_and_body(self, said: Said, name: str | None) -> tuple[str, str]:
        """The first paragraph is the stem, on one line. A text that begins with something else is under its name; else no stem."""
        closed = Said(said.format, _BLANK_AND_SIGN.sub(BLANK, said.text))
        text = self.of(closed)
        first, _, rest = text.partition("\n\n")
        lines = first.split("\n")
        if _FENCE.match(first) or not first.strip():
            lines = []
        elif len(lines) == 1:
            return first.strip(), rest.strip("\n")
        begun = next((at for at, line in enumerate(lines) if _BEGINS_A_BLOCK.match(line)), len(lines))
        if not begun:
            return " ".join((name or "").split()), text
        stem = " ".join(line.removesuffix("<br>").strip() for line in lines[:begun])
        return stem, "\n\n".join(part for part in ("\n".join(lines[begun:]), rest.strip("\n")) if part)

    def _markdown(self, said: Said) -> str:
        match said.format:
            case "markdown":
                return said.text if _FENCE.search(said.text) else _HARD_BREAK.sub("<br>\n", said.text)
            case "html":
                return self._html(said.text)
            case "moodle" if has_html(said.text):
                return self._html(said.text.replace("\n", "<br>\n"))
            case _:
                return markdown_of_plain(said.text)

    def _html(self, html: str) -> str:
        text, left_out = markdown_of_html(html)
        if left_out:
            self.notes.append(f"HTML was left out: {', '.join(f'<{tag}>' for tag in left_out)}")
        return text
