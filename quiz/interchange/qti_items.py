"""An item as a QTI 2.1 `assessmentItem`: what is asked, how it is scored, and what is said afterwards.

stem            the prompt of the interaction
body            blocks above it
hints           `infoControl`s, which a learner opens
options         `simpleChoice`s in the author's order; of an order, which is the key, in another
feedback        one `modalFeedback` for each text, shown where FEEDBACK holds its identifier
explanation     the last of them, shown after every response

Of an item that may be tried several times, a try that was not right and not the last is told what was wrong of it, and nothing
else: every other text would tell of the key. Which try it is QTI counts itself, in `numAttempts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from xml.etree.ElementTree import Element

from quiz.interchange import xhtml
from quiz.interchange.elements import document, element
from quiz.interchange.patterns import Untranslatable
from quiz.interchange.qti_responses import (
    RESPONSE,
    SCORE,
    assigned,
    chain,
    condition,
    fraction_of,
    helper_declarations,
    is_given,
    literal,
    option_identifier,
    outcome,
    response_declaration,
    scoring,
    template_of,
    variable,
)
from quiz.items import Answer, Item, Kind, option_order
from quiz.scoring import TOLERANCE

NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"
SCHEMA = "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
FEEDBACK = "FEEDBACK"
TOOL = "Interleave"
TRIED = "numAttempts"
OUTCOMES = ("right", "partly", "wrong")
EXPLAINED = "explained"
SHORTEST_ENTRY = 12
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """An item's texts as sanitised HTML; whoever exports renders them, for no Markdown is known here."""

    stem: str
    """Inline."""
    body: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    feedback: Mapping[str, str] = field(default_factory=dict)
    """Of options and answers, by id."""
    hints: tuple[str, ...] = ()
    explanation: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    unticked: Mapping[str, str] = field(default_factory=dict)
    combinations: Mapping[tuple[str, ...], str] = field(default_factory=dict)


def item_xml(item: Item, texts: Texts, *, lang: str, image: xhtml.Image, identifier: str = "") -> bytes:
    """`identifier`: another than the item's id. Raises Untranslatable where no QTI engine could score it as we do."""
    if item.given == "predicted":
        raise Untranslatable("a run of this site decides it")
    told = _Told(item, texts)
    return document(
        element(
            "assessmentItem",
            response_declaration(item),
            outcome(SCORE, "float", default="0", normalMaximum=1.0, normalMinimum=0.0),
            helper_declarations(item),
            told.declaration(),
            _body(item, texts, image),
            _processing(item, told),
            told.elements(image),
            **root_attributes(),
            identifier=identifier or item.id,
            title=xhtml.plain(texts.stem) or item.id,
            xml_lang=lang,
            adaptive=False,
            timeDependent=False,
            toolName=TOOL,
        )
    )


def root_attributes() -> dict[str, str]:
    """Of a file in QTI's namespace."""
    return {
        "xmlns": NAMESPACE,
        "xmlns:xsi": INSTANCE,
        "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}",
    }


def _body(item: Item, texts: Texts, image: xhtml.Image) -> Element:
    stem = xhtml.flow(texts.stem, image)
    above = xhtml.blocks(texts.body, image)
    above += [
        element("infoControl", xhtml.flow(html, image), title=f"Hint {at}") for at, html in enumerate(texts.hints, 1)
    ]
    if item.kind in (Kind.NUMERIC, Kind.TEXT):
        return element("itemBody", element("div", stem), above, _entry(item))
    prompt = element("prompt", stem)
    asked = _lines(item, prompt) if item.kind is Kind.OUTPUT else _choices(item, texts, prompt, image)
    return element("itemBody", above, asked)


def _entry(item: Item) -> Element:
    """Stands in a line of text and has no prompt of its own."""
    length = max(SHORTEST_ENTRY, 2 * len(item.shown_solution))
    return element("p", element("textEntryInteraction", responseIdentifier=RESPONSE, expectedLength=length))


def _lines(item: Item, prompt: Element) -> Element:
    return element(
        "extendedTextInteraction",
        prompt,
        responseIdentifier=RESPONSE,
        format="preformatted",
        expectedLines=item.shown_solution.count("\n") + 2,
    )


def _choices(item: Item, texts: Texts, prompt: Element, image: xhtml.Image) -> Element:
    order = _another_order(item) if item.given == "ordered" else item.option_ids
    choices = [
        element(
            "simpleChoice",
            xhtml.flow(texts.options[option], image),
            identifier=option_identifier(option),
            fixed=item.option(option).fixed or None,
        )
        for option in order
    ]
    if item.given == "ordered":
        return element("orderInteraction", prompt, choices, responseIdentifier=RESPONSE, shuffle=True)
    return element(
        "choiceInteraction",
        prompt,
        choices,
        responseIdentifier=RESPONSE,
        shuffle=item.shuffle,
        maxChoices=1 if item.kind is Kind.SINGLE else 0,
    )


