# SPDX-License-Identifier: GPL-2.0-or-later
"""Swap entries of pages that cannot be unmapped, in real guests: a kernel that gives them back, and one that does not."""

from __future__ import annotations

import pytest

from conftest import KERNELS, ROOT, Assay
from experiments import WHOLE_EXPERIMENT, all_variants, counters, experiment, trials, verdicts
from experiments import claim as any_claim

WORKLOADS = """
[workloads.no-failure]
workload = "swap.unmap_failure"
params = { pages = 256, every = 0 }

[workloads.pinned]
workload = "swap.unmap_failure"
params = { pages = 256, failure = "pinned" }

[workloads.failing]
workload = "swap.unmap_failure"
params = { pages = 512, every = 4, patience = "500ms" }
"""


def claim(name: str, workload: str, figure: str, expect: str, requires: str = "swapped_out >= 200") -> str:
    return any_claim(name, workload, figure, expect, [requires])


@pytest.mark.kernels("unmap-fixed", "unmap-leaking")
def test_a_leak_is_counted_to_the_entry(assay: Assay, arch: str) -> None:
    """Both sides; the claim that a kernel without the fix leaks nothing is refuted."""
    text = experiment(arch, {"fixed": "unmap-fixed", "leaking": "unmap-leaking"}, WORKLOADS)
    text += claim("leaks", "failing", "entries_left / hits", 'leaking = ">= 1", fixed = "<= 0"', "hits >= 50")
    text += claim("does-not-leak", "failing", "entries_left", 'leaking = "<= 0"')
    text += claim("swapoff-ends", "failing", "swapoff_ended", 'leaking = "<= 0", fixed = ">= 1"')
    text += claim("no-failure", "no-failure", "entries_left", 'leaking = "<= 0", fixed = "<= 0"')
    text += claim("pinned", "pinned", "entries_left", 'leaking = "<= 0", fixed = "<= 0"', "hits >= 20")
    assay.run("run", assay.experiment(text), code=1)
    found = verdicts(assay)
    assert found.pop("does-not-leak") == "refuted"
    assert set(found.values()) == {"holds"}, found
    for one in counters(assay, "leaking", "failing"):
        assert one["entries_left"] == one["left_after_swapoff"] == one["hits"]
        assert (one["entries_unexplained"], one["wrong_pages"]) == (0, 0)
    for one in counters(assay, "fixed", "failing"):
        assert (one["entries_left"], one["swapoff_ended"], one["wrong_pages"]) == (0, 1, 0)
        assert one["hits"] >= 50


@pytest.mark.kernels("unmap-fixed")
def test_the_machines_own_disk_takes_swap(assay: Assay, arch: str) -> None:
    """And a machine without one has trials that say so, in the same run."""
    text = experiment(arch, {"fixed": "unmap-fixed"}, WORKLOADS)
    text = text.replace("every = 0", 'every = 0, device = "disk"')
    text += f'[machines.disk]\narch = "{arch}"\nmemory = "256M"\nswap = "64M"\n'
    text += claim("used", "no-failure", "vmstat.pswpout", 'fixed = ">= 200"')
    assay.run("run", assay.experiment(text), code=0)
    assert verdicts(assay) == {"used": "holds"}
    found = trials(assay, "no-failure")
    assert {(one["machine"], one["outcome"]) for one in found} == {("disk", "pass"), ("small", "skip")}
    assert all("swap = " in one["reason"] for one in found if one["machine"] == "small"), found
    assert not list(assay.folder.glob("**/trials/*/swap"))


def test_without_the_hook_it_is_not_run(assay: Assay) -> None:
    text = experiment("x86_64", {"plain": "linux-6.12"}, WORKLOADS)
    text += claim("leaks", "failing", "entries_left", 'plain = "<= 0"')
    assay.run("run", assay.experiment(text), code=4)
    assert verdicts(assay) == {"leaks": "not run"}


LYING = str(KERNELS / "unmap-lying.toml")
FAILING = ("failing", "pinned", "migrating")


