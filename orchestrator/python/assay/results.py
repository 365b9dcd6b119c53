# SPDX-License-Identifier: GPL-2.0-or-later
"""The results database: runs, their trials and verdicts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _native
from .records import Claim, Coverage, Event, Kernel, TrialRecord, Verdict, parsed, verdict_from
from .samples import Samples

if TYPE_CHECKING:
    import pandas  # type: ignore[import]

DATABASE = "assay.sqlite"


class Trial(TrialRecord):
    """A trial that is kept in results. A value of its run: it does not change, also while the run goes on."""

    def __init__(self, run: Run, record: Mapping[str, Any]) -> None:
        super().__init__(record)
        self.run = run

    @property
    def folder(self) -> Path:
        """Where the guest's console and machine are kept."""
        return self.run.folder / self._folder

    @property
    def metrics(self) -> Mapping[str, str]:
        """What was sampled: the unit of each metric ("" for none)."""
        return dict(self.run._store.metrics(self.run.id, self.key))

    def samples(self, *metrics: str) -> Samples:
        """The series of these metrics, of all when none is named; arrays that own what was decoded, without copies.
        UsageError: the trial has no such metric."""
        found = Samples(self.run._store.samples(self.run.id, self.key, list(metrics)))
        missing = [metric for metric in metrics if metric not in found and metric not in self.metrics]
        if missing:
            raise _native.UsageError(
                f"cannot read samples of {', '.join(missing)}: trial {self.variant}/{self.machine}/{self.workload} #{self.repeat} has none;"
                f" sampled were {', '.join(sorted(self.metrics)[:8]) or 'no metrics'}"
            )
        return found

    def histogram(self, metric: str, bins: int | str = "auto") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """How often the metric's samples were in each bin: counts of shape (b,), edges of shape (b + 1,) in its unit, as
        numpy.histogram() gives them."""
        series = self.samples(metric).get(metric)
        counts, edges = np.histogram(series.values if series is not None else np.empty(0), bins=bins)
        return counts, edges

    def events(self) -> list[Event]:
        """What happened, in the order in which it was told."""
        times, names, details, values = self.run._store.events(self.run.id, self.key)
        return [
            Event(int(time), name, detail, int(value))
            for time, name, detail, value in zip(times, names, details, values, strict=True)
        ]


