"""Choices: the key lines of the kinds that are answered by choosing, with their attributes, texts and feedback.

    - [ ] It blocks the thread for one tick {#blocks ~await-blocks}
        > No thread sleeps here.
    - [x] It lets other ready callbacks run once {#yields}
        > Told to whoever ticked it.
        >! Told to whoever left it unticked, where several may be ticked.

This is the only reader of these keys: whatever it does not understand is an error and never falls through to prose,
where a page would show the ticked key. A kind with key lines of another grammar is a sibling of this module.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from quiz.blocks import Block, joined
from quiz.kinds import Kind
from quiz.names import nearest, unknown
from quiz.options import OPTION_ID, Answer, Option, normalised

_KEY = re.compile(r"[-*] +\[(?P<mark>[ xX])\](?:[ \t]+(?P<text>.*))?$")
_KEY_SLIP = re.compile(r"[ \t]*(?P<marker>[-*+][ \t]*\[[ \t]?(?P<mark>[^\]\s]?)[ \t]?\])(?![(\[:])[ \t]*(?P<text>.*)$")
_FEEDBACK = re.compile(r"[ \t]*>(?P<unticked>!(?!\[))? ?(?P<text>.*)$")
_ATTRIBUTES = re.compile(r"(?:^|[ \t])\{(?P<inside>[^{}]*)\}[ \t]*$")
_STRAY_ATTRIBUTES = re.compile(r"\{[ \t]*[#~][^{}]*\}?|(?:(?<=\s)|^)[#~][\w-]+(?:[ \t][^{}]*)?\}[ \t]*$")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_WEIGHT = re.compile(r"w=(?P<percent>[+-]?\d{1,3}(?:\.\d+)?)%?", re.ASCII)
_MISCONCEPTION = re.compile(r"[a-z][a-z0-9-]*")


def is_feedback(line: str) -> bool:
    return bool(_FEEDBACK.match(line))


def option_id(text: str) -> str:
    """The id of an option whose author wrote none: it stays while the text says the same."""
    return hashlib.sha256(normalised(text).encode()).hexdigest()[:8]


@dataclass(slots=True)
class Choice:
    """An option while it is being read."""

    at: int
    right: bool
    lines: list[str]
    """The first line without its key and attributes, then the others as written."""
    feedback: list[str] = field(default_factory=list)
    unticked: list[str] = field(default_factory=list)
    unticked_at: int = 0
    id: str | None = None
    misconception: str | None = None
    fixed: bool = False
    weight: float | None = None

    @property
    def text(self) -> str:
        """As a list item's content: the indentation of the first line below the key line is taken away from all."""
        below = self.lines[1:]
        first = next((line for line in below if line.strip()), "")
        indent = len(first) - len(first.lstrip())
        return "\n".join(
            [self.lines[0], *(line[min(indent, len(line) - len(line.lstrip())) :] for line in below)]
        ).strip()


