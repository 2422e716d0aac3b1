"""Answers that may be written, as regular expressions of XML Schema, which is what QTI's `patternMatch` takes.

QTI's `stringMatch` compares character by character. Our texts are compared stripped, with runs of spaces as one, and without case
unless the item says so; so a literal becomes an expression that takes just these. That dialect has no flags, no anchors (the whole
text is matched always) and no groups that do not capture: letters stand as classes of their cases, anchors at the ends go, groups
lose their names. What has no counterpart raises Untranslatable. Three liberties of ours are beyond an expression: a text composed
in a way that only NFC brings together, `ß` for a literal `ss`, and too many spaces where an expression takes any character.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from quiz import outputs, texts
from quiz.interchange.elements import is_storable

ANY_SPACES = r"[\s\p{Z}]*"
SPACES = r"[\s\p{Z}]+"
LINE_END = r"[ \t\p{Z}]*(\r\n|\n|\r)"

_SPECIAL = frozenset("\\|.?*+(){}[]^-")
_CLASSES: Mapping[str, str] = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\r "}
_CONTROLS: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r"}
_QUANTIFIER = re.compile(r"(?P<times>[*+?]|\{\d+(?:,\d*)?\})\??")
_GROUP = re.compile(r"\((?:\?(?::|P?<\w+>))?")
_CATEGORY = re.compile(r"[pP](?:([LMNPSZC])|\{([LMNPSZC][a-z]?)\})")
_HEXADECIMAL = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})")
_MOST_IN_A_RANGE = 512
LAST_WITH_CASE = 0x1FFFF
"""No letter has a case beyond the second plane."""


class Untranslatable(ValueError):
    """What of an answer has no counterpart: the end of a sentence."""


def of_text(notation: str, *, case: bool) -> str:
    """Of a literal in quotes or a regular expression between slashes. Raises Untranslatable."""
    if not is_storable(notation):
        raise Untranslatable("a character that XML cannot hold")
    if texts.is_literal(notation):
        inside = "".join(SPACES if one == " " else _letter(one, case) for one in texts.cleaned(notation[1:-1]))
    else:
        inside = _Expression(unicodedata.normalize("NFC", notation[1:-1]), case).read()
    return f"{ANY_SPACES}({inside}){ANY_SPACES}"


def of_output(printed: str) -> str:
    """Raises Untranslatable."""
    if not is_storable(printed):
        raise Untranslatable("a character that XML cannot hold")
    lines = outputs.cleaned(printed).split("\n")
    return LINE_END.join("".join(map(_literal, line)) for line in lines) + ANY_SPACES


class _Expression:
    """Goes once through an expression of RE2's and writes it anew."""

    def __init__(self, source: str, case: bool) -> None:
        self.source = source
        self.case = case
        self.at = 0
        self.depth = 0

    def read(self) -> str:
        written = self._branches()
        if self.at < len(self.source):
            raise Untranslatable("a parenthesis that closes nothing")
        return written

    def _branches(self) -> str:
        branches = [""]
        while self.at < len(self.source) and self.source[self.at] != ")":
            if self._taken("|"):
                branches.append("")
            else:
                branches[-1] += self._piece(is_first=not branches[-1])
        return "|".join(branches)

    def _piece(self, *, is_first: bool) -> str:
        if self._is_anchor(is_first=is_first):
            self.at += 1
            return ""
        atom = self._atom()
        found = _QUANTIFIER.match(self.source, self.at)
        if found is None:
            return atom
        self.at = found.end()
        return (atom if _is_one(atom) else f"({atom})") + found["times"]

    def _is_anchor(self, *, is_first: bool) -> bool:
        mark = self.source[self.at]
        if mark not in "^$":
            return False
        behind = self.source[self.at + 1 : self.at + 2]
        if self.depth or not (is_first if mark == "^" else behind in ("", "|")):
            raise Untranslatable(f"an anchor, `{mark}`, inside an expression")
        return True

    def _atom(self) -> str:
        mark = self.source[self.at]
        if mark == "(":
            return self._group()
        if mark == "[":
            return self._class()
        self.at += 1
        if mark == "\\":
            return self._escape()
        if mark == ".":
            return mark
        return SPACES if mark == " " else _letter(mark, self.case)

    def _group(self) -> str:
        found = _GROUP.match(self.source, self.at)
        assert found is not None  # noqa: S101  # it begins with a parenthesis
        self.at = found.end()
        if self.source.startswith("?", self.at):
            raise Untranslatable("flags inside an expression")
        self.depth += 1
        inside = self._branches()
        self.depth -= 1
        if not self._taken(")"):
            raise Untranslatable("a parenthesis that is not closed")
        return f"({inside})"

    def _escape(self) -> str:
        """Outside of a class; the backslash is behind us."""
        mark = self.source[self.at : self.at + 1]
        if mark.lower() in _CLASSES:
            self.at += 1
            return f"[{'^' if mark.isupper() else ''}{_CLASSES[mark.lower()]}]"
        if found := _CATEGORY.match(self.source, self.at):
            self.at = found.end()
            return f"\\{found[0][0]}{{{found[1] or found[2]}}}"
        return _letter(self._escaped(), self.case)

    def _escaped(self) -> str:
        """The one character that an escape stands for."""
        mark = self.source[self.at : self.at + 1]
        if found := _HEXADECIMAL.match(self.source, self.at):
            self.at = found.end()
            one = chr(int(found[1] or found[2], 16))
            if not is_storable(one):
                raise Untranslatable("a character that XML cannot hold")
            return one
        if mark.isalnum() and mark not in _CONTROLS or not mark:
            raise Untranslatable(f"`\\{mark}`")
        self.at += 1
        return _CONTROLS.get(mark, mark)

    def _class(self) -> str:
        self.at += 1
        negated = self._taken("^")
        written, first = "", True
        while first or not self._taken("]"):
            if self.at >= len(self.source):
                raise Untranslatable("a class that is not closed")
            written += self._member()
            first = False
        return f"[{'^' if negated else ''}{written}]"

    def _member(self) -> str:
        if self.source.startswith("[:", self.at):
            raise Untranslatable("a class with a name, as in `[:alpha:]`")
        low = self._class_character()
        if len(low) > 1:
            return low
        if self.source[self.at : self.at + 1] != "-" or self.source[self.at + 1 : self.at + 2] in ("]", ""):
            return _members(low, low, self.case)
        self.at += 1
        high = self._class_character()
        if len(high) > 1 or high < low:
            raise Untranslatable("a range without an end")
        return _members(low, high, self.case)

    def _class_character(self) -> str:
        """One character, or what a class of its own stands for."""
        mark = self.source[self.at]
        self.at += 1
        if mark != "\\":
            return mark
        name = self.source[self.at : self.at + 1]
        if name in _CLASSES:
            self.at += 1
            return _CLASSES[name]
        if found := _CATEGORY.match(self.source, self.at):
            self.at = found.end()
            return f"\\{found[0][0]}{{{found[1] or found[2]}}}"
        return self._escaped()

    def _taken(self, mark: str) -> bool:
        if not self.source.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True


