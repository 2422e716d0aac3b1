"""What a link or an image of a lesson points to, read from its text alone. Pure; whether it exists is asked elsewhere.

An author links to

    lesson:slug, lesson:slug#mode            a lesson, one of its modes
    ../slug/lesson.md, ../slug/lesson.md#mode   the same, in a form that a forge follows too
    #mode                                    another mode of this lesson
    #heading                                 a heading of this page
    awaiting.py, drawing.svg                 a file of this lesson's folder
    /progress                                a page of this site
    https://…, http://…, mailto:…            the world

and to nothing else: no other scheme, no `//host`, no way out of the folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MODES = ("why", "learn", "predict", "try", "visualize", "performance", "challenge", "project", "recall")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
FILE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg")

ANCHOR_PREFIX = "s-"
"""Stands before every id that comes from a lesson, so that none is the id of a part of the page."""

_LESSON = re.compile(r"(?:lesson:([^#/]*)|\.\./([^#/]+)/lesson\.md|(lesson\.md))(?:#(.*))?")
_OUTSIDE = re.compile(r"(?:https?://[^\s/?#\\@]+(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+)", re.IGNORECASE)
_SITE = re.compile(r"/(?![/\\])[^\s\\]*")

Kind = Literal["outside", "site", "heading", "lesson", "file", "forbidden"]


@dataclass(frozen=True, slots=True)
class Link:
    kind: Kind
    href: str = ""
    """What the page gets; empty where the link is forbidden."""
    slug: str = ""
    mode: str = ""
    name: str = ""
    """Of the file or of the heading."""


def read_link(text: str, slug: str | None) -> Link:
    """The link of a lesson; without a slug there is no folder, so that names of files are forbidden."""
    if text.startswith("#"):
        return _within(text[1:], slug)
    if lesson := _LESSON.fullmatch(text):
        return _to_lesson(lesson[1] or lesson[2] or slug or "", lesson[4] or "")
    if _OUTSIDE.fullmatch(text):
        return Link("outside", text)
    if _SITE.fullmatch(text):
        return Link("site", text)
    return _to_file(text, slug)


def read_image(text: str, slug: str | None) -> Link:
    link = _to_file(text, slug)
    return link if link.name.endswith(IMAGE_SUFFIXES) else Link("forbidden")


def _within(name: str, slug: str | None) -> Link:
    if slug and name in MODES:
        return Link("lesson", f"/lessons/{slug}/{name}", slug=slug, mode=name)
    return Link("heading", f"#{ANCHOR_PREFIX}{name}", name=name) if name else Link("forbidden")


def _to_lesson(slug: str, mode: str) -> Link:
    if not SLUG.fullmatch(slug):
        return Link("forbidden")
    # A mode that does not exist keeps its name for the message; its address is never used.
    return Link("lesson", f"/lessons/{slug}/{mode}" if mode in MODES else f"/lessons/{slug}", slug=slug, mode=mode)


def _to_file(text: str, slug: str | None) -> Link:
    name = text.removeprefix("./")
    if not slug or not FILE.fullmatch(name) or ".." in name:
        return Link("forbidden")
    return Link("file", f"/lessons/{slug}/files/{name}", slug=slug, name=name)