class Run:
    """One `assay run`. What it says is from one moment; refresh() looks again."""

    def __init__(self, results: Results, record: Mapping[str, Any]) -> None:
        self._results = results
        self._record = record

    @property
    def _store(self) -> _native.Store:
        return self._results._store

    @property
    def id(self) -> str:
        """ "20261121-051502-shared-fault-vma-lock-8a19"."""
        return str(self._record["id"])

    @property
    def experiment(self) -> str:
        """The experiment's name."""
        return str(self._record["experiment"])

    @property
    def title(self) -> str:
        return str(self._record["title"])

    @property
    def state(self) -> str:
        """ "running", "finished", "interrupted", "killed"."""
        return str(self._record["state"])

    @property
    def started(self) -> str:
        """UTC, ISO 8601."""
        return str(self._record["started"])

    @property
    def finished(self) -> str:
        """UTC, ISO 8601; "" while it runs."""
        return str(self._record["finished"])

    @property
    def planned(self) -> int:
        """Trials in the matrix."""
        return int(self._record["planned"])

    @property
    def done(self) -> int:
        """Trials with an outcome."""
        return int(self._record["done"])

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """What the command line changed."""
        return parsed(self._record["settings"])

    @cached_property
    def host(self) -> Mapping[str, Any]:
        """CPU, kernel, QEMU, accelerator."""
        return parsed(self._record["host"])

    @cached_property
    def kernels(self) -> tuple[Kernel, ...]:
        return tuple(
            Kernel(one["variant"], one["id"], one["release"], parsed(one["provenance"]))
            for one in self._record["kernels"]
        )

    @property
    def experiment_toml(self) -> str:
        """The experiment as it was read."""
        return bytes(self._record["experiment_toml"]).decode("utf-8", "replace")

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What is on trial; empty when the experiment cannot be read any more."""
        return tuple(Claim(**claim) for claim in _native.claims_in(bytes(self._record["experiment_toml"])))

    @cached_property
    def _all(self) -> Mapping[str, Any]:
        whole = json.loads(self._store.run_json(self.id))
        assert isinstance(whole, dict)
        return whole

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Those that have ended, in the order in which they began."""
        return tuple(Trial(self, record) for record in self._all["trials"])

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """In the order of the experiment; none before the run has ended."""
        return tuple(verdict_from(claim) for claim in self._all["claims"])

    @cached_property
    def patches(self) -> tuple[Coverage, ...]:
        """How much ran of each kernel's series; empty where nobody could see."""
        names = [field.name for field in fields(Coverage)]
        return tuple(Coverage(**{name: kernel[name] for name in names}) for kernel in self._all.get("patches", ()))

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """By the experiment's names, base before head: the order of all reports, and of their colours."""
        kernels = [kernel.variant.split("/")[0] for kernel in self.kernels]
        return tuple(dict.fromkeys([*kernels, *(trial.variant for trial in self.trials)]))

    def verdict(self, claim: str) -> Verdict:
        """The verdict on one claim. UsageError: the run has none."""
        for verdict in self.verdicts:
            if verdict.claim == claim:
                return verdict
        known = ", ".join(verdict.claim for verdict in self.verdicts) or "no claim yet"
        raise _native.UsageError(f"cannot find claim {claim}: run {self.id} has verdicts on {known}")

    @property
    def folder(self) -> Path:
        """The run's folder: a folder for each guest, the report."""
        return self._results.path.parent / "runs" / self.id

    def refresh(self) -> Run:
        """The same run as it is now."""
        return self._results.run(self.id)

    def to_frame(self) -> pandas.DataFrame:
        """A row for each trial, the columns of `assay export --csv`: variant, machine, workload, repeat, seed, outcome,
        reason, measured_ns, wall_ns, kernel_id, and one for each counter (NaN where a trial has none of it)."""
        import pandas

        words = ["variant", "machine", "workload", "repeat", "seed", "outcome", "reason"]
        words += ["measured_ns", "wall_ns", "kernel_id"]
        counters = sorted({name for trial in self.trials for name in trial.counters})
        rows = [{**{word: getattr(trial, word) for word in words}, **trial.counters} for trial in self.trials]
        return pandas.DataFrame(rows, columns=words + counters)

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.state}, {self.done} of {self.planned} trials>"


class Results:
    """A results database, for reading; others may write it meanwhile. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path  #: of the database
        self._store = _native.Store(str(path))

    @property
    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        return [Run(self, record) for record in self._store.runs()]

    def run(self, name: str = "last") -> Run:
        """By id, by a part of it that no other has, or "last". UsageError: there is none, or more than one."""
        return Run(self, self._store.find_run(name))

    def latest(self, experiment: str) -> Run | None:
        """The newest run of an experiment, by its name; None when there is none."""
        return next((run for run in self.runs if run.experiment == experiment), None)

    def close(self) -> None:
        """Lets go of the file. Arrays stay valid; runs and trials can read no more. Idempotent."""
        self._store.close()

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Results {self.path}{', closed' if self._store.closed else ''}>"


def open(path: str | os.PathLike[str] | None = None) -> Results:
    """Opens a folder of results or its assay.sqlite; without `path` the one that the command line uses (ASSAY_RESULTS, or
    results/ of the source tree). UsageError: there is no such database, or it is a newer Assay's; InfrastructureError: it
    cannot be read."""
    place = Path(path if path is not None else _native.results_folder(""))
    return Results(place / DATABASE if place.is_dir() else place)
