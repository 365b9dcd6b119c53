# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that go on until a test has decided their claims."""

from __future__ import annotations

import signal
import time

import pytest

from conftest import Assay
from experiments import on_the_host

# Another kernel than the other side's, which touches as often: the workload runs what its patch changes.
with_another = pytest.mark.kernels("shared-fault-before")

EXPERIMENT = """
[experiment]
name = "under-test"
title = "under test"
thread = "none@example.org"
guests = "shared"
trials = 4
timeout = "60s"

[variants.one]
kernel = "shared-fault-before"

[variants.other]
kernel = "linux-6.12"

[machines.small]
arch = "{arch}"
memory = "256M"

[workloads.faults]
workload = "fault.shared"
params = {{ threads = 1, pages = 64, rounds = 1 }}

[[claims]]
id = "as-many-touches"
says = "Both kernels touch equally often."
quote = "none"
author = "none"
workload = "faults"
min_trials = 1
rule = "measurement"
figure = "touches"
base = "one"
head = "other"
direction = "same"
effect = 0.5

[[claims]]
id = "quiet"
says = "Nothing is reported."
quote = "none"
author = "none"
workload = "faults"
min_trials = 1
rule = "never"
count = "finding"
"""


@on_the_host
@with_another
def test_stops_at_the_look_that_decides(assay: Assay, arch: str) -> None:
    path = assay.experiment(EXPERIMENT.format(arch=arch))
    done = assay.run("run", "--until-decided", path)
    # Four trials a side can never be below what the first look may spend; eight are.
    assert "look 1 of 5, 4 trials of each: 1 of 2 claims are settled; going on" in done.stderr
    assert "look 2 of 5, 8 trials of each: 2 of 2 claims are settled" in done.stderr
    shown = assay.shown()
    assert shown["run"]["done"] == 16
    assert shown["run"]["planned"] == 40
    claim = shown["claims"][0]
    assert claim["verdict"] == "holds"
    assert (claim["test"]["look"], claim["test"]["looks"]) == (2, 5)
    assert claim["test"]["p"] < claim["test"]["p_adjusted"] < 0.05
    assert len(claim["sides"][0]["trials"]) == 8


@on_the_host
@with_another
def test_probes_watch_every_look(assay: Assay, arch: str) -> None:
    text = EXPERIMENT.format(arch=arch) + '[[probes]]\nname = "faults"\nkind = "count"\nplace = "handle_mm_fault"\n'
    done = assay.run("run", "--until-decided", "--accel", "tcg", assay.experiment(text))
    assert "look 2 of 5" in done.stderr
    trials = assay.shown()["trials"]
    assert len(trials) == 16
    assert all(trial["counters"]["probe.faults"] >= trial["counters"]["touches"] for trial in trials)


@on_the_host
@with_another
def test_resumed_goes_on_by_the_rule_it_began_with(assay: Assay, arch: str) -> None:
    path = assay.experiment(EXPERIMENT.format(arch=arch))
    run = assay.start("run", "--until-decided", path)
    time.sleep(4)
    run.send_signal(signal.SIGINT)
    output, errors = run.communicate(timeout=120)
    assert run.returncode == 130, output + errors
    assay.run("run", "--resume", "--max-trials", "900", "--until-decided")
    shown = assay.shown()
    assert shown["run"]["state"] == "finished"
    assert shown["run"]["planned"] == 40
    assert shown["claims"][0]["test"]["looks"] == 5
    assert shown["claims"][0]["verdict"] == "holds"


@pytest.mark.kernels("unmap-fixed")
def test_compare_finds_no_difference_between_kernels_alike(assay: Assay, arch: str) -> None:
    path = assay.experiment(EXPERIMENT.replace("shared-fault-before", "unmap-fixed").format(arch=arch))
    assay.run("run", path, code=None)
    done = assay.run("compare", "last:one", "last:other", "--all")
    assert "one against other, small, faults" in done.stdout
    assert "touches" in done.stdout
    assert "no run" in assay.run("compare", "2001-01-01", "last", code=2).stderr
