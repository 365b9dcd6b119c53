# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the program on small experiments in a folder of their own, and reads what it stored."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

EXPERIMENT = """# SPDX-License-Identifier: GPL-2.0-or-later
[experiment]
name = "bench"
title = "Benchmark"
summary = "Measures Assay itself."
thread = "bench@localhost"
trials = 1
guests = "fresh"
timeout = "30min"
{sampling}
[variants.only]
kernel = "linux-6.12"

[machines.small]
arch = "{arch}"
vcpus = {vcpus}
memory = "512M"
clock = "{clock}"

[workloads.load]
workload = "{workload}"
params = {{ {params} }}

[[claims]]
id = "counted"
says = "The workload counted."
quote = "none"
author = "Assay"
workload = "load"
min_trials = 1
figure = "{counter}"
expect = {{ only = ">= 0" }}
{more}"""

SAMPLING = """
[sampling]
rate = "100Hz"
sources = ["vmstat", "meminfo"]
"""


@dataclass
class Trial:
    outcome: str
    reason: str
    wall: float
    measured: float
    counters: dict[str, int]


class Assay:
    def __init__(self, program: Path, scratch: Path) -> None:
        self.program, self.scratch = program.resolve(), scratch

    def experiment(
        self,
        name: str,
        workload: str,
        params: str,
        counter: str,
        sampled: bool = False,
        clock: str = "host",
        arch: str = "x86_64",
        more: str = "",
    ) -> Path:
        folder = self.scratch / name
        folder.mkdir()
        text = EXPERIMENT.format(
            workload=workload,
            params=params,
            counter=counter,
            sampling=SAMPLING if sampled else "",
            clock=clock,
            arch=arch,
            vcpus=2 if arch == "x86_64" else 1,
            more=more,
        )
        (folder / "experiment.toml").write_text(text, encoding="utf-8")
        return folder

    def command(self, experiment: Path, *options: str) -> list[str]:
        results = f"--results={experiment / 'results'}"
        return [str(self.program), "-q", results, "run", "--accel=tcg", "--jobs=1", *options, str(experiment)]

    def exec_command(self, program: Path) -> list[str]:
        results = f"--results={self.scratch / 'results'}"
        return [str(self.program), "-q", results, "exec", "--kernel=linux-6.12", "--accel=tcg", "--", str(program)]

    def timed(self, command: list[str]) -> float:
        """Wall time; the run must have had an answer (holds, refuted or inconclusive)."""
        began = time.monotonic()
        end = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        past = time.monotonic() - began
        if end.returncode not in (0, 1, 3):
            raise RuntimeError(f"cannot run {shlex.join(command)}: code {end.returncode}: {end.stderr or end.stdout}")
        return past

    def run(self, experiment: Path) -> tuple[float, Trial]:
        """The program's wall time and the trial, which passed."""
        wall = self.timed(self.command(experiment))
        trial = self.last_trial(experiment)
        if trial.outcome != "pass":
            raise RuntimeError(f"the trial of {experiment.name} ended as {trial.outcome}: {trial.reason}")
        return wall, trial

    def check_passed(self, experiment: Path, trials: int) -> None:
        """The last trials, so many, were all passes at the first attempt: a retried one would count twice."""
        good = self.count(
            experiment,
            "SELECT count(*) FROM (SELECT outcome, attempts FROM trial ORDER BY id DESC "
            f"LIMIT {trials}) WHERE outcome = 'pass' AND attempts <= 1",
        )
        if good != trials:
            raise RuntimeError(f"only {good} of {trials} trials of {experiment.name} passed at once")

    def last_trial(self, experiment: Path) -> Trial:
        store = sqlite3.connect(experiment / "results" / "assay.sqlite")
        try:
            row = store.execute(
                "SELECT id, outcome, reason, wall_ns, measured_ns FROM trial ORDER BY id DESC LIMIT 1"
            ).fetchone()
            counters = store.execute("SELECT name, value FROM counter WHERE trial = ?", (row[0],)).fetchall()
        finally:
            store.close()
        return Trial(row[1], row[2], row[3] / 1e9, row[4] / 1e9, {str(name): int(value) for name, value in counters})

    def count(self, experiment: Path, query: str) -> int:
        store = sqlite3.connect(experiment / "results" / "assay.sqlite")
        try:
            return int(store.execute(query).fetchone()[0])
        finally:
            store.close()

    def text(self, experiment: Path, query: str) -> str:
        store = sqlite3.connect(experiment / "results" / "assay.sqlite")
        try:
            return str(store.execute(query).fetchone()[0])
        finally:
            store.close()

    def repeat_last_trial(self, experiment: Path, times: int) -> None:
        """As if the last run had had so many trials more: copies of its last, each counter off by something."""
        store = sqlite3.connect(experiment / "results" / "assay.sqlite")
        columns = "seed, ended, outcome, reason, measured_ns, wall_ns, attempts, dropped_frames, dropped_samples, kernel_id"
        try:
            (last,) = store.execute("SELECT max(id) FROM trial").fetchone()
            for number in range(1, times + 1):
                copy = store.execute(
                    f"INSERT INTO trial (run, variant, machine, workload, repeat, {columns})"
                    f" SELECT run, variant, machine, workload, repeat + ?, {columns} FROM trial WHERE id = ?",
                    (number, last),
                ).lastrowid
                store.execute(
                    "INSERT INTO counter SELECT ?, position, name, value + (? * 7919 + position * 31) % 17 FROM counter"
                    " WHERE trial = ?",
                    (copy, number, last),
                )
            store.commit()
        finally:
            store.close()

    def vmlinux(self) -> Path:
        """Of the kernel that the experiments here boot on x86-64."""
        command = [str(self.program), "kernel", "path", "linux-6.12"]
        end = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        return Path(end.stdout.strip()).with_name("vmlinux")

    def qemu_words(self, experiment: Path) -> list[str]:
        """QEMU's command line as libvirt would start it, without the environment before it."""
        command = self.command(experiment, "--dry-run", "--verbose")
        end = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        line = next(line for line in end.stdout.splitlines() if " -name guest=" in line)
        words = shlex.split(line)
        return words[next(i for i, word in enumerate(words) if "/qemu-system-" in word) :]

    def initramfs(self, experiment: Path) -> Path:
        """What the guests of the last run of it booted."""
        guests = sorted((experiment / "results" / "runs").glob("*/trials/*/guest.json"))
        return Path(json.loads(guests[-1].read_text(encoding="utf-8"))["initramfs"])
