# SPDX-License-Identifier: GPL-2.0-or-later
"""Small mistakes around exclusive anonymous pages in real guests: a kernel without them, and one that makes them all."""

from __future__ import annotations

import pytest

from conftest import KERNELS, Assay
from experiments import all_variants, claim, counters, experiment, never, verdicts

CARELESS = str(KERNELS / "anon-careless.toml")

WORKLOADS = """
[workloads.soft-dirty]
workload = "anon.exclusive"
params = { act = "protect-soft-dirty" }

[workloads.uffd]
workload = "anon.exclusive"
params = { act = "protect-uffd" }

[workloads.thp]
workload = "pin.cow"
params = { kind = "thp", units = 1, trigger = "none" }

[workloads.hugetlb]
workload = "pin.cow"
params = { kind = "hugetlb", units = 1, trigger = "none" }

[workloads.at-once]
workload = "anon.exclusive"
params = { act = "fork-write-at-once", kind = "thp", size = "4M" }

[[probes]]
name = "writer"
kind = "delay"
place = "mm/huge_memory.c:1381"  # in do_huge_pmd_wp_page(): who else has the page?
time = "2ms"
workloads = ["at-once"]

[[probes]]
name = "waiter"
place = "__folio_lock"
workloads = ["at-once"]
"""
NOTICED = {"soft-dirty", "uffd", "thp", "hugetlb", "at-once"}


def careless(kernel: str) -> str:
    text = experiment("x86_64", {"stock": kernel}, WORKLOADS, "vcpus = 2")
    for name in ("soft-dirty", "uffd"):
        text += claim(name, name, "told / tracked", 'stock = ">= 1"', ["tracked >= 32"])
    for name in ("thp", "hugetlb"):
        text += claim(name, name, "unseen", 'stock = "<= 0"', ["pages >= 32"])
    return text + never("at-once", "at-once", "finding", "stock", ["waited >= 8"])


@all_variants
@pytest.mark.kernels("anon-pins")
def test_without_mistakes_every_claim_holds(assay: Assay) -> None:
    assay.run("run", assay.experiment(careless("anon-pins")))
    assert verdicts(assay) == dict.fromkeys(NOTICED, "holds")
    for one in counters(assay, "stock", "at-once"):
        assert one["waited"] <= one["probe.waiter"]  # others may wait for other pages
        assert one["reached"] == 16


@all_variants
@pytest.mark.kernels(CARELESS)
def test_each_mistake_is_noticed(assay: Assay) -> None:
    assay.run("run", assay.experiment(careless(CARELESS)), code=1)
    assert verdicts(assay) == dict.fromkeys(NOTICED, "refuted")
