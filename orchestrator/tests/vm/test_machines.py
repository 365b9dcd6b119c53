# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines like a user's own: command line, nodes of all kinds, many vCPUs, disks, memory that comes and goes, QEMU's own."""

from __future__ import annotations

import json

import pytest

from conftest import Assay, Guest
from experiments import claim, experiment, trials

LARGE = "linux-6.12+numa+large"
SHELL = ("/bin/busybox", "sh", "-c")

ALL = """
[sampling]
rate = "10Hz"
sources = ["vmstat"]

[workloads.nothing]
workload = "idle"
params = { duration = "200ms" }
"""

# A guest of each kind in one machine.
MACHINE = """nodes = [{ vcpus = 1, memory = "256M" }, { memory = "64M" }, { vcpus = 2, dimms = ["128M"] }]
distances = [[10, 20, 40], [20, 10, 30], [40, 30, 10]]
swap = "4M"
disks = ["2M"]
append = "hugepages=2 note=mine"
qemu_options = ["-device", "virtio-rng-pci"]
"""


@pytest.mark.kernels(LARGE, arch="x86_64")
def test_an_experiment_says_what_its_machine_is(assay: Assay) -> None:
    kernels = {"large": LARGE, "plain": "linux-6.12"}
    text = experiment("x86_64", kernels, ALL, machine=MACHINE).replace('memory = "256M"\nnodes', "nodes")
    text += claim("ran", "nothing", "agent_cpu", 'large = ">= 0"')
    done = assay.run("run", assay.experiment(text))
    assert all(one["outcome"] == "pass" for one in trials(assay))
    assert "machine small is not as Assay makes it alone: QEMU gets -device virtio-rng-pci" in done.stderr
    assert "variant plain does not see the dimms of machine small: " in done.stderr
    assert "variant large" not in done.stderr
    shown = " ".join(assay.run("show").stdout.split())
    assert (
        "small: x86_64, 3 vCPUs, 320 MiB in 3 NUMA nodes (1 vCPU and 256 MiB; 64 MiB; 2 vCPUs) with distances "
        "10 20 40 / 20 10 30 / 40 30 10, a DIMM of 128 MiB in node 2, 4 MiB of swap, a disk of 2 MiB, cpu max, its "
        "kernel gets hugepages=2 note=mine, QEMU gets -device virtio-rng-pci" in shown
    )
    assert json.loads(assay.run("show", "--json").stdout)["machines"][0]["append"] == "hugepages=2 note=mine"
    guests = [json.loads(file.read_text()) for file in (assay.folder / "results").glob("runs/*/trials/*/guest.json")]
    assert guests and all(one["kernel_command_line"].endswith(" hugepages=2 note=mine") for one in guests)


@pytest.mark.kernels(LARGE, arch="x86_64")
def test_nodes_have_distances_and_some_no_cpu_or_no_memory(assay: Assay) -> None:
    nodes = '[{ vcpus = 2, memory = "256M" }, { vcpus = 1, memory = 0 }, { memory = "128M" }]'
    words = ("-k", LARGE, "--nodes", nodes, "--distances", "[[10, 20, 40], [20, 10, 30], [40, 30, 10]]")
    script = "cd /sys/devices/system/node; for n in 0 1 2; do echo $(cat node$n/cpulist node$n/distance); done; cat has_memory"
    done = assay.run("exec", *words, "--", *SHELL, script)
    assert done.stdout.splitlines() == ["0-1 10 20 40", "2 20 10 30", "40 30 10", "0,2"], done.stdout


@pytest.mark.kernels(LARGE, arch="x86_64")
def test_sixty_four_vcpus_in_four_nodes_come_up_emulated(assay: Assay) -> None:
    words = ("-k", LARGE, "--accel", "tcg", "--vcpus", "64", "--nodes", "4", "--memory", "1G", "--timeout", "0s")
    done = assay.run("exec", *words, "--", *SHELL, "nproc; cat /sys/devices/system/node/node3/cpulist")
    assert done.stdout == "64\n48-63\n"
    flat = assay.run("exec", "-k", "linux-6.12", "--vcpus", "17", "--", *SHELL, "nproc")
    assert flat.stdout == "16\n"
    assert "this guest sees 16 CPUs, not the 17 of its machine: its kernel has CONFIG_NR_CPUS=16" in flat.stderr


