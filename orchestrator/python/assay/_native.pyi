# SPDX-License-Identifier: GPL-2.0-or-later
"""The module in C++ that the package is made on. Not for users: the package says the same in better words.

All functions release the GIL while they work. What fails raises one of the errors below, with the text that the command
line would print.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

class Error(Exception):
    """What Assay cannot do, in the words of its command line: "cannot <verb> <object>: <why>"."""

class UsageError(Error, ValueError):
    """A mistake in what was asked for: a name, a file, a value. Nothing was built or booted."""

class BuildError(Error):
    """A kernel that does not build, or a patch that does not apply."""

class BootError(Error):
    """A kernel that does not boot."""

class InfrastructureError(Error):
    """QEMU, libvirt, the disk: our fault or the host's, not the guest's."""

class Interrupted(Error):
    """Somebody called cancel(). Ctrl-C raises KeyboardInterrupt instead."""

def claims_in(experiment: bytes) -> list[dict[str, str]]:
    """The claims of an experiment file, each with its quote; none when it is no TOML."""

class Store:
    """A results database. Several threads may use it; one at a time is in it."""

    def __init__(self, path: str) -> None:
        """Opens the file. UsageError: it is not there or no results database; InfrastructureError: it cannot be read."""

    @property
    def closed(self) -> bool: ...
    def close(self) -> None:
        """Lets go of the file; arrays that were read stay valid. Idempotent."""

    def runs(self) -> list[dict[str, Any]]:
        """The newest first."""

    def find_run(self, name: str) -> dict[str, Any]:
        """By id, by a part of it that no other has, or "last". UsageError: none, or several."""

    def run_json(self, name: str) -> str:
        """What `assay show RUN --json` prints: results/README.md has the fields."""

    def metrics(self, run: str, trial: tuple[str, str, str, int]) -> list[tuple[str, str]]:
        """Name and unit of what was sampled in a trial (variant, machine, workload, repeat)."""

    def samples(
        self, run: str, trial: tuple[str, str, str, int], metrics: list[str]
    ) -> list[tuple[str, str, npt.NDArray[np.uint64], npt.NDArray[np.int64]]]:
        """Name, unit, times (ns of the guest's CLOCK_MONOTONIC, read-only) and values, both of shape (n,); of all
        metrics where none is named. The arrays own what was decoded: nothing is copied."""

    def events(
        self, run: str, trial: tuple[str, str, str, int]
    ) -> tuple[npt.NDArray[np.uint64], list[str], list[str], npt.NDArray[np.int64]]:
        """Times (ns), names, details, values."""

class Job:
    """A run or a guest on the library's own thread. One that nobody holds any more is cancelled."""

    def take(self) -> tuple[str, dict[str, Any]] | None:
        """The next news: what it is, and its fields; None: there is none right now."""

    def wait(self, seconds: float) -> bool:
        """Waits for news or the end; whether there is any. Python's signal handlers run meanwhile: Ctrl-C raises."""

    @property
    def finished(self) -> bool:
        """Whether there will be no more news; what is left can still be taken."""

    def end(self) -> str:
        """The id of a run, "" of a guest. Raises why there is none."""

    def cancel(self) -> None:
        """Asks it to end in order; returns at once."""

    def order(self, wish: dict[str, Any]) -> None:
        """Hands a guest a workload: `workload`, `params`, `timeout`, `seed` and `sampling` as experiments write them."""

    def release(self) -> None:
        """The guest may go when its last workload is done."""

def start_run(wish: dict[str, Any]) -> Job: ...
def run_settings() -> list[str]:
    """The names of all settings of a run: keyword arguments of assay.run()."""

def start_guest(wish: dict[str, Any]) -> Job: ...
def results_folder(results: str) -> str:
    """Where `assay --results RESULTS` keeps results; "" for where it does without that option."""

def wait_idle(seconds: float) -> bool:
    """Waits until no job is left; whether that is so."""
