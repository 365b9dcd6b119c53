# SPDX-License-Identifier: GPL-2.0-or-later
"""The command that stands beside a finding makes it again."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import PROGRAM, Assay
from experiments import experiment, on_the_host, trials

PLANTED = Path(__file__).parent / "kernels/planted.toml"

WORKLOADS = """
[workloads.warns]
workload = "syscall.loop"
params = { calls = 10, threads = 2 }

[workloads."sets-the-trap"]
workload = "syscall.loop"
params = { calls = 10, threads = 7 }

[workloads.innocent]
workload = "idle"
params = { duration = "1s" }

[workloads."is-trapped"]
workload = "syscall.loop"
params = { calls = 10, threads = 8 }

[[claims]]
id = "calls"
says = "All calls return."
quote = "none"
author = "none"
workload = "innocent"
min_trials = 1
control = true
figure = "vmstat.pgfault"
expect = { planted = ">= 0" }
"""


def commands(text: str) -> list[str]:
    """As a reader copies them."""
    return re.findall(r"^ *again: ((?:.*\\\n)*.*)$", text, re.MULTILINE)


def fingerprints(assay: Assay) -> dict[tuple[str, int], str]:
    return {
        (one["workload"], one["repeat"]): one["findings"][0]["fingerprint"] for one in trials(assay) if one["findings"]
    }


def run_copied(command: str, elsewhere: Path, results: Path) -> Assay:
    """In another folder, with other results, by a shell."""
    elsewhere.mkdir()
    environment = {**os.environ, "ASSAY_RESULTS": str(results), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, shell=True, cwd=elsewhere, env=environment, timeout=300, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1, f"{command}\n{done.stdout}{done.stderr}"
    again = Assay(elsewhere)
    again.environment["ASSAY_RESULTS"] = str(results)
    return again


def seeds(found: list[dict[str, Any]]) -> dict[tuple[str, int], int]:
    return {(one["workload"], one["repeat"]): one["seed"] for one in found}


@on_the_host
@pytest.mark.kernels(str(PLANTED))
def test_a_finding_of_a_shared_guest_comes_again(assay: Assay, arch: str, tmp_path: Path) -> None:
    """What ran before it in its guest runs again, and nothing else."""
    text = experiment(arch, {"planted": str(PLANTED)}, WORKLOADS).replace("trials = 2", "trials = 1")
    assay.run("run", assay.experiment(text, "it's named otherwise"), code=1)
    found = fingerprints(assay)
    assert set(found) == {("warns", 0), ("is-trapped", 0)}
    of_the_trap = [one for one in trials(assay) if one["workload"] != "warns"]
    assert [one.get("finding_after") for one in of_the_trap] == ["is-trapped", "is-trapped", None]
    shown = assay.run("show").stdout
    assert "in the same guest after sets-the-trap, innocent" in " ".join(shown.split())
    copied = [one for one in commands(shown) if "is-trapped" in one]
    assert len(copied) == 1
    again = run_copied(copied[0], tmp_path / "elsewhere", tmp_path / "other results")
    assert fingerprints(again) == {("is-trapped", 0): found["is-trapped", 0]}
    assert seeds(trials(again)) == seeds(of_the_trap)


@on_the_host
@pytest.mark.kernels(str(PLANTED))
def test_a_finding_of_a_fresh_guest_comes_again(assay: Assay, arch: str, tmp_path: Path) -> None:
    text = experiment(arch, {"planted": str(PLANTED)}, WORKLOADS).replace('"shared"', '"fresh"')
    workloads = ("--workload", "warns", "--workload", "sets-the-trap", "--workload", "is-trapped")
    assay.run("run", *workloads, "--seed", "7", assay.experiment(text), code=1)
    found = fingerprints(assay)
    assert set(found) == {("warns", 0), ("warns", 1)}
    copied = commands(assay.run("show").stdout)
    assert len(copied) == 1
    again = run_copied(copied[0], tmp_path / "elsewhere", tmp_path / "other results")
    assert fingerprints(again) == {("warns", 0): found["warns", 0]}
    assert seeds(trials(again)) == seeds(trials(assay, "warns")[:1])
