# SPDX-License-Identifier: GPL-2.0-or-later
"""Compaction and unmovable mappings in real guests: a kernel that knows the flag, and one that does not look at it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import KERNELS, ROOT, Assay
from experiments import WHOLE_EXPERIMENT, all_variants, claim, experiment, trials, verdicts

KNOWN = str(KERNELS / "flag-known.toml")
IGNORED = str(KERNELS / "flag-ignored.toml")

WORKLOADS = """
[workloads.flagged]
workload = "unmovable.compaction"
params = { kind = "flagged", size = "32M", passes = 2 }

[workloads.unflagged]
workload = "unmovable.compaction"
params = { kind = "unflagged", size = "32M", passes = 2 }

[workloads.hasty-stuck]
workload = "unmovable.compaction"
params = { kind = "stuck-evictable", size = "16M", passes = 2, waits = false }

[workloads.hasty-dirty]
workload = "unmovable.compaction"
params = { kind = "dirty-anonymous", size = "16M", passes = 2, waits = false }

[workloads.race]
workload = "unmovable.truncate_race"
params = { kind = "flagged", size = "1M", duration = "1s" }

[workloads.guest-memfd]
workload = "unmovable.compaction"
params = { kind = "guest-memfd", size = "1M", passes = 1, pin_every = "0" }
"""

CLAIMS = claim("stays", "flagged", "frames_moved / frames", 'fixed = "<= 0"') + claim(
    "moves", "unflagged", "frames_moved / frames", 'fixed = ">= 0.01"'
)


def flag_experiment(arch: str) -> str:
    return experiment(arch, {"fixed": KNOWN, "none": IGNORED}, WORKLOADS) + CLAIMS


def passes_of(assay: Assay, trial: dict[str, Any]) -> list[dict[str, int]]:
    """What the events of a trial say that each pass of compaction did."""
    lines = map(json.loads, assay.run("export", "--jsonl", "--samples").stdout.splitlines())
    same = ("variant", "machine", "workload", "repeat")
    found = [
        line["detail"]
        for line in lines
        if line["type"] == "event" and line["name"] == "pass" and all(line[key] == trial[key] for key in same)
    ]
    return [{name: int(value) for name, value in (word.split("=") for word in one.split())} for one in found]


@pytest.mark.kernels(KNOWN, IGNORED)
def test_the_flag_keeps_folios_where_they_are(assay: Assay, arch: str) -> None:
    assay.run("run", assay.experiment(flag_experiment(arch)))
    assert verdicts(assay) == {"stays": "holds", "moves": "holds"}
    pages = (32 << 20) // (8192 if arch == "sparc64" else 4096)
    for one in trials(assay, "flagged") + trials(assay, "unflagged"):
        counters = one["counters"]
        assert one["outcome"] == "pass"
        assert pages <= counters["frames"] < pages + pages // 50
        # What was moved last may still be in a CPU's batch.
        assert counters["frames_on_lru"] >= (pages if counters["frames_moved"] == 0 else pages * 0.9)
        assert counters["frames_unevictable"] >= pages
        assert counters["pinned"] > 50
        passes = passes_of(assay, one)
        assert len(passes) == counters["passes"] == 2
        for name in ("compact_migrate_scanned", "compact_free_scanned", "pgmigrate_success"):
            # kcompactd may work between the last pass and the end, too.
            assert sum(each[name] for each in passes) <= counters[f"vmstat.{name}"]
        assert all(each["compact_migrate_scanned"] >= pages for each in passes)
    for one in trials(assay, "hasty-stuck") + trials(assay, "hasty-dirty"):
        counters = one["counters"]
        assert one["outcome"] == "pass"
        assert counters["vmstat.compact_daemon_migrate_scanned"] >= counters["frames"]
        assert counters["frames_dirty"] >= counters["frames"] * 0.9
        assert counters["frames_unevictable"] == 0
        assert (counters["frames_moved"] > 0) == (one["workload"] == "hasty-dirty")
    for one in trials(assay, "race"):
        assert one["outcome"] == "pass"
        assert one["counters"]["truncations"] >= 1
        assert one["counters"]["passes"] >= 1
    for one in trials(assay, "guest-memfd"):
        assert one["outcome"] == "skip"
        assert "/dev/kvm" in one["reason"]


@pytest.mark.kernels(KNOWN, IGNORED)
def test_a_kernel_that_does_not_look_is_refuted(assay: Assay, arch: str) -> None:
    """The control in the place of the fixed kernel."""
    assay.run("run", assay.experiment(flag_experiment(arch)), "--kernel", f"fixed={IGNORED}", code=1)
    assert verdicts(assay)["stays"] == "refuted"


WITH_KVM = """
[workloads.vcpu]
workload = "fault.shared"
params = { threads = 1, pages = 2, rounds = 64, mapping = "kvm-vcpu", access = "read" }
"""


@all_variants
@pytest.mark.kernels("unmovable-fixed", "unmovable-none")
def test_kvm_in_the_guest_gives_its_memory(assay: Assay) -> None:
    """A kernel with KVM: a guest_memfd stays where it is, and a vcpu's mapping faults at each touch."""
    variants = {"fixed": "unmovable-fixed", "none": "unmovable-none"}
    assay.run("run", assay.experiment(experiment("x86_64", variants, WORKLOADS + WITH_KVM) + CLAIMS))
    fixed = trials(assay, variant="fixed")
    assert {one["outcome"] for one in fixed} == {"pass"}
    for one in fixed:
        if one["workload"] == "guest-memfd":
            assert one["counters"]["frames_moved"] == 0
            assert one["counters"]["frames"] == one["counters"]["frames_unevictable"] == 256
        if one["workload"] == "vcpu":
            assert one["counters"]["vmstat.vma_lock_retry"] >= one["counters"]["touches"] == 128


@all_variants
@pytest.mark.kernels(experiment="unmovable-mapping")
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    assay.run("run", str(ROOT / "experiments/unmovable-mapping"), code=1, timeout=WHOLE_EXPERIMENT)
    found = verdicts(assay)
    assert found.pop("guest-pages-are-not-lru") == "refuted"
    assert set(found.values()) == {"holds"}, found
