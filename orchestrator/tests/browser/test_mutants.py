# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of a score of mutants as a reader has it: it fits, its links lead into the source, sources stay text."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from chromium import Browser
from test_report import CONTRAST, ROOT, TOO_WIDE

SAMPLE = ROOT / "build/orchestrator/tests/browser/sample-mutants"
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("mutants") / "mutants.html"
    made = subprocess.run([str(SAMPLE)], check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    written.write_bytes(made.stdout)
    return written


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.driver.quit()


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_sticks_out(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    browser.script(OPEN_ALL)
    assert browser.script(TOO_WIDE) == []
    assert browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read(browser: Browser, page: Path, dark: bool) -> None:
    browser.open(page, dark=dark)
    browser.script(OPEN_ALL)
    worst = browser.script(CONTRAST)
    assert min(worst.values()) >= 4.5, worst


def test_what_sources_hold_stays_text(browser: Browser, page: Path) -> None:
    browser.driver.get_log("browser")
    browser.open(page)
    assert browser.driver.title.startswith("unmap-failure-swap: killed ")
    assert browser.script("return document.scripts.length + document.images.length") == 0
    first = browser.driver.find_element(By.CSS_SELECTOR, ".listing .code code").get_attribute("textContent")
    assert first == "\t/* </code></pre><script>document.title = 'owned'</script><img src=x> */"
    assert browser.complaints() == []


def test_a_survivor_leads_to_its_line(browser: Browser, page: Path) -> None:
    browser.open(page)
    links = browser.driver.find_elements(By.CSS_SELECTOR, ".survivors a")
    assert links
    for link in links:
        number = link.text.rsplit(":", 1)[1]
        row = browser.driver.find_element(By.ID, str(link.get_attribute("href")).rsplit("#", 1)[1])
        assert row.find_element(By.CSS_SELECTOR, ".number").text == number
        assert "survived" in str(row.find_element(By.TAG_NAME, "details").get_attribute("textContent"))


def test_no_colour_stands_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    unsaid = browser.script(
        "return [...document.querySelectorAll('.verdict')].filter((one) => !/[\\u2713\\u2717?\\u2013]/.test(one.textContent))"
        ".concat([...document.querySelectorAll('.comes')].filter((one) => !one.textContent.startsWith('+')))"
        ".concat([...document.querySelectorAll('.goes')].filter((one) => !one.textContent.startsWith('-'))).length"
    )
    assert unsaid == 0
