# SPDX-License-Identifier: GPL-2.0-or-later
"""Sealing under pins in real guests: a kernel that waits, and one that does not look and must be caught."""

from __future__ import annotations

import pytest

from conftest import KERNELS, ROOT, Assay
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

[workloads.order]
workload = "seal.order"
params = { files = 1 }

[workloads.order-mapping]
workload = "seal.order"
params = { files = 1, writer = "mapping" }
"""

ORDER_WORKLOADS = """
[workloads.mapper]
workload = "seal.pinned"
params = { mapper = true }

[workloads.order]
workload = "seal.order"

[workloads.order-compound]
workload = "seal.order"
params = { files = 40, pages = 1024, huge = true }

[workloads.order-mapping]
workload = "seal.order"
params = { writer = "mapping" }
"""

# Kernels that copy what is pinned, right and wrong, and which workloads show that one is wrong.
ISOLATING = {
    "seal-isolate": set[str](),
    "seal-isolate-remap": set[str](),
    "seal-6.12-isolate": set[str](),
    str(KERNELS / "seal-early.toml"): {"order", "order-compound"},
    str(KERNELS / "seal-early-6.12.toml"): {"order", "order-compound"},
    str(KERNELS / "seal-unasked.toml"): {"order", "order-compound", "order-mapping"},
}


def never_changes(name: str, workload: str, variant: str) -> str:
    return never(name, workload, "changed >= 1", variant, ["pins_seen >= 16"])


STOCK_CLAIMS = (
    claim("gives-up", "held", "busy / files", 'stock = ">= 1"')
    + claim("waits", "held", "seal_us", 'stock = ">= 120000"')
    + claim("released", "released", "sealed / files", 'stock = ">= 1"')
    + claim("swapped", "swapped", "swapped_out", 'stock = ">= 40"')
    + claim("mlocked", "mlocked", "mlocked_after / mlocked_before", 'stock = ">= 1"')
    + claim("charges-nothing", "charge", "added", 'stock = "<= 200"')
    + never("in-order", "order", "failure", "stock", ["pins_seen >= 16", "in_flight >= 16"])
    + never("mapped-in-order", "order-mapping", "failure", "stock", ["pins_seen >= 16", "refused >= 1"])
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


SCARCE_WORKLOADS = """
[workloads.unpinned]
workload = "seal.pinned"
params = { files = 1, pin = "none" }

[workloads.elsewhere]
workload = "seal.pinned"
params = { files = 1, pin = "none", elsewhere = true }

[workloads.pinned]
workload = "seal.pinned"
params = { files = 1 }

[workloads.hugetlb]
workload = "seal.pinned"
params = { files = 1, pages = 512, pinned = 512, hugetlb = true }

[workloads.no-memory]
workload = "seal.pinned"
params = { files = 1, memory = "none" }

[workloads.one-short]
workload = "seal.pinned"
params = { files = 1, memory = "once" }

[workloads.no-huge-page]
workload = "seal.pinned"
params = { files = 1, pages = 512, huge = true, memory = "no-huge" }

[workloads.charge-across]
workload = "seal.charge"
params = { huge = true, across = true }
"""


def check_scarce(assay: Assay, variant: str) -> None:
    """What copying changes nothing about."""
    for workload in ("unpinned", "elsewhere"):
        for one in counters(assay, variant, workload):
            assert (one["sealed"], one["replaced"]) == (1, 0)
    for one in counters(assay, variant, "hugetlb"):
        assert (one["pins_seen"], one["busy"], one["replaced"]) == (512, 1, 0)
    for one in counters(assay, variant, "no-huge-page"):
        assert (one["pins_seen"], one["huge_left"], one["busy"], one["complaints"]) == (16, 0, 1, 0)


@all_variants
@pytest.mark.kernels("seal-stock", "seal-isolate")
def test_copies_and_memory(assay: Assay) -> None:
    """What is copied, what is not, what there is no memory for, and where a copy is counted."""
    variants = {"stock": "seal-stock", "isolate": "seal-isolate"}
    text = experiment("x86_64", variants, SCARCE_WORKLOADS, machine="nodes = 2")
    text += never_changes("content-stays", "pinned", "isolate")
    assay.run("run", assay.experiment(text))
    for variant in variants:
        check_scarce(assay, variant)
    for one in counters(assay, "isolate", "pinned"):
        assert one["replaced"] == 16
    for workload in ("no-memory", "one-short"):
        for one in counters(assay, "isolate", workload):
            assert (one["failed_allocations"], one["no_memory"], one["replaced"]) == (1, 1, 0)
    for one in counters(assay, "stock", "no-memory"):
        assert (one["failed_allocations"], one["busy"]) == (0, 1)
    for one in counters(assay, "isolate", "charge-across"):
        assert one["sealed"] == 1
        assert one["miscounted"] <= 300
        assert one["misplaced"] <= 100
        assert one["left"] <= 200


def judge_order(assay: Assay, kernel: str, arch: str = "x86_64") -> set[str]:
    """The workloads of which a trial failed."""
    text = experiment(arch, {"isolating": kernel}, ORDER_WORKLOADS)
    text += never("mapper", "mapper", "failure", "isolating", ["pins_seen >= 48", "mapper_touches >= 1000"])
    for workload in ("order", "order-compound", "order-mapping"):
        text += never(workload, workload, "failure", "isolating", ["pins_seen >= 192", "sealed >= 12"])
    assay.run("run", assay.experiment(text), code=None)
    found = verdicts(assay)
    assert set(found.values()) <= {"holds", "refuted"}, found
    return {name for name, verdict in found.items() if verdict == "refuted"}


@pytest.mark.kernels(str(KERNELS / "seal-early.toml"))
def test_a_copy_that_is_made_too_early_is_caught(assay: Assay) -> None:
    """Versions that are stored all the time show it; a mapper of pages that hardly change does not."""
    kernel = str(KERNELS / "seal-early.toml")
    found = judge_order(assay, kernel)
    assert "order" in found
    assert found <= ISOLATING[kernel]


@all_variants
@pytest.mark.kernels(*ISOLATING)
@pytest.mark.parametrize("kernel", ISOLATING)
def test_stores_stay_in_order(assay: Assay, kernel: str) -> None:
    assert judge_order(assay, kernel) == ISOLATING[kernel]


ON_SPARC64 = ["seal-isolate", str(KERNELS / "seal-early.toml"), str(KERNELS / "seal-unasked.toml")]


@all_variants
@pytest.mark.kernels(*ON_SPARC64, arch="sparc64")
@pytest.mark.parametrize("kernel", ON_SPARC64)
def test_stores_stay_in_order_on_sparc64(assay: Assay, kernel: str) -> None:
    """With one CPU only huge pages surely take so long that somebody stores meanwhile."""
    found = judge_order(assay, kernel, "sparc64")
    assert found | {"order"} == ISOLATING[kernel] | {"order"}
    assert ISOLATING[kernel] or not found


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


@all_variants
@pytest.mark.kernels(str(KERNELS / "seal-early.toml"), experiment="seal-pinned-pages")
def test_a_copy_that_is_made_too_early_is_refuted(assay: Assay) -> None:
    """In the place of the patch: only the claims about order notice."""
    where = str(ROOT / "experiments/seal-pinned-pages")
    assay.run("run", where, "--kernel", f"isolate={KERNELS / 'seal-early.toml'}", code=1, timeout=WHOLE_EXPERIMENT)
    found = verdicts(assay)
    assert found.pop("stores-stay-in-order") == found.pop("compound-stays-in-order") == "refuted"
    assert set(found.values()) == {"holds"}
