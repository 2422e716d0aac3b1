"""The parsed page before it becomes HTML: headings, tables and tabs as the page wants them."""

from __future__ import annotations

import html as html_text
import re
from collections import Counter
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import toc
from markdown.treeprocessors import Treeprocessor

from webapp.course.links import ANCHOR_PREFIX
from webapp.course.number_marks import NumberMarks

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MODE_LEVEL = 2
"""Level of a mode's heading in the source; the page shows the lesson's title as h1 instead, and prose goes on at h2."""
_RAW_HEADING = re.compile(r"<(/?)h[1-6]\b", re.IGNORECASE)


class PageTree(Treeprocessor):
    """Headings, tables and tabs as the page wants them; collects headings, links and images on the way."""

    def __init__(self, markdown: Markdown, *, anchors: bool) -> None:
        super().__init__(markdown)
        self.anchors = anchors
        self.numbers = NumberMarks(markdown)
        self.begin("")

    def begin(self, mark: str) -> None:
        self.numbers.begin(mark)
        self.headings: list[tuple[str, str, int]] = []
        self.links: list[str] = []
        self.images: list[tuple[str, str]] = []
        self._labels: Counter[str] = Counter()
        self._tabs = 0

    def label(self, text: str) -> str:
        """The text, numbered where it was used before: two regions of a page may not share their name."""
        self._labels[text] += 1
        return text if self._labels[text] == 1 else f"{text} ({self._labels[text]})"

    def run(self, root: ElementTree.Element) -> None:
        self._raw_headings()
        self._shape_headings(root)
        for parent in list(root.iter()):
            for index, child in enumerate(list(parent)):
                if child.tag == "table":
                    parent[index] = self._scroll(child)
                elif child.tag == "div" and "tabbed-set" in child.get("class", "").split():
                    parent[index] = self._tab_set(child)
        self.links = [href for a in root.iter("a") if (href := a.get("href")) and a.get("class") != "headerlink"]
        self.images = [(image.get("src", ""), image.get("alt", "")) for image in root.iter("img")]

    def _raw_headings(self) -> None:
        """A heading in raw HTML would tear the page's outline: it becomes a paragraph."""
        stash = self.md.htmlStash.rawHtmlBlocks
        stash[:] = [_RAW_HEADING.sub(r"<\1p", block) if isinstance(block, str) else block for block in stash]

    def _shape_headings(self, root: ElementTree.Element) -> None:
        open_levels: list[int] = []
        used: set[str] = set()
        for element in root.iter():
            if element.tag not in _HEADINGS:
                continue
            if not self.anchors:
                element.tag = "p"
                element.set("class", "subheading")
                continue
            level = int(element.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
            shown = min(len(open_levels) + _MODE_LEVEL - 1, 6)
            element.tag = f"h{shown}"
            inner = toc.render_inner_html(toc.remove_fnrefs(element), self.md)
            text = self.numbers.without(" ".join(html_text.unescape(toc.strip_tags(inner)).split()))
            anchor = toc.unique(toc.slugify_unicode(text, "-") or "section", used)
            element.set("id", anchor)
            self.headings.append((ANCHOR_PREFIX + anchor, text, shown))
            if element.find(".//a") is None:
                _wrap_content(element, ElementTree.Element("a", {"class": "headerlink", "href": f"#{anchor}"}))

    def _scroll(self, table: ElementTree.Element) -> ElementTree.Element:
        heads = ["".join(cell.itertext()).strip() for cell in table.iterfind("./thead/tr/th")]
        for cell, text in zip(table.iterfind("./thead/tr/th"), heads, strict=True):
            if text or len(cell):
                cell.set("scope", "col")
            else:
                cell.tag = "td"
        label = self.label(html_text.unescape(self._plain(", ".join(filter(None, heads)))) or "…")
        role = "region" if self.anchors else "group"
        region = ElementTree.Element(
            "div", {"class": "table-scroll", "role": role, "tabindex": "0", "aria-label": label}
        )
        region.append(table)
        region.tail, table.tail = table.tail, None
        return region

    def _plain(self, text: str) -> str:
        """Without the placeholders that stand for raw HTML and escaped characters until the very end, and without numbers."""
        return re.sub("\x02[^\x03]*\x03", "", self.numbers.without(text))

    def _tab_set(self, tabs: ElementTree.Element) -> ElementTree.Element:
        self._tabs += 1
        titles = tabs.findall("./div[@class='tabbed-labels']/label")
        bodies = tabs.findall("./div[@class='tabbed-content']/div")
        shown = [box.get("checked") is not None for box in tabs.findall("./input")]
        group = ElementTree.Element("div", {"class": "tabs"})
        group.tail = tabs.tail
        for title, body, is_open in zip(titles, bodies, shown, strict=True):
            tab = ElementTree.SubElement(group, "details", {"class": "tabs__tab", "name": f"tabs-{self._tabs}"})
            if is_open:
                tab.set("open", "open")
            summary = ElementTree.SubElement(tab, "summary")
            summary.text = title.text
            summary.extend(list(title))
            tab.extend(list(body))
        return group


def _wrap_content(element: ElementTree.Element, wrapper: ElementTree.Element) -> None:
    wrapper.text, element.text = element.text, None
    for child in list(element):
        element.remove(child)
        wrapper.append(child)
    element.append(wrapper)
