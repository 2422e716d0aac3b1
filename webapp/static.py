"""Serve the files of `static/` from memory, compressed once at start. Refuses everything that was not there at start.

A URL that carries the file's hash may be kept for ever; one that does not is asked for again, and mostly answered 304.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    compressed: bytes | None
    media_type: str
    version: str


class Static:
    """An ASGI application over the files of a folder as they were when it was made."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): _load(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }

    def url(self, path: str) -> str:
        """The path under /static/ with the file's version. Raises KeyError for a file that is not there."""
        return f"{path}?v={self.files[path].version}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        file = self.files.get(path)
        if file is None or scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(404 if file is None else 405)
        await self._answer(file, scope)(scope, receive, send)

    def _answer(self, file: StaticFile, scope: Scope) -> Response:
        asked = Headers(scope=scope)
        versions = parse_qs(scope["query_string"].decode("latin-1")).get("v", [])
        headers = {
            "cache-control": FOR_EVER if versions == [file.version] else ASK_AGAIN,
            "etag": f'"{file.version}"',
            "vary": "accept-encoding",
        }
        if headers["etag"] in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if file.compressed is not None and "gzip" in asked.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(file.compressed, media_type=file.media_type, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)


def _load(path: Path) -> StaticFile:
    body = path.read_bytes()
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(body, 9, mtime=0) if media_type.startswith(COMPRESSIBLE) else body
    version = hashlib.sha256(body).hexdigest()[:12]
    return StaticFile(body, small if len(small) < len(body) else None, media_type, version)
