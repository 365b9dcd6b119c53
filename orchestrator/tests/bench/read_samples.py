#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads all samples of a results folder by the package, and the same blocks from a file by NumPy alone; as decoded
numbers from a file, too. Prints the seconds of each repeat: a line for each of the three.

usage: read_samples.py RESULTS REPEATS
"""

from __future__ import annotations

import gc
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import assay

Columns = npt.NDArray[np.int64]


def from_database(results: Path) -> list[Columns]:
    """A row for each metric of each trial."""
    with assay.open(results) as opened:
        samples = [trial.samples() for trial in opened.run().trials]
    return [series.values for of_trial in samples for series in of_trial.values()]


def varints(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """All of them: a block of samples is nothing else."""
    ends = np.flatnonzero(data < 0x80)
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    place = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
    shifted = (data & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.asarray(np.add.reduceat(shifted, starts))


def from_file(path: Path) -> list[Columns]:
    """Blocks that all have the same number of times and metrics, as results/README.md lays them out."""
    numbers = varints(np.fromfile(path, dtype=np.uint8))
    times, metrics = int(numbers[1]), int(numbers[2])
    blocks = numbers.reshape(-1, 4 + times + metrics * (2 + times))
    codes = blocks[:, 4 + times :].reshape(len(blocks), metrics, 2 + times)[:, :, 2:]
    steps = ((codes >> np.uint64(1)) ^ (np.uint64(0) - (codes & np.uint64(1)))).view(np.int64)
    values = np.cumsum(steps, axis=2)
    return list(values.transpose(1, 0, 2).reshape(metrics, -1))


def from_plain(path: Path) -> list[Columns]:
    return [np.fromfile(path, dtype=np.int64)]


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    results, repeats = Path(sys.argv[1]), int(sys.argv[2])
    with sqlite3.connect(results / "assay.sqlite") as database:
        trials = [row[0] for row in database.execute("SELECT id FROM trial ORDER BY id")]
        query = "SELECT data FROM sample_block WHERE trial = ? ORDER BY id"
        blocks = [b"".join(row[0] for row in database.execute(query, [trial])) for trial in trials]
    with tempfile.TemporaryDirectory() as scratch:
        files = [Path(scratch) / f"{number}.blocks" for number in range(len(blocks))]
        for path, data in zip(files, blocks, strict=True):
            path.write_bytes(data)
        expected = from_database(results)
        found = [column for path in files for column in from_file(path)]
        if not all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True)):
            print("the two ways read different samples", file=sys.stderr)
            return 1
        plain = Path(scratch) / "plain"
        np.concatenate(expected).tofile(plain)
        del expected, found
        ways: list[Callable[[], Any]] = [
            lambda: from_database(results),
            lambda: [from_file(path) for path in files],
            lambda: from_plain(plain),
        ]
        turns = [[seconds(way) for way in ways] for _ in range(repeats)]
    for place in range(len(ways)):
        print(*(f"{turn[place]:.6f}" for turn in turns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
