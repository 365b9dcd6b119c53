# SPDX-License-Identifier: GPL-2.0-or-later
"""Probes in real guests: what is counted, covered, ordered and delayed must agree with what the guest did."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from conftest import KERNELS, ROOT, Assay

HEAD = """
[experiment]
name = "probed"
title = "probed"
thread = "none@example.org"
guests = "shared"
trials = 2
timeout = "60s"

[sampling]
rate = "20Hz"
sources = ["vmstat"]

[variants.stock]
kernel = "linux-6.12"

[machines.small]
arch = "{arch}"
accel = "tcg"
memory = "256M"
{vcpus}
"""

CLAIM = """
[[claims]]
id = "{id}"
says = "{id}"
quote = "none"
author = "none"
workload = "{workload}"
figure = "{figure}"
min_trials = 1
expect = {{ {variant} = "{bound}" }}
"""

CALLS = """
[workloads.calls]
workload = "syscall.loop"
params = { calls = 4321, threads = 3 }
"""

RACE = """
[workloads.race]
workload = "syscall.race"
params = { rounds = 10, gap = "60ms" }
"""


def head(arch: str, vcpus: int = 4) -> str:
    return HEAD.format(arch=arch, vcpus=f"vcpus = {vcpus}" if arch == "x86_64" else "")


def claim(name: str, workload: str, figure: str, bound: str, variant: str = "stock") -> str:
    return CLAIM.format(id=name, workload=workload, figure=figure, bound=bound, variant=variant)


def trials(assay: Assay) -> list[dict[str, Any]]:
    listed = assay.shown()["trials"]
    assert isinstance(listed, list)
    return listed


def source_of(assay: Assay) -> Path:
    """The folder with the unpacked source of linux-6.12."""
    image = Path(assay.run("kernel", "path", "linux-6.12").stdout.strip())
    for folder in sorted((image.parents[2] / "sources").iterdir()):
        makefile = folder / "Makefile"
        if makefile.exists() and re.search(r"^PATCHLEVEL = 12$", makefile.read_text(), re.MULTILINE):
            return folder
    pytest.skip("the source of linux-6.12 is not in the cache")


def line_of(file: Path, function: str, text: str) -> int:
    """The first line with `text` behind the beginning of `function`."""
    lines = file.read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(function))
    return next(number + 1 for number, line in enumerate(lines) if number > begin and text in line)


def test_counts_agree_with_the_calls(assay: Assay, arch: str) -> None:
    """getsid() is in each guest called exactly so often: by three threads on four vCPUs, where there are four."""
    text = head(arch) + CALLS
    text += '[[probes]]\nname = "entry"\nplace = "__do_sys_getsid"\n'
    text += claim("at-most", "calls", "probe.entry / calls", "<= 1")
    text += claim("at-least", "calls", "probe.entry / calls", ">= 1")
    assay.run("run", assay.experiment(text))
    for trial in trials(assay):
        counters = trial["counters"]
        assert counters["probe.entry"] == counters["calls"] == 3 * 4321
        per_vcpu = [value for name, value in counters.items() if name.startswith("probe.entry.cpu")]
        assert len(per_vcpu) == (4 if arch == "x86_64" else 1)
        assert sum(per_vcpu) == 3 * 4321
        assert [probe["name"] for probe in trial["probes"]] == ["entry"]
    database = sqlite3.connect(assay.folder / "results/assay.sqlite")
    assert database.execute("SELECT count(*) FROM metric WHERE name = 'probe.entry'").fetchone() == (2,)
    assert "count at __do_sys_getsid (in 2 trials)" in assay.run("show").stdout


def test_counts_faults(assay: Assay, arch: str) -> None:
    """What a user asks for on the command line; an inlined function, and one that must not run."""
    text = head(arch, 2) + '[workloads.faults]\nworkload = "fault.shared"\nparams = { threads = 2, pages = 64 }\n'
    text += claim("touched", "faults", "touches", ">= 1")
    assay.run("run", assay.experiment(text), "--probe", "shared=count@do_shared_fault", "--probe", "count@do_cow_fault")
    for trial in trials(assay):
        assert trial["counters"]["probe.shared"] == trial["counters"]["touches"]
        assert trial["counters"]["probe.do_cow_fault"] == 0


def test_coverage_of_a_function(assay: Assay, arch: str) -> None:
    """getsid(0) takes the branch for the caller itself, and never the one that looks up a process."""
    file = source_of(assay) / "kernel/sys.c"
    own = line_of(file, "SYSCALL_DEFINE1(getsid", "sid = task_session(current)")
    other = line_of(file, "SYSCALL_DEFINE1(getsid", "p = find_task_by_vpid(pid)")
    text = head(arch) + CALLS
    text += f'[[probes]]\nname = "lines"\nkind = "cover"\nplaces = ["kernel/sys.c:{own}", "sys.c:{other}"]\n'
    text += claim("half", "calls", "probe.lines / probe.lines.all", "<= 0.5")
    assay.run("run", assay.experiment(text))
    for trial in trials(assay):
        assert trial["counters"]["probe.lines"] == 1
        assert trial["probes"][0]["ran"] == [f"kernel/sys.c:{own}"]


def test_a_delay_changes_the_order(assay: Assay) -> None:
    """getsid() begins 60 ms before getpgid() and comes back first, but not when it is delayed by 250 ms."""
    entry = "__x64_sys_getsid"
    text = head("x86_64") + RACE + RACE.replace("workloads.race", "workloads.delayed")
    text += f'[[probes]]\nname = "stall"\nkind = "delay"\ntime = "250ms"\nplace = "{entry}"\nworkloads = ["delayed"]\n'
    text += f"""
