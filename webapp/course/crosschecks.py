"""What only the whole course knows: whether ids are unique, and whether the names that lessons use exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from quiz.items import Item
from webapp.course.declarations import FigureDeclaration, LabDeclaration
from webapp.course.drafts import Draft
from webapp.course.manifest import Manifest
from webapp.course.manuscript import Manuscript
from webapp.course.predicted import check_prediction
from webapp.course.report import Report, meant
from webapp.course.stack import Layer


def check_ids(drafts: Iterable[Draft], layers: Iterable[Layer]) -> None:
    """Items, labs and figures share one set of names: they are anchors of one page, and stored rows name them, those of a retired
    id too."""
    retired = {
        name: f"{layer.report.path}:{line}"
        for layer in layers
        for name, line in (layer.manifest.retired if layer.manifest else {}).items()
    }
    taken: dict[str, tuple[str, int]] = {}
    for draft in drafts:
        for name, line in _ids(draft.manuscript):
            if name in retired:
                draft.report.add(line, "E03", f"the id `{name}` is retired, take another one: {retired[name]}")
            if name in taken:
                path, first = taken[name]
                draft.report.add(line, "E03", f"the id `{name}` is taken: {path}:{first}")
            else:
                taken[name] = (draft.report.path, line)


def old_slugs(drafts: Sequence[Draft]) -> dict[str, str]:
    """The present slug by each old one (`was`)."""
    slugs = {draft.slug for draft in drafts}
    was: dict[str, str] = {}
    for draft in drafts:
        for line, old in draft.manuscript.front.was:
            if old in slugs:
                draft.report.add(line, "E21", f"`{old}` is the slug of a lesson, so it is no old name")
            elif old in was:
                draft.report.add(line, "E21", f"`{old}` is an old name of the lesson `{was[old]}` already")
            else:
                was[old] = draft.slug
    return was


def check_names(manifest: Manifest, drafts: Iterable[Draft], layers: Iterable[Layer]) -> None:
    """Cures, skills, misconceptions, and the labs and variants of figures. `manifest` is what the layers say together."""
    for layer in layers:
        _check_cures(layer, manifest)
    for draft in drafts:
        for item in draft.manuscript.items:
            _check_item(item, manifest, draft.report)
            if item.measured and draft.manuscript.labs_are_known:
                check_prediction(item.measured, item.line, draft.manuscript.labs, draft.report)
        if draft.manuscript.labs_are_known:
            for figure in draft.manuscript.figures:
                _check_figure(figure, draft.manuscript, draft.report)


def _check_cures(layer: Layer, manifest: Manifest) -> None:
    """A misconception that is said again further up counts there alone."""
    for misconception in layer.manifest.misconceptions.values() if layer.manifest else ():
        cure = misconception.cure
        if cure and cure not in manifest.slugs and manifest.misconceptions[misconception.id] is misconception:
            pattern = re.compile(rf"""\s*cure\s*=\s*["']{re.escape(cure)}["']""")
            lines = layer.manifest.lines if layer.manifest else ()
            line = next((number for number, text in enumerate(lines, 1) if pattern.match(text)), 1)
            layer.report.add(line, "E21", f"no lesson `{cure}`: {meant(cure, manifest.slugs)}")


def _ids(manuscript: Manuscript) -> list[tuple[str, int]]:
    found = []
    for part in manuscript.parts:
        if isinstance(part, Item):
            found.append((part.id, part.line))
        elif isinstance(part, LabDeclaration | FigureDeclaration) and part.id:
            found.append((part.id, part.id_line))
    return found


def _check_item(item: Item, manifest: Manifest, report: Report) -> None:
    for skill in item.skills:
        if skill not in manifest.skills:
            hint = meant(skill, manifest.skills)
            report.add(item.skills_line or item.line, "E13", f"no skill `{skill}` in course.toml: {hint}")
    named = [(one.misconception, one.line) for one in item.offered]
    named += [(model.misconception, model.line) for model in (item.measured.models if item.measured else ())]
    for name, line in named:
        if name and name not in manifest.misconceptions:
            hint = meant(name, manifest.misconceptions)
            report.add(line or item.line, "E25", f"no misconception `{name}` in course.toml: {hint}")


def _check_figure(declared: FigureDeclaration, manuscript: Manuscript, report: Report) -> None:
    labs = {lab.id: lab for lab in manuscript.labs}
    name = declared.figure.lab
    if not name:
        return
    if name not in labs:
        report.add(declared.lab_line, "E01", f"no lab `{name}` in this lesson: {meant(name, labs)}")
        return
    variants = [variant.name for variant in labs[name].variants]
    for option in ("variant", "beside"):
        variant = declared.figure.options.get(option)
        if variant and variant not in variants:
            line = declared.option_lines[option]
            report.add(line, "E01", f"no variant `{variant}` of the lab `{name}`: {meant(variant, variants)}")
