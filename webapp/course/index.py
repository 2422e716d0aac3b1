"""Finds passages of a course by words: an inverted index, made once when the course is loaded, and a ranking. Pure.

BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over weighted fields: a word counts more in a title
than in a text, and more where it is rare. The last word may be unfinished, a final s is forgiven. Passages with every
word win over passages with some; words that stand side by side, as they were asked for, win over the same words apart.

It is ours and not SQLite's FTS5: this is a frozen value that any thread may read, it is never out of step with the course, it takes
identifiers apart and it knows near words. Measured, it is as quick as FTS5 on a course of one lesson and takes 2.5 times as long on
thirty, some milliseconds; what an edit left alone is not read again.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import nlargest

from webapp.course.passages import Kind, Passage
from webapp.course.words import Word, words

LONGEST_QUERY = 100
"""Characters; what is longer is cut."""
MOST_WORDS = 12
"""Of a query; more of them are ignored."""
MOST_NEAR = 12
"""Words that share most with a misspelt one and are compared letter by letter."""
CLOSE_ENOUGH = 0.7
REMEMBERED = 20_000
"""Passages, and words, whose reading is kept for the next edit of the course."""

SATURATION, LENGTH = 1.2, 0.6
"""BM25's k1 and b: how soon more of a word stops counting, and how much a long text is held back."""
BESIDES = 0.6
"""What the whole of an identifier, or a hump of it, counts beside its parts."""
UNFINISHED, FORGIVEN = 0.6, 0.85
"""What a match counts that only begins so, or that differs in a final s."""
IN_LESSON = 0.3
"""What a word counts that the passage lacks and the title of its lesson has. It finds nothing by itself."""
SIDE_BY_SIDE, SAME_TITLE = 1.5, 2.0
TITLES: Mapping[Kind, float] = {Kind.QUESTION: 1.5}
"""What a word in a title counts, against 1 in a text: a stem is long for a title."""
TITLE = 5.0
KINDS: Mapping[Kind, float] = {Kind.TERM: 1.2, Kind.PAGE: 1.1, Kind.PROGRAM: 0.9, Kind.QUESTION: 0.8}


@dataclass(frozen=True, slots=True)
class Found:
    passages: tuple[Passage, ...] = ()
    """The best first."""
    total: int = 0
    words: tuple[frozenset[str], ...] = ()
    """For each word of the query, the words of the course that it stands for."""
    is_partial: bool = False
    """No passage has all the words; these have some of them."""
    near: str | None = None
    """A query of words that the course has, where this one has others."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A word of a query: the words of the course that it stands for, each with what it counts."""

    matches: Mapping[str, float]
    rarity: float
    counts: Mapping[int, float]
    """Of each passage that has it, by number."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A passage as the index keeps it."""

    counts: Mapping[str, float]
    title: str
    text: str
    """As words with one space around each."""
    lesson: frozenset[str]
    length: int


