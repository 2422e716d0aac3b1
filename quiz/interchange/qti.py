"""A course as a QTI 2.1 content package: a zip with one file an item, one an assessment test for each quiz, images and a manifest.

The same course makes the same bytes: nothing in the package knows the time, and nothing is compressed, because what zlib makes of a
text differs from one version to the next. What an item has that QTI cannot carry is told by `carries`; an item of which no QTI
engine could decide the score is left out whole, with its reason.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from quiz.interchange.carries import Carried, Feature, cell
from quiz.interchange.elements import element, laid_out
from quiz.interchange.patterns import Untranslatable
from quiz.interchange.qti_items import INSTANCE, NAMESPACE, SCHEMA, TOOL, Texts, item_xml, root_attributes
from quiz.interchange.qti_responses import SCORE
from quiz.items import Item

PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
PACKAGING_SCHEMA = "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd"
MANIFEST = "imsmanifest.xml"
WEIGHT = "POINTS"
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9_.-]")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can tell."""


@dataclass(frozen=True, slots=True)
class Quiz:
    id: str
    title: str
    items: tuple[Item, ...]
    single: bool = False
    """Whether each item has one try, whatever it allows."""
    submits: bool = False
    """Whether nothing is told before all of it is submitted."""
    minutes: float | None = None

    @property
    def asked(self) -> tuple[Item, ...]:
        if not self.single:
            return self.items
        return tuple(replace(item, rules=replace(item.rules, attempts=1)) for item in self.items)


@dataclass(frozen=True, slots=True)
class LeftOut:
    item: str
    """Its id."""
    what: str
    """Goes on from it: what is not in the package, and why."""
    is_whole: bool = False
    """Whether the item is not there at all."""


@dataclass(frozen=True, slots=True)
class Package:
    data: bytes
    left_out: tuple[LeftOut, ...]


Render = Callable[[Item], Texts]
Load = Callable[[str], bytes | None]
"""An image by the address that the rendered text gives it; None where it is no file of the course."""


def package(quizzes: Sequence[Quiz], *, course: str, title: str, lang: str, render: Render, load: Load) -> Package:
    """Quizzes without an item that can be taken are left out."""
    made = _Package(lang, render, load)
    for quiz in quizzes:
        made.add(quiz)
    made.files[MANIFEST] = _manifest(course, title, made)
    return Package(_zipped(made.files), tuple(made.left_out))


