"""Folders of lessons that lie over each other, the author's own over a shipped one, read as one course. An upgrade of the lower
folder never touches what is in the upper one.

The first folder is the top. A lesson's folder hides the one of the same name below it, whole: no file of two is mixed. The
course.toml of every folder counts: `id`, `title`, `summary`, `lang` and `certainty` are those of the topmost that has them;
retired ids, skills, misconceptions, terms, quizzes and waivers are joined, the upper one of a name wins; a part with the title of
one below goes on with it, every other part comes after those below, and a lesson that is listed twice stands where the upper folder
lists it. One folder is what it always was: there every key that a course needs has to be in its own course.toml.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.course.course import Part
from webapp.course.drafts import LESSON_FILE, ReportOf
from webapp.course.files import read_lines
from webapp.course.glossary import Entry
from webapp.course.links import SLUG
from webapp.course.manifest import REQUIRED, Manifest, read_manifest
from webapp.course.report import Report

COURSE_FILE = "course.toml"

Folders = Path | Sequence[Path]
"""One folder, or several, the top one first."""


def folders_of(given: Folders) -> tuple[Path, ...]:
    return (given,) if isinstance(given, Path) else tuple(given)


def place_of(folders: Iterable[Path], slug: str) -> Path:
    """The folder of a lesson: in the topmost folder that has anything of that name, else where it would be looked for first."""
    places = [folder / slug for folder in folders]
    return next((place for place in places if os.path.lexists(place)), places[0])


def lesson_folders(folders: Sequence[Path]) -> dict[str, Path]:
    """The folders that hold a lesson, by name, without those that one above hides; links are not followed."""
    names = {
        entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir() if SLUG.fullmatch(entry.name)
    }
    places = {name: place_of(folders, name) for name in sorted(names)}
    return {name: place for name, place in places.items() if not place.is_symlink() and (place / LESSON_FILE).exists()}


def read_stack(folders: Sequence[Path], report_of: ReportOf) -> Stack:
    return Stack([_layer(folder, report_of(folder / COURSE_FILE), whole=len(folders) == 1) for folder in folders])


def _layer(folder: Path, report: Report, *, whole: bool) -> Layer:
    if not folder.is_dir():
        report.add(1, "E22", f"there is no folder {folder}")
        return Layer(folder, None, report)
    lines = read_lines(folder / COURSE_FILE, report)
    return Layer(folder, None if lines is None else read_manifest(lines, report, whole=whole), report)


@dataclass(frozen=True, slots=True)
class Layer:
    """One folder's course.toml as it was read; `report` has what is wrong in it."""

    folder: Path
    manifest: Manifest | None
    report: Report


class Stack:
    """The layers, the top one first, and what they say together."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        """Tells the top layer's report what no layer has."""
        self.layers = tuple(layers)
        read = [layer.manifest for layer in layers if layer.manifest]
        self.manifest = _joined(read) if len(read) == len(layers) else None
        """None where one of them is not readable: what it would have said is unknown."""
        if self.manifest and len(layers) > 1:
            self._tell_missing(self.manifest)

    def listing(self, slug: str) -> tuple[Report, int]:
        """Where a lesson is listed: of the layers that do, the one that counts."""
        for layer in self.layers:
            if layer.manifest and slug in layer.manifest.slugs:
                return layer.report, layer.manifest.line_of(slug)
        return self.layers[0].report, 1

    def summary(self) -> tuple[str, Report, int] | None:
        """The course's summary with its place."""
        for layer in self.layers:
            if layer.manifest and layer.manifest.summary:
                return layer.manifest.summary, layer.report, layer.manifest.summary_line
        return None

    def terms(self) -> list[tuple[tuple[Entry, ...], Report]]:
        """The glossary's entries by the layer that has them, without those that are said again further up."""
        found: list[tuple[tuple[Entry, ...], Report]] = []
        taken: set[str] = set()
        for layer in self.layers:
            entries = (
                tuple(entry for entry in layer.manifest.glossary if entry.id not in taken) if layer.manifest else ()
            )
            taken.update(entry.id for entry in entries)
            found.append((entries, layer.report))
        return found

    def _tell_missing(self, manifest: Manifest) -> None:
        report = self.layers[0].report
        for key in REQUIRED:
            if key not in manifest.given:
                report.add(1, "E21", f"neither this course.toml nor one below it has `{key}`")
        if "parts" not in manifest.given:
            report.add(1, "E21", "neither this course.toml nor one below it has a part: `[[parts]]`")


def _joined(manifests: Sequence[Manifest]) -> Manifest:
    """What several manifests say together, the first over the others."""
    if len(manifests) == 1:
        return manifests[0]
    upwards = manifests[::-1]

    def topmost(values: Iterable[str]) -> str:
        return next(filter(None, values), "")

    return Manifest(
        id=topmost(one.id for one in manifests),
        title=topmost(one.title for one in manifests),
        summary=topmost(one.summary for one in manifests),
        lang=topmost(one.lang for one in manifests),
        certainty=next((one.certainty for one in manifests if one.certainty is not None), None),
        retired={name: line for one in upwards for name, line in one.retired.items()},
        parts=_joined_parts(upwards),
        skills={name: text for one in upwards for name, text in one.skills.items()},
        misconceptions={name: known for one in upwards for name, known in one.misconceptions.items()},
        waivers={code: reason for one in upwards for code, reason in one.waivers.items()},
        quizzes=tuple({quiz.slug: quiz for one in upwards for quiz in one.quizzes}.values()),
        own=tuple({own.lesson: own for one in upwards for own in one.own}.values()),
        given=frozenset().union(*(one.given for one in manifests)),
    )


def _joined_parts(upwards: Iterable[Manifest]) -> tuple[Part, ...]:
    parts: dict[str, list[str]] = {}
    for manifest in upwards:
        anew = set(manifest.slugs)
        for title, slugs in parts.items():
            parts[title] = [slug for slug in slugs if slug not in anew]
        for part in manifest.parts:
            parts.setdefault(part.title, []).extend(part.lessons)
    return tuple(Part(title, tuple(slugs)) for title, slugs in parts.items() if slugs)
