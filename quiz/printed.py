"""Printed: the key of a question what a program prints, in fences below it. The program is the last fence of Python above them.

```output {#three-lines}
A
B
```
    > Right: no `await` here gives the loop back.

```not-output {#alternating ~await-always-yields}
A
A
```
    > So it would be, if every `await` switched.
"""

from __future__ import annotations

import re

from quiz.answers import Answers
from quiz.blocks import Block
from quiz.choices import option_id
from quiz.kinds import Kind


class Printed(Answers):
    key_line = re.compile(r"(?:`{3,}|~{3,})[ \t]*(?P<mark>output|not-output)(?P<text>(?:[ \t]+\{[^{}]*\})?)[ \t]*$")
    slip = re.compile(
        r"[ \t]*(?P<marker>(?:`{3,}|~{3,})[ \t]*\{?\.?(?P<mark>(?:not[-_ ]?)?outputs?)\b)(?P<text>.*)$", re.IGNORECASE
    )
    key_mark = "fence"
    key_words = "write three backticks and `output`, or `not-output` for a wrong one"
    what = "output"

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self.lines: list[list[str]] = []
        """What is printed, of each that was found."""

    @classmethod
    def is_right(cls, mark: str) -> bool:
        return mark == "output"

    @classmethod
    def text_of(cls, line: str) -> str:
        return line

    def read(self, at: int) -> None:
        fence = self.block.fence_at.get(at)
        if fence is None or (fence == at and not self.begins(self.block.lines[at])):
            super().read(at)
        elif fence == at:
            self._read_key_line(at, self.block.lines[at])
            self.lines.append([])
        elif self.choice is not None and fence == self.choice.at:
            if self.block.fence_at.get(at + 1) == fence:  # the last line of a fence closes it
                self.lines[-1].append(self.block.lines[at])
        else:
            super().read(at)

    def check(self, declared: Kind | None) -> None:
        for at, choice in enumerate(self.found):
            choice.id = choice.id or option_id(self.written(at))
        super().check(declared)

    def written(self, at: int) -> str:
        return "\n".join(self.lines[at])
