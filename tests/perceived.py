"""A page as a person perceives it: elements by role and name, without what is hidden. Enough of the rules for our own HTML.

The naming rules are those of https://www.w3.org/TR/accname-1.2/ as far as our templates use them: aria-labelledby, aria-label,
a label around its control, a legend, and the text inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr", "source"})
ROLES = {
    "a": "link",
    "button": "button",
    "nav": "navigation",
    "main": "main",
    "fieldset": "group",
    "section": "region",
    "aside": "complementary",
    "summary": "button",
    "dl": "list",
    "ul": "list",
    "ol": "list",
    "li": "listitem",
    **{f"h{level}": "heading" for level in range(1, 7)},
}


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = None

    @property
    def role(self) -> str:
        if "role" in self.attributes:
            return self.attributes["role"]
        if self.tag == "input":
            return {"radio": "radio", "checkbox": "checkbox"}.get(self.attributes.get("type", "text"), "")
        return ROLES.get(self.tag, "")

    @property
    def hidden(self) -> bool:
        return "hidden" in self.attributes or self.attributes.get("aria-hidden") == "true"

    @property
    def text(self) -> str:
        return " ".join("".join(_texts(self)).split())

    @property
    def name(self) -> str:
        if ids := self.attributes.get("aria-labelledby"):
            return " ".join(self.root.by_id(name).text for name in ids.split())
        if label := self.attributes.get("aria-label"):
            return label
        if self.tag == "fieldset":
            return next((child.text for child in self.walk() if child.tag == "legend"), "")
        if self.tag == "input":
            return next((above.text for above in self.above() if above.tag == "label"), "")
        return self.text

    @property
    def described(self) -> str:
        """The words of aria-describedby."""
        return " ".join(self.root.by_id(name).text for name in self.attributes.get("aria-describedby", "").split())

    @property
    def root(self) -> Element:
        return [self, *self.above()][-1]

    def above(self) -> Iterator[Element]:
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def walk(self) -> Iterator[Element]:
        """Every element below that is not hidden."""
        for child in self.children:
            if isinstance(child, Element) and not child.hidden:
                yield child
                yield from child.walk()

    def every(self) -> Iterator[Element]:
        """Every element below, hidden or not."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.every()

    def by_id(self, name: str) -> Element:
        return next(element for element in self.every() if element.attributes.get("id") == name)

    def all(self, role: str, name: str | None = None) -> list[Element]:
        return [
            element
            for element in self.walk()
            if element.role == role and (name is None or name.casefold() in element.name.casefold())
        ]

    def one(self, role: str, name: str | None = None) -> Element:
        found = self.all(role, name)
        assert len(found) == 1, f"{len(found)} of role {role} named {name!r}: {[element.name for element in found]}"
        return found[0]


def perceive(html: str) -> Element:
    """The tree of a page or of a fragment."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def _texts(element: Element) -> Iterator[str]:
    if element.hidden:
        return
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from _texts(child)
            if child.tag not in ("span", "b", "em", "code", "i", "strong", "a"):
                yield " "


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, parent=self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, parent=self.at))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)

    def close(self) -> None:
        super().close()
        assert self.at is self.root, f"<{self.at.tag}> stays open"
