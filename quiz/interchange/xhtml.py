"""HTML as a page shows it -> the elements that QTI 2.1 has for prose.

QTI takes a part of XHTML 1 and is strict about what stands where. What it lacks keeps its text: a `details` becomes a
`div`, a `mark` its words. Links that only this site can follow keep their words; images become files of the package. The HTML
is sanitised before; all the same, nothing but what is named here comes through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from urllib.parse import quote
from xml.etree.ElementTree import Element

from quiz.interchange.elements import add, element

Image = Callable[[str], str | None]
"""From the address that an image has on the site to its place in the package; None where there is no such file."""

INLINE = frozenset({"a", "abbr", "b", "br", "cite", "code", "em", "i", "img", "kbd"}) | frozenset(
    {"samp", "small", "strong", "sub", "sup", "var"}
)
"""Without `span`: its classes colour a program, and there are none in a package."""
BLOCKS = frozenset({"blockquote", "div", "dl", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"})
PARTS: Mapping[str, frozenset[str]] = {
    "li": frozenset({"ol", "ul"}),
    "dt": frozenset({"dl"}),
    "dd": frozenset({"dl"}),
    "caption": frozenset({"table"}),
    "thead": frozenset({"table"}),
    "tbody": frozenset({"table"}),
    "tfoot": frozenset({"table"}),
    "tr": frozenset({"thead", "tbody", "tfoot"}),
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
}
"""What stands in nothing but these."""
VOID = frozenset({"br", "hr", "img", "wbr"})
FLOW = frozenset({"div", "li", "td", "th", "dd"})
"""Hold text and blocks side by side."""
BLOCKS_ONLY = frozenset({"blockquote"})
PARTS_HOLDERS = frozenset(holder for holders in PARTS.values() for holder in holders)
_RENAMED: Mapping[str, str] = {
    "h1": "h3",
    "h2": "h3",
    "summary": "div",
    "details": "div",
    "figure": "div",
    "figcaption": "div",
    "code-block": "div",
}
_NO_TEXT = frozenset({"script", "style"})
_OUTSIDE = ("http://", "https://", "mailto:")


def blocks(html: str, image: Image) -> list[Element]:
    """As an item's body and a hint want it: blocks and no text between them."""
    root = _read(html, image, "body")
    made: list[Element] = []
    loose: Element | None = None
    for part in _parts(root):
        if isinstance(part, Element) and part.tag in BLOCKS:
            made.append(part)
            loose = None
        elif loose is not None:
            add(loose, part)
        elif isinstance(part, Element) or part.strip():
            loose = element("p", part)
            made.append(loose)
    return made


def flow(html: str, image: Image) -> list[Element | str]:
    """As an option wants it: text, inline and blocks side by side. One paragraph alone is its text."""
    parts = [part for part in _parts(_read(html, image, "div")) if isinstance(part, Element) or part.strip()]
    if len(parts) == 1 and isinstance(only := parts[0], Element) and only.tag == "p":
        return _parts(only)
    return parts


def plain(html: str) -> str:
    """Its text alone, spaces as one."""
    return " ".join("".join(_read(html, lambda address: None, "div").itertext()).split())


def _parts(parent: Element) -> list[Element | str]:
    """Text and children in their order, tails told apart from their elements."""
    found: list[Element | str] = [parent.text] if parent.text else []
    for child in parent:
        tail, child.tail = child.tail, None
        found.append(child)
        if tail:
            found.append(tail)
    return found


def _read(html: str, image: Image, root: str) -> Element:
    builder = _Builder(image, root)
    builder.feed(html)
    builder.close()
    _prune(builder.root)
    return builder.root


def _prune(parent: Element) -> None:
    """Lists and tables without a part are not allowed, and a table has a body."""
    for child in list(parent):
        _prune(child)
        if child.tag == "table" and child.find("tbody") is None and (head := child.find("thead")) is not None:
            head.tag = "tbody"
        if child.tag in PARTS_HOLDERS | BLOCKS_ONLY and not len(child):
            _remove(parent, child)