@dataclass(frozen=True, slots=True)
class Index:
    passages: tuple[Passage, ...]
    _read: tuple[_Read, ...] = field(repr=False)
    _holders: Mapping[str, tuple[int, ...]] = field(repr=False)
    """By word: the passages that have it, by number."""
    _vocabulary: tuple[str, ...] = field(repr=False)
    _grams: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Words by the pairs of letters in them."""
    _mean: float
    """Length of a passage, in words."""

    @classmethod
    def of(cls, passages: Iterable[Passage]) -> Index:
        kept = tuple(passages)
        read = tuple(map(_read, kept))
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(read):
            for word in one.counts:
                holders[word].append(number)
            for word in one.lesson:
                holders.setdefault(word, [])  # known, though no passage of its own may hold it
        grams: defaultdict[str, list[str]] = defaultdict(list)
        for word in holders:
            for gram in _grams(word):
                grams[gram].append(word)
        return cls(
            kept,
            read,
            {word: tuple(numbers) for word, numbers in holders.items()},
            tuple(sorted(holders)),
            {gram: tuple(known) for gram, known in grams.items()},
            max(1.0, sum(one.length for one in read) / max(1, len(read))),
        )

    def search(self, query: str, *, most: int) -> Found:
        """The `most` best passages for a query of any length: what goes beyond the bounds is ignored."""
        query = query[:LONGEST_QUERY]
        read = tuple(words(query))
        needed = [word for word in read if not word.besides][:MOST_WORDS]
        if not needed:
            return Found()
        asked = [self._ask(word.text, unfinished=word is needed[-1]) for word in needed]
        wholes = [self._ask(word.text, unfinished=False) for word in read if word.besides][:MOST_WORDS]
        has = self._has(asked)
        full = [number for number, count in has.items() if count == len(asked)]
        numbers = full or list(has)
        run = [word.text for word in needed]

        def weight(number: int) -> tuple[int, float, int]:
            return has[number], self._weigh(number, asked, wholes, run), -number

        return Found(
            passages=tuple(self.passages[number] for number in nlargest(most, numbers, key=weight)),
            total=len(numbers),
            words=tuple(frozenset(one.matches) for one in (*asked, *wholes)),
            is_partial=bool(numbers) and not full,
            near=None if full else self._near(query, needed, asked),
        )

    def _ask(self, text: str, *, unfinished: bool) -> _Asked:
        matches: dict[str, float] = {}
        if unfinished:
            matches.update((other, UNFINISHED) for other in self._beginning_with(text))
        matches.update((other, FORGIVEN) for other in _forgiven(text) if other in self._holders)
        if text in self._holders:
            matches[text] = 1.0
        counts: dict[int, float] = {}
        for other, weight in matches.items():
            for number in self._holders[other]:
                counts[number] = max(counts.get(number, 0.0), weight * self._read[number].counts[other])
        rarity = math.log(1 + (len(self.passages) - len(counts) + 0.5) / (len(counts) + 0.5))
        return _Asked(matches, rarity, counts)

    def _beginning_with(self, text: str) -> Iterator[str]:
        for at in range(bisect_left(self._vocabulary, text), len(self._vocabulary)):
            if not self._vocabulary[at].startswith(text):
                return
            yield self._vocabulary[at]

    def _has(self, asked: Sequence[_Asked]) -> Counter[int]:
        """By passage that has one of the words: how many it has, those of its lesson's title included."""
        has: Counter[int] = Counter()
        for one in asked:
            has.update(one.counts.keys())
        for number in has:
            has[number] += sum(
                number not in one.counts and not self._read[number].lesson.isdisjoint(one.matches) for one in asked
            )
        return has

    def _weigh(self, number: int, asked: Sequence[_Asked], wholes: Sequence[_Asked], run: Sequence[str]) -> float:
        passage, read = self.passages[number], self._read[number]
        damping = SATURATION * (1 - LENGTH + LENGTH * read.length / self._mean)
        score = 0.0
        for one in (*asked, *wholes):
            count = one.counts.get(number, 0.0)
            if not count and not read.lesson.isdisjoint(one.matches):
                count = IN_LESSON
            score += one.rarity * count * (SATURATION + 1) / (count + damping)
        together = f" {' '.join(run)}"
        if together in read.title or together in read.text:
            score *= SIDE_BY_SIDE
        title = read.title.split()
        if len(title) == len(asked) and all(
            one.matches.get(word, 0.0) > UNFINISHED for word, one in zip(title, asked, strict=True)
        ):
            score *= SAME_TITLE
        return score * KINDS.get(passage.kind, 1.0)

    def _near(self, query: str, needed: Sequence[Word], asked: Sequence[_Asked]) -> str | None:
        """The query with every word that the course does not have replaced by the nearest that it has."""
        changed, at = [], 0
        for word, one in zip(needed, asked, strict=True):
            if one.matches:
                continue
            close = self._nearest(word.text)
            if close is None:
                return None
            changed += [query[at : word.start], close]
            at = word.end
        return "".join([*changed, query[at:]]) if changed else None

    def _nearest(self, text: str) -> str | None:
        shared: Counter[str] = Counter()
        for gram in _grams(text):
            shared.update(self._grams.get(gram, ()))
        size = len(text) + 1
        likely = nlargest(MOST_NEAR, shared, key=lambda word: (2 * shared[word] / (size + len(word) + 1), word))
        compared = [(SequenceMatcher(None, text, word, autojunk=False).ratio(), word) for word in likely]
        ratio, word = max(compared, default=(0.0, ""))
        return word if ratio >= CLOSE_ENOUGH else None


@lru_cache(REMEMBERED)
def _read(passage: Passage) -> _Read:
    """Remembered, so that an edit of the course costs the edited passages alone."""
    title, text = tuple(words(passage.title)), tuple(words(passage.text))
    counts: defaultdict[str, float] = defaultdict(float)
    for weight, found in ((TITLES.get(passage.kind, TITLE), title), (1.0, text)):
        for word in found:
            counts[word.text] += weight * (BESIDES if word.besides else 1)
    lesson = frozenset(word.text for word in words(passage.lesson))
    return _Read(dict(counts), _run(title), _run(text), lesson, len(title) + len(text))


def _run(found: Iterable[Word]) -> str:
    return "".join(f" {word.text}" for word in found if not word.besides) + " "


def _forgiven(text: str) -> tuple[str, ...]:
    if len(text) < 3:
        return ()
    return (text[:-1],) if text.endswith("s") else (f"{text}s",)


@lru_cache(REMEMBERED)
def _grams(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[at : at + 2] for at in range(len(padded) - 1))
