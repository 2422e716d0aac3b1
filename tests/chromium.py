"""Find a Chromium for the browser tests, or install one: `python -m tests.chromium`.

In this order: CHROMIUM in the environment, the system's browser, Playwright's own; then Playwright's download, then
`apt-get install chromium` as root on Debian. Where none of these can be had, one sentence says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DOWNLOAD_SECONDS = 600
ADVICE = (
    "The browser tests need Chromium and none could be installed: install it (Debian: apt-get install chromium; "
    "elsewhere: .venv/bin/playwright install chromium) or name one with CHROMIUM=/path/to/chromium."
)


def find() -> str | None:
    """The path of a Chromium that can be started, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    for path in MAC_PATHS:
        if Path(path).exists():
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else None


def install() -> str | None:
    """Install a Chromium by the ways there are; its path, or None."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        attempts += [["apt-get", "-qq", "update"], ["apt-get", "-qq", "-y", "install", "chromium"]]
    for command in attempts:
        sys.stderr.write(f"No Chromium yet: trying {' '.join(command[-3:])}\n")
        try:
            subprocess.run(command, check=False, timeout=DOWNLOAD_SECONDS, capture_output=True)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if path := find():
            return path
    return None


def main() -> None:
    if find() is None and install() is None:
        sys.exit(ADVICE)


if __name__ == "__main__":
    main()
