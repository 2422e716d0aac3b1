"""Expected values of other engines, which stand beside a clone and never in it: their licences are not ours.

A test that needs them is skipped where the folder is absent, and says so by the folder's name.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

FOLDER = ROOT.parent / "shared" / "oracles"


def oracle(name: str) -> Path:
    """The folder of that name, or a skip that names it."""
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"the oracle {name} is not beside this clone (../shared/oracles/{name})")
    return folder


def told(path: Path) -> Any:
    return json.loads(path.read_text())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
