# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests and runs that Python drives, each in a Python of its own, as a user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.client import NotebookClient

from conftest import ROOT, Assay, programs_in, qemus_of

PACKAGE = ROOT / "build/orchestrator/python"

GUEST = """
import json, sys
import assay

with assay.Guest("linux-6.12", memory="256M", arch=sys.argv[1]) as guest:
    print(json.dumps([guest.kernel_release, guest.arch, guest.page_size]), flush=True)
    work = guest.workload("fault.shared", threads=2, pages=256, rounds=128, mapping="memfd", access="write", sample_hz=20)
    seen = [len(batch["vmstat.pgfault"]) for batch in work]
    result = work.wait()
    whole = work.samples()["vmstat.pgfault"]
    assert len(whole) == sum(seen) and whole.time_ns.dtype == "uint64" and (whole.values[1:] >= whole.values[:-1]).all()
    print(json.dumps([result.outcome, result.counters["touches"]]), flush=True)
    slow = guest.workload("idle", duration="2s", sample_hz=20)
    print(json.dumps([len(list(slow)), slow.wait().outcome]), flush=True)
    for wrong in ({"thread": 2}, {"pages": "many"}):
        try:
            guest.workload("fault.shared", **wrong).wait()
        except assay.UsageError as error:
            print(json.dumps(str(error)), flush=True)
    again = guest.workload("idle", duration="100ms", sample_hz=0)
    try:
        guest.workload("idle")
    except assay.UsageError as error:
        print(json.dumps(str(error)), flush=True)
    assert again.wait().outcome == "pass" and len(again.samples()) == 0
    crash = guest.workload("guest.crash", how="panic").wait()
    print(json.dumps([crash.outcome, crash.findings[0].title]), flush=True)
    try:
        guest.workload("idle", duration="100ms").wait()
    except (assay.InfrastructureError, assay.UsageError) as error:
        print(json.dumps(str(error)), flush=True)
"""

RUN = """
import json, sys
import assay

def tell(event):
    print(json.dumps(repr(event)), flush=True)

try:
    run = assay.run(sys.argv[1], resume=len(sys.argv) > 2, on_event=tell)
    print(json.dumps([run.state, [trial.outcome for trial in run.trials]]), flush=True)
except KeyboardInterrupt:
    run = assay.open().run()
    print(json.dumps(["interrupted", run.state, run.done]), flush=True)
"""

EXPERIMENT = """
[experiment]
name = "under-test"
title = "under test"
thread = "none@example.org"
trials = {trials}

[variants.stock]
kernel = "linux-6.12"

[machines.small]
memory = "256M"

[workloads.sleeps]
workload = "idle"
params = {{ duration = "{duration}" }}

[[claims]]
id = "no-finding"
says = "nothing happens"
quote = "none"
author = "none"
message_id = "none@example.org"
workload = "sleeps"
rule = "never"
count = "finding"
variants = ["stock"]
min_trials = 1
"""


class Python:
    """python3 with the built package, on a results folder."""

    def __init__(self, assay: Assay) -> None:
        self.assay = assay
        self.environment = {**assay.environment, "PYTHONPATH": str(PACKAGE)}

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env=self.environment,
            cwd=self.assay.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self, script: str, *arguments: str) -> list[Any]:
        with self.start(script, *arguments) as child:
            out, err = child.communicate(timeout=300)
        assert child.returncode == 0, out + err
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def python(assay: Assay) -> Python:
    return Python(assay)


def test_guest_runs_workloads_and_streams_them(python: Python, arch: str) -> None:
    lines = python.lines(GUEST, arch)
    assert lines[0][1] == arch and lines[0][0].startswith("6.12") and lines[0][2] in (4096, 8192)
    assert lines[1] == ["pass", 256 * 128]
    batches, outcome = lines.pop(2)
    assert outcome == "pass" and batches >= 2, "samples come while the workload runs, however fast the host is"
    assert lines[2] == 'workload fault.shared has no parameter "thread"; did you mean "threads"?'
    assert lines[3] == "parameter pages must be a whole number, not a string"
    assert lines[4] == "cannot run idle: idle is running; wait() for it"
    assert lines[5][0] == "finding" and "panic" in lines[5][1].lower()
    assert "guest" in lines[6]
    assert programs_in(python.assay.folder) == []


