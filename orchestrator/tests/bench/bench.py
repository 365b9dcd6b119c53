#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures Assay against what it is built on, in one run on one machine: judge the ratios, not the times.

usage: bench.py --assay PROGRAM [--quick] [--kernels] [--only NAME]...
Exit code: 0 when everything could be measured, whether a bar was met or missed; 1 when something could not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay_runs import Assay
from measuring import Progress, Row, all_in_turns, in_turns, median_of, print_table
from probe_load import PROBES, with_probes
from raw_qemu import RawQemu

MIB = 1 << 20


@dataclass
class Setting:
    assay: Assay
    scratch: Path
    quick: bool

    def raw(self, experiment: Path, ran: Path) -> RawQemu:
        """The guests of `experiment`, with what those of `ran` booted, which has run."""
        return RawQemu(self.assay.qemu_words(experiment), self.assay.initramfs(ran), self.scratch)


def cold(setting: Setting) -> list[Row]:
    """A run of several trials less a run of one: what is left is whole trials, the end of their guests included."""
    more = 3
    experiment = setting.assay.experiment("cold", "idle", 'duration = "0s"', "agent_cpu")
    setting.assay.run(experiment)  # the first run also fills caches
    raw = setting.raw(experiment, experiment)
    one_trial: list[float] = []

    def trial() -> float:
        one = setting.assay.timed(setting.assay.command(experiment))
        one_trial.append(one)
        several = setting.assay.timed(setting.assay.command(experiment, f"--trials={1 + more}"))
        setting.assay.check_passed(experiment, 1 + more)
        return (several - one) / more

    repeats = 3 if setting.quick else 8
    ours, ready = in_turns("cold trial", repeats, trial, raw.boot)
    again, exits = in_turns("cold trial, raw QEMU to its end", repeats, trial, lambda: raw.boot("assay.exit"))
    ratio = statistics.median(ours) / statistics.median(ready)
    to_exit = statistics.median(again) / statistics.median(exits)
    whole = statistics.median(one_trial) / statistics.median(ready)
    return [
        Row("cold trial:raw, ready", median_of(ours, "s"), median_of(ready, "s"), ratio, "x", 1.25),
        Row("cold trial:raw, exit", median_of(again, "s"), median_of(exits, "s"), to_exit, "x"),
        Row("run of 1 trial:ready", median_of(one_trial, "s"), median_of(ready, "s"), whole, "x"),
    ]


def programs(setting: Setting) -> list[Row]:
    """A program in a guest of its own, linked in both ways."""
    source = setting.scratch / "true.c"
    source.write_text("int main(void) { return 0; }\n", encoding="utf-8")

    def runs(name: str, *options: str) -> Callable[[], float]:
        program = setting.scratch / name
        subprocess.run(["gcc", "-o", str(program), str(source), *options], check=True)
        command = setting.assay.exec_command(program)
        setting.assay.timed(command)  # the first run also packs
        return lambda: setting.assay.timed(command)

    repeats = 4 if setting.quick else 16
    dynamic, static = in_turns("assay exec", repeats, runs("dynamic"), runs("static", "-static"))
    ratio = statistics.median(dynamic) / statistics.median(static)
    return [Row("exec, dynamic:static", median_of(dynamic, "s"), median_of(static, "s"), ratio, "x", 1.1)]


def sparc64(setting: Setting) -> list[Row]:
    """The same on the other architecture, where the agent's hello is in question: a trial less its end."""
    experiment = setting.assay.experiment("cold-sparc64", "idle", 'duration = "0s"', "agent_cpu", arch="sparc64")
    setting.assay.run(experiment)
    raw = setting.raw(experiment, experiment)
    repeats = 3 if setting.quick else 8
    ours, theirs = in_turns(
        "sparc64 run", repeats, lambda: setting.assay.timed(setting.assay.command(experiment)), raw.boot
    )
    ratio = statistics.median(ours) / statistics.median(theirs)
    return [Row("sparc64, run:raw, ready", median_of(ours, "s"), median_of(theirs, "s"), ratio, "x")]


