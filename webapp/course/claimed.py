"""The claims of a lab as their author wrote them, and what is wrong with one in words."""

from __future__ import annotations

from webapp.course.report import Report, meant
from webapp.labs.claims import Claim, ClaimError
from webapp.labs.grammar import read_claim
from webapp.labs.lab import Lab


def claims_of(texts: tuple[tuple[int, str], ...], lab: Lab, report: Report) -> tuple[Claim, ...]:
    found = []
    for line, text in texts:
        try:
            found.append(read_claim(text, lab, line=line))
        except ClaimError as error:
            report.add(line, "E40", explained(error))
    return tuple(found)


def explained(error: ClaimError) -> str:
    """What is wrong with a claim or a bound number, with the nearest right name where a name is the reason."""
    return f"{error}: {meant(error.name, error.known)}" if error.name else str(error)
