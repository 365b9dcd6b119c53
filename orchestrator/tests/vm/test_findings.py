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


@pytest.mark.parametrize("outlet", ["/dev/kmsg", "/dev/console", "/dev/ttyS0"])
def test_what_programs_print_is_no_finding(assay: Assay, guest: Guest, outlet: str) -> None:
    script = "".join(f'echo "{stamp}{one}" > {outlet};' for one in REPORTS for stamp in ("", "[    9.500000] "))
    done = assay.run("exec", *guest.kernel, "--", guest.busybox, "sh", "-c", f"{script} sleep 1; echo lived", code=0)
    assert done.stdout == "lived\n"
    assert "reported" not in done.stderr
