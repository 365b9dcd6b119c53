# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that Python keeps: boot one, run workloads in it, look at their samples while they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from . import _native
from .control import RunEvent, end_in_order, next_news, run_event, watched
from .records import Event, TrialRecord
from .samples import Column, Samples

#: In the order of assay::Failure.
_ERRORS: tuple[type[_native.Error], ...] = (
    _native.UsageError,
    _native.BuildError,
    _native.BootError,
    _native.InfrastructureError,
    _native.Interrupted,
)


class Workload:
    """A workload that a guest runs. Iterate over it to see its samples as they come; wait() gives what came out."""

    def __init__(self, guest: Guest, name: str) -> None:
        self.name = name
        self.events: list[Event] = []  #: what happened so far
        self._guest = guest
        self._metrics: dict[int, tuple[str, str]] = {}
        self._batches: list[Mapping[str, Any]] = []
        self._result: TrialRecord | None = None
        self._error: _native.Error | None = None

    @property
    def running(self) -> bool:
        """Whether its end was not seen yet."""
        return self._result is None and self._error is None

    def __iter__(self) -> Iterator[Samples]:
        """New samples as they come, until the workload ends. Those that came before are not given again."""
        while self.running:
            batch = self._step()
            if batch is not None:
                yield Samples(self._columns([batch]))

    def wait(self) -> TrialRecord:
        """Waits for the end: outcome, counters, checks, findings. A guest that misbehaves is a result, not an exception:
        outcome "finding". InfrastructureError: the guest was lost; UsageError: there is no such workload or parameter."""
        while self.running:
            self._step()
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def samples(self) -> Samples:
        """All samples so far, of each metric one series."""
        return Samples(self._columns(self._batches))

    def _columns(self, batches: Sequence[Mapping[str, Any]]) -> list[Column]:
        ids = dict.fromkeys(metric for batch in batches for metric in batch["metrics"])
        columns = []
        for metric in ids:
            parts = [batch for batch in batches if metric in batch["metrics"]]
            name, unit = self._metrics.get(metric, (f"#{metric}", ""))
            times = np.concatenate([part["time_ns"] for part in parts])
            values = np.concatenate([part["values"][part["metrics"].index(metric)] for part in parts])
            columns.append((name, unit, times, values))
        return columns

    def _step(self) -> Mapping[str, Any] | None:
        """Takes one piece of news; the samples in it."""
        news = self._guest._news()
        if news is None:
            self._error = self._guest._gone()
            return None
        kind, fields = news
        if kind == "samples":
            self._batches.append(fields)
            return fields
        if kind == "metrics":
            self._metrics.update({number: (name, unit) for number, name, unit in fields["metrics"]})
        elif kind == "event":
            self.events.append(Event(**fields))
        elif kind == "trial":
            self._result = TrialRecord(fields)
        elif kind == "failed":
            self._error = _error_of(fields)
        return None

    def __repr__(self) -> str:
        state = "running" if self.running else self._result.outcome if self._result else "failed"
        return f"<Workload {self.name}: {state}>"


def _error_of(fields: Mapping[str, Any]) -> _native.Error:
    error: type[_native.Error] = _ERRORS[fields["kind"]]
    return error(fields["text"])