@dataclass(slots=True)
class _Package:
    lang: str
    render: Render
    load: Load
    files: dict[str, bytes] = field(default_factory=dict)
    uses: dict[str, list[str]] = field(default_factory=dict)
    """A test's or an item's file -> files that belong to it."""
    left_out: list[LeftOut] = field(default_factory=list)
    names: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By id and text of an item."""

    def add(self, quiz: Quiz) -> None:
        taken = [(item, name) for item in quiz.asked if (name := self._item(item)) is not None]
        if not taken:
            return
        name = f"tests/{quiz.id}.xml"
        self.files[name] = _test(quiz, taken)
        self.uses[name] = [file for _, file in taken]

    def _item(self, item: Item) -> str | None:
        """Its file, or None where it is left out. Where a quiz gives it one try and its lesson several, it has two."""
        text = item.id, item.content_hash
        if text not in self.names:
            is_first = not any(name == item.id for name, _ in self.names)
            self.names[text] = self._written(item, item.id if is_first else f"{item.id}.once")
            if is_first:
                self.left_out += _losses(item) if self.names[text] else ()
        return self.names[text]

    def _written(self, item: Item, identifier: str) -> str | None:
        name = f"items/{identifier}.xml"
        used: list[str] = []
        try:
            self.files[name] = item_xml(
                item,
                self.render(item),
                identifier=identifier,
                lang=self.lang,
                image=lambda address: self._image(address, used),
            )
        except Untranslatable as problem:
            if identifier == item.id:
                self.left_out.append(LeftOut(item.id, f"is left out whole: {problem}", is_whole=True))
            return None
        self.uses[name] = used
        return name

    def _image(self, address: str, used: list[str]) -> str | None:
        content = self.load(address)
        if content is None:
            return None
        name = "images/" + "-".join(part for part in address.split("/") if part not in ("", ".", ".."))
        self.files[name] = content
        if name not in used:
            used.append(name)
        return posixpath.relpath(name, "items")


def _losses(item: Item) -> list[LeftOut]:
    """What of a taken item the table has no home for."""
    rules = item.rules
    used = {
        Feature.PENALTY: rules.attempts > 1 and rules.penalty > 0,
        Feature.HINT_COST: rules.hint_cost > 0,
        Feature.CERTAINTY: rules.certainty is not None,
        Feature.DIFFICULTY: item.difficulty is not None,
        Feature.MISCONCEPTIONS: any(one.misconception for one in item.offered),
    }
    lost = [
        str(feature).replace("-", " ")
        for feature, is_used in used.items()
        if is_used and cell(feature, "qti21").carried is Carried.NO
    ]
    return [LeftOut(item.id, f"without its {_listed(lost)}: no place for it there")] if lost else []


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _test(quiz: Quiz, taken: Sequence[tuple[Item, str]]) -> bytes:
    """As many attempts at each item as it allows, in the quiz's order, with its feedback; the sum of the points."""
    return laid_out(
        element(
            "assessmentTest",
            element("outcomeDeclaration", identifier=SCORE, cardinality="single", baseType="float"),
            element("timeLimits", maxTime=quiz.minutes * 60) if quiz.minutes else None,
            element(
                "testPart",
                _control(1),
                element(
                    "assessmentSection",
                    [
                        element(
                            "assessmentItemRef",
                            _control(item.rules.attempts) if item.rules.attempts > 1 else None,
                            element("weight", identifier=WEIGHT, value=item.points),
                            identifier=item.id,
                            href=posixpath.relpath(name, "tests"),
                            category=" ".join(map(_category, item.skills)) or None,
                        )
                        for item, name in taken
                    ],
                    identifier="items",
                    title=quiz.title,
                    visible=True,
                ),
                identifier="part",
                navigationMode="nonlinear",
                submissionMode="simultaneous" if quiz.submits else "individual",
            ),
            element(
                "outcomeProcessing",
                element(
                    "setOutcomeValue",
                    element("sum", element("testVariables", variableIdentifier=SCORE, weightIdentifier=WEIGHT)),
                    identifier=SCORE,
                ),
            ),
            **root_attributes(),
            identifier=f"test-{quiz.id}",
            title=quiz.title,
            toolName=TOOL,
        )
    )


def _control(attempts: int) -> Element:
    return element("itemSessionControl", maxAttempts=attempts, showFeedback=True, allowReview=True, showSolution=True)


def _category(skill: str) -> str:
    """An identifier as QTI has it."""
    return "skill-" + _NO_IDENTIFIER.sub("-", skill)


def _manifest(course: str, title: str, made: _Package) -> bytes:
    names = {name: f"r{at}" for at, name in enumerate(sorted(made.uses), 1)}
    resources = [
        element(
            "resource",
            element("file", href=name),
            [element("file", href=used) for used in made.uses[name] if used not in names],
            [element("dependency", identifierref=names[used]) for used in made.uses[name] if used in names],
            identifier=identifier,
            type="imsqti_test_xmlv2p1" if name.startswith("tests/") else "imsqti_item_xmlv2p1",
            href=name,
        )
        for name, identifier in names.items()
    ]
    return laid_out(
        element(
            "manifest",
            element("metadata", element("schema", "QTIv2.1 Package"), element("schemaversion", "1.0.0")),
            element("organizations"),
            element("resources", resources),
            **{
                "xmlns": PACKAGING,
                "xmlns:xsi": INSTANCE,
                "xsi:schemaLocation": f"{PACKAGING} {PACKAGING_SCHEMA} {NAMESPACE} {SCHEMA}",
            },
            identifier=f"course-{course}",
        )
    )


def _zipped(files: dict[str, bytes]) -> bytes:
    """The manifest first, as packages have it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name != MANIFEST, name)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()
