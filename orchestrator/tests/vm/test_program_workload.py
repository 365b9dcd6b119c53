# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs as workloads, in real guests: a C reproducer, scripts, a selftest, and what only looks like one."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from conftest import Assay
from experiments import claim, experiment, trials, verdicts

MARKS = r"""
#include <assay.h>

static void calls(int count) {
  for (int i = 0; i < count; ++i)
    syscall(SYS_getsid, 0);
}

int main(int argc, char **argv) {
  int count = atoi(argv[argc - 1]);

  calls(700);
  assay_begin();
  calls(count);
  assay_end();
  calls(900);
  assay_figure("calls", count, "");
  printf("seed %s, %s\n", getenv("ASSAY_SEED"), getenv("WORD"));
  return 0;
}
"""

ENDS = {
    "fine": "echo 'assay: retries 3'",
    "three": "echo one; echo two >&2; exit 3",
    "killed": "kill -SEGV $$",
    "cannot": "echo 'no userfaultfd here'; exit 4",
    "hangs": "echo waiting; kill -STOP $$",
    "tests": "printf 'TAP version 13\\n1..3\\nok 1 maps\\n# 3 pages\\nnot ok 2 unmaps\\nok 3 huge # SKIP none\\n'; exit 1",
}


def own(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def only(assay: Assay, workload: str) -> dict[str, Any]:
    """The first trial of the workload in the last run."""
    return trials(assay, workload)[0]


def test_a_source_is_compiled_and_measures_where_it_says(assay: Assay, arch: str) -> None:
    (assay.folder / "marks.c").write_text(MARKS)
    text = experiment(
        arch,
        {"stock": "linux-6.12"},
        """
[workloads.marks]
program = "marks.c"
arguments = ["-n", "4321"]
environment = { WORD = "from the file" }
cflags = ["-Wall", "-Wextra", "-Werror"]
marks = true
figures = ["calls"]

[[probes]]
name = "entry"
place = "__do_sys_getsid"
""",
    )
    text += claim("exact", "marks", "probe.entry / calls", 'stock = ">= 1"')
    done = assay.run("run", "--accel", "tcg", assay.experiment(text))
    assert verdicts(assay)["exact"] == "holds", done.stdout
    for trial in trials(assay):
        figures = trial["counters"]
        assert figures["probe.entry"] == figures["calls"] == 4321
        assert figures["exit_code"] == figures["signal"] == 0
        assert figures["wall_us"] > 0
        assert figures["max_rss"] > 0
        assert figures["vmstat.pgfault"] >= 0
        assert 0 < trial["measured_ns"] < figures["wall_us"] * 1000
        output = (assay.folder / "results/runs").glob(f"*/{trial['folder']}/output-marks.txt")
        assert f"seed {trial['seed']}, from the file\n" in next(output).read_text()


OUTCOMES = """
[workloads.fine]
program = "fine"
figures = ["retries"]

[workloads.three]
program = "three"

[workloads.killed]
program = "killed"

[workloads.cannot]
program = "cannot"

[workloads.hangs]
program = "hangs"
timeout = "4s"

[workloads.tests]
program = "tests"
tests = ["maps", "unmaps"]
"""


def counted(name: str, workload: str, count: str, expect: str) -> str:
    """A claim about how a trial ends."""
    text = claim(name, workload, "none", f'stock = "{expect}"').replace('figure = "none"', f'count = "{count}"')
    return text.replace("min_trials = 2", "min_trials = 1")


def test_each_way_to_end_is_an_outcome(assay: Assay) -> None:
    for name, script in ENDS.items():
        own(assay.folder, name, f"#!/bin/sh\n{script}\n")
    text = experiment("x86_64", {"stock": "linux-6.12"}, OUTCOMES).replace("trials = 2", "trials = 1")
    text += counted("retries", "fine", "retries >= 3", ">= 1")
    text += counted("fails", "tests", "check unmaps", ">= 1")
    text += counted("stays", "tests", "check maps", "<= 0")
    text += counted("dies", "killed", "check exit", ">= 1")
    text += counted("skips", "cannot", "failure", "<= 0")
    assay.run("run", assay.experiment(text), code=None)
    judged = verdicts(assay)
    assert [judged[name] for name in ("retries", "fails", "stays", "dies")] == ["holds"] * 4
    assert judged["skips"] == "not run"
    outcomes = {name: only(assay, name)["outcome"] for name in ENDS}
    assert outcomes == {"fine": "pass", "three": "fail", "killed": "fail", "cannot": "skip", "hangs": "fail", "tests": "fail"}
    assert only(assay, "three")["reason"] == "check exit failed: exit code 3, and its output ends: one | two"
    assert "ended by signal 11" in only(assay, "killed")["reason"]
    assert "no userfaultfd here" in only(assay, "cannot")["reason"]
    assert "its output ends: waiting" in only(assay, "hangs")["checks"][0]["detail"]
    tests = only(assay, "tests")
    assert [tests["counters"][f"ktap.{one}"] for one in ("passed", "failed", "skipped")] == [1, 1, 1]
    assert {"name": "unmaps", "ok": False, "detail": "# 3 pages"} in tests["checks"]


LIMITED = r"""
#include <assay.h>
#include <string.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
  size_t size = (size_t)atoi(argv[1]) << 20;

  if (fork() == 0) {
    char *memory = malloc(size);
    memset(memory, 1, size);
    _exit(memory[size / 2] - 1);
  }
  int status = 0;
  wait(&status);
  return WIFSIGNALED(status) ? 1 : 0;
}
"""


def test_a_limit_of_memory_and_a_setup(assay: Assay) -> None:
    (assay.folder / "eats.c").write_text(LIMITED)
    own(assay.folder, "prepare", "#!/bin/sh\necho 1 > /proc/sys/vm/overcommit_memory; echo prepared\n")
    own(assay.folder, "refuses", "#!/bin/sh\necho no debugfs here; exit 2\n")
    text = experiment(
        "x86_64",
        {"stock": "linux-6.12"},
        """
[workloads]
little = { program = "eats.c", arguments = ["8"], memory = "32M", setup = "prepare" }
much = { program = "eats.c", arguments = ["64"], memory = "32M" }
cannot = { program = "eats.c", arguments = ["1"], setup = "refuses" }
""",
    ).replace("trials = 2", "trials = 1")
    text += counted("fits", "little", "memory_peak >= 8192", ">= 1")
    text += counted("killed", "much", "failure", ">= 1")
    assay.run("run", assay.experiment(text), code=None)
    assert verdicts(assay)["fits"] == verdicts(assay)["killed"] == "holds"
    assert only(assay, "much")["counters"]["vmstat.oom_kill"] == 1
    cannot = only(assay, "cannot")
    assert cannot["outcome"] == "skip"
    assert cannot["reason"] == "the setup ended with exit code 2, and its output ends: no debugfs here"
    written = next((assay.folder / "results/runs").glob(f"*/{only(assay, 'little')['folder']}/output-little.txt"))
    assert written.read_text() == "prepared\n"


def test_what_settles_behind_a_program_is_measured_with_it(assay: Assay) -> None:
    own(assay.folder, "quiet", "#!/bin/sh\necho ran\n")
    own(assay.folder, "drops", "#!/bin/sh\necho 1 > /proc/sys/vm/drop_caches; echo assay: dropped 1\n")
    own(assay.folder, "refuses", "#!/bin/sh\necho never came to rest; exit 3\n")
    text = experiment(
        "x86_64",
        {"stock": "linux-6.12"},
        """
[workloads]
alone = { program = "quiet" }
settled = { program = "quiet", settle = "drops", figures = ["dropped"] }
restless = { program = "quiet", settle = "refuses" }
""",
    ).replace("trials = 2", "trials = 1")
    text += counted("drops-nothing", "alone", "vmstat.drop_pagecache <= 0", ">= 1")
    text += counted("drops", "settled", "vmstat.drop_pagecache >= 1", ">= 1")
    assay.run("run", assay.experiment(text), code=None)
    assert verdicts(assay)["drops-nothing"] == verdicts(assay)["drops"] == "holds"
    assert only(assay, "settled")["counters"]["dropped"] == 1
    restless = only(assay, "restless")
    assert restless["outcome"] == "skip"
    assert restless["reason"] == (
        "the settle program ended with exit code 3, and its output ends: ran | never came to rest"
    )


def test_output_that_lies_and_has_no_end_is_bounded_and_told(assay: Assay) -> None:
    own(
        assay.folder,
        "hostile",
        "#!/bin/sh\necho 'assay: vmstat.pgfault 1'\necho 'assay: fine 1'\nprintf 'assay: x 5\\0\\n'\n"
        "i=0; while [ $i -lt 2000 ]; do echo \"assay: n$i $i\"; i=$((i+1)); done\n"
        "head -c 3000000 /dev/zero\nhead -c 3000000 /dev/zero | tr '\\0' '\\n'\necho 'assay: last 2'; echo the end\nexit 1\n",
    )
    text = experiment(
        "x86_64",
        {"stock": "linux-6.12"},
        """
[workloads.hostile]
program = "hostile"
files = ["/usr/bin/head:/usr/bin/head", "/usr/bin/tr:/usr/bin/tr"]
""",
    ).replace("trials = 2", "trials = 1")
    text += counted("any", "hostile", "failure", ">= 1")
    assay.run("run", assay.experiment(text), code=None)
    trial = only(assay, "hostile")
    own_figures = [name for name in trial["counters"] if "." not in name]
    assert "fine" in own_figures
    assert "last" not in own_figures
    assert len(own_figures) == 256 + 5
    assert trial["counters"]["vmstat.pgfault"] > 1
    assert trial["reason"].endswith("the end")
    written = next((assay.folder / "results/runs").glob(f"*/{trial['folder']}/output-hostile.txt"))
    assert written.stat().st_size < 300_000
    assert b"bytes are left out]" in written.read_bytes()


@pytest.mark.kernels("shared-fault-before")
def test_a_verdict_on_two_kernels_from_one_file(assay: Assay) -> None:
    """What the documents show: the program knows nothing of Assay but a line that it prints."""
    own(
        assay.folder,
        "writes.py",
        "#!/usr/bin/env python3\nimport mmap, os, threading\n"
        "fd = os.memfd_create('x'); os.ftruncate(fd, 1 << 22)\nmemory = mmap.mmap(fd, 1 << 22)\n"
        "def write(first):\n    for at in range(first, 1 << 22, 8192):\n        memory[at] = 1\n"
        "both = [threading.Thread(target=write, args=(first,)) for first in (0, 4096)]\n"
        "[one.start() for one in both]; [one.join() for one in both]\nprint('assay: touches', 1 << 10)\n",
    )
    text = experiment(
        "x86_64",
        {"before": "shared-fault-before", "after": "linux-6.12"},
        '[workloads.writes]\nprogram = "writes.py"\nfigures = ["touches"]\n',
    ).replace('memory = "256M"', 'memory = "640M"')
    text += claim("retried", "writes", "vmstat.vma_lock_retry / touches", 'before = ">= 0.9", after = "<= 0.5"')
    done = assay.run("run", assay.experiment(text))
    assert verdicts(assay)["retried"] == "holds", done.stdout


def test_dry_run_resume_and_a_program_that_changed(assay: Assay) -> None:
    own(assay.folder, "mine", "#!/bin/sh\necho here\n")
    text = experiment("x86_64", {"stock": "linux-6.12"}, '[workloads.mine]\nprogram = "./mine"\n')
    text += claim("any", "mine", "wall_us", 'stock = ">= 1"')
    file = assay.experiment(text.replace("trials = 2", "trials = 6"))
    dry = assay.run("run", "--dry-run", file).stdout
    assert "# workload mine on x86_64: /programs/mine/mine\n#   from ./mine, " in dry
    run = assay.start("run", file)
    while not list((assay.folder / "results/runs").glob("*/trials/*/trial-mine.json")):
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    assert run.wait() != 0
    own(assay.folder, "mine", "#!/bin/sh\nexit 1\n")
    refused = assay.run("run", "--resume", code=2).stderr
    assert "the program of workload mine/x86_64 is another one now" in refused
    own(assay.folder, "mine", "#!/bin/sh\necho here\n")
    assay.run("run", "--resume")
    assert len(trials(assay)) == 6
    assert verdicts(assay)["any"] == "holds"
