"""What of a lesson's HTML may reach a page. Everything else is left out: tags, attributes, classes, addresses.

Nothing here lets an author look like the site's own parts: classes come from the vocabulary of rendered Markdown alone, ids get
a prefix, and there is no form control at all, so that no ticked box can ever show a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import nh3
from pygments.token import STANDARD_TYPES

from webapp.course.links import ANCHOR_PREFIX, read_image, read_link

INLINE_TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "br",
        "code",
        "del",
        "em",
        "i",
        "img",
        "ins",
        "kbd",
        "mark",
        "s",
        "samp",
        "small",
        "span",
        "strong",
    }
    | {"sub", "sup", "var", "wbr"}
)
BLOCK_TAGS = frozenset(
    {
        "blockquote",
        "code-block",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
    }
    | {"h2", "h3", "h4", "h5", "h6", "summary", "ul"}
    | {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
)
CONTENT_TAGS = frozenset(
    {"iframe", "math", "noembed", "noframes", "noscript", "object", "script", "style", "svg", "template", "textarea"}
    | {"title", "xmp"}
)
"""Left out with what stands in them: their content was never meant as text."""

ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "div": {"role", "tabindex", "aria-label"},
    "pre": {"role", "tabindex", "aria-label"},
    "details": {"open", "name"},
    "ol": {"start"},
    "span": {"data-linenos"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
CLASSES = frozenset(
    {"admonition", "admonition-title", "note", "tip", "warning", "danger"}
    | {"filename", "highlight", "hll", "linenos"}
    | {"footnote", "footnote-backref", "footnote-ref"}
    | {"headerlink", "subheading", "table-scroll", "tabs", "tabs__tab"}
)
SPAN_CLASSES = frozenset(STANDARD_TYPES.values()) - {""}

_VALUES = {
    "width": re.compile(r"\d{1,4}"),
    "height": re.compile(r"\d{1,4}"),
    "tabindex": re.compile(r"0"),
    "role": re.compile(r"region|group"),
    "name": re.compile(r"tabs-\d{1,4}"),
    "start": re.compile(r"\d{1,9}"),
    "align": re.compile(r"left|right|center"),
    "colspan": re.compile(r"\d{1,2}"),
    "rowspan": re.compile(r"\d{1,3}"),
    "scope": re.compile(r"col|row"),
    "data-linenos": re.compile(r"[ \d]{1,12}"),
}
_ID = re.compile(r"[\w:.-]{1,100}")
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,30}")
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)")


@dataclass(slots=True)
class Sanitised:
    """Sanitises the pieces of one page, and remembers what it saw there."""

    slug: str | None
    """The lesson whose folder relative addresses mean; None: there is no folder."""
    inline: bool = False
    anchors: bool = True
    """Whether ids stay. A text that may stand in several pages, or twice in one, has none."""
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def clean(self, html: str) -> str:
        tags = INLINE_TAGS if self.inline else INLINE_TAGS | BLOCK_TAGS
        for tag in dict.fromkeys(name.lower() for name in _TAG.findall(html)):
            # The parser puts a line into a paragraph, which is taken off again.
            if tag not in tags and tag not in self.left_out and not (self.inline and tag == "p"):
                self.left_out.append(tag)
        return nh3.clean(
            html,
            tags=set(tags),
            clean_content_tags=set(CONTENT_TAGS),
            attributes=ATTRIBUTES,
            attribute_filter=self._attribute,
            url_schemes={"http", "https", "mailto", "lesson"},
            link_rel="noopener noreferrer",
        )

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        match name:
            case "href" if tag == "a":
                self.links.append(value)
                return read_link(value, self.slug).href or None
            case "src" if tag == "img":
                self.images.append(value)
                return read_image(value, self.slug).href or None
            case "class":
                return " ".join(word for word in value.split() if _class_stays(tag, word)) or None
            case "id":
                return self._anchor(value)
        allowed = _VALUES.get(name)
        return value if allowed is None or allowed.fullmatch(value) else None

    def _anchor(self, value: str) -> str | None:
        if not self.anchors or value in self.ids or not _ID.fullmatch(value):
            return None
        self.ids.append(value)
        return ANCHOR_PREFIX + value


def _class_stays(tag: str, word: str) -> bool:
    if tag == "span" and word in SPAN_CLASSES:
        return True
    return word in CLASSES or (tag == "code" and _LANGUAGE.fullmatch(word) is not None)