def _another_order(item: Item) -> tuple[str, ...]:
    """Not the author's, which is the key: a system that does not shuffle would show it."""
    drawn = (option_order(item, f"{item.id}-{at}") for at in count())
    return next(order for order in drawn if order != item.option_ids)


def _processing(item: Item, told: _Told) -> Element:
    template = template_of(item)
    if template is not None and not told.said:
        return element("responseProcessing", template=template)
    return element("responseProcessing", scoring(item, told.of_answer), told.processing())


class _Told:
    """What is said after the response: every text under an identifier, and the statements that choose among them."""

    def __init__(self, item: Item, texts: Texts) -> None:
        self.item = item
        self.said: dict[str, str] = {}
        """Identifier -> HTML, in the order in which they are shown."""
        self.named: dict[tuple[str, object], str] = {}
        self._collect("chosen", texts.feedback)
        if item.kind is Kind.MULTI:
            self._collect("unticked", texts.unticked)
            self._collect("together", texts.combinations)
        self._collect("outcome", {name: texts.outcomes.get(name, "") for name in OUTCOMES})
        self._collect(EXPLAINED, {"": texts.explanation})

    def _collect(
        self, what: str, texts: Mapping[object, str] | Mapping[str, str] | Mapping[tuple[str, ...], str]
    ) -> None:
        for name, html in texts.items():
            if xhtml.plain(html) or "<img" in html:
                identifier = f"{what}-{len(self.said)}" if isinstance(name, tuple) else f"{what}-{name}".rstrip("-")
                self.said[identifier] = html
                self.named[what, name] = identifier

    def declaration(self) -> Element | None:
        if not self.said:
            return None
        return element("outcomeDeclaration", identifier=FEEDBACK, cardinality="multiple", baseType="identifier")

    def elements(self, image: xhtml.Image) -> list[Element]:
        return [
            element(
                "modalFeedback",
                xhtml.flow(html, image),
                outcomeIdentifier=FEEDBACK,
                showHide="show",
                identifier=identifier,
            )
            for identifier, html in self.said.items()
        ]

    def of_answer(self, answer: Answer) -> list[Element]:
        return self._tell("chosen", answer.id)

    def processing(self) -> list[Element]:
        """Behind the scoring: SCORE is known."""
        settled = [*self._of_options(self.item.option_ids), *self._remark(), *self._tell(EXPLAINED, "")]
        if self.item.rules.attempts == 1 or not settled:
            return settled
        wrong = [option.id for option in self.item.options if not option.right]
        last = element("gte", variable(TRIED), literal("integer", str(self.item.rules.attempts)))
        others_left = self._of_options(wrong, unticked=False)
        return [condition(element("or", _is_right(), last), *settled, otherwise=others_left)]

    def _of_options(self, options: Iterable[str], *, unticked: bool = True) -> list[Element]:
        if self.item.given == "written":
            return []
        found: list[Element] = []
        for option in options:
            chosen, left = self._tell("chosen", option), self._tell("unticked", option)
            if self.item.given == "ordered":
                found += chosen
            elif chosen:
                found.append(condition(self._has(option), *chosen))
            if left and unticked:
                found.append(condition(element("not", self._has(option)), *left))
        return found

    def _has(self, option: str) -> Element:
        """False, and not unknown, where nothing was given: a NULL in a `not` would be one again."""
        identifier = literal("identifier", option_identifier(option))
        if self.item.kind is Kind.SINGLE:
            return element("and", is_given(), element("match", identifier, variable(RESPONSE)))
        return element("and", is_given(), element("member", identifier, variable(RESPONSE)))

    def _remark(self) -> list[Element]:
        """To exactly these options, else to the outcome: the first that holds and has a text."""
        cases = [
            (_exactly(one.options), self._tell("together", one.options))
            for one in self.item.combinations
            if ("together", one.options) in self.named
        ]
        outcomes = [
            (_is_right(), self._tell("outcome", "right")),
            (element("lte", variable(SCORE), fraction_of(TOLERANCE)), self._tell("outcome", "wrong")),
            (element("gt", variable(SCORE), fraction_of(TOLERANCE)), self._tell("outcome", "partly")),
        ]
        # A case without a text still ends the chain, unless nothing is behind it.
        while outcomes and not outcomes[-1][1]:
            outcomes.pop()
        return [chain([*cases, *outcomes])] if cases or outcomes else []

    def _tell(self, what: str, name: object) -> list[Element]:
        identifier = self.named.get((what, name))
        if identifier is None:
            return []
        return [assigned(FEEDBACK, element("multiple", variable(FEEDBACK), literal("identifier", identifier)))]


def _is_right() -> Element:
    return element("gte", variable(SCORE), fraction_of(1 - TOLERANCE))


def _exactly(options: tuple[str, ...]) -> Element:
    named = [literal("identifier", option_identifier(option)) for option in options]
    return element("match", variable(RESPONSE), element("multiple", named))
