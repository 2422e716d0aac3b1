"""How QTI 2.1 scores our items: declarations of the response, and processing that comes to the same fraction as `quiz.scoring`.

    chosen     a mapping of the options where the rule is a sum; `match` with the correct response where it is all or nothing
    ordered    the place of each step, then the share of pairs whose first step stands before the second
    written    the first answer that fits: numbers between exact bounds, texts by `patterns`

SCORE is the fraction, from 0 to 1; what an item is worth is a weight in its test. Formulas speak as those of `quiz.scoring` do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from xml.etree.ElementTree import Element

from quiz.interchange import patterns
from quiz.interchange.elements import element, number
from quiz.items import Answer, Item, Kind, Scoring
from quiz.numeric import span_of
from quiz.scoring import TOLERANCE

RESPONSE = "RESPONSE"
SCORE = "SCORE"
PAIRS = "PAIRS"
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
LARGEST = Fraction(Decimal("1.7e308"))
"""QTI's numbers are doubles."""


def response_declaration(item: Item) -> Element:
    """With the correct response, and the mapping where the rule is a sum."""
    cardinality = {"ordered": "ordered", "written": "single"}.get(item.given, "single")
    if item.kind is Kind.MULTI:
        cardinality = "multiple"
    base = "identifier" if item.given != "written" else "float" if item.kind is Kind.NUMERIC else "string"
    solution = item.solution if item.given == "written" else tuple(map(option_identifier, item.solution))
    return element(
        "responseDeclaration",
        element("correctResponse", [element("value", one) for one in solution]),
        _mapping(item),
        identifier=RESPONSE,
        cardinality=cardinality,
        baseType=base,
    )


def helper_declarations(item: Item) -> list[Element]:
    """Outcomes that the processing needs for itself."""
    if item.given != "ordered":
        return []
    names = [PAIRS, *map(_place, item.option_ids)]
    return [outcome(name, "integer", default="0") for name in names]


def outcome(name: str, base: str, *, default: str | None = None, **more: str | float) -> Element:
    return element(
        "outcomeDeclaration",
        element("defaultValue", element("value", default)) if default is not None else None,
        identifier=name,
        cardinality="single",
        baseType=base,
        **more,
    )


def template_of(item: Item) -> str | None:
    """The standard template that computes just this, where there is one; what reads no processing may know it by name."""
    if item.scoring in (Scoring.SINGLE, Scoring.ALL_OR_NOTHING):
        return TEMPLATES + "match_correct"
    return None


def scoring(item: Item, on_answer: Callable[[Answer], Iterable[Element]]) -> list[Element]:
    """Statements that set SCORE. `on_answer`: what else is done where a text fits this answer. Raises Untranslatable."""
    if item.given == "written":
        return [_written(item, on_answer)]
    if item.given == "ordered":
        return _ordered(item)
    return _CHOSEN[item.scoring](item)


def option_identifier(option_id: str) -> str:
    """An identifier begins with a letter, and an option's id may begin with a digit."""
    return f"option-{option_id}"


def condition(test: Element, *then: Element, otherwise: Sequence[Element] = ()) -> Element:
    return element(
        "responseCondition",
        element("responseIf", test, then),
        element("responseElse", otherwise) if otherwise else None,
    )


def chain(cases: Iterable[tuple[Element, Iterable[Element]]], otherwise: Sequence[Element] = ()) -> Element:
    """The first case that holds."""
    return element(
        "responseCondition",
        [element("responseElseIf" if at else "responseIf", test, list(then)) for at, (test, then) in enumerate(cases)],
        element("responseElse", otherwise) if otherwise else None,
    )


def assigned(name: str, value: Element) -> Element:
    return element("setOutcomeValue", value, identifier=name)


def variable(name: str) -> Element:
    return element("variable", identifier=name)


def literal(base: str, value: str) -> Element:
    return element("baseValue", value, baseType=base)


def is_given() -> Element:
    return element("not", element("isNull", variable(RESPONSE)))


def fraction_of(value: float) -> Element:
    return literal("float", number(value))


def _mapping(item: Item) -> Element | None:
    keys = _MAPPED.get(item.scoring)
    if keys is None:
        return None
    bounds = {"lowerBound": 0.0, "upperBound": 1.0} if item.scoring in _BOUNDED else {}
    return element(
        "mapping",
        [
            element("mapEntry", mapKey=option_identifier(option), mappedValue=value)
            for option, value in keys(item).items()
        ],
        defaultValue=0.0,
        **bounds,
    )


def _of_plus_minus(item: Item) -> dict[str, float]:
    right = len(item.key)
    return {option.id: (1 if option.right else -1) / right for option in item.options}


def _of_weights(item: Item) -> dict[str, float]:
    return {option.id: (option.weight or 0.0) / 100 for option in item.options}


def _of_true_false(item: Item) -> dict[str, float]:
    return {option.id: (1 if option.right else -1) / len(item.options) for option in item.options}