def flood(setting: Setting) -> list[Row]:
    """The database has all when the program ends, so its wall time counts, less that of a run that sends little."""
    much = (128 if setting.quick else 512) * MIB
    little = 1 * MIB
    of_much = setting.assay.experiment("flood", "channel.flood", f'bytes = "{much // MIB}M"', "bytes")
    of_little = setting.assay.experiment("trickle", "channel.flood", f'bytes = "{little // MIB}M"', "bytes")
    setting.assay.run(of_little)
    raw = setting.raw(of_much, of_little)

    def stream() -> float:
        short, few = setting.assay.run(of_little)
        long, many = setting.assay.run(of_much)
        if long <= short:
            raise RuntimeError("sending much took no longer than sending little: the machine is too noisy")
        return (many.counters["bytes"] - few.counters["bytes"]) / (long - short)

    ours, theirs = in_turns("stream", 3 if setting.quick else 6, stream, lambda: raw.raw_bytes(much))
    ratio = statistics.median(ours) / statistics.median(theirs)
    shown = [median_of(values, "MB/s", 1e-6) for values in (ours, theirs)]
    return [Row("stream:raw bytes", shown[0], shown[1], ratio, "x", 0.5, at_least=True)]


def sampling(setting: Setting) -> list[Row]:
    """The supervisor's share of one vCPU while the guest idles, in instructions: an emulated CPU's time is the host's,
    which takes some instructions for a nanosecond and some for a hundred."""
    duration = f'duration = "{5 if setting.quick else 20}s"'
    sampled = setting.assay.experiment("sampled", "idle", duration, "agent_cpu", sampled=True, clock="instructions")
    silent = setting.assay.experiment("silent", "idle", duration, "agent_cpu", clock="instructions")

    def share_of(experiment: Path) -> float:
        _, trial = setting.assay.run(experiment)
        return 100 * trial.counters["agent_cpu"] / 1e9 / trial.measured

    ours, theirs = in_turns(
        "sampling", 2 if setting.quick else 4, lambda: share_of(sampled), lambda: share_of(silent)
    )
    cost = statistics.median(ours) - statistics.median(theirs)
    metrics = setting.assay.count(sampled, "SELECT count(DISTINCT metric) FROM metric")
    print(f"sampling: {metrics} counters at 100 Hz, a ns per instruction; without sampling the heartbeats remain")
    return [Row("sampling, % of a vCPU", median_of(ours, "%"), median_of(theirs, "%"), cost, "%", 2)]


def probes(setting: Setting) -> list[Row]:
    """A guest that boots and faults: unwatched, with the plugin idle, a hot function counted, 200 lines covered."""
    load = 'threads = 2, pages = 256, rounds = 256, mapping = "memfd", access = "write"'
    texts = with_probes(setting.assay.vmlinux())
    experiments = [
        setting.assay.experiment(f"probes-{name}", "fault.shared", load, "touches", more=texts[name]) for name in PROBES
    ]

    def measure(experiment: Path) -> tuple[float, float]:
        """Seconds from the start of QEMU to the workload's result, less the measured ones; the measured ones."""
        _, trial = setting.assay.run(experiment)
        return trial.wall - trial.measured, trial.measured

    for experiment in experiments:
        setting.assay.run(experiment)  # the first run also fills caches
    repeats = 3 if setting.quick else 8
    measured = all_in_turns("probes", repeats, [partial(measure, experiment) for experiment in experiments])
    rows = []
    for name, values in zip(PROBES[1:], measured[1:]):
        for index, what in enumerate(("boot", "faults")):
            ours, theirs = ([pair[index] for pair in side] for side in (values, measured[0]))
            # The fastest of each: runs of a few seconds take twice as long when the host is busy elsewhere.
            best, base = (f"{min(side):.2f} s min n={len(side)}" for side in (ours, theirs))
            bar = 1.2 if name == "idle" else None
            rows.append(Row(f"plugin {name}, {what}", best, base, min(ours) / min(theirs), "x", bar))
    return rows


