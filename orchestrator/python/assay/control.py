# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that Python starts. They live on the library's own thread; this one takes their news, so that callbacks come here
and Ctrl-C is heard."""

from __future__ import annotations

import atexit
import json
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _native
from .records import TrialRecord
from .results import Run
from .results import open as open_results

#: For guests to be destroyed and what was finished to be written.
_ENDING_SECONDS = 60.0
_jobs: weakref.WeakSet[_native.Job] = weakref.WeakSet()
_forked = False


def _after_fork() -> None:
    """Jobs are the parent's, whose thread they live on: a child must not end them, nor wait for them."""
    global _forked
    _forked = True
    _jobs.clear()


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True)
class Building:
    """A kernel is being built, or was found."""

    variant: str
    text: str  #: "42 %: compiling mm/memory.o", "6.12.117 1203f5207ab3, from the cache"


@dataclass(frozen=True)
class Planned:
    """The trials begin."""

    trials: int
    done: int  #: of them, by an earlier part of a resumed run


@dataclass(frozen=True)
class Phase:
    """What one of the guests does now."""

    slot: int  #: which of those that run at once
    variant: str
    machine: str
    repeat: int
    phase: str  #: "creating", "booting", "running", "ending"
    workload: str  #: "" unless it is running one


@dataclass(frozen=True)
class Ended:
    """A trial has ended and is in the results."""

    trial: TrialRecord


@dataclass(frozen=True)
class Note:
    """Something worth a line."""

    text: str


RunEvent = Building | Planned | Phase | Ended | Note


def run_event(kind: str, fields: Mapping[str, Any]) -> RunEvent | None:
    """News of a job as an event; None for what a run does not tell."""
    if kind == "trial":
        return Ended(TrialRecord(fields))
    known: dict[str, Callable[..., RunEvent]] = {"build": Building, "planned": Planned, "phase": Phase, "note": Note}
    return known[kind](**fields) if kind in known else None


def watched(job: _native.Job) -> _native.Job:
    """A job that is ended before Python is."""
    _jobs.add(job)
    return job


def next_news(job: _native.Job) -> tuple[str, dict[str, Any]] | None:
    """Waits for it; None: the job has ended and all was taken. KeyboardInterrupt at Ctrl-C."""
    if _forked:
        raise _native.UsageError("cannot use a guest of the process that this one was forked from")
    while True:
        finished = job.finished
        news = job.take()
        if news is not None or finished:
            return news
        job.wait(60.0)


def end_in_order(job: _native.Job) -> None:
    """Cancels the job and waits for its end, for a minute at most."""
    if _forked:
        return
    job.cancel()
    left = _ENDING_SECONDS
    while not job.finished and left > 0:
        while job.take() is not None:
            pass
        job.wait(0.2)
        left -= 0.2


@atexit.register
def _end_all() -> None:
    living = [job for job in list(_jobs) if not job.finished]
    for job in living:
        job.cancel()
    if living:
        _native.wait_idle(_ENDING_SECONDS)


def run(
    experiment: str | os.PathLike[str] = "",
    *,
    trials: int | None = None,
    until_decided: bool = False,
    max_trials: int | None = None,
    workloads: Sequence[str] = (),
    variants: Sequence[str] = (),
    machines: Sequence[str] = (),
    repeat: int | None = None,
    thorough: bool = False,
    seed: int | None = None,
    kernels: Mapping[str, str] | None = None,
    probes: Sequence[str] = (),
    accel: str = "",
    jobs: int | None = None,
    resume: bool = False,
    results: str | os.PathLike[str] | None = None,
    connect: str = "",
    on_event: Callable[[RunEvent], None] | None = None,
) -> Run:
    """What `assay run` does: builds the kernels of an experiment (its folder, file or name), runs its trials, judges.

    trials         repeats of each variant, instead of the experiment's
    until_decided  goes on until the claims are decided, at most for max_trials repeats
    workloads, variants, machines
                   only these of the experiment's matrix
    repeat         only trial number `repeat` of each cell, with the seed that it has in a whole run
    thorough       also what takes long, and as many trials as the experiment wants for that
    kernels        another kernel for a variant of the experiment: {"before": "linux-6.1"}
    jobs           guests at once; None: what the host has room for
    resume         goes on with a run that was interrupted; `experiment` is then a run ("": the last)
    results        folder of the results, instead of the command line's
    on_event       called with each event, in this thread; what it raises ends the run

    Returns the finished run. Ctrl-C destroys the guests, keeps finished trials and raises KeyboardInterrupt; a second one
    does not wait. Raises UsageError, BuildError, BootError, InfrastructureError with what the command line would say.
    """
    settings = {
        "trials": trials,
        "until_decided": until_decided,
        "max_trials": max_trials,
        "workloads": list(workloads),
        "variants": list(variants),
        "machines": list(machines),
        "repeat": repeat,
        "thorough": thorough,
        "seed": seed,
        "kernels": [f"{name}={variant}" for name, variant in (kernels or {}).items()],
        "probes": list(probes),
        "accel": accel,
        "jobs": jobs,
    }
    folder = _native.results_folder("" if results is None else str(results))
    job = watched(
        _native.start_run(
            {
                "experiment": os.fspath(experiment),
                "results": folder,
                "connect": connect,
                "settings": json.dumps({key: value for key, value in settings.items() if value is not None}, default=int),
                "resume": resume,
            }
        )
    )
    try:
        while (news := next_news(job)) is not None:
            event = run_event(*news)
            if event is not None and on_event is not None:
                on_event(event)
    except BaseException:
        end_in_order(job)
        raise
    name = job.end()
    return open_results(Path(folder)).run(name)