@pytest.mark.kernels("unmap-leaking", LYING)
def test_a_hook_that_only_counts_is_not_believed(assay: Assay, arch: str) -> None:
    """The experiment's own claims: where nothing failed, nothing holds."""
    part = [word for name in FAILING for word in ("--workload", name)]
    where = ["--machine", {"x86_64": "pc", "sparc64": "sun"}[arch], "--trials", "1"]
    file = str(ROOT / "experiments/unmap-failure-swap")
    assay.run("run", file, "--kernel", f"fixed={LYING}", *part, *where, code=3)
    for one in assay.shown()["claims"]:
        sides = {side["variant"]: side for side in one["sides"]}
        if one["id"] in ("each-eighth-stays", "the-others-go"):  # what the others take for granted, by pagemap alone
            assert sides["fixed"]["values"] == [0 if one["id"] == "each-eighth-stays" else 1024], one
            continue
        if "leaking" in sides:
            assert not sides["leaking"]["unmet"], one
        if "fixed" in sides:
            assert (one["verdict"], sides["fixed"]["unmet"]) == ("not run", 1), one
            if one["id"] != "migration-needs-no-undo":  # where the agent's pages have moved, or none was tried
                assert "not_swapped_out / hits >= 1 was not met" in str(sides["fixed"]), one
    for one in counters(assay, "fixed", "failing"):
        assert one["hits"] == one["swapped_out"] / 8 == 128
        assert one["not_swapped_out"] == one["still_mapped"] == 0
    for one in counters(assay, "leaking", "failing"):
        assert one["hits"] == one["not_swapped_out"] == one["still_mapped"] == 128


ADI = {"adi": "adi-stock", "restoring": "adi-restoring", "leaking": "adi-leaking"}

TAGS = """
[workloads.fault]
workload = "adi.tags"
variants = ["adi"]
params = { pages = 32 }

[workloads.swapoff]
workload = "adi.tags"
variants = ["adi", "restoring"]
params = { pages = 32, act = "swapoff" }

[workloads.cycles]
workload = "adi.tags"
variants = ["adi"]
params = { pages = 32, act = "cycles", cycles = 3 }

[workloads.full]
workload = "swap.unmap_failure"
variants = ["leaking"]
params = { failure = "tag-store", pages = 272, every = 0, patience = "500ms" }
"""


@all_variants
@pytest.mark.kernels(*ADI.values(), arch="sparc64")
def test_tags_are_lost_and_found(assay: Assay) -> None:
    """The control in the place of the kernel under test: the claim about lost tags notices."""
    out = "swapped_out >= 32"
    text = experiment("sparc64", ADI, TAGS) + claim("fault-keeps", "fault", "kept / checked", 'adi = ">= 1"', out)
    text += claim("swapoff-loses", "swapoff", "lost / checked", 'adi = ">= 1", restoring = "<= 0"', out)
    text += claim("swapoff-holds", "swapoff", "users_back / users_out", 'adi = ">= 1", restoring = "<= 0"', out)
    text += claim("restoring-loses", "swapoff", "lost / checked", 'restoring = ">= 1"', out)
    text += claim("leaks", "cycles", "leaked", 'adi = ">= 131072"', out)
    text += claim("full-store", "full", "entries_left / failed", 'leaking = ">= 1"', "failed >= 16")
    assay.run("run", assay.experiment(text), code=1)
    found = verdicts(assay)
    assert found.pop("restoring-loses") == "refuted"
    assert set(found.values()) == {"holds"}, found
    for one in counters(assay, "leaking", "full"):
        assert one["entries_left"] == one["failed"] == 16


REFUTED = {"swapoff-is-covered", "migration-loses-tags", "migration-restores-tags"}


@all_variants
@pytest.mark.kernels(experiment="unmap-failure-swap")
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    """Three sentences of the thread are not so, whoever wrote them."""
    assay.run("run", str(ROOT / "experiments/unmap-failure-swap"), code=1, timeout=WHOLE_EXPERIMENT)
    found = verdicts(assay)
    assert {name for name, verdict in found.items() if verdict != "holds"} == REFUTED
    assert {found[name] for name in REFUTED} == {"refuted"}
