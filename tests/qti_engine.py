"""A small QTI 2.1 engine: runs an item's response processing over a response, so that tests see what another system would compute.

It knows the elements that our packages use, reads regular expressions by libxml2's XML Schema engine, and the standard template
`match_correct` by name. Anything else is a KeyError: a package of ours may use nothing that is not tested here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

NAMESPACE = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
Value = Any
"""None is QTI's NULL; a tuple is a container."""


@dataclass
class Session:
    """One candidate's session with one item."""

    item: etree._Element
    values: dict[str, Value] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, xml: bytes, response: Value, *, attempt: int = 1) -> Session:
        """Outcomes begin anew with each attempt, as those of an item that is not adaptive do."""
        session = cls(etree.fromstring(xml), {"numAttempts": attempt})
        for declared in session.item.iterfind(f"{NAMESPACE}outcomeDeclaration"):
            default = declared.find(f"{NAMESPACE}defaultValue/{NAMESPACE}value")
            value = None if default is None else _cast(declared.get("baseType"), default.text or "")
            session.values[declared.get("identifier")] = value
        session.values["RESPONSE"] = _read(session.declared, response)
        session.run()
        return session

    @property
    def declared(self) -> etree._Element:
        found = self.item.find(f"{NAMESPACE}responseDeclaration")
        assert found is not None
        return found

    @property
    def score(self) -> float:
        return float(self.values["SCORE"])

    @property
    def feedback(self) -> list[str]:
        """Identifiers of the texts that are shown, in their order."""
        shown = self.values.get("FEEDBACK") or ()
        return [
            one.get("identifier")
            for one in self.item.iterfind(f"{NAMESPACE}modalFeedback")
            if (one.get("identifier") in shown) is (one.get("showHide") == "show")
        ]

    def run(self) -> None:
        processing = self.item.find(f"{NAMESPACE}responseProcessing")
        template = processing.get("template")
        if template is not None:
            assert template.endswith("/match_correct")
            self.values["SCORE"] = 1.0 if self.values["RESPONSE"] == self._correct() else 0.0
            return
        for statement in processing:
            self._do(statement)

    def _do(self, statement: etree._Element) -> None:
        tag = _tag(statement)
        if tag == "setOutcomeValue":
            self.values[statement.get("identifier")] = self._value(statement[0])
            return
        assert tag == "responseCondition", tag
        for branch in statement:
            rules = list(branch)
            if _tag(branch) != "responseElse" and self._value(rules.pop(0)) is not True:
                continue
            for rule in rules:
                self._do(rule)
            return

    def _value(self, node: etree._Element) -> Value:
        tag = _tag(node)
        if tag == "variable":
            return self.values[node.get("identifier")]
        if tag == "baseValue":
            return _cast(node.get("baseType"), node.text or "")
        if tag == "correct":
            return self._correct()
        if tag == "mapResponse":
            return self._mapped()
        given = [self._value(child) for child in node]
        return _EXPRESSIONS[tag](node, given)

    def _correct(self) -> Value:
        values = [one.text or "" for one in self.declared.iterfind(f"{NAMESPACE}correctResponse/{NAMESPACE}value")]
        return _read(self.declared, values)

    def _mapped(self) -> float:
        mapping = self.declared.find(f"{NAMESPACE}mapping")
        entries = {one.get("mapKey"): float(one.get("mappedValue")) for one in mapping}
        total = sum(entries.get(one, float(mapping.get("defaultValue", "0"))) for one in self.values["RESPONSE"] or ())
        low, high = mapping.get("lowerBound"), mapping.get("upperBound")
        total = total if low is None else max(total, float(low))
        return total if high is None else min(total, float(high))


def _read(declared: etree._Element, response: Value) -> Value:
    base = declared.get("baseType")
    if response is None:
        return None
    values = [_cast(base, one) for one in response]
    cardinality = declared.get("cardinality")
    if cardinality == "single":
        return values[0] if values else None
    ordered = tuple(values) if cardinality == "ordered" else tuple(sorted(values))
    return ordered or None


def _cast(base: str, text: str) -> Value:
    if base == "float":
        try:
            return float(text)
        except ValueError:
            return None
    return int(text) if base == "integer" else text


def _tag(node: etree._Element) -> str:
    return str(node.tag).removeprefix(NAMESPACE)


def _known(given: list[Value]) -> bool:
    return all(one is not None for one in given)


def _and(node: etree._Element, given: list[Value]) -> Value:
    return False if False in given else True if _known(given) else None


def _or(node: etree._Element, given: list[Value]) -> Value:
    return True if True in given else False if _known(given) else None


def _index(node: etree._Element, given: list[Value]) -> Value:
    at = int(node.get("n"))
    return given[0][at - 1] if given[0] is not None and at <= len(given[0]) else None


def _multiple(node: etree._Element, given: list[Value]) -> Value:
    found: list[Value] = []
    for one in given:
        found += one if isinstance(one, tuple) else [one] if one is not None else []
    return tuple(sorted(found)) or None


def _equal(node: etree._Element, given: list[Value]) -> Value:
    assert node.get("toleranceMode") == "exact"
    return given[0] == given[1] if _known(given) else None


def _pattern(node: etree._Element, given: list[Value]) -> Value:
    return _schema(node.get("pattern")).validate(_holding(given[0])) if _known(given) else None


def _compared(test: Any) -> Any:
    return lambda node, given: test(*given) if _known(given) else None


_EXPRESSIONS: dict[str, Any] = {
    "and": _and,
    "or": _or,
    "not": lambda node, given: None if given[0] is None else not given[0],
    "isNull": lambda node, given: given[0] is None,
    "match": _compared(lambda one, other: one == other),
    "member": _compared(lambda one, container: one in container),
    "containerSize": lambda node, given: len(given[0] or ()),
    "index": _index,
    "multiple": _multiple,
    "sum": lambda node, given: sum(given) if _known(given) else None,
    "product": lambda node, given: given[0] * given[1] if _known(given) else None,
    "divide": lambda node, given: given[0] / given[1] if _known(given) and given[1] else None,
    "equal": _equal,
    "gte": _compared(lambda one, other: one >= other),
    "lte": _compared(lambda one, other: one <= other),
    "gt": _compared(lambda one, other: one > other),
    "lt": _compared(lambda one, other: one < other),
    "patternMatch": _pattern,
}


@lru_cache(64)
def _schema(pattern: str) -> etree.XMLSchema:
    """A schema for one element whose whole text is of the pattern."""
    written = quoteattr(pattern)
    return etree.XMLSchema(
        etree.fromstring(
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="text"><xs:simpleType>'
            f'<xs:restriction base="xs:string"><xs:pattern value={written}/></xs:restriction>'
            "</xs:simpleType></xs:element></xs:schema>"
        )
    )


def _holding(text: str) -> etree._Element:
    holder = etree.Element("text")
    holder.text = text
    return holder
