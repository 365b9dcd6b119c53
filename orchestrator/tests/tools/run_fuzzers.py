#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs libFuzzer programs side by side for a fixed time each and writes a JUnit file.

usage: run_fuzzers.py --seconds N --jobs N --corpus FOLDER --work FOLDER --junit FILE PROGRAM...

A program called fuzz-NAME starts from CORPUS/NAME, which is kept in the tree and only read; what it discovers goes to
WORK/NAME, and an input that breaks it to WORK/NAME-crash-*. A program that ran no input at all counts as failed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Run:
    name: str
    seconds: float
    inputs: int
    problem: str  # empty when all is well
    log: str


def fuzz(program: Path, options: argparse.Namespace) -> Run:
    name = program.name.removeprefix("fuzz-")
    found = options.work / name
    found.mkdir(parents=True, exist_ok=True)
    seeds = options.corpus / name
    command = [
        str(program.absolute()),
        f"-max_total_time={options.seconds}",
        "-print_final_stats=1",
        "-timeout=10",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={options.work.absolute() / name}-crash-",
        str(found),
        *([str(seeds)] if seeds.is_dir() else []),
    ]
    begin = time.monotonic()
    limit = options.seconds + 120
    try:
        end = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit, check=False)
        log, code = end.stderr + end.stdout, end.returncode
    except subprocess.TimeoutExpired:
        log, code = "", -1
    (options.work / f"{name}.log").write_text(log, encoding="utf-8")
    counted = re.search(r"stat::number_of_executed_units:\s*(\d+)", log)
    inputs = int(counted.group(1)) if counted else 0
    problem = ""
    if code == -1:
        problem = f"did not end within {limit} s"
    elif code != 0:
        problem = f"exit code {code}; repeat with: {' '.join(command[:1])} {options.work.absolute() / name}-crash-*"
    elif inputs == 0:
        problem = "ran no input"
    elif not seeds.is_dir():
        problem = f"has no corpus folder {seeds}"
    return Run(name, time.monotonic() - begin, inputs, problem, log)


def write_junit(path: Path, runs: list[Run]) -> None:
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", name="fuzz", tests=str(len(runs)))
    for run in runs:
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=run.name, time=f"{run.seconds:.1f}")
        if run.problem:
            tail = "\n".join(run.log.splitlines()[-60:])
            clean = re.sub(r"[^\t\n\x20-\x7e]", "?", tail)
            ElementTree.SubElement(case, "failure", message=run.problem).text = clean
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--junit", type=Path, required=True)
    parser.add_argument("programs", type=Path, nargs="*")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(lambda program: fuzz(program, options), options.programs))
    for run in runs:
        print(f"fuzz {run.name}: {run.inputs} inputs in {run.seconds:.0f} s: {run.problem or 'OK'}")
    write_junit(options.junit, runs)
    return 1 if any(run.problem for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
