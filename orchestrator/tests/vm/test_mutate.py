# SPDX-License-Identifier: GPL-2.0-or-later
"""assay mutate, for real: mutants are built, booted and noticed, and the same command says the same again."""

from __future__ import annotations

import json

import pytest

from conftest import Assay
from experiments import experiment

FAILING = """
[workloads.failing]
workload = "swap.unmap_failure"
params = { pages = 512, every = 4, patience = "500ms" }

[mutate]
variant = "fixed"
base = "leaking"

[[claims]]
id = "leaks"
says = "Without the patch each failure leaves a swap entry behind, with it none does."
quote = "none"
author = "none"
workload = "failing"
min_trials = 2
requires = ["hits >= 100", "not_swapped_out / hits >= 1", "swapped_out >= 200"]
figure = "entries_left / hits"
expect = { leaking = ">= 1", fixed = "<= 0" }

[[claims]]
id = "content"
says = "A page that could not be unmapped loses nothing."
quote = "none"
author = "none"
workload = "failing"
min_trials = 2
rule = "never"
count = "check content"
variants = ["fixed", "leaking"]
"""


@pytest.mark.kernels("unmap-fixed")
def test_mutants_of_a_patch_are_noticed(assay: Assay) -> None:
    text = experiment("x86_64", {"leaking": "unmap-leaking", "fixed": "unmap-fixed"}, FAILING, 'accel = "tcg"\nswap = "64M"')
    any_number = ["mutate", assay.experiment(text), "--function", "unmap_one_or_fail", "--trials", "1"]
    words = [*any_number, "--most", "3"]
    first = assay.run(*words, "--json", code=None, timeout=900)
    assert first.returncode in (0, 1), first.stderr
    score = json.loads(first.stdout)
    assert (score["experiment"], score["variant"], score["base"]) == ("small", "fixed", "leaking")
    assert set(score["held"]) == {"leaks", "content"} and not score["not_held"]
    assert len(score["mutants"]) == 3 and score["more"] > 0
    fates = [one["fate"] for one in score["mutants"]]
    assert "killed" in fates and "waiting" not in fates, score["mutants"]
    assert first.returncode == (1 if "survived" in fates else 0)
    for one in score["mutants"]:
        assert (one["file"], one["function"]) == ("mm/rmap.c", "unmap_one_or_fail")
        assert one["diff"].startswith("--- a/mm/rmap.c\n+++ b/mm/rmap.c\n@@ ")
        assert (one["killer"] is not None) == (one["fate"] == "killed")
        assert one["fate"] not in ("killed", "survived") or (one["trials"] > 0 and one["run"])
    assert {line["watched"] for line in score["lines"]} == {1} and any(line["ran"] for line in score["lines"])

    page = (assay.folder / "results/mutants/small-fixed/mutants.html").read_text(encoding="utf-8")
    assert all(one["id"] in page for one in score["mutants"])

    fewer = json.loads(assay.run(*any_number, "--most", "1", "--json", code=None).stdout)
    assert fewer["mutants"][0] in score["mutants"] and len(fewer["others"]["mutants"]) == 2
    again = assay.run(*words, "--json", code=first.returncode)
    assert json.loads(again.stdout) == score
    table = assay.run(*words, code=first.returncode).stdout
    assert "unmap_one_or_fail" in table or "mm/rmap.c" in table
