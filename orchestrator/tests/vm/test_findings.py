# SPDX-License-Identifier: GPL-2.0-or-later
"""What real kernels report: whose it is, what stays beside it, and what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Assay, Guest
from experiments import experiment, trials

PLANTED = Path(__file__).parent / "kernels/planted.toml"

WORKLOADS = """
[workloads.warns]
workload = "syscall.loop"
params = { calls = 10, threads = 2 }

[workloads.miscounts]
workload = "syscall.loop"
params = { calls = 10, threads = 3 }

[workloads.innocent]
workload = "idle"
params = { duration = "1s" }

[workloads.hangs]
workload = "syscall.loop"
params = { calls = 10, threads = 4 }

[[claims]]
id = "calls"
says = "All calls return."
quote = "none"
author = "none"
workload = "innocent"
min_trials = 1
control = true
figure = "vmstat.pgfault"
expect = { planted = ">= 0" }
"""

REPORTS = (
    "Kernel panic - not syncing: said by a program",
    "BUG: kernel NULL pointer dereference, address: 0000000000000000",
    "WARNING: CPU: 0 PID: 1 at mm/gup.c:74 try_grab_folio+0x98/0x150",
    "BUG: KASAN: use-after-free in foo+0x1/0x2",
    "INFO: task kworker/0:1:5 blocked for more than 120 seconds.",
    "BUG: Bad page state in process x  pfn:00001",
)


@pytest.mark.kernels(str(PLANTED))
def test_findings_are_of_those_who_made_them(assay: Assay, guest: Guest) -> None:
    """With figures where the workload came to its end, and a hung task is no failure of ours."""
    text = experiment(guest.arch, {"planted": str(PLANTED)}, WORKLOADS).replace("trials = 2", "trials = 1")
    done = assay.run("run", assay.experiment(text.replace('"60s"', '"40s"')), code=1, timeout=900)
    assert "Nothing else went wrong" in done.stdout
    assert "1 trial ran before a finding in the same guest" in done.stdout
    ended = {one["workload"]: one for one in trials(assay)}
    assert {name: one["outcome"] for name, one in ended.items()} == {
        "warns": "finding",
        "miscounts": "finding",
        "innocent": "pass",
        "hangs": "finding",
    }, json.dumps(ended, indent=1)
    assert "kernel/sys.c" in ended["warns"]["reason"]
    assert ended["warns"]["counters"]["calls"] == 20
    assert "Bad rss-counter" in ended["miscounts"]["reason"]
    assert ended["miscounts"]["counters"]["calls"] == 30
    assert "blocked for more than" in ended["hangs"]["reason"]
    report = ended["hangs"]["findings"][0]["text"]
    assert "assay-worker" in report and "getsid" in report
    assert "sysrq: Show Blocked State" in report
    if guest.arch == "x86_64":  # sparc64 guests have one CPU, and kernels for one no such key
        assert "Show backtrace of all active CPUs" in report
    assert all(one["attempts"] == 1 for one in ended.values())


NO_WATCHDOG = """
[workloads.before]
workload = "idle"
params = { duration = "1s" }

[workloads.stays]
workload = "syscall.loop"
params = { calls = 10, threads = 5 }

[workloads.innocent]
workload = "idle"
params = { duration = "1s" }
"""

KEEPS_ITS_CPU = """
[workloads.keeps]
workload = "syscall.loop"
params = { calls = 10, threads = 6 }
"""


def short(arch: str, workloads: str) -> str:
    claims = WORKLOADS[WORKLOADS.index("[[claims]]") :]
    text = experiment(arch, {"planted": str(PLANTED)}, workloads + claims)
    return text.replace("trials = 2", "trials = 1").replace('"60s"', '"10s"')


@pytest.mark.kernels(str(PLANTED))
def test_a_worker_that_cannot_end_is_a_finding(assay: Assay, arch: str) -> None:
    """Though no watchdog of the kernel sees it; and the rest goes into another guest."""
    assay.run("run", assay.experiment(short(arch, NO_WATCHDOG)), code=1, timeout=900)
    before, stays, innocent = trials(assay)
    assert [before["outcome"], stays["outcome"], innocent["outcome"]] == ["pass", "finding", "pass"]
    assert before["finding_after"] == "stays"
    assert stays["folder"] == before["folder"] != innocent["folder"]
    assert stays["attempts"] == 1
    assert stays["reason"].startswith("INFO: task of stays blocked for more than 30 seconds after SIGKILL in ")
    report = stays["findings"][0]["text"].splitlines()
    assert "task:assay-worker" in report[1], report[:3]
    assert any("getsid" in line for line in report[2:20]), report[:20]


@pytest.mark.kernels(str(PLANTED))
@pytest.mark.parametrize("arch", ["x86_64"])  # a sparc64 guest has no other CPU that could tell
def test_a_cpu_that_stands_still_is_a_finding(assay: Assay, arch: str) -> None:
    """With the stack that only an NMI can have from it."""
    text = short(arch, KEEPS_ITS_CPU).replace('workload = "innocent"', 'workload = "keeps"')
    assay.run("run", assay.experiment(text), code=1, timeout=900)
    (keeps,) = trials(assay)
    assert (keeps["outcome"], keeps["attempts"]) == ("finding", 1), keeps
    report = keeps["findings"][0]["text"]
    assert "NMI backtrace for cpu" in report and "planted_fault" in report


@pytest.mark.parametrize("outlet", ["/dev/kmsg", "/dev/console", "/dev/ttyS0"])
def test_what_programs_print_is_no_finding(assay: Assay, guest: Guest, outlet: str) -> None:
    script = "".join(f'echo "{stamp}{one}" > {outlet};' for one in REPORTS for stamp in ("", "[    9.500000] "))
    done = assay.run("exec", *guest.kernel, "--", guest.busybox, "sh", "-c", f"{script} sleep 1; echo lived", code=0)
    assert done.stdout == "lived\n"
    assert "reported" not in done.stderr