def resident(pid: int) -> tuple[float, float]:
    """VmRSS and VmHWM in MB; zeros when the process is gone."""
    found = {"VmRSS": 0.0, "VmHWM": 0.0}
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024 / 1e6
    return found["VmRSS"], found["VmHWM"]


def memory(setting: Setting) -> list[Row]:
    """The program's memory while a guest sends 100 samples a second of all counters."""
    seconds = 60 if setting.quick else 600
    experiment = setting.assay.experiment("memory", "idle", f'duration = "{seconds}s"', "agent_cpu", sampled=True)
    seen: list[float] = []
    peak = 0.0
    progress = Progress(f"memory over {seconds} s of samples", 1)
    with subprocess.Popen(
        setting.assay.command(experiment), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as program:
        while program.poll() is None:
            now, high = resident(program.pid)
            if now > 0:
                seen.append(now)
                peak = max(peak, high)
            time.sleep(0.5)
        if program.returncode not in (0, 1, 3):
            raise RuntimeError(f"the run for memory ended with code {program.returncode}")
    progress.step()
    trial = setting.assay.last_trial(experiment)
    stored = setting.assay.count(experiment, "SELECT coalesce(sum(samples), 0) FROM sample_block")
    dropped = setting.assay.count(experiment, "SELECT sum(dropped_samples) FROM trial")
    rate = stored / trial.measured * 60
    marks = [seen[min(len(seen) - 1, len(seen) * part // 100)] for part in (10, 50, 100)]
    print(f"memory: {marks[0]:.1f} MB at 10 %, {marks[1]:.1f} at 50 %, {marks[2]:.1f} at the end,"
          f" peak {peak:.1f}")  # fmt: skip
    print(f"memory: {stored:,} values stored in {trial.measured:.0f} s of the guest's time,"
          f" {rate:,.0f} a minute; {dropped} dropped; trial {trial.outcome}")  # fmt: skip
    return [
        Row("memory, peak", f"{peak:.1f} MB", "", peak, " MB", 100),
        Row("memory, end:at 10 %", f"{marks[2]:.1f} MB", f"{marks[0]:.1f} MB", marks[2] / marks[0], "x", 1.1),
    ]


def resume(setting: Setting) -> list[Row]:
    """A finished run, asked to go on: nothing to build, no guest."""
    experiment = setting.assay.experiment("resume", "idle", 'duration = "0s"', "agent_cpu")
    setting.assay.run(experiment)
    results = f"--results={experiment / 'results'}"
    again = [str(setting.assay.program), "-q", results, "run", "--resume"]
    version = [str(setting.assay.program), "--version"]
    ours, theirs = in_turns(
        "no-op run",
        5 if setting.quick else 20,
        lambda: setting.assay.timed(again),
        lambda: setting.assay.timed(version),
    )
    value = statistics.median(ours)
    return [Row("no-op run:--version", median_of(ours, "s"), median_of(theirs, "s"), value, " s", 0.2)]


def compare(setting: Setting) -> list[Row]:
    """Two runs of 500 trials with all counters of the kernel, compared metric by metric."""
    experiment = setting.assay.experiment("compare", "idle", 'duration = "0s"', "agent_cpu", sampled=True)
    for _ in range(2):
        setting.assay.run(experiment)
        setting.assay.repeat_last_trial(experiment, 499)
    newest, oldest = "SELECT name FROM run ORDER BY id DESC LIMIT 1", "SELECT name FROM run ORDER BY id LIMIT 1"
    command = [str(setting.assay.program), f"--results={experiment / 'results'}", "compare"]
    command += [setting.assay.text(experiment, oldest), setting.assay.text(experiment, newest), "--all"]
    version = [str(setting.assay.program), "--version"]
    ours, theirs = in_turns(
        "compare", 5 if setting.quick else 20, lambda: setting.assay.timed(command), lambda: setting.assay.timed(version)
    )
    return [Row("compare:--version", median_of(ours, "s"), median_of(theirs, "s"), statistics.median(ours), " s", 1)]


def report(setting: Setting) -> list[Row]:
    """The HTML page of 200 trials with 5 million samples of 200 counters."""
    results = setting.scratch / "report"
    sample = setting.assay.program.parent / "tests/browser/sample-run"
    subprocess.run([str(sample), str(results), "100", "5000000"], check=True, stdout=subprocess.DEVNULL)
    page = results / "page.html"
    command = [str(setting.assay.program), "-q", f"--results={results}", "report", "last", "-o", str(page)]
    version = [str(setting.assay.program), "--version"]
    ours, theirs = in_turns(
        "report", 3 if setting.quick else 10, lambda: setting.assay.timed(command), lambda: setting.assay.timed(version)
    )
    size = page.stat().st_size / 1e6
    return [
        Row("report:--version", median_of(ours, "s"), median_of(theirs, "s"), statistics.median(ours), " s", 5),
        Row("report, page", f"{size:.1f} MB", "", size, " MB", 8),
    ]


def arrays(setting: Setting) -> list[Row]:
    """10 million samples out of the database into NumPy, against the same bytes in a file and a decoder in NumPy."""
    results = setting.scratch / "arrays"
    sample = setting.assay.program.parent / "tests/browser/sample-run"
    subprocess.run([str(sample), str(results), "1", "10000000"], check=True, stdout=subprocess.DEVNULL)
    script = Path(__file__).with_name("read_samples.py")
    environment = {**os.environ, "PYTHONPATH": str(setting.assay.program.parent / "python")}
    command = ["/usr/bin/python3", str(script), str(results), "3" if setting.quick else "10"]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    ours, theirs, plain = (list(map(float, line.split())) for line in said.splitlines())
    ratio = statistics.median(ours) / statistics.median(theirs)
    to_plain = statistics.median(ours) / statistics.median(plain)
    return [
        Row("arrays:fromfile, decode", median_of(ours, "s"), median_of(theirs, "s"), ratio, "x", 2),
        Row("arrays:fromfile of int64", median_of(ours, "s"), median_of(plain, "s"), to_plain, "x"),
    ]


def kernels(setting: Setting) -> list[Row]:
    """A base kernel, then the variant that changes one file of mm/, in an empty cache; on both architectures."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(setting.scratch / "cache")}
    arches = ("x86_64", "sparc64")
    progress = Progress("kernel builds", 2 * len(arches))
    rows = []
    for arch in arches:
        took = []
        for variant in ("linux-6.12", "shared-fault-before"):
            began = time.monotonic()
            command = [str(setting.assay.program), "kernel", "build", variant, "--arch", arch]
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            took.append(time.monotonic() - began)
            progress.step()
        base, change = took
        rows.append(Row(f"{arch} variant:base", f"{change:.1f} s", f"{base:.1f} s", change / base, "x", 0.08))
    return rows


BENCHMARKS: dict[str, Callable[[Setting], list[Row]]] = {
    "resume": resume,
    "cold": cold,
    "programs": programs,
    "sparc64": sparc64,
    "flood": flood,
    "sampling": sampling,
    "memory": memory,
    "probes": probes,
    "compare": compare,
    "report": report,
    "arrays": arrays,
    "kernels": kernels,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures Assay against what it is built on.")
    parser.add_argument("--assay", type=Path, required=True, help="the program")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repeats")
    parser.add_argument("--kernels", action="store_true", help="also build four kernels, which takes long")
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="only this one; may be repeated")
    options = parser.parse_args()
    wanted = options.only or [name for name in BENCHMARKS if name != "kernels" or options.kernels]
    rows: list[Row] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        setting = Setting(Assay(options.assay, Path(scratch)), Path(scratch), options.quick)
        for name in wanted:
            try:
                rows += BENCHMARKS[name](setting)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed = True
                print(f"bench: cannot measure {name}: {error}", file=sys.stderr, flush=True)
    print_table(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
