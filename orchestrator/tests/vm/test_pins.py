# SPDX-License-Identifier: GPL-2.0-or-later
"""Pins and copy-on-write in real guests: a kernel that keeps them together, and some that must be caught."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from conftest import ROOT, Assay

all_variants = pytest.mark.skipif(
    "ASSAY_TEST_ALL" not in os.environ, reason="builds kernels for minutes: ./dev test --all"
)

HEAD = """
[experiment]
name = "pinned"
title = "pinned"
thread = "none@example.org"
guests = "shared"
trials = 2
timeout = "60s"

[machines.small]
arch = "{arch}"
memory = "256M"

[workloads.small]
workload = "pin.cow"

[workloads.thp]
workload = "pin.cow"
params = {{ kind = "thp", units = 1, trigger = "fork_before" }}

[workloads.hugetlb]
workload = "pin.cow"
params = {{ kind = "hugetlb", units = 1, trigger = "fork_before" }}

[[grids]]
id = "forked"
says = "the part that pin and memory disagree on"
workload = "{{column}}"
rows = ["rw", "ro", "ro_fast", "ring", "ring_back"]
columns = ["small", "thp", "hugetlb"]
figure = "wrong.fork_before.{{row}} / pages"
expect = "<= 0"
why = "cells"

[[claims]]
id = "pins-stay"
says = "pins stay"
quote = "none"
author = "none"
workload = "small"
control = true
min_trials = 2
requires = ["cells >= 54"]
figure = "wrong_cells"
expect = {{ {expect} }}
"""


def experiment(arch: str, variants: dict[str, str]) -> str:
    text = HEAD.format(arch=arch, expect=", ".join(f'{name} = "<= 0"' for name in variants))
    for name, kernel in variants.items():
        text += f'\n[variants.{name}]\nkernel = "{kernel}"\n'
    return text


def counters(assay: Assay, variant: str, workload: str) -> list[dict[str, Any]]:
    trials = [one for one in assay.shown()["trials"] if (one["variant"], one["workload"]) == (variant, workload)]
    assert all(one["outcome"] == "pass" for one in trials), trials
    return [one["counters"] for one in trials]


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
    assert assay.shown()["claims"][0]["verdict"] == "refuted"
    found = states(assay, "pre519")
    assert {cell for cell, state in found.items() if state == "other"} == {
        (pin, kind) for pin in ("ro", "ro_fast") for kind in ("small", "thp", "hugetlb")
    }
    for one in counters(assay, "pre519", "small"):
        assert one["wrong.mprotect.any"] == 6 * one["pages"]
        assert one["wrong.none.any"] == one["wrong.fork_after.any"] == 0


def test_stock_keeps_pins_and_pre519_is_caught(assay: Assay) -> None:
    variants = {"stock": "anon-pins", "pre519": "anon-pre519"}
    assay.run("run", assay.experiment(experiment("x86_64", variants)), code=1)
    check_stock(assay)
    check_pre519(assay)
    for one in counters(assay, "stock", "small"):
        assert one["cells"] == 66
    page = assay.run("show").stdout
    assert re.search(r"^   ro +\.\.\. +###$", page, re.MULTILINE), page


@all_variants
def test_the_same_on_sparc64(assay: Assay) -> None:
    """8 KiB pages, big-endian, huge pages of 8 MiB; no soft-dirty bits, no write protection by userfaultfd."""
    variants = {"stock": "anon-pins", "pre519": "anon-pre519"}
    assay.run("run", assay.experiment(experiment("sparc64", variants)), code=1)
    check_stock(assay)
    check_pre519(assay)
    for trial in assay.shown()["trials"]:
        if trial["workload"] == "small":
            assert trial["counters"]["cells"] == 54
            (why,) = [check["detail"] for check in trial["checks"] if check["name"] == "cells"]
            assert "userfaultfd" in why and "soft-dirty" in why


@all_variants
def test_mapcount_leaks(assay: Assay) -> None:
    assay.run("run", assay.experiment(experiment("x86_64", {"mapcount": "anon-mapcount"})), code=1)
    for one in counters(assay, "mapcount", "small"):
        assert one["leaked.to_child"] == one["leaked.to_parent"] == one["units"]
        assert one["wrong.mprotect.any"] == 0


@all_variants
def test_the_experiment_decides_every_claim(assay: Assay) -> None:
    assay.run("run", str(ROOT / "experiments/anon-exclusive-slab"), timeout=1800, code=None)
    found = {one["id"]: one["verdict"] for one in assay.shown()["claims"]}
    assert set(found.values()) <= {"holds", "refuted"}, found
    assert {found[name] for name in found if name.startswith(("pins-", "gup-", "write-", "mapcount-"))} == {"holds"}

