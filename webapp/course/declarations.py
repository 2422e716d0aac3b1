"""What the blocks of a lesson declare, before any program has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from webapp.course.course import Figure
from webapp.labs.claims import Claim
from webapp.labs.lab import Lab, Variant


@dataclass(frozen=True, slots=True)
class VariantDeclaration:
    """A variant whose program has not been read yet, with the lines of its options."""

    name: str
    label: str
    file: str
    request: str
    decisive: str | None
    file_line: int
    decisive_line: int
    one_after_another: bool


@dataclass(frozen=True, slots=True)
class LabDeclaration:
    """A lab whose programs have not been read yet.

    After an error it holds what could be read, so that more errors can be found; a course is never made of it.
    """

    id: str
    """Empty where the author wrote none."""
    id_line: int
    lab: Lab
    """With no variants."""
    variants: tuple[VariantDeclaration, ...]
    claims: tuple[Claim, ...] = ()

    def with_programs(self, variants: tuple[Variant, ...]) -> Lab:
        return replace(self.lab, variants=variants)

    @property
    def outline(self) -> Lab:
        """The lab with all its variants, and nothing in their programs."""
        return self.with_programs(
            tuple(Variant(variant.name, variant.label, variant.file, "", variant.request) for variant in self.variants)
        )


@dataclass(frozen=True, slots=True)
class FigureDeclaration:
    id: str
    id_line: int
    lab_line: int
    figure: Figure
    option_lines: Mapping[str, int]
