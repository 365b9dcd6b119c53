# SPDX-License-Identifier: GPL-2.0-or-later
"""Chromium without a window: opens pages from disk, and has no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait


class Browser:
    """One window; what its console said is kept."""

    def __init__(self, folder: Path) -> None:
        options: Any = webdriver.ChromeOptions()  # Selenium 4.8 has no types
        options.binary_location = "/usr/bin/chromium"
        for word in (
            "--headless=new",
            "--no-sandbox",  # tests may run as root; the page comes from ourselves
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--force-device-scale-factor=1",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder}",
        ):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver: Any = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(60)

    def open(self, path: Path, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])
        self.driver.get(path.as_uri())

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script(text, *arguments)

    def press(self, key: str) -> None:
        chains: Any = ActionChains
        chains(self.driver).send_keys(key).perform()

    def point_at(self, element: Any) -> None:
        chains: Any = ActionChains
        chains(self.driver).move_to_element(element).perform()

    def choose(self, element: Any, index: int) -> None:
        select: Any = Select
        select(element).select_by_index(index)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        waiting: Any = WebDriverWait
        waiting(self.driver, 30).until(lambda _: condition())

    def wait_for_charts(self) -> None:
        """Time lines are unpacked in the background."""
        self.wait_until(
            lambda: bool(
                self.script(
                    "return [...document.querySelectorAll('figure.chart')].every((one) => one.querySelector('canvas'))"
                )
            )
        )

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]
