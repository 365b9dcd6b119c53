#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a newcomer does: a minimal Debian 12, an ordinary user with sudo, a clone, and the commands of README.md.

usage: newcomer.py --tree CLONE --cache FOLDER --junit FILE [--all]

The cache is ${XDG_CACHE_HOME:-~/.cache}: kernels that were built and objects that were compiled here are copied over, so
that a warm run is short. Packages are not: one that only this machine has is missing there. With --all nothing is
copied, and all tests are run at the end.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from machine import CannotSay, Machine, as_root, output

NOTEBOOK = "experiments/shared-fault-vma-lock/notebook.ipynb"
VERDICTS = "\n7 claims: 7 hold\n"


@dataclass(frozen=True)
class Step:
    """What the user types, below the home folder; what must be among what is printed then."""

    name: str
    script: str
    expect: str = ""


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
        Step("tests", f"cd elsewhere && {tests}", " passed, 0 failed"),
    ]


def clone(tree: Path, machine: Machine) -> None:
    git = ["git", "-c", f"safe.directory={tree}", "-c", f"safe.directory={tree / '.git'}"]
    changed = output([*git, "-C", str(tree), "status", "--porcelain", "--untracked-files=no"]).splitlines()
    if changed:
        print(f"newcomer: {len(changed)} files with changes that are not committed: the clone is without these", flush=True)
    as_root([*git, "clone", "--quiet", "--no-hardlinks", str(tree), str(machine.home / "assay")])


def furnish(machine: Machine, options: argparse.Namespace) -> None:
    clone(options.tree.resolve(), machine)
    if not options.all:
        objects = Path(output(["ccache", "--get-config", "cache_dir"]).strip())
        machine.give(options.cache / "assay/kernels/builds", ".cache/assay/kernels/builds")
        machine.give(objects, ".cache/ccache")
    machine.belongs_to_user()


def perform(step: Step, machine: Machine) -> Outcome:
    print(f"newcomer: {step.name}: {step.script}", flush=True)
    begin = time.monotonic()
    code, printed = machine.run(step.script)
    outcome = Outcome(step, time.monotonic() - begin, "", printed, True)
    if code != 0:
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


def main() -> int:
    parser = argparse.ArgumentParser(description="see the top of this file")
    parser.add_argument("--tree", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--junit", type=Path, required=True)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    begin = time.monotonic()
    try:
        with Machine(options.cache / "assay/newcomer") as machine:
            furnish(machine, options)
            outcomes = all_steps(machine, options.all)
    except (CannotSay, OSError, subprocess.CalledProcessError) as problem:
        print(f"newcomer: cannot make a Debian 12 in a folder: {problem}", file=sys.stderr)
        outcomes = [Outcome(Step("machine", ""), 0, str(problem), "", True)]
    write_junit(options.junit, outcomes)
    print(f"newcomer: {time.monotonic() - begin:.0f} s in all", flush=True)
    return 1 if any(outcome.problem for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
