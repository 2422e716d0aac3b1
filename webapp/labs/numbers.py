"""Bound numbers: what stands between `{{` and `}}` in a lesson's prose, and the measured value that it means. Pure.

report.holds.wall                                   a lab, a variant, a metric (those of `claims`), at the lab's defaults
report.holds.wall(requests=1)                       with other numbers
own-server.over-http.status(504)
ratio report.holds.wall / report.frees.wall         how many times
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webapp.labs.claims import ClaimError, Term, Unit
from webapp.labs.grammar import Reader
from webapp.labs.lab import Lab

RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Spread:
    """The lowest, middle and highest of some repeats. Seconds and counts."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Bound:
    """A term of a lab, or the ratio of two."""

    terms: tuple[tuple[str, Term], ...]
    """Each with its lab's id: one, or two that are divided."""

    @property
    def unit(self) -> Unit | None:
        """None: it is a ratio."""
        return self.terms[0][1].unit if len(self.terms) == 1 else None

    def value(self, known: Callable[[str, Term], Spread | None]) -> Spread | None:
        """None where a term was not measured, or is divided by nothing."""
        spreads = [known(lab, term) for lab, term in self.terms]
        first, last = spreads[0], spreads[-1]
        if first is None or last is None or len(spreads) == 1:
            return first
        if last.low <= 0:
            return None
        return Spread(first.low / last.high, first.median / last.median, first.high / last.low)


def read_number(text: str, labs: Sequence[Lab]) -> Bound:
    """Raises ClaimError."""
    reader = Reader(text)
    is_ratio = reader.take(RATIO)
    terms = [_term(reader, labs)]
    if is_ratio:
        reader.need("/")
        terms.append(_term(reader, labs))
        if len({term.unit for _, term in terms}) > 1:
            raise ClaimError("a ratio has two metrics of one unit")
    reader.end()
    return Bound(tuple(terms))


def _term(reader: Reader, labs: Sequence[Lab]) -> tuple[str, Term]:
    name = reader.next("a lab")
    lab = next((lab for lab in labs if lab.id == name), None)
    if lab is None:
        raise ClaimError(f"no lab `{name}` in this lesson", name=name, known=tuple(lab.id for lab in labs))
    reader.need(".")
    variant = reader.next("a variant")
    reader.need(".")
    metric = reader.metric(reader.next("a metric"))
    reader.fresh = reader.take("(")
    return lab.id, reader.term(metric, variant, lab, opened=reader.fresh)