def _is_one(atom: str) -> bool:
    """Whether a quantifier behind it means all of it."""
    return len(atom) == 1 or atom[0] in "([" and atom[-1] in ")]" or (atom[0] == "\\" and atom[-1] != "]")


def _members(low: str, high: str, case: bool) -> str:
    """A range of a class, with the other cases of its letters beside it."""
    written = _in_class(low) + ("" if low == high else f"-{_in_class(high)}")
    if case:
        return written
    if ord(high) - ord(low) > _MOST_IN_A_RANGE:
        raise Untranslatable("a long range of letters without case")
    inside = {chr(code) for code in range(ord(low), ord(high) + 1)}
    others = {other for one in inside for other in _single_forms(one)} - inside
    return written + "".join(map(_in_class, sorted(others)))


def _letter(one: str, case: bool) -> str:
    """A character, with its other cases where they do not count, and as it may be composed."""
    forms = {one} if case else {one, *_single_forms(one)}
    composed = sorted({unicodedata.normalize("NFD", form) for form in forms} - forms)
    folded = one.casefold()
    parts = [f"[{''.join(map(_in_class, sorted(forms)))}]" if len(forms) > 1 else _literal(one)]
    parts += ["".join(map(_literal, form)) for form in composed]
    if not case and len(folded) > 1:
        parts.append("".join(_letter(part, case) for part in folded))
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


def _single_forms(one: str) -> tuple[str, ...]:
    return _foldings().get(one.casefold(), (one,))


@cache
def _foldings() -> Mapping[str, tuple[str, ...]]:
    """Characters by what they are without case, where there are several."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in range(LAST_WITH_CASE + 1):
        found[chr(code).casefold()].append(chr(code))
    return {folded: tuple(forms) for folded, forms in found.items() if len(forms) > 1}


def _literal(one: str) -> str:
    if one == "$":
        return "[$]"  # a plain character there, the end of the text in other dialects
    return {"\n": r"\n", "\t": r"\t", "\r": r"\r"}.get(one, f"\\{one}" if one in _SPECIAL else one)


def _in_class(one: str) -> str:
    return {"\n": r"\n", "\t": r"\t", "\r": r"\r"}.get(one, f"\\{one}" if one in "\\[]^-" else one)