[[probes]]
name = "back"
kind = "order"
places = ["{entry}: instruction ret", "__x64_sys_getpgid: instruction ret"]
"""
    text += claim("late", "delayed", "getsid_last", ">= 8").replace(
        "min_trials", 'requires = ["probe.stall >= 10"]\nmin_trials'
    )
    text += claim("early", "race", "getsid_last", "<= 4")
    assay.run("run", assay.experiment(text))
    for trial in trials(assay):
        hits = next(probe for probe in trial["probes"] if probe["name"] == "back")["order"]
        assert [hit["sequence"] for hit in hits] == list(range(1, 21))
        getsid_first = sum(entry in hit["place"] for hit in hits[0::2])
        assert getsid_first <= 2 if trial["workload"] == "delayed" else getsid_first >= 6
        active = {probe["name"] for probe in trial["probes"]}
        assert active == ({"stall", "back"} if trial["workload"] == "delayed" else {"back"})


def test_too_few_delays_are_not_run(assay: Assay, arch: str) -> None:
    text = head(arch) + CALLS
    text += '[[probes]]\nname = "stall"\nkind = "delay"\ntime = "1ms"\nmost = 5\nplace = "__do_sys_getsid"\n'
    text += claim("enough", "calls", "calls", ">= 1").replace(
        "min_trials", 'requires = ["probe.stall >= 30"]\nmin_trials'
    )
    done = assay.run("run", assay.experiment(text), code=4)
    assert "probe.stall >= 30 was not met" in done.stdout
    for trial in trials(assay):
        assert trial["counters"]["probe.stall"] == 5
        assert trial["counters"]["probe.stall.hits"] == 3 * 4321


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("count@do_mmapp", 'did you mean "do_mmap"'),
        ("count@do_mmap+0x2", "inside of an instruction"),
        ("count@mm/memry.c:100", 'did you mean "mm/memory.c"'),
        ("count@mm/memory.c:1", "the nearest lines with code are"),
        ("count@do_numa_page", "no such name, or the build dropped it"),  # without CONFIG_NUMA_BALANCING
        ("count@mm/kasan/report.c:100", 'no code of this kernel comes from a file "mm/kasan/report.c"'),
        ("count@do_mmap: call schedule_timeout", "it calls "),
        ("count@do_mmap: instruction fsin", "there is "),
        ("cover@patch", "no series that adds or changes a line"),
        ("delay@do_mmap", "a delay takes from 1us"),
        ("sometimes@do_mmap", "is not a kind of probe"),
    ],
)
def test_wrong_places_are_told(assay: Assay, probe: str, said: str) -> None:
    text = head("x86_64") + CALLS + claim("called", "calls", "calls", ">= 1")
    done = assay.run("run", assay.experiment(text), "--probe", probe, code=2)
    assert said in done.stderr, done.stderr


def test_a_line_that_the_build_dropped_is_told(assay: Assay) -> None:
    """do_numa_page() is compiled and, without CONFIG_NUMA_BALANCING, thrown away."""
    line = line_of(source_of(assay) / "mm/memory.c", "static vm_fault_t do_numa_page", "pte_modify")
    text = head("x86_64") + CALLS + claim("called", "calls", "calls", ">= 1")
    done = assay.run("run", assay.experiment(text), "--probe", f"count@mm/memory.c:{line}", code=2)
    assert f"the build made no code of mm/memory.c:{line}; the nearest lines with code are" in done.stderr


@pytest.mark.kernels("shared-fault-before")
def test_dry_run_shows_where_probes_lie(assay: Assay) -> None:
    text = head("x86_64", 2).replace("stock]", "before]").replace("linux-6.12", "shared-fault-before") + CALLS
    path = assay.experiment(text + claim("called", "calls", "calls", ">= 1", "before"))
    done = assay.run("run", "--dry-run", "-v", path, "--probe", "stall=delay,20ms@do_mmap", "--probe", "count@do_shared_fault")
    assert "\n# probe stall: delay of 20 ms at do_mmap: do_mmap\n" in done.stdout
    assert re.search(r"^# probe do_shared_fault: .*\+0x[0-9a-f]+, inlined$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^# patch: 7 lines of the series, 1 of them with instructions of their own, \d+ instruct", done.stdout, re.MULTILINE)
    assert "-plugin" in done.stdout
    assay.run("run", "--dry-run", path, "--probe", "count@do_mmapp", code=2)
    text = Path(path).read_text(encoding="utf-8") + '\n[[probes]]\nname = "x"\nplaces = ["do_mmap", "do_mmapp"]\n'
    line = len(text.splitlines())
    done = assay.run("run", "--dry-run", assay.experiment(text), code=2)
    assert f"under-test.toml:{line}:22: probe x: " in done.stderr
    assert not (assay.folder / "results/runs").exists()


REMOVED = str(KERNELS / "line-removed.toml")


@pytest.mark.kernels(REMOVED)
def test_a_series_that_only_removes_lines_is_told(assay: Assay) -> None:
    """Nobody can see a line run that is not there: verdicts say so, and are not taken back."""
    text = head("x86_64", 2).replace("linux-6.12", REMOVED) + CALLS
    assay.run("run", assay.experiment(text + claim("called", "calls", "calls", ">= 1")))
    said = "0 of 1 patched line ran; 1 removed"
    assert assay.shown()["claims"][0]["coverage"] == said
    assert said in assay.run("show", "--coverage").stdout


def test_a_guest_that_resets_is_lost_and_the_others_are_not(assay: Assay) -> None:
    text = head("x86_64", 2).replace("trials = 2", "trials = 1") + CALLS
    text += '[workloads.resets]\nworkload = "guest.crash"\nparams = { how = "reset" }\n'
    text += '[[probes]]\nname = "entry"\nplace = "__do_sys_getsid"\nworkloads = ["calls"]\n'
    text += claim("called", "calls", "probe.entry / calls", ">= 1")
    assay.run("run", assay.experiment(text), code=None)
    by_workload = {trial["workload"]: trial for trial in trials(assay)}
    assert by_workload["calls"]["outcome"] == "pass"
    assert by_workload["calls"]["counters"]["probe.entry"] == 3 * 4321
    assert by_workload["resets"]["outcome"] == "lost"
    assert "was reset" in by_workload["resets"]["reason"]


@pytest.mark.kernels("shared-fault-before")
def test_patched_lines(assay: Assay) -> None:
    """A verdict says how much of the patch ran; where nothing of it did, the numbers do not count."""
    text = head("x86_64", 2).replace("stock]", "before]").replace("linux-6.12", "shared-fault-before") + CALLS
    text += '[workloads.faults]\nworkload = "fault.shared"\nparams = { threads = 2, pages = 64 }\n'
    text += claim("ran", "faults", "vmstat.vma_lock_retry / touches", ">= 0.9", "before")
    text += claim("beside-it", "calls", "calls", ">= 1", "before")
    text += claim("control", "calls", "calls", ">= 1", "before").replace("min_trials", "control = true\nmin_trials")
    assay.run("run", assay.experiment(text), code=3)
    claims = {one["id"]: one for one in assay.shown()["claims"]}
    assert claims["ran"]["verdict"] == "holds"
    # Three lines less and four more; of these the compiler merged all but the condition into code of other lines.
    assert claims["ran"]["coverage"] == "1 of 7 patched lines ran; 3 have no instruction of their own; 3 removed"
    assert claims["beside-it"]["verdict"] == "not run"
    assert claims["beside-it"]["coverage"].startswith("0 of 7 patched lines ran; 1 did not; ")
    assert claims["control"]["verdict"] == "holds"
    page = assay.run("show", "--coverage").stdout
    assert re.search(r"^  ran +\d+ .*FAULT_FLAG_VMA_LOCK", page, re.MULTILINE), page
    assert re.search(r"^  no instruction of its own +\d+ .*return VM_FAULT_RETRY", page, re.MULTILINE), page
    assert re.search(r"^  removed +\d+ .*vmf_can_call_fault", page, re.MULTILINE), page


@pytest.mark.kernels("shared-fault-before", arch="x86_64")
def test_delays_that_nobody_feels_are_not_believed(assay: Assay) -> None:
    """An experiment's own claims with a probe that counts as ever and holds nobody up: the agent's clock disagrees."""
    text = (ROOT / "experiments/shared-fault-paths/experiment.toml").read_text(encoding="utf-8")
    text = text.replace("+kvm", "").replace('time = "20ms"', 'time = "1us"').replace("rounds = 3", "rounds = 8")
    part = ("--workload", "shared-held", "--variant", "after", "--variant", "before-shared", "--trials", "1")
    assay.run("run", assay.experiment(text), *part, code=4)
    (claim,) = assay.shown()["claims"]
    assert claim["verdict"] == "not run"
    assert "touch_time / writer_ops >= 5000000 was not met" in str(claim["sides"])
    for one in assay.shown()["trials"]:
        assert one["counters"]["probe.held"] >= 30
