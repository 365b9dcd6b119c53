# SPDX-License-Identifier: GPL-2.0-or-later
"""Small experiments for real guests: their text, and what came of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from conftest import Assay

# Seconds for up to a hundred guests, where all others take one minute at most.
WHOLE_EXPERIMENT = 2400

all_variants = pytest.mark.skipif(
    "ASSAY_TEST_ALL" not in os.environ, reason="needs kernels that take minutes to build: ./dev test --all"
)

# For tests of what the program does on the host, whatever it is that boots: sparc64 guests take three times as long.
on_the_host = pytest.mark.parametrize(
    "arch",
    [
        "x86_64",
        pytest.param(
            "sparc64",
            marks=pytest.mark.skipif(
                "ASSAY_TEST_ALL" not in os.environ, reason="the same on the host as for x86_64: ./dev test --all"
            ),
        ),
    ],
)

HEAD = """
[experiment]
name = "small"
title = "small"
thread = "none@example.org"
guests = "shared"
trials = 2
timeout = "60s"

[machines.small]
arch = "{arch}"
memory = "256M"
{machine}
"""

CLAIM = """
[[claims]]
id = "{id}"
says = "{id}"
quote = "none"
author = "none"
workload = "{workload}"
requires = [{requires}]
control = true
min_trials = 2
"""


def experiment(arch: str, variants: Mapping[str, str], workloads: str, machine: str = "") -> str:
    """Two guests of each variant (its name: a kernel) on a machine of 256 MiB, with further keys in `machine`."""
    text = HEAD.format(arch=arch, machine=machine)
    for name, kernel in variants.items():
        text += f'\n[variants.{name}]\nkernel = "{kernel}"\n'
    return text + workloads


def _claim(name: str, workload: str, requires: Iterable[str]) -> str:
    wanted = ", ".join(f'"{one}"' for one in requires)
    return CLAIM.format(id=name, workload=workload, requires=wanted)


def claim(name: str, workload: str, figure: str, expect: str, requires: Iterable[str] = ()) -> str:
    """Each trial of each variant in `expect` lies on its side."""
    return _claim(name, workload, requires) + f'figure = "{figure}"\nexpect = {{ {expect} }}\n'


def never(name: str, workload: str, count: str, variant: str, requires: Iterable[str] = ()) -> str:
    """It happens in no trial of the variant."""
    return _claim(name, workload, requires) + f'rule = "never"\ncount = "{count}"\nvariants = ["{variant}"]\n'


def verdicts(assay: Assay) -> dict[str, str]:
    """Of the last run: claim to verdict."""
    return {one["id"]: one["verdict"] for one in assay.shown()["claims"]}


def trials(assay: Assay, workload: str = "", variant: str = "") -> list[dict[str, Any]]:
    """Of the last run, those of the workload and variant; there are some."""
    found = [
        one
        for one in assay.shown()["trials"]
        if workload in ("", one["workload"]) and variant in ("", one["variant"])
    ]
    assert found
    return found


def counters(assay: Assay, variant: str, workload: str) -> list[dict[str, Any]]:
    """Of these trials, which all passed."""
    found = trials(assay, workload, variant)
    assert all(one["outcome"] == "pass" for one in found), found
    return [one["counters"] for one in found]