class Choices:
    """Goes through the lines from the first option on, and knows what the line above was."""

    key_line = _KEY
    slip = _KEY_SLIP
    """A line that is so close to a key line that showing it as prose could show the key."""
    key_mark = "`-` or `*`"
    key_words = "write `- [ ]` or `- [x]`, then a space"
    what = "option"
    attributes: tuple[str, ...] = ("#", "~", "fixed", "w=")
    """Beginnings of the words that may stand in the braces."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.found: list[Choice] = []
        self.choice: Choice | None = None
        """The one that is being read."""
        self.slipped = False
        self.in_feedback = False
        self.blank_above = False
        self.stray_above = False

    @classmethod
    def begins(cls, line: str) -> bool:
        """Whether the line is a key line, or is so close to one that showing it as prose could show the key."""
        return bool(cls.key_line.match(line) or cls.slip.match(line))

    @classmethod
    def is_right(cls, mark: str) -> bool:
        return mark in ("x", "X")

    @classmethod
    def text_of(cls, line: str) -> str:
        """What a line says behind its mark, if it is a key line."""
        key = cls.key_line.match(line)
        return (key["text"] or "") if key else line

    def read(self, at: int) -> None:
        line = self.block.lines[at]
        fence = self.block.fence_at.get(at)
        if fence is not None and not (fence == at and self.key_line.match(line)):
            self._read_text(fence, line, indented=self._is_indented(self.block.lines[fence]))
        elif not line.strip():
            self.blank_above = True
            if self.choice and not self.in_feedback:
                self.choice.lines.append("")
        elif self.begins(line):
            self._read_key_line(at, line)
        elif feedback := _FEEDBACK.match(line):
            self._read_feedback(at, feedback["text"], unticked=feedback["unticked"] is not None)
        else:
            self._read_text(at, line, indented=self._is_indented(line))

    def leave(self) -> None:
        """What follows belongs to no option."""
        self.choice = None

    def check(self, declared: Kind | None) -> None:
        """Report what is wrong with the choices as a whole, and name those without an id."""
        self._check_texts()
        self._check_ids()
        right = [choice for choice in self.found if choice.right]
        if self.found and not right and not self.slipped:
            self.block.error(self.found[0].at, "E04", "no option is right: mark the right one with `[x]`")
        if declared is Kind.SINGLE and len(right) > 1:
            self.block.error(right[1].at, "E04", f"a question of `type: single` has one right option, not {len(right)}")

    def refuse_unticked(self, kind: Kind) -> None:
        """`>!` says something where an option can be left unticked beside others that are ticked, and nowhere else."""
        for choice in self.found:
            if kind is not Kind.MULTI and choice.unticked:
                message = f"`>!` is told of an option left unticked, and a {kind} question has none: write `>`"
                self.block.error(choice.unticked_at, "E08", message)

    @property
    def kind(self) -> Kind:
        """As the number of right options says."""
        return Kind.MULTI if sum(choice.right for choice in self.found) > 1 else Kind.SINGLE

    def options(self) -> tuple[Option, ...]:
        return tuple(
            Option(
                id=choice.id or option_id(choice.text),
                text=choice.text,
                right=choice.right,
                feedback=joined(choice.feedback),
                misconception=choice.misconception,
                fixed=choice.fixed,
                unticked=joined(choice.unticked),
                weight=choice.weight,
                line=self.block.number(choice.at),
            )
            for choice in self.found
        )

    def answers(self) -> tuple[Answer, ...]:
        """What may be written, where nothing is chosen."""
        return ()

    def _read_key_line(self, at: int, line: str) -> None:
        found = self.key_line.match(line)
        if found is None:
            found = self.slip.match(line)
            assert found is not None  # noqa: S101
            self.slipped = True
            if self.key_line.match(line.lstrip()):
                self.block.error(at, "E04", f"a key line begins in the first column, its {self.key_mark} first")
            else:
                wrong = found["marker"]
                self.block.error(at, "E04", f"`{wrong}` is no key: {self.key_words}")
        text, attributes = _split_attributes(found["text"] or "")
        self.choice = Choice(at, self.is_right(found["mark"]), [text])
        self.found.append(self.choice)
        for problem in _read_attributes(self.choice, attributes, self.attributes):
            self.block.error(at, *problem)
        self._refuse_stray_attributes(at, text)
        self.in_feedback = self.blank_above = self.stray_above = False

    def _read_feedback(self, at: int, text: str, *, unticked: bool = False) -> None:
        if self.choice is None:
            if not (self.stray_above and not self.blank_above):
                self.block.error(at, "E08", f"this feedback stands under no {self.what}")
            self.stray_above = True
        elif self.blank_above:
            if not self.stray_above:
                message = f"a blank line parts this feedback from its {self.what}: write it directly under the key line"
                self.block.error(at, "E08", message)
            self.stray_above = True
        else:
            (self.choice.unticked if unticked else self.choice.feedback).append(text)
            if unticked:
                self.choice.unticked_at = self.choice.unticked_at or at
            self.in_feedback = True
            self.stray_above = False
            return
        self.blank_above = False

    def _read_text(self, at: int, line: str, *, indented: bool) -> None:
        if self.choice is not None and not self.in_feedback and not self.stray_above and indented:
            self.choice.lines.append(line)
            self.blank_above = False
            if at not in self.block.fence_at:
                self._refuse_stray_attributes(at, line)
            return
        if not self.stray_above or self.blank_above:
            self.block.error(at, "E07", self._stray_message())
        self.stray_above = True
        self.blank_above = False

    def _check_texts(self) -> None:
        if len(self.found) < 2:
            self.block.error(0, "E05", f"a question has at least two {self.what}s, not {len(self.found)}")
        texts: dict[str, int] = {}
        for choice in self.found:
            number = self.block.number(choice.at)
            same = normalised(choice.text)
            if not same:
                self.block.error(choice.at, "E14", f"this {self.what} is empty")
            elif same in texts:
                self.block.error(choice.at, "E06", f"this {self.what} says the same as the one in line {texts[same]}")
            elif choice.id is None:
                choice.id = option_id(choice.text)
            texts.setdefault(same, number)

    def _check_ids(self) -> None:
        ids: dict[str, Choice] = {}
        for choice in self.found:
            if choice.id is not None and (first := ids.setdefault(choice.id, choice)) is not choice:
                self.block.error(
                    choice.at, "E03", f"the {self.what} id `{choice.id}` is that of line {self.block.number(first.at)}"
                )

    def _is_indented(self, line: str) -> bool:
        return line.startswith(("  ", "\t")) or bool(self.key_line.match(line))

    def _stray_message(self) -> str:
        if self.choice is not None and self.in_feedback:
            return "this text stands behind the feedback: begin the line with `>` or move it"
        return f"this text stands behind the key: indent it under its {self.what}, or move it above the {self.what}s"

    def _refuse_stray_attributes(self, at: int, text: str) -> None:
        if found := _STRAY_ATTRIBUTES.search(_CODE_SPAN.sub("", text)):
            self.block.error(
                at, "E01", f"`{found[0]}` would be shown: attributes stand in braces at the end of the key line"
            )


def _split_attributes(text: str) -> tuple[str, list[str]]:
    """The text of a key line and the attributes at its end. Braces without anything like an attribute are text."""
    found = _ATTRIBUTES.search(text)
    if found is None:
        return text.strip(), []
    words = found["inside"].split()
    if not any(word[0] in "#~" or word.startswith("w=") or nearest(word, ("fixed",)) for word in words):
        return text.strip(), []
    return text[: found.start()].strip(), words


def _read_attributes(choice: Choice, words: Iterable[str], allowed: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Set what the words say; yields code and message of each word that says nothing."""
    for word in words:
        if word.startswith(("#", "~", "w=", "fixed")) and not word.startswith(allowed):
            yield "E01", f"`{word}` says nothing here"
        elif word == "fixed":
            choice.fixed = True
        elif word.startswith("#"):
            if not OPTION_ID.fullmatch(word[1:]):
                yield "E03", f"the option id `{word}` is not `#` and 1 to 32 small letters, digits and hyphens"
            elif choice.id is not None:
                yield "E03", f"the option has two ids, `#{choice.id}` and `{word}`"
            else:
                choice.id = word[1:]
        elif word.startswith("~"):
            if not _MISCONCEPTION.fullmatch(word[1:]):
                yield "E01", f"the misconception `{word}` is not `~` and small letters, digits and hyphens"
            elif choice.right:
                yield "E01", f"a right option stands for no misconception: take `{word}` away"
            elif choice.misconception is not None:
                yield "E01", f"the option has two misconceptions, `~{choice.misconception}` and `{word}`"
            else:
                choice.misconception = word[1:]
        elif word.startswith("w="):
            found = _WEIGHT.fullmatch(word)
            if found is None:
                yield "E09", f"the weight `{word}` is not `w=` and a percentage from -100 to 100"
            elif choice.weight is not None:
                yield "E09", f"the option has two weights, `w={choice.weight:g}` and `{word}`"
            else:
                choice.weight = float(found["percent"])
        else:
            yield "E01", unknown("attribute", word, [name for name in allowed if name == "fixed"] or allowed)
