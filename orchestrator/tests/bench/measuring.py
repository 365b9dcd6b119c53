# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures with their bars, measurements in turns, and progress."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Row:
    """One line of the final table; `value` is what the bar judges, None when there is nothing to judge."""

    what: str
    ours: str
    theirs: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.bar is None or (self.value >= self.bar if self.at_least else self.value <= self.bar)


class Progress:
    """Says what is being measured and how long the rest will take, judged by the steps so far."""

    def __init__(self, what: str, steps: int) -> None:
        self.what, self.steps, self.done = what, steps, 0
        self.began = time.monotonic()
        print(f"{what} ...", file=sys.stderr, flush=True)

    def step(self) -> None:
        self.done += 1
        past = time.monotonic() - self.began
        left = past / self.done * (self.steps - self.done)
        print(f"{self.what}: {self.done} of {self.steps}, {left:.0f} s to go", file=sys.stderr, flush=True)


def in_turns(
    what: str, repeats: int, a: Callable[[], float], b: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Measures A B B A A B ..., so that a machine that slows down or speeds up does so for both."""
    of_a, of_b = all_in_turns(what, repeats, [a, b])
    return of_a, of_b


def all_in_turns(what: str, repeats: int, measures: list[Callable[[], T]]) -> list[list[T]]:
    """Measures A B C C B A A ...; the values of each."""
    progress = Progress(what, len(measures) * repeats)
    values: list[list[T]] = [[] for _ in measures]
    for repeat in range(repeats):
        order = list(zip(values, measures))
        for kept, measure in order if repeat % 2 == 0 else reversed(order):
            kept.append(measure())
            progress.step()
    return values


def median_of(values: list[float], unit: str, scale: float = 1.0) -> str:
    """For the table: "1.23 s n=5"."""
    return f"{statistics.median(values) * scale:.2f} {unit} n={len(values)}"


def print_table(rows: list[Row]) -> None:
    """At most 80 columns."""
    print(f"{'what':<21} {'Assay':<16} {'against':<16} {'result':>9} {'bar':>6}")
    for row in rows:
        result = f"{row.value:.2f}{row.unit}"
        bar = "" if row.bar is None else f"{'>=' if row.at_least else '<='}{row.bar:g}"
        end = "" if row.bar is None else (" met" if row.met else " MISSED")
        print(f"{row.what:<21} {row.ours:<16} {row.theirs:<16} {result:>9} {bar:>6}{end}")
