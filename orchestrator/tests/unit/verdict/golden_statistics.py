#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints golden/statistics.txt: what SciPy says of the statistics that the verdict room computes itself.

Needs python3-scipy; made with SciPy 1.10.1 of Debian 12. Debian's package asks for a Boost that conflicts with
Assay's, so unpack it (apt-get download, dpkg -x) and set PYTHONPATH instead of installing it.

A line is the function, its numbers (lists with commas), "->", the expected numbers.
"""

from __future__ import annotations

import importlib
import itertools
from typing import Any

# Not imports: mypy has to read this where SciPy is not installed.
np: Any = importlib.import_module("numpy")
optimize: Any = importlib.import_module("scipy.optimize")
stats: Any = importlib.import_module("scipy.stats")

MASK = 2**64 - 1


def show(name: str, inputs: list[object], outputs: list[float]) -> None:
    def text(value: object) -> str:
        if isinstance(value, (list, tuple)):
            return ",".join(text(one) for one in value)
        return repr(value) if isinstance(value, int) else f"{float(value):.12g}"  # type: ignore[arg-type]

    print(name, *(text(one) for one in inputs), "->", *(text(float(one)) for one in outputs))


def clopper_pearson() -> None:
    for hits, trials in [(0, 1), (0, 10), (1, 10), (5, 10), (10, 10), (3, 17), (99, 100), (412, 1000)]:
        for confidence in (0.9, 0.95, 0.99):
            found = stats.binomtest(hits, trials).proportion_ci(confidence, method="exact")
            show("clopper_pearson", [hits, trials, confidence], [found.low, found.high])


TABLES = [(0, 10, 10, 10), (1, 10, 8, 10), (3, 5, 1, 7), (0, 5, 0, 5), (5, 5, 5, 5), (7, 20, 3, 25), (2, 3, 0, 40),
          (30, 100, 45, 110), (500, 1000, 530, 1000)]  # fmt: skip


def fisher() -> None:
    for head_hits, head, base_hits, base in TABLES:
        table = [[head_hits, head - head_hits], [base_hits, base - base_hits]]
        tails = [stats.fisher_exact(table, alternative=side)[1] for side in ("less", "greater")]
        show("fisher", [head_hits, head, base_hits, base], tails)


def largest_chance(head_hits: int, head: int, base_hits: int, base: int, difference: float) -> float:
    """The sup of P(difference of proportions <= seen) over all proportions that differ by `difference`."""
    head_counts, base_counts = np.meshgrid(np.arange(head + 1), np.arange(base + 1), indexing="ij")
    as_far = head_counts * base - base_counts * head <= head_hits * base - base_hits * head

    def chance(share: float) -> float:
        heads = stats.binom.pmf(np.arange(head + 1), head, min(1.0, max(0.0, share + difference)))
        bases = stats.binom.pmf(np.arange(base + 1), base, share)
        return float((np.outer(heads, bases) * as_far).sum())

    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    grid = np.linspace(low, high, 2001)
    values = [chance(share) for share in grid]
    best = int(np.argmax(values))
    around = (grid[max(0, best - 1)], grid[min(2000, best + 1)])
    found = optimize.minimize_scalar(lambda p: -chance(p), bounds=around, method="bounded", options={"xatol": 1e-10})
    return float(min(1.0, max(values[best], -found.fun)))


def difference() -> None:
    for head_hits, head, base_hits, base in TABLES[:7]:
        for margin in (-0.3, -0.1, 0.0, 0.05, 0.25):
            less = largest_chance(head_hits, head, base_hits, base, margin)
            greater = largest_chance(head - head_hits, head, base - base_hits, base, -margin)
            show("difference", [head_hits, head, base_hits, base, margin], [less, greater])


def samples() -> list[tuple[list[float], list[float]]]:
    random = np.random.default_rng(7)
    pairs: list[tuple[list[float], list[float]]] = [
        ([1.0], [2.0]), ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]), ([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]),
        ([1.0, 3.0, 5.0, 7.0, 9.0], [2.0, 4.0, 6.0, 8.0]), ([0.0] * 5, [1.0] * 5), ([1.0] * 6, [1.0] * 4),
        ([0.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 1.0, 3.0]),
    ]  # fmt: skip
    for head, base in [(5, 5), (8, 12), (10, 10), (20, 25), (30, 40), (200, 150)]:
        pairs.append((list(random.normal(0, 1, head).round(6)), list(random.normal(0.6, 1.5, base).round(6))))
        counts = random.poisson(3, head).astype(float), random.poisson(4, base).astype(float)
        pairs.append((list(counts[0]), list(counts[1])))
    return pairs


def permutation_tail(head: list[float], base: list[float], side: int) -> float:
    """All ways to deal the values out: the share whose rank sum of head is as far out."""
    ranks = stats.rankdata(head + base)
    seen = ranks[: len(head)].sum()
    sums = [sum(ranks[i] for i in chosen) for chosen in itertools.combinations(range(len(ranks)), len(head))]
    return float(np.mean([side * one <= side * seen for one in sums]))


def ranks() -> None:
    for head, base in samples():
        whole = head + base
        ties = len(set(whole)) < len(whole)
        if not ties and len(whole) <= 50:
            tails = [stats.mannwhitneyu(head, base, alternative=s, method="exact").pvalue for s in ("less", "greater")]
            show("mann_whitney", [head, base], tails)
        elif len(whole) <= 10:
            show("mann_whitney", [head, base], [permutation_tail(head, base, 1), permutation_tail(head, base, -1)])
        if len(set(whole)) > 1:
            result = [
                stats.mannwhitneyu(head, base, alternative=side, method="asymptotic").pvalue
                for side in ("less", "greater")
            ]
            show("mann_whitney_normal", [head, base], result)
        above = stats.mannwhitneyu(head, base).statistic / len(head) / len(base)
        show("above", [head, base], [above])
        show("hodges_lehmann", [head, base], [float(np.median(np.subtract.outer(head, base)))])


class SplitMix:
    """Vigna's public domain splitmix64.c, and an index by the upper 32 bits."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, limit: int) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return (((mixed ^ (mixed >> 31)) >> 32) * limit) >> 32


