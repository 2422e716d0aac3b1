"""Read the text of one `/// question` block into an item, or say everything that is wrong with it, line by line.

    /// question | What does awaiting `asyncio.sleep(0)` do?
        id: loop-sleep-zero
        skill: [event-loop.yield]

    Optional Markdown under the stem, fenced code included.

    - [ ] It blocks the thread for one tick {#blocks ~await-blocks}
        > No thread sleeps here.
    - [x] It lets other ready callbacks run once {#yields}

    //// hint
    Is there any timer at all?
    ////
    ///

Here stands where each part begins and ends: stem, declarations, body, key, sections. Whatever fits none of them is an
error and never falls through to prose, where a page would show the ticked key. Fenced code is opaque. What only the
course can know (unique ids, known skills and misconceptions) is collected here with its lines and checked there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from quiz.answers import Answers
from quiz.blocks import Block, joined
from quiz.choices import Choices, is_feedback
from quiz.declarations import Checks, Declarations, read_declarations
from quiz.errors import ItemError, QuestionError
from quiz.items import Item
from quiz.keys import foreign_key, reader_of
from quiz.kinds import Kind, Scoring, scorings
from quiz.names import there_are
from quiz.options import weights_problem
from quiz.outputs import program_of
from quiz.sections import Sections, is_section_line

_OPENING = re.compile(r" {0,3}///[ \t]*(?P<name>[a-z]+)[ \t]*(?:\|(?P<stem>.*))?$")
_CLOSING = re.compile(r" {0,3}///[ \t]*$")
_OTHER_BLOCK = re.compile(r" {0,3}///[ \t]*[A-Za-z]")
_SLASHES = re.compile(r"[ \t]*/{3,}")


def scan_question(lines: Sequence[str], *, path: str, first_line: int) -> tuple[Item | None, list[QuestionError]]:
    """The item of a block, or None and every error of it in the order of its lines.

    `lines` go from the opening `/// question` to the closing `///`, both included; `first_line` is the number of the
    first.
    """
    block = Block(lines, path=path, first_line=first_line)
    item = Question(block).scan()
    return (None if block.errors else item), sorted(block.errors)


class Question:
    """One block while it is being read. A block whose key is of another grammar differs in its key lines and options."""

    keys: type[Choices] | None = None
    """Its reader of key lines; None where the kind decides."""
    checks: Checks | None = None
    """Of the block's own options, where they are not those of a question."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.declared = Declarations()
        self.choices = (self.keys or Choices)(block)
        self.body: list[str] = []
        self.sections = Sections(block)
        self.out_of_order = False

    def scan(self) -> Item | None:
        opening = _OPENING.match(self.block.lines[0]) if self.block.lines else None
        name = self.block.name
        if opening is None or opening["name"] != name:
            self.block.error(0, "E01", f"a {name} begins with `/// {name} | stem`")
            return None
        self.declared, start = read_declarations(self.block, self.checks)
        if self.keys is None:
            self.choices = reader_of(self.declared.kind, ())(self.block)
        unclosed = self.block.find_fences(start, self.choices.text_of)
        if unclosed is not None:
            self.block.error(unclosed, "E02", "this code fence is never closed")
            return None
        end = self._find_end(start)
        plain = [at for at in range(start, end) if at not in self.block.fence_at]
        if self.keys is None:
            self.choices = reader_of(self.declared.kind, (self.block.lines[at] for at in plain))(self.block)
            self._refuse_foreign_keys(plain)
        for at in range(self._read_body(start, end), end):
            self._read(at)
        self.sections.close()
        self.choices.check(self.declared.kind)
        self._check_key()
        self.sections.check(self._kind(), [choice.id for choice in self.choices.found if choice.id])
        stem = (opening["stem"] or "").strip()
        if not stem:
            self.block.error(0, "E14", f"the stem is empty: write it behind `/// {name} |`")
        return None if self.block.errors else self._item(stem)

    def _find_end(self, start: int) -> int:
        """The index of the closing line, or of where the block has to end without one."""
        for at in range(start, len(self.block.lines)):
            if at in self.block.fence_at:
                continue
            if _CLOSING.match(self.block.lines[at]):
                behind = next((i for i in range(at + 1, len(self.block.lines)) if self.block.lines[i].strip()), None)
                if behind is not None:
                    self.block.error(behind, "E02", f"the {self.block.name} was closed above this line")
                return at
            if _OTHER_BLOCK.match(self.block.lines[at]):
                self.block.error(
                    at, "E02", f"no block can stand in a {self.block.name}: is the `///` missing that closes it?"
                )
                return at
            if _SLASHES.match(self.block.lines[at]) and not is_section_line(self.block.lines[at]):
                self.block.error(at, "E02", "this line would be shown: `///` and `////` stand in the first column")
        self.block.error(0, "E02", f"this {self.block.name} is never closed: end it with `///`")
        return len(self.block.lines)

    def _read_body(self, start: int, end: int) -> int:
        """Take the Markdown under the stem; gives the index of the first option or section."""
        at = start
        while at < end and not (self.block.fence_at.get(at, at) == at and self._starts_key(at)):
            at += 1
        self.body = self.block.lines[start:at]
        above = at - 1
        if at < end and above >= start and above not in self.block.fence_at and is_feedback(self.block.lines[above]):
            self.block.error(
                above,
                "E08",
                f"this feedback stands above its {self.choices.what}: write it directly under the key line",
            )
        return at

    def _refuse_foreign_keys(self, lines: Sequence[int]) -> None:
        """Key lines of another kind, which nobody would read as such: the first of them."""
        kind = self._kind() if self.declared.kind is None else self.declared.kind
        for at in takewhile(lambda at: not is_section_line(self.block.lines[at]), lines):
            if (what := foreign_key(type(self.choices), self.block.lines[at])) is not None:
                self.block.error(at, "E04", f"this is {what}, and the question is of the kind `{kind}`")
                break

    def _starts_key(self, at: int) -> bool:
        return self.choices.begins(self.block.lines[at]) or is_section_line(self.block.lines[at])

    def _read(self, at: int) -> None:
        """A line of the options, or of the sections behind them."""
        line = self.block.lines[at]
        fence = self.block.fence_at.get(at)
        if self.sections.is_open or (fence is None and is_section_line(line)):
            if self.sections.read(at, fenced=fence is not None):
                self._begin_section(at)
        else:
            if self.sections.found and not self.out_of_order and fence in (None, at) and self.choices.begins(line):
                self.block.error(at, "E07", f"{self.choices.what}s stand before the sections")
                self.out_of_order = True
            self.choices.read(at)

    def _begin_section(self, at: int) -> None:
        if not self.choices.found and not self.out_of_order:
            self.block.error(at, "E07", f"sections stand behind the {self.choices.what}s")
            self.out_of_order = True
        self.choices.leave()

    def _check_key(self) -> None:
        kind, at = self._kind(), self.declared.at
        rule = self.declared.scoring
        if rule is not None and rule not in (fitting := scorings(kind)):
            message = f"the scoring `{rule}` does not fit a {kind} question; {there_are(fitting)}"
            self.block.error(at["scoring"], "E01", message)
        if "case" in at and kind is not Kind.TEXT:
            self.block.error(
                at["case"], "E01", f"`case` says whether capitals count in a text, and this question is {kind}"
            )
        if "shuffle" in at and kind not in (Kind.SINGLE, Kind.MULTI):
            self.block.error(
                at["shuffle"], "E01", f"`shuffle` is about options, and a {kind} question has none to leave in place"
            )
        self.choices.refuse_unticked(kind)
        self._check_rules(kind)
        if isinstance(self.choices, Answers):
            self.choices.check_notation(kind, case=self.declared.values.get("case") is True)
            if kind is Kind.OUTPUT and program_of(joined(self.body)) is None:
                self.block.error(0, "E12", "there is no program above the output: it is the last fence of `python`")
        self._check_weights(rule)

    def _check_rules(self, kind: Kind) -> None:
        """What is said of tries and hints that there are not."""
        at, values = self.declared.at, self.declared.values
        if self.block.errors:
            return
        if "penalty" in at and values.get("attempts", 1) == 1:
            self.block.error(at["penalty"], "E01", "a penalty is for another try: say how many `attempts` there are")
        elif "hint_cost" in at and not any(section.name == "hint" for section in self.sections.found):
            self.block.error(at["hint_cost"], "E01", "there is no hint that could cost anything")
        elif "attempts" in at:
            options = len(self.choices.found) if kind is Kind.SINGLE else None
            if problem := self.declared.rules.problem(hints=len(self.sections.found), options=options):
                self.block.error(at["attempts"], "E01", problem)

    def _check_weights(self, rule: Scoring | None) -> None:
        weighted = [choice for choice in self.choices.found if choice.weight is not None]
        if rule is Scoring.WEIGHTS:
            if self.choices.found and not self.block.errors and (problem := weights_problem(self.choices.options())):
                self.block.error(self.declared.at["scoring"], "E09", problem)
        elif weighted:
            message = f"the weight `w={weighted[0].weight:g}` counts with `scoring: weights` alone"
            self.block.error(weighted[0].at, "E01", message)

    def _kind(self) -> Kind:
        """As declared, else as the key says."""
        return self.declared.kind or self.choices.kind

    def _item(self, stem: str) -> Item | None:
        kind = self._kind()
        values = self.declared.values
        return self._made(
            stem,
            kind=kind,
            options=() if isinstance(self.choices, Answers) else self.choices.options(),
            answers=self.choices.answers(),
            scoring=Scoring(values.get("scoring", scorings(kind)[0])),
            shuffle=values.get("shuffle", True),
            case=values.get("case", False),
            rules=self.declared.rules,
            combinations=self.sections.combinations(),
        )

    def _made(self, stem: str, **own: Any) -> Item | None:
        """The item, with what all blocks have in common."""
        values = self.declared.values
        try:
            return Item(
                id=values["id"],
                stem=stem,
                body=joined(self.body),
                hints=self.sections.texts("hint"),
                explanation="".join(self.sections.texts("explanation")),
                points=float(values.get("points", 1)),
                skills=self.declared.skills,
                difficulty=values.get("difficulty"),
                line=self.block.first_line,
                skills_line=self.block.number(self.declared.at.get("skill", 0)),
                waivers=self.declared.waivers,
                waivers_line=self.block.number(self.declared.at.get("lint-ok", 0)),
                **{**own, **self.sections.feedback()},
            )
        except ItemError as problem:
            self.block.error(0, "E01", str(problem))
            return None
