# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines of several NUMA nodes, as the kernels of real guests see them."""

from __future__ import annotations

import sqlite3

import pytest

from conftest import Assay
from experiments import claim, experiment, trials

# /proc/buddyinfo has the nodes that have memory, and these only.
IDLE = """
[sampling]
rate = "10Hz"
sources = ["buddyinfo"]

[machines.one-cpu]
vcpus = 1
memory = "257M"
nodes = 2

[workloads.nothing]
workload = "idle"
params = { duration = "200ms" }
"""


def nodes_seen(assay: Assay, variant: str, machine: str) -> set[str]:
    """By each of its guests the same: "node0" and so on."""
    database = sqlite3.connect(assay.folder / "results/assay.sqlite")
    query = "SELECT DISTINCT name FROM metric JOIN trial ON trial.id = metric.trial WHERE variant = ? AND machine = ?"
    return {name.split(".")[1] for (name,) in database.execute(query, (variant, machine))}


@pytest.mark.kernels("linux-6.12+numa", arch="x86_64")
def test_a_kernel_sees_the_nodes_of_its_machine(assay: Assay) -> None:
    """With a vCPU each and with none in the second; of a kernel that knows no nodes it is said that it sees one."""
    kernels = {"numa": "linux-6.12+numa", "flat": "linux-6.12"}
    text = experiment("x86_64", kernels, IDLE, machine="nodes = 2")
    text += claim("ran", "nothing", "agent_cpu", 'numa = ">= 0"')
    told = assay.run("run", assay.experiment(text)).stderr
    assert all(one["outcome"] == "pass" for one in trials(assay))
    for machine in ("small", "one-cpu"):
        assert nodes_seen(assay, "numa", machine) == {"node0", "node1"}
        assert nodes_seen(assay, "flat", machine) == {"node0"}
        assert f"variant flat sees one node, not the 2 of machine {machine}: " in told
    assert "variant numa sees" not in told
    shown = assay.run("show").stdout
    assert "small: x86_64, 2 vCPUs, 256 MiB in 2 NUMA nodes, cpu max" in shown


@pytest.mark.kernels("linux-6.12+numa", arch="x86_64")
def test_a_shell_of_a_guest_shows_who_has_what(assay: Assay) -> None:
    script = "cd /sys/devices/system/node; for n in 0 1; do cat node$n/cpulist; awk '/MemTotal/ {print $4}' node$n/meminfo; done"
    words = ("-k", "linux-6.12+numa", "--nodes", "2", "--vcpus", "3", "--memory", "256M")
    done = assay.run("exec", *words, "--", "/bin/busybox", "sh", "-c", script)
    first, first_kib, second, second_kib = done.stdout.splitlines()
    assert (first, second) == ("0-1", "2")
    assert all(100 << 10 < int(kib) <= 128 << 10 for kib in (first_kib, second_kib)), done.stdout