def test_run_tells_what_happens_and_gives_the_run(python: Python) -> None:
    experiment = python.assay.experiment(EXPERIMENT.format(trials=2, duration="100ms"))
    *events, end = python.lines(RUN, experiment)
    assert end == ["finished", ["pass", "pass"]]
    kinds = [event.split("(")[0] for event in events if not event.startswith("Note(")]
    assert kinds.count("Ended") == 2 and kinds[0] == "Building" and "Planned" in kinds and "Phase" in kinds
    assert python.assay.shown()["run"]["state"] == "finished"


def test_errors_are_those_of_the_command_line(python: Python) -> None:
    wrong = python.assay.experiment(EXPERIMENT.format(trials=2, duration="soon"))
    script = "import assay, json, sys\ntry: assay.run(sys.argv[1])\nexcept assay.UsageError as error: print(json.dumps(str(error)))"
    (text,) = python.lines(script, wrong)
    assert f"assay: {text}\n" == python.assay.run("run", wrong, code=2).stderr
    script = "import assay, json\ntry: assay.Guest('nothing').boot()\nexcept assay.UsageError as error: print(json.dumps(str(error)))"
    (text,) = python.lines(script)
    assert f"assay: {text}\n" == python.assay.run("exec", "--kernel", "nothing", "--", "/bin/true", code=2).stderr


@pytest.mark.kernels("linux-6.12+numa+large", arch="x86_64")
def test_a_guest_has_the_machine_of_an_experiment(python: Python) -> None:
    script = """
import assay, json
wrong = assay.Guest("linux-6.12", nodes=2, distances=[[10, 20]])
try: wrong.boot()
except assay.UsageError as error: print(json.dumps(str(error)))
nodes = [{"vcpus": 1, "memory": "256M"}, {"vcpus": 2, "dimms": ["128M"]}]
words = dict(nodes=nodes, distances=[[10, 30], [30, 10]], disks=["1M"], append="note=mine", qemu_options=["-device", "virtio-rng-pci"])
notes = []
with assay.Guest("linux-6.12+numa+large", on_event=lambda event: notes.append(repr(event)), **words) as guest:
    print(json.dumps([guest.cpus, guest.workload("idle", duration="100ms").wait().outcome, guest.console]))
print(json.dumps(" ".join(notes)))
"""
    refused, (cpus, outcome, console), notes = python.lines(script)
    assert refused.startswith("cannot boot such a machine: distances has a row for each of the 2 nodes")
    assert (cpus, outcome) == (3, "pass")
    assert "QEMU gets -device virtio-rng-pci" in notes
    told = Path(console).with_name("machine.xml").read_text(encoding="utf-8")
    assert all(word in told for word in ("note=mine", "disk0", "virtio-rng-pci", '<sibling id="1" value="30"', 'model="dimm"'))


def test_interrupted_run_keeps_what_was_done_and_goes_on(python: Python) -> None:
    experiment = python.assay.experiment(EXPERIMENT.format(trials=3, duration="3s"))
    with python.start(RUN, experiment) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith('"Ended'):
                break
        os.kill(child.pid, signal.SIGINT)
        *_, last = child.stdout
        child.wait(60)
    what, state, done = json.loads(last)
    assert (what, state) == ("interrupted", "interrupted") and 1 <= done < 3
    assert qemus_of(python.assay.folder) == []
    *_, end = python.lines(RUN, "", "resume")
    assert end == ["finished", ["pass", "pass", "pass"]]


def test_python_that_ends_takes_its_guests_along(python: Python) -> None:
    script = "import assay\nguest = assay.Guest('linux-6.12', memory='256M').boot()\nprint(1, flush=True)\nraise SystemExit(3)"
    with python.start(script) as child:
        child.communicate(timeout=120)
    assert child.returncode == 3 and programs_in(python.assay.folder) == []


def test_forked_process_is_refused(python: Python) -> None:
    """It has no thread that could boot a guest, and must not wait for one, nor take its parent's guest along."""
    script = """
import json, os, assay
with assay.Guest("linux-6.12", memory="256M") as guest:
    child = os.fork()
    if child == 0:
        try:
            assay.Guest("linux-6.12").boot()
        except assay.UsageError as error:
            print(json.dumps(str(error)), flush=True)
        raise SystemExit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print(json.dumps(guest.workload("idle", duration="100ms").wait().outcome))
"""
    refusal, outcome = python.lines(script)
    assert refusal.startswith("cannot boot guests in a forked process") and outcome == "pass"


def test_tour_runs(python: Python, tmp_path: Path) -> None:
    path = ROOT / "experiments/tour.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=python.environment)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    texts = " ".join(" ".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs).split())
    assert "6.12" in texts and "('pass', {'touches'" in texts and "'pass'" in texts
    assert programs_in(python.assay.folder) == []