def drawn(values: list[float], random: SplitMix) -> list[float]:
    ordered = sorted(values)
    return [ordered[random.below(len(ordered))] for _ in ordered]


def bootstrap() -> None:
    for head, base in samples()[1:17]:
        random = SplitMix(2026)
        shifts = []
        for _ in range(2000):
            sample = drawn(head, random)
            shifts.append(np.median(np.subtract.outer(sample, drawn(base, random))))
        show("bootstrap_shift", [head, base, 0.95, 2026], list(np.percentile(shifts, [2.5, 97.5])))
        random = SplitMix(2026)
        medians = [np.median(drawn(head, random)) for _ in range(2000)]
        show("bootstrap_median", [head, 0.9, 2026], list(np.percentile(medians, [5, 95])))


def others() -> None:
    for probability in (0.001, 0.025, 0.2, 0.5, 0.975, 0.99999):
        show("normal_quantile", [probability], [stats.norm.ppf(probability)])
    for p_values in ([0.01, 0.04, 0.03, 0.005], [0.5], [0.9, 0.8, 0.7], [0.02, 0.02, 0.02]):
        # Holm 1979: the k-th smallest of m times m - k + 1, never below the one before.
        order = np.argsort(p_values, kind="stable")
        steps = [min(1.0, p_values[i] * (len(p_values) - k)) for k, i in enumerate(order)]
        adjusted = np.empty(len(p_values))
        adjusted[order] = np.maximum.accumulate(steps)
        show("holm", [p_values], list(adjusted))


if __name__ == "__main__":
    print("# SPDX-License-Identifier: GPL-2.0-or-later")
    print("# Made by golden_statistics.py.")
    for part in (clopper_pearson, fisher, difference, ranks, bootstrap, others):
        part()
