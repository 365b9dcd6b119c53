#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a newcomer does: a minimal Debian 12, an ordinary user with sudo, a clone, and the commands of README.md.

usage (as root): newcomer.py --tree CLONE --cache FOLDER --junit FILE [--objects FOLDER] [--npmrc FILE] [--with PID] [--all]

The demo's kernels in the cache (of Assay) and the compiler's objects are copied over, so that a warm run is short.
Packages are not: one that only this machine has is missing there. With --all nothing is copied, and all tests are run at
the end. It ends with the process PID.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from machine import CannotSay, Machine, npm_settings, output

NOTEBOOK = "experiments/shared-fault-vma-lock/notebook.ipynb"
VERDICTS = "\n12 claims: 12 hold\n"
KERNELS = {("linux-6.12", "x86_64"), ("shared-fault-before", "x86_64")}
#: Folders of tests that failed, results of runs, logs.
LEFT_BY_TESTS = ["tmp/pytest-of-*", "home/*/*/results", "home/*/*/build/meson-logs", "home/*/*/build/test-results"]
HOUR = 3600.0


@dataclass(frozen=True)
class Step:
    """What the user types, below the home folder; what must be among what is printed then."""

    name: str
    script: str
    expect: str = ""
    limit: float = HOUR / 2


@dataclass
class Outcome:
    step: Step
    seconds: float = 0
    problem: str = ""
    printed: str = ""
    ran: bool = False


def steps(everything: bool) -> list[Step]:
    # Of the suites those that need no guest and read the most packages.
    tests = "./dev test" if everything else "./dev test python bindings"
    return [
        Step("demo", "cd assay && ./dev demo", VERDICTS),
        Step("report", 'cd assay && page=$(build/orchestrator/assay report last) && test -s "$page" && echo "$page"', "report.html"),
        Step("moved", "mv assay elsewhere && cd elsewhere && build/orchestrator/assay show last && ./dev build", VERDICTS),
        Step("notebook", f"cd elsewhere && ./dev python /usr/bin/jupyter-execute {NOTEBOOK}"),
        Step("tests", f"cd elsewhere && {tests}", " passed, 0 failed", 3 * HOUR if everything else HOUR / 2),
    ]


def clone(tree: Path, machine: Machine) -> None:
    git = ["git", "-c", "safe.directory=*"]  # root looks into a user's clone
    changed = output([*git, "-C", str(tree), "status", "--porcelain", "--untracked-files=no"]).splitlines()
    if changed:
        print(f"newcomer: {len(changed)} files with changes that are not committed: the clone is without these", flush=True)
    own = ["--upload-pack", "git -c safe.directory=* upload-pack"]
    output([*git, "clone", "--quiet", "--no-hardlinks", *own, str(tree), str(machine.home / "assay")])


def is_of_demo(build: Path) -> bool:
    try:
        made_from = json.loads((build / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (made_from.get("variant"), made_from.get("arch")) in KERNELS


def furnish(machine: Machine, options: argparse.Namespace) -> None:
    clone(options.tree.resolve(), machine)
    (machine.home / ".npmrc").write_text(npm_settings([Path("/etc/npmrc"), options.npmrc]), encoding="utf-8")
    if not options.all:
        for build in filter(is_of_demo, (options.cache / "kernels/builds").glob("*")):
            machine.give(build, f".cache/assay/kernels/builds/{build.name}")
        machine.give(options.objects, ".cache/ccache")
    machine.belongs_to_user()


def perform(step: Step, machine: Machine) -> Outcome:
    print(f"newcomer: {step.name}: {step.script}", flush=True)
    begin = time.monotonic()
    code, printed = machine.run(step.script, step.limit)
    outcome = Outcome(step, time.monotonic() - begin, "", printed, True)
    if outcome.seconds >= step.limit:
        outcome.problem = f"time-out: it did not end within {step.limit:.0f} s"
    elif code != 0:
        outcome.problem = f"exit code {code}"
    elif step.expect not in printed:
        outcome.problem = f"it did not print {step.expect.strip()!r}"
    print(f"newcomer: {step.name}: {outcome.problem or 'OK'} ({outcome.seconds:.0f} s)", flush=True)
    return outcome


def all_steps(machine: Machine, everything: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for step in steps(everything):
        if any(outcome.problem for outcome in outcomes):
            outcomes.append(Outcome(step))
        else:
            outcomes.append(perform(step, machine))
    return outcomes


def write_junit(path: Path, outcomes: list[Outcome]) -> None:
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", name="newcomer", tests=str(len(outcomes)))
    for outcome in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname="newcomer", name=outcome.step.name)
        case.set("time", f"{outcome.seconds:.1f}")
        if not outcome.ran:
            ElementTree.SubElement(case, "skipped", message="a step before it failed")
        elif outcome.problem:
            tail = "\n".join(outcome.printed.splitlines()[-60:])
            clean = "".join(one if one.isprintable() or one in "\n\t" else "?" for one in tail)
            ElementTree.SubElement(case, "failure", message=outcome.problem).text = clean
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def stop(*_: object) -> None:
    raise SystemExit(130)


def end_with(pid: int) -> None:
    """sudo stands between us and who started us, whose signals do not come through."""
    watched = os.pidfd_open(pid)

    def watch() -> None:
        select.select([watched], [], [])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(description="see the top of this file")
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--junit", type=Path, required=True)
    parser.add_argument("--objects", type=Path, default=Path("/nowhere"))
    parser.add_argument("--npmrc", type=Path, default=Path("/nowhere"))
    parser.add_argument("--with", type=int, dest="with_pid")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    if options.with_pid:
        end_with(options.with_pid)
    begin = time.monotonic()
    try:
        with Machine(options.cache / "newcomer") as machine:
            furnish(machine, options)
            outcomes = all_steps(machine, options.all)
            if any(outcome.problem for outcome in outcomes):
                folder = options.junit.parent / "newcomer-failed"
                machine.keep(LEFT_BY_TESTS, folder)
                print(f"newcomer: what was left is in {folder}", flush=True)
    except (CannotSay, OSError) as problem:
        print(f"newcomer: cannot make a Debian 12 in a folder: {problem}", file=sys.stderr)
        outcomes = [Outcome(Step("machine", ""), 0, str(problem), "", True)]
    write_junit(options.junit, outcomes)
    print(f"newcomer: {time.monotonic() - begin:.0f} s in all", flush=True)
    return 1 if any(outcome.problem for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
