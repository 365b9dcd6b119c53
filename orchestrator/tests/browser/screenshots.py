#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes pictures of an HTML report, to be looked at: light, dark, narrow, and as it is printed (a PDF).

usage: screenshots.py REPORT.html FOLDER
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from chromium import Browser

MOST_HEIGHT = 16_000  # what Chromium takes in one picture


def take(browser: Browser, page: Path, to: Path, width: int, dark: bool) -> None:
    browser.open(page, width=width, dark=dark)
    browser.wait_for_charts()
    height = min(MOST_HEIGHT, browser.script("return document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    picture = browser.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    to.write_bytes(base64.b64decode(picture["data"]))


def main() -> int:
    page, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(Path(profile))
        try:
            take(browser, page, folder / "light.png", 1200, dark=False)
            take(browser, page, folder / "dark.png", 1200, dark=True)
            take(browser, page, folder / "narrow.png", 400, dark=False)
            printed = browser.command("Page.printToPDF", preferCSSPageSize=True)
            (folder / "print.pdf").write_bytes(base64.b64decode(printed["data"]))
        finally:
            browser.driver.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