class Guest:
    """A booted machine that runs one kernel and the agent, from __enter__ (or boot()) to __exit__ (or close()).

    kernel   a variant of images/kernels or a path to a .toml; "debian:6.12"; a path to a bzImage
    memory   with its unit: "512M"; None: 640M
    swap     the size of a disk to swap to, /dev/vda in the guest: "256M"; "": none
    vcpus    None: 2, or 1 where a machine has no more
    nodes    how many NUMA nodes divide vCPUs and memory, or what each has:
             [{"vcpus": 2, "memory": "256M"}, {"memory": "256M"}]; the kernel must know nodes: "linux-6.12+numa"
    distances  between nodes, a row for each: [[10, 20], [20, 10]]
    dimms    sizes of memory that is plugged in beside `memory`, for the guest to online and offline: ["128M"]; the
             kernel must know it: "linux-6.12+large"
    disks    sizes of empty disks, behind that to swap to
    arch     "x86_64" or "sparc64"; "": what the variant is for
    accel    "auto", "kvm" or "tcg"
    qemu_options  more for QEMU's command line: ["-device", "virtio-rng-pci"]
    append   more for the kernel's command line: "hugepages=16 transparent_hugepage=never"
    on_event called while it is built and booted, in this thread
    """

    def __init__(
        self,
        kernel: str | os.PathLike[str],
        *,
        memory: str | None = None,
        swap: str = "",
        vcpus: int | None = None,
        nodes: int | Sequence[Mapping[str, Any]] = 1,
        distances: Sequence[Sequence[int]] = (),
        dimms: Sequence[str] = (),
        disks: Sequence[str] = (),
        arch: str = "",
        accel: str = "auto",
        append: str = "",
        qemu_options: Sequence[str] = (),
        results: str | os.PathLike[str] | None = None,
        connect: str = "",
        on_event: Callable[[RunEvent], None] | None = None,
    ) -> None:
        self.kernel = os.fspath(kernel)
        self.kernel_release = ""  #: "6.12.117", once it has booted
        self.arch = arch
        self.page_size = 0  #: bytes
        self.cpus = 0
        self.memory = 0  #: bytes that the guest's kernel has
        self.console = ""  #: path of what the kernel prints
        self._on_event = on_event
        self._job: _native.Job | None = None
        self._workload: Workload | None = None
        machine = {
            "memory": memory,
            "swap": swap,
            "vcpus": vcpus,
            "nodes": nodes,
            "distances": distances,
            "dimms": dimms,
            "disks": disks,
            "accel": accel,
            "append": append,
            "qemu_options": qemu_options,
        }
        self._wish = {
            "kernel": self.kernel,
            "arch": arch,
            "machine": {key: value for key, value in machine.items() if value not in (None, "", ())},
            "results": "" if results is None else str(results),
            "connect": connect,
        }

    def boot(self) -> Guest:
        """Builds the kernel where it must be, boots, waits for the agent. UsageError, BuildError, BootError,
        InfrastructureError; Ctrl-C ends it in order."""
        if self._job is not None:
            raise _native.UsageError(f"cannot boot {self.kernel}: this guest was booted before")
        self._job = watched(_native.start_guest(self._wish))
        try:
            while (news := next_news(self._job)) is not None:
                kind, fields = news
                if kind == "ready":
                    self._met(fields)
                    return self
                event = run_event(kind, fields)
                if event is not None and self._on_event is not None:
                    self._on_event(event)
        except BaseException:
            self.close()
            raise
        self._job.end()
        raise _native.InfrastructureError(f"cannot boot {self.kernel}: it ended at once")

    def _met(self, hello: Mapping[str, Any]) -> None:
        self.kernel_release = hello["kernel_release"]
        self.arch = hello["arch"]
        self.page_size = hello["page_size"]
        self.cpus = hello["cpus"]
        self.memory = hello["memory"]
        self.console = hello["console"]

    def workload(
        self,
        name: str,
        /,
        *,
        sample_hz: float = 10,
        sources: Sequence[str] = ("vmstat",),
        timeout: str = "120s",
        seed: int = 1,
        **parameters: int | str | bool,
    ) -> Workload:
        """Starts a workload of the agent (`assay list workloads`): g.workload("fault.shared", threads=2, pages=256).

        Sizes and durations are texts with their unit: "64M", "20ms". sample_hz is how often `sources` are sampled, 0 for
        never. One workload runs at a time: UsageError while another does. Returns at once; a mistake in name or
        parameters is raised by wait().
        """
        if self._job is None or self._job.finished:
            raise _native.UsageError(f"cannot run {name}: the guest is not booted")
        if self._workload is not None and self._workload.running:
            raise _native.UsageError(f"cannot run {name}: {self._workload.name} is running; wait() for it")
        wish: dict[str, Any] = {"workload": name, "timeout": timeout, "seed": seed, "params": parameters}
        if sample_hz:
            wish["sampling"] = {"rate": f"{sample_hz:g}Hz", "sources": list(sources)}
        self._job.order(wish)
        self._workload = Workload(self, name)
        return self._workload

    def _news(self) -> tuple[str, dict[str, Any]] | None:
        return None if self._job is None else next_news(self._job)

    def _gone(self) -> _native.Error:
        try:
            if self._job is not None:
                self._job.end()
        except _native.Error as error:
            return error
        return _native.InfrastructureError("cannot finish the workload: the guest is gone")

    def close(self) -> None:
        """Destroys the guest; a workload that still runs goes with it. Idempotent."""
        if self._job is not None and not self._job.finished:
            end_in_order(self._job)

    def __enter__(self) -> Guest:
        return self.boot()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        alive = self._job is not None and not self._job.finished
        return f"<Guest {self.kernel}: {f'{self.kernel_release}, {self.arch}' if alive else 'not booted'}>"
