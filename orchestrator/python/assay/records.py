# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run is made of, as plain values; results/README.md says where each comes from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kernel:
    """A kernel as a run used it."""

    variant: str  #: the experiment's name for it: "before"; "before/sparc64" where it is not x86-64
    id: str  #: hash of all inputs of its build
    release: str  #: "6.12.117"
    provenance: Mapping[str, Any] = field(repr=False)  #: source, patches, configuration, compiler


@dataclass(frozen=True)
class Claim:
    """A sentence on trial, as the experiment states it."""

    id: str
    says: str
    quote: str  #: the sentence of the thread that it comes from, "" for none
    author: str
    message_id: str
    workload: str  #: that decides it


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, json_object: Mapping[str, Any] | None) -> Estimate | None:
        if json_object is None:
            return None
        return cls(*(_number(json_object[name]) for name in ("value", "low", "high")))


@dataclass(frozen=True)
class Side:
    """What one variant has to say about a claim."""

    variant: str
    expected: str  #: ">= 0.9", "less than before by over 10 %"; "" for base
    limits: tuple[tuple[str, float], ...]  #: what decides as numbers: (">=", 0.9), also where base is spoken of
    values: tuple[float, ...]  #: one per usable trial; 1 and 0 where trials are counted; NaN: not a number
    trials: tuple[tuple[str, int], ...]  #: machine and repeat (from 0) of each value
    estimate: Estimate | None  #: median or proportion; None: the rule has none
    findings: int  #: trials in which the guest's kernel misbehaved
    unmet: int  #: trials whose precondition failed
    unusable: int
    why_unusable: tuple[str, ...]


@dataclass(frozen=True)
class Test:
    """The statistical test that decided a claim."""

    __test__ = False  # not pytest's

    method: str
    confidence: float
    effect: Estimate  #: head less base
    p: float  #: two-sided
    p_adjusted: float  #: for the other claims and looks
    look: int
    looks: int


@dataclass(frozen=True)
class Verdict:
    """What became of a claim."""

    claim: str  #: its id
    verdict: str  #: "holds", "refuted", "inconclusive", "not run"
    says: str
    figure: str  #: "vmstat.vma_lock_retry / touches"
    rule: str
    reason: str
    more_trials: int  #: per variant that would decide it; 0: no number is known
    coverage: str  #: "9 of 11 patched lines ran; 2 did not"; "" where nobody could see
    sides: tuple[Side, ...]  #: base before head
    test: Test | None  #: None: no test decides this rule


@dataclass(frozen=True)
class Coverage:
    """What became of the lines of a kernel's series, over all trials; each line is counted once."""

    variant: str
    kernel_id: str
    coverage: str  #: "1 of 4 patched lines ran; 2 have no instruction of their own; 1 removed"
    lines: int
    ran: int
    not_run: int
    no_instruction: int  #: comments, declarations, what the compiler merged into other lines or dropped
    not_built: int  #: in files that are not in this kernel
    unwatched: int  #: in files that may be in a module, of which no line is watched
    removed: int


@dataclass(frozen=True)
class Check:
    """A consistency check of a workload's own."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Finding:
    """A misbehaving guest kernel: what it printed, and a name that equal misbehaviour shares."""

    title: str
    fingerprint: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Event:
    """Something that happened in a guest, or a line of its agent's log."""

    time_ns: int  #: of the guest's CLOCK_MONOTONIC
    name: str
    detail: str
    value: int


class TrialRecord:
    """How one workload on one guest with one seed ended."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.variant: str = record["variant"]
        self.machine: str = record["machine"]
        self.workload: str = record["workload"]
        self.repeat: int = record["repeat"]  #: from 0
        self.seed: int = record["seed"]
        self.outcome: str = record["outcome"]  #: "pass", "fail", "finding", "skip", "lost"
        self.reason: str = record["reason"]  #: why, unless it passed
        self.measured_ns: int = record["measured_ns"]  #: guest time between begin and end of the measurement
        self.wall_ns: int = record["wall_ns"]  #: host time, with the boot where this trial booted its guest
        self.attempts: int = record["attempts"]
        self.dropped_frames: int = record["dropped_frames"]
        self.dropped_samples: int = record["dropped_samples"]
        self.kernel_id: str = record["kernel_id"]
        self.counters: Mapping[str, int] = record["counters"]
        self.checks: tuple[Check, ...] = checks_from(record["checks"])
        self.findings: tuple[Finding, ...] = findings_from(record["findings"])
        self.probes: tuple[Mapping[str, Any], ...] = tuple(record.get("probes", ()))
        self._folder: str = record["folder"]

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Variant, machine, workload, repeat: which trial of its run this is."""
        return (self.variant, self.machine, self.workload, self.repeat)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.variant}/{self.machine}/{self.workload} #{self.repeat}: {self.outcome}>"


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def parsed(text: str) -> Mapping[str, Any]:
    """A JSON object of the database's; {} when it is not one."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def verdict_from(claim: Mapping[str, Any]) -> Verdict:
    """One of the `claims` of `assay show --json`."""
    return Verdict(
        claim=claim["id"],
        verdict=claim["verdict"],
        says=claim["says"],
        figure=claim["figure"],
        rule=claim["rule"],
        reason=claim["reason"],
        more_trials=claim["more_trials"],
        coverage=claim.get("coverage", ""),
        sides=tuple(_side_from(side) for side in claim["sides"]),
        test=_test_from(claim["test"]),
    )


def _side_from(side: Mapping[str, Any]) -> Side:
    return Side(
        variant=side["variant"],
        expected=side["expected"],
        limits=tuple((limit["sign"], _number(limit["value"])) for limit in side["limits"]),
        values=tuple(_number(value) for value in side["values"]),
        trials=tuple((trial["machine"], trial["repeat"]) for trial in side["trials"]),
        estimate=Estimate.of(side["estimate"]),
        findings=side["findings"],
        unmet=side["unmet"],
        unusable=side["unusable"],
        why_unusable=tuple(side["why_unusable"]),
    )


def _test_from(test: Mapping[str, Any] | None) -> Test | None:
    if test is None:
        return None
    effect = Estimate.of(test["effect"])
    assert effect is not None
    names = ("method", "confidence", "p", "p_adjusted", "look", "looks")
    return Test(effect=effect, **{name: test[name] for name in names})


def findings_from(findings: list[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(one["title"], one["fingerprint"], one["text"]) for one in findings)


def checks_from(checks: list[Mapping[str, Any]]) -> tuple[Check, ...]:
    return tuple(Check(one["name"], one["ok"], one["detail"]) for one in checks)
