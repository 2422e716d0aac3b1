"""How a question asks: W04, W11 and W14.

W04 and W14 are Haladyna, Downing and Rodriguez (2002), A review of multiple-choice item-writing guidelines: word the stem
positively, emphasise a negative that has to stay, avoid window dressing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quiz.items import Item
from quiz.kinds import Kind
from quiz.lint.remarks import Remark, sentences, words

MOST_WORDS = 120

_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_REASON = re.compile(r"\s*(?:and |but |so |then )?(?:why|how|what for)\b", re.IGNORECASE)
_EMPHASISED = re.compile(r"(\*{1,3}|_{1,3})(?=\S)[^*_]+?(?<=\S)\1")
_NEGATIVE = re.compile(r"\b(not|except|cannot|[a-z]+n['’]t)\b")
_ONE_OR_MORE = re.compile(r"\b(?:one or (?:more|several)|at least one|any number|possibly one)\b", re.IGNORECASE)


def unmarked_negative(item: Item) -> Iterator[Remark]:
    """W04, of what is asked: the last sentence with a question mark, else the last one.

    Why something is not so is asked of the whole sentence, and nobody overlooks it.
    """
    if item.given != "chosen":
        return
    said = _SENTENCE_END.split(sentences(item.stem).strip())
    asked = next((one for one in reversed(said) if one.endswith("?")), said[-1])
    # In capitals it is emphasised as well: the pattern takes small letters alone.
    if not _REASON.match(asked) and (found := _NEGATIVE.search(_EMPHASISED.sub(" ", asked))):
        word = found[1]
        yield Remark(item.line, f"`{word}` turns the question round: ask for what is so, or write `*{word}*`")


def one_of_several(item: Item) -> Iterator[Remark]:
    """W11: where several may be ticked, learners look for the second."""
    if item.kind is Kind.MULTI and len(item.key) == 1 and not _ONE_OR_MORE.search(f"{item.stem}\n{item.body}"):
        yield Remark(item.line, "one option of a `type: multi` is right: make it a `single`, or ask for *one or more*")


def too_long(item: Item) -> Iterator[Remark]:
    """W14. Code does not count."""
    count = len(words(item.stem)) + len(words(item.body))
    if count > MOST_WORDS:
        yield Remark(
            item.line, f"the question has {count} words, and {MOST_WORDS} are much: leave out what is not needed"
        )
