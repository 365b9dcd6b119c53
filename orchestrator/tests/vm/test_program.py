# SPDX-License-Identifier: GPL-2.0-or-later
"""The main path and what can go wrong on it, with real guests."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from conftest import Assay, qemus_of
from experiments import on_the_host

HEAD = """
[experiment]
name = "under-test"
title = "under test"
thread = "none@example.org"
guests = "{guests}"
trials = {trials}
timeout = "60s"

[sampling]
rate = "{rate}"
sources = ["vmstat", "meminfo", "buddyinfo", "psi"]

[variants.stock]
kernel = "linux-6.12"

[machines.small]
arch = "{arch}"
memory = "256M"
"""

FAULTS = """
[workloads.faults]
workload = "fault.shared"
params = { threads = 2, pages = 64, rounds = 2 }
"""

IDLE = """
[workloads.still-there]
workload = "idle"
params = { duration = "200ms" }
"""

RETRIES = """
[[claims]]
id = "{id}"
says = "{id}"
quote = "none"
author = "none"
message_id = "none@example.org"
workload = "{workload}"
figure = "{figure}"
min_trials = 1
expect = {{ stock = "{bound}" }}
"""


def head(arch: str, guests: str = "shared", trials: int = 1, rate: str = "50Hz") -> str:
    return HEAD.format(arch=arch, guests=guests, trials=trials, rate=rate)


def claim(name: str, bound: str, workload: str = "faults", figure: str = "vmstat.pgfault / touches") -> str:
    return RETRIES.format(id=name, bound=bound, workload=workload, figure=figure)


def trials_of(shown: Any) -> dict[str, Any]:
    return {trial["workload"]: trial for trial in shown["trials"]}


@pytest.mark.kernels(experiment="shared-fault-vma-lock")
def test_the_thread_holds_on_real_kernels(assay: Assay) -> None:
    done = assay.run("run", "shared-fault-vma-lock", "--trials", "5")
    assert "12 claims: 12 hold" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not qemus_of(assay.folder)
    shown = assay.shown()
    assert {trial["outcome"] for trial in shown["trials"]} == {"pass"}
    database = sqlite3.connect(assay.folder / "results/assay.sqlite")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_wrong_claim_is_refuted(assay: Assay, arch: str) -> None:
    text = head(arch) + FAULTS + claim("right", ">= 0.9") + claim("wrong", "<= 0.05")
    done = assay.run("run", assay.experiment(text), code=1)
    assert "1 holds, 1 refuted" in done.stdout.splitlines()[-1], done.stdout


def test_a_run_is_reported_in_every_format(assay: Assay) -> None:
    text = head("x86_64") + FAULTS + claim("right", ">= 0.9") + claim("wrong", "<= 0.05")
    assay.run("run", assay.experiment(text), code=1)
    page = assay.folder / assay.run("report").stdout.strip()
    html = page.read_text(encoding="utf-8")
    consoles = re.findall(r'href="([^"]*/console.log)"', html)
    assert consoles and all((page.parent / name).is_file() for name in consoles)
    assert "vmstat.pgfault" in html.split('id="data"')[1]
    suite = ElementTree.fromstring(assay.run("report", "-f", "junit").stdout).find("testsuite")
    assert suite is not None and (suite.get("tests"), suite.get("failures")) == ("2", "1")
    kcidb = json.loads(assay.run("report", "-f", "kcidb").stdout)
    assert [test["status"] for test in kcidb["tests"]] == ["PASS", "PASS", "FAIL"]
    assert json.loads(assay.run("report", "-f", "json").stdout) == assay.shown()
    assert assay.run("report", "-f", "ktap").stdout == assay.run("show", "--ktap").stdout
    assert "refuted" in assay.run("report", "-f", "markdown").stdout
    assert max(map(len, assay.run("report", "-f", "text").stdout.splitlines())) <= 80
    assay.run("report", "-f", "pdf", code=2)


def test_samples_of_every_source_reach_the_results(assay: Assay, arch: str) -> None:
    text = head(arch, rate="100Hz") + IDLE.replace("200ms", "1s") + claim("ran", ">= 0", "still-there", "agent_cpu")
    assay.run("run", assay.experiment(text))
    trial = assay.shown()["trials"][0]
    assert trial["outcome"] == "pass"
    assert trial["dropped_frames"] == 0
    database = sqlite3.connect(assay.folder / "results/assay.sqlite")
    names = {name for (name,) in database.execute("SELECT DISTINCT name FROM metric")}
    for prefix in ("vmstat.", "meminfo.", "buddyinfo.", "psi."):
        assert any(name.startswith(prefix) for name in names), f"no metric of {prefix}* among {sorted(names)[:9]}"
    (blocks,) = database.execute("SELECT count(*) FROM sample_block").fetchone()
    assert blocks > 0
    assert len(list((assay.folder / "results/runs").glob("*/trials/*/console.log"))) == 1


def test_the_channel_outlives_an_exhausted_guest(assay: Assay, arch: str) -> None:
    text = head(arch) + '[workloads.exhaust]\nworkload = "memory.exhaust"\n' + IDLE
    text += claim("alive", ">= 0", "still-there", "agent_cpu")
    assay.run("run", assay.experiment(text))
    trials = trials_of(assay.shown())
    assert trials["exhaust"]["outcome"] == "fail"
    assert "OOM" in trials["exhaust"]["reason"]
    # The same guest went on: its supervisor was neither killed nor starved.
    assert trials["still-there"]["outcome"] == "pass"
    assert trials["still-there"]["folder"] == trials["exhaust"]["folder"]


def test_a_panic_is_a_finding_and_the_rest_goes_on(assay: Assay, arch: str) -> None:
    text = head(arch) + '[workloads.crash]\nworkload = "guest.crash"\nparams = { how = "panic" }\n' + IDLE
    text += claim("alive", ">= 0", "still-there", "agent_cpu")
    assert "1. nothing-else-went-wrong: refuted" in assay.run("run", assay.experiment(text), code=1).stdout
    trials = trials_of(assay.shown())
    assert trials["crash"]["outcome"] == "finding"
    assert "Kernel panic - not syncing" in trials["crash"]["findings"][0]["text"]
    assert trials["still-there"]["outcome"] == "pass"
    assert trials["still-there"]["folder"] != trials["crash"]["folder"]


def test_a_hang_is_a_finding_with_backtraces(assay: Assay, arch: str) -> None:
    text = head(arch).replace("60s", "15s")
    text += '[workloads.crash]\nworkload = "guest.crash"\nparams = { how = "hang" }\n'
    text += claim("never", ">= 0", "crash", "vmstat.pgfault")
    assay.run("run", assay.experiment(text), code=1)
    report = trials_of(assay.shown())["crash"]["findings"][0]
    assert report["title"].startswith("hang: no heartbeat")
    # QEMU's sun4u has no NMI: the registers say where the CPU is.
    assert ("An NMI was sent" if arch == "x86_64" else "pc: ") in report["text"]


def long_run(assay: Assay, arch: str) -> str:
    text = head(arch, guests="fresh", trials=12, rate="10Hz") + FAULTS + claim("right", ">= 0.9")
    return assay.experiment(text)


def wait_for_trials(assay: Assay, count: int) -> None:
    """Until the database says that so many trials are done; the run itself is the clock."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        runs = list((assay.folder / "results/runs").glob("*/trials/*/trial-*.json"))
        if len(runs) >= count and qemus_of(assay.folder):
            return
        time.sleep(0.1)
    pytest.fail(f"no {count} trials within 300 s")


def finished(assay: Assay) -> set[int]:
    return {trial["repeat"] for trial in assay.shown()["trials"]}


def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(assay: Assay, arch: str) -> None:
    running = assay.start("run", long_run(assay, arch))
    wait_for_trials(assay, 2)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "assay run --resume" in errors
    assert not qemus_of(assay.folder)
    before = assay.shown()
    assert 2 <= len(before["trials"]) < 12
    assay.run("run", "--resume")
    after = assay.shown()
    assert len(after["trials"]) == 12
    # Kept, not run again.
    kept = {(trial["repeat"], trial["folder"], trial["wall_ns"]) for trial in before["trials"]}
    assert kept <= {(trial["repeat"], trial["folder"], trial["wall_ns"]) for trial in after["trials"]}


@on_the_host
def test_kill_9_loses_no_finished_trial_and_leaves_no_qemu(assay: Assay, arch: str) -> None:
    running = assay.start("run", long_run(assay, arch))
    wait_for_trials(assay, 2)
    running.kill()
    running.communicate()
    orphans = qemus_of(assay.folder)
    assert orphans, "a killed run leaves its daemonised QEMUs behind; else this test proves nothing"
    before = finished(assay)
    assert len(before) >= 1
    assert assay.shown()["run"]["state"] == "killed"
    assay.run("run", "--resume")
    assert finished(assay) == set(range(12))
    for pid in orphans:
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or ") Z " in state.read_text(), f"QEMU {pid} of the killed run still runs"


def test_resume_refuses_another_kernel_before_it_is_built(assay: Assay) -> None:
    own = assay.folder / "own.toml"
    own.write_text('extends = "linux-6.12"\n', encoding="utf-8")
    text = head("x86_64").replace('"linux-6.12"', '"./own.toml"') + FAULTS + claim("right", ">= 0.9")
    assay.run("run", assay.experiment(text))
    (assay.folder / "own.config").write_text("CONFIG_KSM=n\n", encoding="utf-8")
    own.write_text('extends = "linux-6.12"\nfragments = ["own.config"]\n', encoding="utf-8")
    done = assay.run("run", "--resume", code=2)
    assert re.search(r"cannot resume .*: kernel variant \w+ was \w{12} then and is \w{12} now;", done.stderr), done.stderr


@on_the_host
def test_two_runs_at_once_do_not_disturb_each_other(
    assay: Assay, arch: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = head(arch, guests="fresh", trials=4) + FAULTS + claim("right", ">= 0.9")
    other = Assay(tmp_path_factory.mktemp("other"))
    first = assay.start("run", assay.experiment(text))
    same_results = assay.start("run", assay.experiment(text))
    second = other.start("run", other.experiment(text))
    for running in (first, same_results, second):
        output, errors = running.communicate(timeout=300)
        assert running.returncode == 0, output + errors
    heading, *runs = assay.run("runs").stdout.strip().splitlines()
    assert len(runs) == 2, heading
    assert all(run.endswith("1 holds") for run in runs), runs


def test_dry_run_boots_nothing(assay: Assay, arch: str) -> None:
    text = head(arch, guests="fresh", trials=4) + FAULTS + IDLE + claim("right", ">= 0.9")
    path = assay.experiment(text)
    done = assay.run("run", path, "--dry-run")
    assert re.match(r"1 kernel \(0 to build\), 8 guests, about \d+ (s|min): 8 trials\n", done.stdout), done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    verbose = assay.run("run", path, "--dry-run", "-v").stdout
    assert verbose.startswith(done.stdout.splitlines()[0])
    assert "<domain type=" in verbose and f"qemu-system-{arch}" in verbose
    assert not (assay.folder / "results/runs").exists()


def test_mistakes_are_found_before_anything_boots(assay: Assay) -> None:
    text = head("x86_64") + FAULTS.replace("pages", "pagse") + claim("right", ">= 0.9")
    done = assay.run("run", assay.experiment(text), code=2)
    assert 'did you mean "pages"?' in done.stderr
    assert "under-test.toml:" in done.stderr
    done = assay.run("run", "no-such-experiment", code=2)
    done = assay.run("run", "shared-fault-vma-lok", code=2)
    assert "shared-fault-vma-lock" in done.stderr
    done = assay.run("show", "no-such-run", code=2)
    assert not (assay.folder / "results/runs").exists()


def test_the_doctor_is_content(assay: Assay) -> None:
    done = assay.run("doctor")
    assert "BAD" not in done.stdout
    assert "KVM" in done.stdout


def test_what_a_kernel_lacks_is_a_skip_and_no_verdict(assay: Assay) -> None:
    text = head("sparc64") + FAULTS.replace("rounds = 2", 'rounds = 2, mapping = "perf", access = "read", cold = false') + claim("never", ">= 0")
    done = assay.run("run", assay.experiment(text), code=4)
    assert "1 claim: 1 not run" in done.stdout
    trial = assay.shown()["trials"][0]
    assert trial["outcome"] == "skip"
    assert "perf" in trial["reason"]
