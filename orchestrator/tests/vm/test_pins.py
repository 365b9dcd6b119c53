# SPDX-License-Identifier: GPL-2.0-or-later
"""Pins and copy-on-write in real guests: a kernel that keeps them together, and some that must be caught."""

from __future__ import annotations

import re

import pytest

from conftest import Assay
from experiments import all_variants, claim, counters, experiment, trials, verdicts

WORKLOADS = """
[workloads.small]
workload = "pin.cow"

[workloads.thp]
workload = "pin.cow"
params = { kind = "thp", units = 1, trigger = "fork_before" }

[workloads.hugetlb]
workload = "pin.cow"
params = { kind = "hugetlb", units = 1, trigger = "fork_before" }

[[grids]]
id = "forked"
says = "the part that pin and memory disagree on"
workload = "{column}"
rows = ["rw", "ro", "ro_fast", "ring", "ring_back"]
columns = ["small", "thp", "hugetlb"]
figure = "wrong.fork_before.{row} / pages"
expect = "<= 0"
why = "cells"
"""


def pins(arch: str, variants: dict[str, str]) -> str:
    stay = ", ".join(f'{name} = "<= 0"' for name in variants)
    return experiment(arch, variants, WORKLOADS) + claim("pins-stay", "small", "wrong_cells", stay, ["cells >= 54"])


def states(assay: Assay, variant: str) -> dict[tuple[str, str], str]:
    (grid,) = assay.shown()["grids"]
    return {(one["row"], one["column"]): one["state"] for one in grid["cells"] if one["variant"] == variant}


def check_stock(assay: Assay) -> None:
    assert set(states(assay, "stock").values()) == {"expected"}
    for one in counters(assay, "stock", "small"):
        assert one["wrong_cells"] == one["leaked.to_child"] == one["leaked.to_parent"] == 0
        # What is pinned keeps its mark, whatever happens; what is not loses it.
        for trigger in ("fork_after", "swap_after", "ksm_after"):
            assert (one[f"unmarked.{trigger}.any"], one[f"unmarked.{trigger}.unpinned"]) == (0, 16)


def check_pre519(assay: Assay) -> None:
    assert verdicts(assay) == {"pins-stay": "refuted"}
    found = states(assay, "pre519")
    assert {cell for cell, state in found.items() if state == "other"} == {
        (pin, kind) for pin in ("ro", "ro_fast") for kind in ("small", "thp", "hugetlb")
    }
    for one in counters(assay, "pre519", "small"):
        assert one["wrong.mprotect.any"] == 6 * one["pages"]
        assert one["wrong.none.any"] == one["wrong.fork_after.any"] == 0


@pytest.mark.kernels("anon-pins", "anon-pre519")
def test_stock_keeps_pins_and_pre519_is_caught(assay: Assay, arch: str) -> None:
    variants = {"stock": "anon-pins", "pre519": "anon-pre519"}
    assay.run("run", assay.experiment(pins(arch, variants)), code=1)
    check_stock(assay)
    check_pre519(assay)
    page = assay.run("show").stdout
    assert re.search(r"^   ro +\.\.\. +###$", page, re.MULTILINE), page
    for trial in trials(assay, "small"):
        assert trial["counters"]["cells"] == (66 if arch == "x86_64" else 54)
        if arch == "sparc64":  # neither soft-dirty bits nor write protection by userfaultfd
            (why,) = [check["detail"] for check in trial["checks"] if check["name"] == "cells"]
            assert "userfaultfd" in why and "soft-dirty" in why


@all_variants
@pytest.mark.kernels("anon-mapcount")
def test_mapcount_leaks(assay: Assay) -> None:
    assay.run("run", assay.experiment(pins("x86_64", {"mapcount": "anon-mapcount"})), code=1)
    for one in counters(assay, "mapcount", "small"):
        assert one["leaked.to_child"] == one["leaked.to_parent"] == one["units"]
        assert one["wrong.mprotect.any"] == 0
