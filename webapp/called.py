"""Which labs' live programs have answered a caller with a reader's key, `/live/~{key}/…`, and without the reader's cookie: curl.

The key is made of the reader's token and does not lead back to it, so who the reader is comes out only when they bring the token.
Until then it stands here: in memory, and for the latest KEYS_KEPT keys, because anybody can call with a key that they make up.
"""

from __future__ import annotations

from collections import OrderedDict

KEYS_KEPT = 10_000
LABS_KEPT = 40


class Called:
    """Labs by key, each as `lesson.lab`."""

    def __init__(self) -> None:
        self._labs: OrderedDict[str, dict[str, None]] = OrderedDict()

    def note(self, key: str, lab: str) -> None:
        labs = self._labs.setdefault(key, {})
        self._labs.move_to_end(key)
        if len(labs) < LABS_KEPT:
            labs[lab] = None
        if len(self._labs) > KEYS_KEPT:
            self._labs.popitem(last=False)

    def take(self, key: str) -> tuple[str, ...]:
        """What is noted under the key, which is forgotten with it."""
        return tuple(self._labs.pop(key, ()))
