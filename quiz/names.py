"""What to tell an author about a name that is not known: what they may have meant, or what there is.

It knows no names of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def unknown(what: str, name: object, known: Sequence[str], later: Sequence[str] = ()) -> str:
    """`later` are names that the format has and this version does not read."""
    if name in later:
        return f"the {what} `{name}` is not supported yet; {there_are(known)}"
    close = nearest(str(name), known)
    return f"unknown {what} `{name}`" + (f": did you mean `{close}`?" if close else f"; {there_are(known)}")


def nearest(name: str, known: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, known, 1)), None)


def there_are(names: Sequence[str]) -> str:
    return "there are " + ", ".join(f"`{name}`" for name in names)
