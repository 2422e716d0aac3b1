"""Answers: the key lines of the kinds whose response is written, `=` for a right one and `!` for a wrong one that was anticipated.

    = 40 {#forty}
        > Right: one token each.
    ! 32 {#by-cpu ~pool-per-cpu}
        > That is the default executor's size.

    = "to_thread"
    = /(asyncio\\.)?to_thread/
    ! "run_in_executor"

The notations themselves are those of `numeric` and `texts`.
"""

from __future__ import annotations

import re

from quiz.blocks import joined
from quiz.choices import Choices, option_id
from quiz.kinds import Kind
from quiz.options import Answer
from quiz.written import problems


class Answers(Choices):
    key_line = re.compile(r"(?P<mark>[=!]) +(?P<text>\S.*)$")
    slip = re.compile(r"[ \t]*(?P<marker>(?P<mark>[=!]))[ \t]*(?P<text>[\d\"/\[.+-].*)$")
    key_mark = "`=` or `!`"
    key_words = "write `=` or `!`, then a space and the answer"
    what = "answer"
    attributes = ("#", "~")

    @classmethod
    def is_right(cls, mark: str) -> bool:
        return mark == "="

    @property
    def kind(self) -> Kind:
        """As the first answer is written."""
        return Kind.TEXT if self.found and self.found[0].text.startswith(('"', "/")) else Kind.NUMERIC

    def check(self, declared: Kind | None) -> None:
        for choice in self.found:
            choice.id = choice.id or option_id(choice.text)
            if len(choice.lines) > 1 and any(line.strip() for line in choice.lines[1:]):
                self.block.error(choice.at, "E07", "an answer is one line: what is told of it stands below, behind `>`")
        self._check_ids()
        if not self.found:
            self.block.error(0, "E04", "no answer is right: mark the right one with `=`")

    def check_notation(self, kind: Kind, *, case: bool) -> None:
        at = {choice.id: choice.at for choice in self.found}
        if self.found and len(at) == len(self.found) and not self.slipped:
            for answer, problem in problems(kind, self.answers(), case=case):
                self.block.error(at[answer.id] if answer else self.found[0].at, problem.code, problem.message)

    def answers(self) -> tuple[Answer, ...]:
        return tuple(
            Answer(
                id=choice.id or "",
                text=self.written(at),
                right=choice.right,
                feedback=joined(choice.feedback),
                misconception=choice.misconception,
                line=self.block.number(choice.at),
            )
            for at, choice in enumerate(self.found)
        )

    def written(self, at: int) -> str:
        """The notation of the answer found there."""
        return self.found[at].lines[0]
