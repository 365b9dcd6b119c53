# SPDX-License-Identifier: GPL-2.0-or-later
"""Sealing under pins in real guests: a kernel that waits, and one that does not look and must be caught."""

from __future__ import annotations

import pytest

from conftest import ROOT, Assay
from experiments import WHOLE_EXPERIMENT, all_variants, claim, counters, experiment, never, verdicts

WORKLOADS = """
[workloads.held]
workload = "seal.pinned"
params = { files = 1, pin = "ring" }

[workloads.writer]
workload = "seal.pinned"
params = { files = 1, pin = "ring", writer = true }

[workloads.released]
workload = "seal.pinned"
params = { files = 1, pin = "vmsplice", release = "10ms" }

[workloads.swapped]
workload = "seal.pinned"
params = { files = 1, pin = "ring", swap_out = "before" }

[workloads.mlocked]
workload = "seal.pinned"
params = { files = 1, pin = "none", mlock = true }

[workloads.charge]
workload = "seal.charge"
params = { pages = 512 }
"""


def never_changes(name: str, workload: str, variant: str) -> str:
    return never(name, workload, "changed >= 1", variant, ["pins_seen >= 16"])


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


@pytest.mark.kernels("seal-stock", "seal-nowait")
def test_stock_waits_and_nowait_is_caught(assay: Assay) -> None:
    text = experiment("x86_64", {"stock": "seal-stock", "nowait": "seal-nowait"}, WORKLOADS) + STOCK_CLAIMS
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
@pytest.mark.kernels("seal-stock", arch="sparc64")
def test_stock_waits_on_sparc64(assay: Assay) -> None:
    """8 KiB pages, big-endian, one CPU."""
    assay.run("run", assay.experiment(experiment("sparc64", {"stock": "seal-stock"}, WORKLOADS) + STOCK_CLAIMS))
    assert set(verdicts(assay).values()) == {"holds"}
    check_stock(assay)


@all_variants
@pytest.mark.kernels(experiment="seal-pinned-pages")
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    assay.run("run", str(ROOT / "experiments/seal-pinned-pages"), timeout=WHOLE_EXPERIMENT)
    assert set(verdicts(assay).values()) == {"holds"}


@all_variants
@pytest.mark.kernels(experiment="seal-pinned-pages")
def test_a_kernel_that_does_not_look_is_refuted(assay: Assay) -> None:
    """The control in the place of the patch: the claims about content notice."""
    where = str(ROOT / "experiments/seal-pinned-pages")
    assay.run("run", where, "--kernel", "isolate=seal-nowait", code=1, timeout=WHOLE_EXPERIMENT)
    found = verdicts(assay)
    assert found["sealed-content-stays"] == found["writer-in-flight-is-cut-off"] == "refuted"
