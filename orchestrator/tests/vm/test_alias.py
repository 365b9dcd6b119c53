# SPDX-License-Identifier: GPL-2.0-or-later
"""Exclusive anonymous pages in real guests: how they are marked, and when the mark is PG_slab."""

from __future__ import annotations

import pytest

from conftest import ROOT, Assay
from experiments import WHOLE_EXPERIMENT, all_variants, claim, experiment, trials, verdicts

WORKLOAD = """
[workloads.{name}]
workload = "{workload}"
params = {{ {params} }}
"""

# What is done, a figure, and what it is on 6.1; on the kernel that forgets it is not.
FORGOTTEN = {
    "fork-exit": ("writable_unmarked", "<= 0", "writable >= 16"),
    "zap": ("old_frames_marked / old_frames", ">= 1", "old_frames >= 16"),
    "split-mapping": ("marked / reached", ">= 1", "reached >= 256"),
    "split-page": ("marked / reached", ">= 1", "reached >= 256"),
}
# And what is so on both.
KEPT = {
    "none": ("marked / pages", ">= 1", "pages >= 16"),
    "fork": ("marked", "<= 0", "reached >= 16"),
    "swap": ("marked / reached", ">= 1", "reached >= 16"),
    "merge": ("marked", "<= 0", "reached >= 16"),
    "free": ("old_frames_marked", "<= 0", "old_frames >= 8"),
}
HUGE = ("split-mapping", "split-page")


def parameters(act: str) -> str:
    return f'act = "{act}", size = "256K"' + (', kind = "thp"' if act in HUGE else "")


def marks(arch: str, kernel: str) -> str:
    text = experiment(arch, {"stock": kernel}, "")
    for act, (figure, expect, requires) in {**FORGOTTEN, **KEPT}.items():
        text += WORKLOAD.format(name=act, workload="anon.exclusive", params=parameters(act))
        text += claim(act, act, figure, f'stock = "{expect}"', [requires])
    text += WORKLOAD.format(name="scan", workload="slab.alias", params='act = "scan"')
    return text + claim("scan", "scan", "slab_frames / slab_expected", 'stock = ">= 0.5"')


@pytest.mark.kernels("anon-stock")
def test_exclusive_pages_are_marked(assay: Assay, arch: str) -> None:
    assay.run("run", assay.experiment(marks(arch, "anon-stock")))
    assert set(verdicts(assay).values()) == {"holds"}, verdicts(assay)
    for one in trials(assay, "fork"):
        counters = one["counters"]
        pages = counters["pages"]
        assert pages == (256 << 10) // (8192 if arch == "sparc64" else 4096)
        assert (counters["marked_before"], counters["marked"], counters["child_marked"]) == (pages, 0, 0)
        assert (counters["written_in_place"], counters["marked_written"]) == (0, pages)
        assert (counters["child_in_place"], counters["child_marked_written"]) == (pages, pages)


@pytest.mark.kernels("anon-stock", "anon-forgetful")
def test_a_kernel_that_forgets_is_refuted(assay: Assay, arch: str) -> None:
    """The negative control in the place of the kernel under test: each claim that it is to refute notices."""
    text = marks(arch, "anon-stock")
    assay.run("run", assay.experiment(text), "--kernel", "stock=anon-forgetful", code=1)
    found = verdicts(assay)
    assert {found[act] for act in FORGOTTEN} == {"refuted"}, found
    assert {found[act] for act in KEPT} == {"holds"}, found


PROBED = """
[machines.sun]
arch = "sparc64"
memory = "256M"

[workloads.both]
workload = "anon.exclusive"

[workloads.probed]
workload = "anon.exclusive"
machines = ["small"]

[[probes]]
name = "padding"
place = "stable_page_flags: instruction ret"
workloads = ["probed"]
"""


@pytest.mark.kernels("anon-stock", arch="x86_64")
@pytest.mark.kernels("anon-stock", arch="sparc64")
def test_a_probe_of_one_architecture_needs_no_place_in_the_other(assay: Assay) -> None:
    text = experiment("x86_64", {"stock": "anon-stock"}, PROBED)
    text += claim("marked", "both", "marked / pages", 'stock = ">= 1"')
    done = assay.run("run", "--dry-run", assay.experiment(text))
    assert "probe padding" in done.stdout + done.stderr


SLAB = {
    "scan": ('act = "scan"', "exclusive_slab", "<= 0", "anon-alias-without-proc"),
    "poison": ('act = "poison"', "ignored_as_slab", "<= 0", "anon-alias-without-memory-failure"),
    "poison-hugetlb": (
        'act = "poison", kind = "hugetlb"',
        "ignored_as_slab",
        "<= 0",
        "anon-alias-without-memory-failure",
    ),
}


def slab_experiment(kernel: str, name: str) -> str:
    params, figure, expect, _ = SLAB[name]
    workload = WORKLOAD.format(name=name, workload="slab.alias", params=params)
    return experiment("x86_64", {"alias": kernel}, workload) + claim(name, name, figure, f'alias = "{expect}"')


@all_variants
@pytest.mark.kernels("anon-slab-alias", *(kernel for *_, kernel in SLAB.values()))
@pytest.mark.parametrize("name", SLAB)
def test_each_part_is_missed(assay: Assay, name: str) -> None:
    """The whole, and then without the part that the claim is about."""
    assay.run("run", assay.experiment(slab_experiment("anon-slab-alias", name)))
    assert verdicts(assay) == {name: "holds"}
    assay.run("run", assay.experiment(slab_experiment(SLAB[name][3], name)), code=1)
    assert verdicts(assay) == {name: "refuted"}


BAD = {
    "anon-alias-without-page-alloc": 'act = "free-split"',
    "anon-alias-without-tails": 'act = "free-split", kind = "thp"',
    "anon-alias-without-hugetlb": 'act = "scan", kind = "hugetlb"',
}


@all_variants
@pytest.mark.kernels("anon-slab-alias", *BAD)
@pytest.mark.parametrize("kernel", BAD)
def test_freed_pages_with_the_mark_are_bad(assay: Assay, kernel: str) -> None:
    workload = WORKLOAD.format(name="freed", workload="slab.alias", params=BAD[kernel])
    text = experiment("x86_64", {"alias": "anon-slab-alias", "control": kernel}, workload)
    text += claim("freed", "freed", "freed_slab", 'alias = "<= 0"')
    assay.run("run", assay.experiment(text))
    for one in trials(assay, "freed"):
        assert one["outcome"] == ("finding" if one["variant"] == "control" else "pass")
        if one["variant"] == "control":
            assert "Bad page state" in one["findings"][0]["title"]


REFUTED = {"swap-loses-on-x86-64", "handled-previously", "barrier-suffices"}


@all_variants
@pytest.mark.kernels(experiment="anon-exclusive-slab")
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    assay.run("run", str(ROOT / "experiments/anon-exclusive-slab"), code=1, timeout=WHOLE_EXPERIMENT)
    found = verdicts(assay)
    assert {name for name, verdict in found.items() if verdict != "holds"} == REFUTED
    assert {found[name] for name in REFUTED} == {"refuted"}