def _remove(parent: Element, child: Element) -> None:
    at = list(parent).index(child)
    parent.remove(child)
    if child.tail:
        if at:
            parent[at - 1].tail = (parent[at - 1].tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail


def _address(address: str) -> str:
    return quote(address, safe="%/:?#@!$&'()*+,;=~-._")


class _Builder(HTMLParser):
    """Builds what is allowed where it stands. What is not loses its tags and keeps its content."""

    def __init__(self, image: Image, root: str) -> None:
        super().__init__(convert_charrefs=True)
        self.image = image
        self.root = Element(root)
        self.open: list[tuple[str, Element]] = [("", self.root)]
        """Tags as they were written, each with the element that its content goes to."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        made = self._made(_RENAMED.get(tag, tag), given)
        here = self.open[-1][1]
        if made is not None:
            here = self._place(made)
        if tag not in VOID:
            self.open.append((tag, here))

    def handle_endtag(self, tag: str) -> None:
        at = next((at for at in range(len(self.open) - 1, 0, -1) if self.open[at][0] == tag), 0)
        if at:
            del self.open[at:]

    def handle_data(self, data: str) -> None:
        here = self.open[-1][1]
        if self.open[-1][0] in _NO_TEXT:
            return
        if here.tag in PARTS_HOLDERS:
            if data.strip():
                self._put(here, element("li", data) if here.tag in ("ol", "ul") else None)
        elif here.tag in BLOCKS_ONLY:
            if data.strip():
                self._paragraph(here, data)
        else:
            add(here, data)

    def _made(self, tag: str, given: Mapping[str, str]) -> Element | None:
        if tag == "img":
            return self._image(given)
        if tag == "a":
            href = given.get("href", "")
            return element("a", href=_address(href)) if href.startswith(_OUTSIDE) else None
        if tag in ("td", "th"):
            spans = {name: given[name] for name in ("colspan", "rowspan") if given.get(name, "").isdigit()}
            return element(tag, **spans)
        return element(tag) if tag in INLINE or tag in BLOCKS or tag in PARTS else None

    def _image(self, given: Mapping[str, str]) -> Element:
        place = self.image(given.get("src", ""))
        text = given.get("alt", "")
        return element("span", text) if place is None else element("img", src=_address(place), alt=text)

    def _place(self, made: Element) -> Element:
        """Where it may stand: here, or around it what it needs, or what is open is left for it."""
        here = self.open[-1][1]
        if made.tag in PARTS and here.tag not in PARTS[made.tag]:
            made.tag = "div" if self._takes_blocks(here) else "span"
        if here.tag in PARTS_HOLDERS and made.tag not in PARTS:
            around = _wrapper(here.tag)
            if around is None:
                return here
            self._put(here, around)
            here = around
        elif made.tag in BLOCKS and not self._takes_blocks(here):
            if made.tag == "hr":
                return here
            made.tag = "span"
        elif here.tag in BLOCKS_ONLY and made.tag not in BLOCKS:
            self._paragraph(here, made)
            return made
        self._put(here, made)
        return made

    def _takes_blocks(self, here: Element) -> bool:
        return here is self.root or here.tag in FLOW or here.tag in BLOCKS_ONLY

    @staticmethod
    def _put(here: Element, made: Element | None) -> None:
        if made is not None:
            here.append(made)

    @staticmethod
    def _paragraph(here: Element, content: Element | str) -> None:
        """Into the paragraph that is last there, or a new one."""
        if len(here) and here[-1].tag == "p":
            add(here[-1], content)
        else:
            here.append(element("p", content))


def _wrapper(holder: str) -> Element | None:
    """What a stranger in a list or a table stands in; None where it cannot stand at all."""
    names = {"ol": "li", "ul": "li", "dl": "dd", "tr": "td"}
    return element(names[holder]) if holder in names else None
