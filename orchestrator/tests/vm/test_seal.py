# SPDX-License-Identifier: GPL-2.0-or-later
"""Sealing under pins in real guests: a kernel that waits, and one that does not look and must be caught."""

from __future__ import annotations

import os
from typing import Any

import pytest

from conftest import ROOT, Assay

all_variants = pytest.mark.skipif(
    "ASSAY_TEST_ALL" not in os.environ, reason="builds kernels for minutes: ./dev test --all"
)

HEAD = """
[experiment]
name = "sealed"
title = "sealed"
thread = "none@example.org"
guests = "shared"
trials = 2
timeout = "60s"

[machines.small]
arch = "{arch}"
memory = "256M"

[workloads.held]
workload = "seal.pinned"
params = {{ files = 1, pin = "ring" }}

[workloads.writer]
workload = "seal.pinned"
params = {{ files = 1, pin = "ring", writer = true }}

[workloads.released]
workload = "seal.pinned"
params = {{ files = 1, pin = "vmsplice", release = "10ms" }}

[workloads.swapped]
workload = "seal.pinned"
params = {{ files = 1, pin = "ring", swap_out = "before" }}

[workloads.mlocked]
workload = "seal.pinned"
params = {{ files = 1, pin = "none", mlock = true }}

[workloads.charge]
workload = "seal.charge"
params = {{ pages = 512 }}
"""

CLAIM = """
[[claims]]
id = "{id}"
says = "{id}"
quote = "none"
author = "none"
workload = "{workload}"
control = true
min_trials = 2
"""


def experiment(arch: str, variants: dict[str, str]) -> str:
    text = HEAD.format(arch=arch)
    for name, kernel in variants.items():
        text += f'\n[variants.{name}]\nkernel = "{kernel}"\n'
    return text


def claim(name: str, workload: str, figure: str, expect: str) -> str:
    return CLAIM.format(id=name, workload=workload) + f'figure = "{figure}"\nexpect = {{ {expect} }}\n'


def never_changes(name: str, workload: str, variant: str) -> str:
    text = CLAIM.format(id=name, workload=workload)
    text += 'requires = ["pins_seen >= 16"]\n'
    return text + f'rule = "never"\ncount = "changed >= 1"\nvariants = ["{variant}"]\n'


def verdicts(assay: Assay) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in assay.shown()["claims"]}


def counters(assay: Assay, variant: str, workload: str) -> list[dict[str, Any]]:
    trials = [one for one in assay.shown()["trials"] if (one["variant"], one["workload"]) == (variant, workload)]
    assert all(one["outcome"] == "pass" for one in trials), trials
    return [one["counters"] for one in trials]


STOCK_CLAIMS = (
    claim("gives-up", "held", "busy / files", 'stock = ">= 1"')
    + claim("waits", "held", "seal_us", 'stock = ">= 120000"')
    + claim("released", "released", "sealed / files", 'stock = ">= 1"')
    + claim("swapped", "swapped", "swapped_out", 'stock = ">= 40"')
    + claim("mlocked", "mlocked", "mlocked_after / mlocked_before", 'stock = ">= 1"')
    + claim("charges-nothing", "charge", "added", 'stock = "<= 200"')
)


def check_stock(assay: Assay) -> None:
    for one in counters(assay, "stock", "held"):
        assert (one["pins_seen"], one["sealed"], one["busy"]) == (16, 0, 1)
    for one in counters(assay, "stock", "mlocked"):
        assert one["mapped_before"] == one["mlocked_before"] == 64
    for one in counters(assay, "stock", "charge"):
        assert (one["busy"], one["held"]) == (1, 512)


def test_stock_waits_and_nowait_is_caught(assay: Assay) -> None:
    text = experiment("x86_64", {"stock": "seal-stock", "nowait": "seal-nowait"}) + STOCK_CLAIMS
    text += never_changes("content-stays", "held", "nowait")
    text += never_changes("writer-is-cut-off", "writer", "nowait")
    assay.run("run", assay.experiment(text), code=1)
    found = verdicts(assay)
    assert found.pop("content-stays") == "refuted"
    assert found.pop("writer-is-cut-off") == "refuted"
    assert set(found.values()) == {"holds"}, found
    check_stock(assay)
    for one in counters(assay, "nowait", "held"):
        assert one["sealed"] == 1
        assert one["changed"] == one["written"] == one["pins_seen"] == 16


@all_variants
def test_stock_waits_on_sparc64(assay: Assay) -> None:
    """8 KiB pages, big-endian, one CPU."""
    assay.run("run", assay.experiment(experiment("sparc64", {"stock": "seal-stock"}) + STOCK_CLAIMS))
    assert set(verdicts(assay).values()) == {"holds"}
    check_stock(assay)


@all_variants
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    assay.run("run", str(ROOT / "experiments/seal-pinned-pages"), timeout=1800)
    assert set(verdicts(assay).values()) == {"holds"}


@all_variants
def test_a_kernel_that_does_not_look_is_refuted(assay: Assay) -> None:
    """The control in the place of the patch: the claims about content notice."""
    where = str(ROOT / "experiments/seal-pinned-pages")
    assay.run("run", where, "--kernel", "isolate=seal-nowait", code=1, timeout=1800)
    found = verdicts(assay)
    assert found["sealed-content-stays"] == found["writer-in-flight-is-cut-off"] == "refuted"