def test_disks_are_empty_and_gone_after(assay: Assay, guest: Guest) -> None:
    box = guest.busybox
    script = f"for disk in vda vdb vdc; do {box} cat /sys/block/$disk/size; {box} od -An -tx1 -N4 /dev/$disk; done"
    disks = ("--swap", "4M", "--disk", "64M", "--disk", "1M")
    done = assay.run("exec", *guest.kernel, *disks, "--", box, "sh", "-c", script)
    assert done.stdout.split() == ["8192", *["00"] * 4, "131072", *["00"] * 4, "2048", *["00"] * 4]
    assert not [file for file in (assay.folder / "results/exec").glob("*/*") if file.name in ("swap", "disk0", "disk1")]


@pytest.mark.kernels(LARGE, arch="x86_64")
def test_memory_comes_and_goes(assay: Assay) -> None:
    """A DIMM's block is offline at first; it goes online and offline as the kernel's selftest does it."""
    script = """
total() { awk '/MemTotal/ {print $2}' /proc/meminfo; }
cd /sys/devices/system/memory
before=$(total)
for block in memory*; do test $(cat $block/state) = offline && dimm=$block; done
echo online_movable > $dimm/state && cat $dimm/state $dimm/valid_zones && echo $(($(total) - before))
echo offline > $dimm/state && cat $dimm/state && echo $(($(total) - before))
"""
    done = assay.run("exec", "-k", LARGE, "--memory", "256M", "--dimm", "128M", "--", *SHELL, script)
    assert done.stdout.splitlines() == ["online", "Movable", str(128 << 10), "offline", "0"], done.stdout + done.stderr


def test_qemu_gets_what_a_user_adds_and_it_is_said(assay: Assay, guest: Guest) -> None:
    device = "virtio-rng-pci,bus=pciB" if guest.arch == "sparc64" else "virtio-rng-pci"
    options = ("--qemu-option=-device", f"--qemu-option={device}")
    script = f"{guest.busybox} cat /sys/bus/virtio/devices/*/device"
    done = assay.run("-q", "exec", *guest.kernel, *options, "--", guest.busybox, "sh", "-c", script)
    assert "0x0004" in done.stdout, "no random number generator"
    assert f"the guest's machine is not as Assay makes it alone: QEMU gets -device {device}" in done.stderr
    wrong = assay.run("exec", *guest.kernel, "--qemu-option=-nonsense", "--", guest.busybox, "true", code=None)
    assert wrong.returncode != 0 and "nonsense" in wrong.stderr


def test_a_kernel_gets_what_a_machine_appends(assay: Assay, arch: str) -> None:
    """And a typical one of Assay's own is refused before anything boots."""
    more = "\n[workloads.nothing]\nworkload = \"idle\"\nparams = { duration = \"200ms\" }\n"
    kernels = {"one": "linux-6.12"}
    text = experiment(arch, kernels, more, machine='append = "note=mine loglevel=6"')
    text += claim("ran", "nothing", "agent_cpu", 'one = ">= 0"')
    assay.run("run", "--trials", "1", assay.experiment(text), code=None)
    assert [one["outcome"] for one in trials(assay)] == ["pass"]
    (guest,) = [json.loads(file.read_text()) for file in (assay.folder / "results").glob("runs/*/trials/*/guest.json")]
    assert guest["kernel_command_line"].endswith(" note=mine loglevel=6")
    assert "its kernel gets note=mine loglevel=6" in " ".join(assay.run("show").stdout.split())
    refused = assay.run("run", assay.experiment(text.replace("note=mine", "quiet"), "quiet"), code=2).stderr
    assert 'append: leave out "quiet": warnings must reach the console' in refused
    assert "quiet.toml:" in refused
