"""Steps: the key lines of an order, written in the right one.

    1. The handler returns {#returns}
        > Told after the response.
    2. The background task runs {#task}

The numbers have to be those of the order: a step that was moved with its number, and one that is missing, are told.
"""

from __future__ import annotations

import re

from quiz.choices import Choices
from quiz.kinds import Kind


class Steps(Choices):
    key_line = re.compile(r"(?P<mark>\d{1,3})\. +(?P<text>\S.*)$", re.ASCII)
    slip = re.compile(r"[ \t]*(?P<marker>(?P<mark>\d{1,3})[.)])[ \t]*(?P<text>.*)$", re.ASCII)
    key_mark = "number"
    key_words = "write `1.`, then a space and the step"
    what = "step"
    attributes = ("#",)

    @classmethod
    def is_right(cls, mark: str) -> bool:
        return True

    def check(self, declared: Kind | None) -> None:
        self._check_texts()
        self._check_ids()
        for number, choice in enumerate(self.found, 1):
            written = self.slip.match(self.block.lines[choice.at])
            if written and int(written["mark"]) != number and not self.slipped:
                self.block.error(
                    choice.at, "E04", f"this is step {number}, not {written['mark']}: steps are in the right order"
                )
                break
