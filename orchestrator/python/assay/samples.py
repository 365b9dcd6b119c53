# SPDX-License-Identifier: GPL-2.0-or-later
"""Columns of samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas  # type: ignore[import]

Column = tuple[str, str, npt.NDArray[np.uint64], npt.NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Series:
    """What one metric was, and when. The arrays own their memory: they outlive trial, run and results."""

    name: str
    unit: str  #: as the guest's agent says it: "events", "pages", "ns"; "" for none
    time_ns: npt.NDArray[np.uint64]  #: shape (n,), ns of the guest's CLOCK_MONOTONIC; read-only
    values: npt.NDArray[np.int64]  #: shape (n,)

    @property
    def time_s(self) -> npt.NDArray[np.float64]:
        """Shape (n,): seconds since the first sample."""
        if len(self.time_ns) == 0:
            return np.empty(0, dtype=np.float64)
        return np.asarray((self.time_ns - self.time_ns[0]) / 1e9, dtype=np.float64)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<Series {self.name}: {len(self)} samples{f', {self.unit}' if self.unit else ''}>"


class Samples(Mapping[str, Series]):
    """The series of one trial by metric."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._series = {column[0]: Series(*column) for column in columns}

    def __getitem__(self, metric: str) -> Series:
        return self._series[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __repr__(self) -> str:
        return f"<Samples of {', '.join(self) if len(self) < 6 else f'{len(self)} metrics'}>"

    def to_frame(self) -> pandas.DataFrame:
        """A column for each metric; the index is the guest's time in ns. Metrics that are sampled at other times than
        the rest (those of probes) are NaN in between."""
        import pandas

        series: list[Any] = [
            pandas.Series(one.values, index=pandas.Index(one.time_ns, name="time_ns"), name=one.name)
            for one in self.values()
        ]
        if not series:
            return pandas.DataFrame(index=pandas.Index([], name="time_ns"))
        return pandas.concat(series, axis="columns").sort_index()
