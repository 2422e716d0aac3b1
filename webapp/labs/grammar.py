"""How claims and bound numbers are written: a reader of texts, token by token. What it makes of them holds known names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webapp.labs.claims import (
    BYSTANDERS,
    COMPARISONS,
    METRICS,
    STATUS,
    Claim,
    ClaimError,
    Comparison,
    Setting,
    Sum,
    Term,
    Tree,
    terms,
)
from webapp.labs.lab import Lab, OutOfRange, UnknownChoice

LONGEST_CHARACTERS = 400
DEEPEST = 20
DIGITS = "0123456789"

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|([a-z][a-z0-9]*(?:[_-][a-z0-9]+)*)|(<=|>=|==|!=|[-+*/()<>,=.])|(\S))")


def read_claim(text: str, lab: Lab, *, line: int = 0) -> Claim:
    """Raises ClaimError."""
    reader = Reader(text)
    comparisons = [*reader.comparison(lab)]
    while reader.take("and"):
        comparisons += reader.comparison(lab)
    reader.end()
    claim = Claim(text, tuple(comparisons), line)
    if not claim.terms:
        raise ClaimError("a claim says something of a run, such as `wall(…) < 1`")
    return claim


class Reader:
    """Goes through the tokens of one text; every method takes what it reads, or raises ClaimError."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_CHARACTERS:
            raise ClaimError(f"a claim has {LONGEST_CHARACTERS} characters at the most")
        self.tokens = [next(filter(None, found.groups())) for found in _TOKEN.finditer(text.rstrip())]
        self.at = 0
        self.depth = 0
        self.fresh = False
        """Whether a parenthesis was just opened, so that no comma belongs before what comes next."""

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self, expected: str) -> str:
        token = self.peek()
        if not token:
            raise ClaimError(f"the text ends where {expected} belongs")
        self.at += 1
        return token

    def take(self, token: str) -> bool:
        found = self.peek() == token
        self.at += found
        return found

    def need(self, token: str) -> None:
        if not self.take(token):
            raise ClaimError(f"`{token}` belongs where {self._here()}")

    def end(self) -> None:
        if self.peek():
            raise ClaimError(f"nothing that is known begins where {self._here()}")

    def _here(self) -> str:
        return f"`{self.peek()}` stands" if self.peek() else "the text ends"

    def comparison(self, lab: Lab) -> Iterator[Comparison]:
        """`0.1 < max_hold(a) < 0.3` is two."""
        left = self.sum(lab)
        if self.peek() not in COMPARISONS:
            raise ClaimError(f"a claim compares: one of {' '.join(COMPARISONS)} belongs where {self._here()}")
        while self.peek() in COMPARISONS:
            sign, right = self.next("a comparison"), self.sum(lab)
            if sign in ("==", "!=") and any(term.unit != "count" for side in (left, right) for term in terms(side)):
                raise ClaimError(f"no two times are equal: `{sign}` is for counts, a time lies between two bounds")
            yield Comparison(sign, left, right)
            left = right

    def sum(self, lab: Lab) -> Tree:
        tree = self._product(lab)
        while self.peek() in ("+", "-"):
            tree = Sum(self.next("a sign"), tree, self._product(lab))
        return tree

    def _product(self, lab: Lab) -> Tree:
        tree = self._atom(lab)
        while self.peek() in ("*", "/"):
            tree = Sum(self.next("a sign"), tree, self._atom(lab))
        return tree

    def _atom(self, lab: Lab) -> Tree:
        if self.take("-"):
            return Sum("-", 0.0, self._atom(lab))
        if self.take("("):
            self.depth += 1
            if self.depth > DEEPEST:
                raise ClaimError("these parentheses are nested too deeply")
            tree = self.sum(lab)
            self.need(")")
            self.depth -= 1
            return tree
        token = self.next("a number or a metric")
        if token[0] in DIGITS:
            return float(token)
        metric = self.metric(token)
        self.need("(")
        return self.term(metric, self.next("a variant"), lab)

    def metric(self, token: str) -> str:
        if token not in METRICS:
            raise ClaimError(f"no metric `{token}`", name=token, known=tuple(METRICS))
        return token

    def term(self, metric: str, variant: str, lab: Lab, *, opened: bool = True) -> Term:
        """The rest of a term: what stands in its parentheses, up to the closing one."""
        if metric in BYSTANDERS and lab.bystander is None:
            raise ClaimError(f"`{metric}` is measured at a bystander, and the lab `{lab.id}` has none")
        status = self._status() if metric == STATUS else None
        requests, parameters = self._overrides()
        if opened:
            self.need(")")
        names = tuple(known.name for known in lab.variants)
        name = next((name for name in names if name.replace("-", "_") == variant.replace("-", "_")), variant)
        try:
            spec = lab.spec(name, requests=requests, parameters=parameters)
        except UnknownChoice as unknown:
            raise ClaimError(f"no {unknown.kind} `{unknown.name}`", name=unknown.name, known=unknown.known) from None
        except OutOfRange as refused:
            raise ClaimError(str(refused)) from None
        return Term(metric, Setting(name, spec.requests, tuple(sorted(spec.parameters.items()))), status)

    def _more(self) -> bool:
        """Whether one more thing stands in the parentheses."""
        fresh, self.fresh = self.fresh, False
        return self.peek() != ")" if fresh else self.take(",")

    def _status(self) -> int:
        if not self._more():
            raise ClaimError("`status` counts answers of one status: `status(variant, 504)`")
        token = self.next("a status")
        if not re.fullmatch(r"[1-5][0-9][0-9]", token):
            raise ClaimError(f"`{token}` is no status of HTTP")
        return int(token)

    def _overrides(self) -> tuple[str | None, dict[str, object]]:
        """`requests=60, delay=0.5`."""
        requests, parameters = None, dict[str, object]()
        while self._more():
            name = self.next("a name")
            self.need("=")
            value = self.next("a number")
            if name in parameters or (name == "requests" and requests is not None):
                raise ClaimError(f"`{name}` stands twice")
            if name == "requests":
                requests = value
            else:
                parameters[name] = value
        return requests, parameters