def _of_coverage(item: Item) -> dict[str, float]:
    """What is right counts one: the processing asks for h."""
    return {option.id: float(option.right) for option in item.options}


_MAPPED: Mapping[Scoring, Callable[[Item], dict[str, float]]] = {
    Scoring.PLUS_MINUS: _of_plus_minus,
    Scoring.WEIGHTS: _of_weights,
    Scoring.TRUE_FALSE: _of_true_false,
    Scoring.COVERAGE: _of_coverage,
}
_BOUNDED = (Scoring.PLUS_MINUS, Scoring.WEIGHTS)


def _matched(item: Item) -> list[Element]:
    correct = element("match", variable(RESPONSE), element("correct", identifier=RESPONSE))
    return [condition(correct, assigned(SCORE, fraction_of(1)), otherwise=[assigned(SCORE, fraction_of(0))])]


def _summed(item: Item) -> list[Element]:
    """The mapping's sum between its bounds, `map_response`, and whole where only rounding keeps it from it."""
    return _where_given(_mapped())


def _true_false(item: Item) -> list[Element]:
    """(n - K) / n is for the distractors left alone."""
    base = (len(item.options) - len(item.key)) / len(item.options)
    return _where_given(element("sum", fraction_of(base), _mapped()))


def _coverage(item: Item) -> list[Element]:
    """h * h / (K * (h + f))"""
    size = element("product", fraction_of(len(item.key)), element("containerSize", variable(RESPONSE)))
    return _where_given(element("divide", element("product", _mapped(), _mapped()), size))


_CHOSEN: Mapping[Scoring, Callable[[Item], list[Element]]] = {
    Scoring.SINGLE: _matched,
    Scoring.ALL_OR_NOTHING: _matched,
    Scoring.PLUS_MINUS: _summed,
    Scoring.WEIGHTS: _summed,
    Scoring.TRUE_FALSE: _true_false,
    Scoring.COVERAGE: _coverage,
}


def _mapped() -> Element:
    return element("mapResponse", identifier=RESPONSE)


def _where_given(value: Element) -> list[Element]:
    whole = element("gte", variable(SCORE), fraction_of(1 - TOLERANCE))
    return [
        condition(is_given(), assigned(SCORE, value), otherwise=[assigned(SCORE, fraction_of(0))]),
        condition(whole, assigned(SCORE, fraction_of(1))),
    ]


def _ordered(item: Item) -> list[Element]:
    """QTI has no question for "before": the place of each step is found first, by looking at every place."""
    places = [
        chain(
            (
                element("match", element("index", variable(RESPONSE), n=str(at)), _identifier(option)),
                [assigned(_place(option), literal("integer", str(at)))],
            )
            for at in range(1, len(item.options) + 1)
        )
        for option in item.option_ids
    ]
    pairs = list(combinations(item.option_ids, 2))
    counted = [
        condition(
            element("lt", variable(_place(first)), variable(_place(then))),
            assigned(PAIRS, element("sum", variable(PAIRS), literal("integer", "1"))),
        )
        for first, then in pairs
    ]
    share = element("divide", variable(PAIRS), fraction_of(len(pairs)))
    return [
        condition(is_given(), *places, *counted, assigned(SCORE, share), otherwise=[assigned(SCORE, fraction_of(0))])
    ]


def _place(option: str) -> str:
    return f"PLACE-{option}"


def _identifier(option: str) -> Element:
    return literal("identifier", option_identifier(option))


def _written(item: Item, on_answer: Callable[[Answer], Iterable[Element]]) -> Element:
    return chain(
        (
            (_fits(item, answer), [assigned(SCORE, fraction_of(float(answer.right))), *on_answer(answer)])
            for answer in item.answers
        ),
        otherwise=[assigned(SCORE, fraction_of(0))],
    )


def _fits(item: Item, answer: Answer) -> Element:
    if item.kind is Kind.NUMERIC:
        return _between(answer.text)
    pattern = (
        patterns.of_output(answer.text) if item.kind is Kind.OUTPUT else patterns.of_text(answer.text, case=item.case)
    )
    return element("patternMatch", variable(RESPONSE), pattern=pattern)


def _between(notation: str) -> Element:
    span = span_of(notation)
    if max(abs(span.low), abs(span.high)) > LARGEST:
        raise patterns.Untranslatable("a number beyond a double's range")
    if span.low == span.high:
        return element("equal", variable(RESPONSE), literal("float", _decimal(span.low)), toleranceMode="exact")
    return element(
        "and",
        element("gte", variable(RESPONSE), literal("float", _decimal(span.low))),
        element("lte", variable(RESPONSE), literal("float", _decimal(span.high))),
    )


def _decimal(value: Fraction) -> str:
    """As the nearest double, which is what any engine makes of it: what lies within the bounds goes on lying there."""
    return number(float(value))
