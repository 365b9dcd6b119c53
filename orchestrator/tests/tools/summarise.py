#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds up the results of a test run and prints them; the last line is "N passed, N failed".

usage: summarise.py FOLDER SUITE...

For each suite the folder holds either SUITE.json with SUITE.junit.xml (written by `meson test --logbase`) or
only SUITE.junit.xml (pytest, the fuzzers, what was built for them). A suite without results counts as a failure: nothing is lost in silence.
Exit code: 0 when something ran and nothing failed, else 1.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

LINES_SHOWN = 200


@dataclass
class Totals:
    """What came out; `failures` pairs a name with its output, `skips` a name with its reason."""

    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    skips: list[tuple[str, str]] = field(default_factory=list)

    def line(self) -> str:
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return text + (f", {len(self.skips)} skipped" if self.skips else "")

    def ok(self) -> bool:
        return self.passed > 0 and not self.failures


def text_below(element: ElementTree.Element) -> str:
    message, text = element.get("message") or "", element.text or ""
    return text.strip() if message in text else f"{message}\n{text}".strip()  # GoogleTest writes it twice


def add_case(totals: Totals, name: str, case: ElementTree.Element, output: str) -> bool:
    """Counts one <testcase>. True when it failed."""
    broken = case.find("failure")
    if broken is None:
        broken = case.find("error")
    skipped = case.find("skipped")
    if broken is not None:
        totals.failures.append((name, "\n".join(filter(None, (text_below(broken), output)))))
    elif skipped is not None:
        reason = text_below(skipped)
        totals.skips.append((name, reason.splitlines()[-1] if reason else "no reason given"))
    else:
        totals.passed += 1
    return broken is not None


def add_junit(totals: Totals, suite: str, path: Path) -> None:
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    for case in cases:
        output = "\n".join(filter(None, (case.findtext("system-out"), case.findtext("system-err"))))
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        add_case(totals, f"{suite}: {name}", case, output)
    if not cases:
        totals.failures.append((suite, f"{path} holds no test"))


def gtest_cases(junit: Path, test: str) -> list[ElementTree.Element]:
    """The cases inside one GoogleTest program: Meson merges them as suites called PROJECT.TEST.SUITE."""
    found: list[ElementTree.Element] = []
    if junit.exists():
        for suite in ElementTree.parse(junit).getroot().iter("testsuite"):
            parts = (suite.get("name") or "").split(".", 2)
            if len(parts) == 3 and parts[1] == test:
                found += suite.iter("testcase")
    return found


def add_program(totals: Totals, suite: str, record: dict[str, object], junit: Path) -> None:
    """Counts one program that Meson ran: its cases when it has some, else itself."""
    name = f"{suite}: {record['name']}"
    result = str(record["result"])
    output = f"{record.get('stdout') or ''}{record.get('stderr') or ''}"
    failed_case = False
    cases = gtest_cases(junit, str(record["name"]))
    for case in cases:
        failed_case |= add_case(totals, f"{name}: {case.get('classname')}.{case.get('name')}", case, "")
    if result in ("OK", "EXPECTEDFAIL"):
        totals.passed += 0 if cases else 1
    elif result == "SKIP":
        if not cases:
            lines = output.strip().splitlines()
            totals.skips.append((name, lines[-1] if lines else "no reason given"))
    elif not failed_case:  # it crashed or timed out, which no single case tells
        totals.failures.append((name, f"{result}, exit code {record.get('returncode')}\n{output}"))


def add_suite(totals: Totals, folder: Path, suite: str) -> None:
    log, junit = folder / f"{suite}.json", folder / f"{suite}.junit.xml"
    if log.exists() and log.stat().st_size > 0:
        for line in log.read_text(encoding="utf-8").splitlines():
            add_program(totals, suite, json.loads(line), junit)
    elif junit.exists():
        add_junit(totals, suite, junit)
    else:
        totals.failures.append((suite, "this suite left no results: it did not run"))


def report(totals: Totals) -> None:
    for name, output in totals.failures:
        lines = output.splitlines()
        print(f"\nFAILED {name}")
        if len(lines) > LINES_SHOWN:
            print(f"    ... {len(lines) - LINES_SHOWN} lines before these")
        for line in lines[-LINES_SHOWN:]:
            print(f"    {line}")
    for name, reason in totals.skips:
        print(f"skipped {name}: {reason}")


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__)
        return 2
    totals = Totals()
    for suite in arguments[1:]:
        add_suite(totals, Path(arguments[0]), suite)
    report(totals)
    print(f"\n{totals.line()}")
    return 0 if totals.ok() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
