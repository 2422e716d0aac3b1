"""What is vendored is what its manifest says, with its licences, and is built from a lock that names no place to fetch from."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from tests.conftest import ROOT

VENDOR = ROOT / "static" / "vendor"
SOURCES = {"build.mjs", "codemirror.mjs", "web-vitals.mjs", "manifest.json", "package.json", "package-lock.json"}


def read(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((VENDOR / name).read_text())
    return told


MANIFEST = read("manifest.json")
GRANTS = {"MIT": "Permission is hereby granted", "Apache-2.0": "TERMS AND CONDITIONS FOR USE"}
"""The licences that may be in it, each with words that its text has once."""


def test_every_vendored_file_is_the_one_of_the_manifest() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name not in SOURCES
    }
    assert found == MANIFEST["files"]


def test_every_package_inside_is_pinned_and_has_its_licence_beside_it() -> None:
    locked = {
        path.removeprefix("node_modules/"): entry["version"]
        for path, entry in read("package-lock.json")["packages"].items()
        if path
    }
    licences = (VENDOR / "LICENSES.txt").read_text()
    for package in MANIFEST["packages"]:
        assert locked[package["name"]] == package["version"]
        assert package["license"] in GRANTS
        assert f"{package['name']} {package['version']} ({package['license']})\n\n" in licences
    for licence, words in GRANTS.items():
        assert licences.count(words) == sum(package["license"] == licence for package in MANIFEST["packages"])


def test_the_lock_has_exact_versions_with_hashes_and_no_address() -> None:
    text = (VENDOR / "package-lock.json").read_text()
    assert "resolved" not in text and "://" not in text
    packages = json.loads(text)["packages"]
    assert all(entry["integrity"].startswith("sha512-") for path, entry in packages.items() if path)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in read("package.json")["devDependencies"].values())


def test_each_page_script_imports_its_own_vendored_file_alone() -> None:
    imports = {
        path.name: re.findall(r'"\.\./vendor/([^"]+)"', path.read_text())
        for path in (ROOT / "static" / "js").glob("*.js")
    }
    scripts = {name.split("-")[0]: name for name in MANIFEST["files"] if name.endswith(".js")}
    assert {name: files for name, files in imports.items() if files} == {
        "program-editor.js": [scripts["codemirror"]],
        "page-vitals.js": [scripts["web"]],
    }


@pytest.mark.parametrize(("library", "versioned"), [("codemirror", "@codemirror/view"), ("web-vitals", "web-vitals")])
def test_each_file_carries_the_version_of_its_library(library: str, versioned: str) -> None:
    [script] = VENDOR.glob(f"{library}-*.js")
    version = next(package["version"] for package in MANIFEST["packages"] if package["name"] == versioned)
    assert script.name == f"{library}-{version}.js"
