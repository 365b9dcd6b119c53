#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds what tests declare that they need, before they run, and writes a JUnit file.

usage: build_needs.py [--list] [--assay PROGRAM] [--junit FILE] TEST...     (folders or files)

Tests declare by the marks `kernels` and `builds` (tests/pytest.ini); those that would be skipped need nothing. A need is a
test case of its own, also when it is there already; those that FILE has are left out, for it may hold those of other
suites. --list only prints.
Exit code: 0, 3 when something did not build, 2 when the tests could not be asked, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
INTERRUPTED = 130
KEPT_BYTES = 1 << 18
LINES_OF_FAILURE = 100


@dataclass(frozen=True)
class Need:
    """A kernel when there is no `command`."""

    name: str
    arch: str = ""
    command: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        name = str(Path(self.name).relative_to(TOP)) if self.name.startswith(f"{TOP}/") else self.name
        return f"{name} {self.arch}".strip()

    @property
    def kind(self) -> str:
        return "program" if self.command else "kernel"


# ---------------------------------------------------------------------------------------------- what is declared


def file_of(variant: str) -> Path:
    """Of a variant without its flavours; none such for "debian:6.12"."""
    name = variant.split("+")[0]
    return Path(name) if name.endswith(".toml") else TOP / f"images/kernels/{name}.toml"


def generation(variant: str) -> int:
    """How many variants it extends, one by way of the other: a kernel is built from the objects of the first."""
    file, count = file_of(variant), 0
    while file.exists():
        base = tomllib.loads(file.read_text(encoding="utf-8")).get("extends")
        if base is None:
            break
        beside = file.with_name(f"{base}.toml")
        file, count = beside if beside.exists() else file_of(base), count + 1
    return count


def kernels_of(experiment: str) -> Iterator[Need]:
    """One for each variant and architecture that a workload runs with."""
    text = (TOP / "experiments" / experiment / "experiment.toml").read_text(encoding="utf-8")
    parsed = tomllib.loads(text)
    for variant, use in parsed["variants"].items():
        for machine, its in parsed.get("machines", {"": {}}).items():
            if any(
                variant in run.get("variants", [variant]) and machine in run.get("machines", [machine])
                for run in parsed["workloads"].values()
            ):
                yield Need(use["kernel"], its.get("arch", "x86_64"))


def is_skipped(item: pytest.Item) -> bool:
    return any(item.iter_markers("skip")) or any(mark.args[0] for mark in item.iter_markers("skipif"))


def needs_of(item: pytest.Item) -> Iterator[Need]:
    callspec = getattr(item, "callspec", None)
    own_arch = callspec.params.get("arch", "x86_64") if callspec is not None else "x86_64"
    for mark in item.iter_markers("kernels"):
        for variant in mark.args:
            yield Need(variant, mark.kwargs.get("arch", own_arch))
        if "experiment" in mark.kwargs:
            yield from kernels_of(mark.kwargs["experiment"])
    for mark in item.iter_markers("builds"):
        name, *command = mark.args
        yield Need(name, command=tuple(command))


class Collected:
    """A plugin of pytest's: what the tests need, a base before what extends it."""

    def __init__(self) -> None:
        self.needs: list[Need] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        needs = [need for item in session.items if not is_skipped(item) for need in needs_of(item)]
        once = list(dict.fromkeys(needs))
        self.needs = sorted(once, key=lambda need: (need.kind, 0 if need.command else generation(need.name)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longreprtext, file=sys.stderr)


def declared(tests: list[str]) -> list[Need] | None:
    """None when a test could not be read, which was said."""
    collected = Collected()
    quiet = ["--collect-only", "-p", "no:terminal", "-p", "no:cacheprovider"]
    code = pytest.main([*quiet, *tests], plugins=[collected])
    return collected.needs if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else None


# ---------------------------------------------------------------------------------------------- building


def run_shown(command: list[str]) -> tuple[int, str]:
    """The exit code, and the last of what it said, which is shown as it comes: on a terminal as on a terminal."""
    if sys.stderr.isatty():
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, fcntl.ioctl(2, termios.TIOCGWINSZ, bytes(8)))
    else:
        ours, theirs = os.pipe()
    environment = {name: value for name, value in os.environ.items() if name != "ASSAY_BUILD"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment) as child:
        os.close(theirs)
        said = b""
        while True:
            try:
                more = os.read(ours, 1 << 16)
            except OSError:  # how a terminal ends
                break
            if not more:
                break
            os.write(2, more)
            said = (said + more)[-KEPT_BYTES:]
    os.close(ours)
    return child.returncode, said.decode(errors="replace")


def words_of_failure(said: str) -> str:
    """The error, without the progress before it and what a terminal is told."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[^\t\n\x20-\x7e]", "", said)
    lines = plain.splitlines()
    begins = [number for number, line in enumerate(lines) if line.startswith(("assay: ", "busybox: "))]
    return "\n".join(lines[begins[-1] if begins else 0 :][-LINES_OF_FAILURE:])


def command_for(need: Need, assay: str) -> list[str]:
    return list(need.command) if need.command else [assay, "kernel", "build", need.name, "--arch", need.arch]


def build(need: Need, assay: str, suite: ElementTree.Element) -> bool:
    """Adds a case to the suite. False when it failed."""
    command, begin = command_for(need, assay), time.monotonic()
    code, said = run_shown(command)
    if code in (INTERRUPTED, -signal.SIGTERM, -signal.SIGINT):
        sys.exit(INTERRUPTED)
    case = ElementTree.SubElement(suite, "testcase", name=need.title, time=f"{time.monotonic() - begin:.1f}")
    if code != 0:
        repeat = f"exit code {code}; repeat with: {' '.join(command)}"
        ElementTree.SubElement(case, "failure", message=repeat).text = f"{repeat}\n{words_of_failure(said)}"
    return code == 0


def build_all(needs: list[Need], assay: str, junit: Path | None) -> bool:
    root = ElementTree.parse(junit).getroot() if junit and junit.exists() else ElementTree.Element("testsuites")
    suite = root.find("testsuite")
    if suite is None:
        suite = ElementTree.SubElement(root, "testsuite", name="kernels")
    known = {case.get("name") for case in suite}
    missing = [need for need in needs if need.title not in known]
    good = True
    for kind in ("kernel", "program"):
        some = [need for need in missing if need.kind == kind]
        for number, need in enumerate(some, 1):
            print(f"{kind} {number} of {len(some)}: {need.title}", flush=True)
            good &= build(need, assay, suite)
            if junit:
                ElementTree.ElementTree(root).write(junit, encoding="utf-8", xml_declaration=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--assay", default=str(TOP / "build/orchestrator/assay"))
    parser.add_argument("--junit", type=Path)
    parser.add_argument("tests", nargs="+")
    options = parser.parse_args()
    needs = declared(options.tests)
    if needs is None:
        return 2
    if options.list:
        for need in needs:
            print(f"{need.kind} {need.title}")
        return 0
    return 0 if build_all(needs, options.assay, options.junit) else 3


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
