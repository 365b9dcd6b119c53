# SPDX-License-Identifier: GPL-2.0-or-later
"""Assay in Python: the results of runs as NumPy arrays, and guests that boot, work and stream while you look.

    import assay

    results = assay.open("results")                 # a folder of results, or its assay.sqlite
    run = results.run("last")
    for verdict in run.verdicts:
        print(verdict.claim, verdict.verdict, verdict.reason)
    trial = run.trials[0]
    retries = trial.samples("vmstat.vma_lock_retry")["vmstat.vma_lock_retry"]
    retries.time_s, retries.values                  # arrays of shape (n,)

    run = assay.run("shared-fault-vma-lock", trials=5, on_event=print)

    with assay.Guest("linux-6.12", memory="512M") as guest:
        work = guest.workload("fault.shared", threads=2, pages=256)
        for samples in work:                        # while it runs
            print(samples["vmstat.pgfault"].values[-1])
        print(work.wait().counters)

Units are in names: `_ns` are nanoseconds, `_s` seconds. Whatever fails raises an `assay.Error` with the text that the
command line prints.
"""

from ._native import BootError, BuildError, Error, InfrastructureError, Interrupted, UsageError
from .control import Building, Ended, Note, Phase, Planned, RunEvent, run
from .guest import Guest, Workload
from .records import Check, Claim, Coverage, Estimate, Event, Finding, Kernel, Side, Test, TrialRecord, Verdict
from .results import Results, Run, Trial, open
from .samples import Samples, Series
from .scores import mutants

__all__ = [
    "BootError",
    "BuildError",
    "Building",
    "Check",
    "Claim",
    "Coverage",
    "Ended",
    "Error",
    "Estimate",
    "Event",
    "Finding",
    "Guest",
    "InfrastructureError",
    "Interrupted",
    "Kernel",
    "Note",
    "Phase",
    "Planned",
    "Results",
    "Run",
    "RunEvent",
    "Samples",
    "Series",
    "Side",
    "Test",
    "Trial",
    "TrialRecord",
    "UsageError",
    "Verdict",
    "Workload",
    "mutants",
    "open",
    "run",
]
