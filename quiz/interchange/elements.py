"""XML as it is made for a package: an element in one call, and only characters that XML can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, indent, tostring

Content = Element | str | None

_FOREIGN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, *content: Content | Iterable[Content], **attributes: str | float | bool | None) -> Element:
    """`xml_lang="en"` is `xml:lang`; None is left out, of attributes and of content."""
    made = Element(
        tag, {name.replace("_", ":"): _attribute(value) for name, value in attributes.items() if value is not None}
    )
    for one in content:
        for part in (one,) if isinstance(one, Element | str) else one or ():
            add(made, part)
    return made


def add(parent: Element, part: Content) -> None:
    """Text goes behind what is already there."""
    if part is None:
        return
    if isinstance(part, Element):
        parent.append(part)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + shown(part)
    else:
        parent.text = (parent.text or "") + shown(part)


def document(root: Element) -> bytes:
    """The whole file, the same bytes for the same elements."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'.encode()


def laid_out(root: Element) -> bytes:
    """The same with a line an element, for what holds no prose."""
    indent(root)
    return document(root)


def shown(text: str) -> str:
    """With a mark in the place of what XML cannot hold, a control character for one."""
    return _FOREIGN.sub("\ufffd", text)


def is_storable(text: str) -> bool:
    return _FOREIGN.search(text) is None


def number(value: float) -> str:
    """Short, and read back as the same float."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _attribute(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value) if isinstance(value, str) else number(value)
