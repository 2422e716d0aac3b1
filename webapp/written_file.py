"""A file that a command writes: whole or not at all, and over another only where that was asked for."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from webapp.settings import OperatorError

STANDARD_OUTPUT = Path("-")


def write_file(target: Path, parts: Iterable[bytes], *, force: bool) -> None:
    """Raises OperatorError. What stands under the name stays there until the new file is complete."""
    if target == STANDARD_OUTPUT:
        _print(parts)
        return
    if not force and os.path.lexists(target):
        raise _is_there(target)
    try:
        _write(target, parts, force=force)
    except OSError as error:
        raise OperatorError(
            f"{target} cannot be written ({(error.strerror or str(error)).lower()}): give another file with --out."
        ) from error


def _print(parts: Iterable[bytes]) -> None:
    """A reader who goes away, as `head` does, is left to the command line, which then ends without a word."""
    if sys.stdout is None:  # it was closed before this process began
        raise OperatorError("The standard output is closed: give a file with --out.")
    try:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OperatorError(
            f"The standard output cannot be written ({(error.strerror or str(error)).lower()}): give a file with --out."
        ) from error


def _write(target: Path, parts: Iterable[bytes], *, force: bool) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o600)  # it may hold what learners wrote
        if force:
            os.replace(name, target)
        else:
            _put(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _put(name: str, target: Path) -> None:
    """Under a name that was free a moment ago and may not be any more."""
    try:
        os.link(name, target)
    except FileExistsError as error:
        raise _is_there(target) from error
    except OSError:  # a file system without links
        os.replace(name, target)


def _is_there(target: Path) -> OperatorError:
    return OperatorError(f"{target} is there already: give another file with --out, or --force to write over it.")
