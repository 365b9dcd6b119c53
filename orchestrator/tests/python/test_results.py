# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading results: what is there, in which types, for how long, and what happens while others write."""

from __future__ import annotations

import gc
import json
import sqlite3
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored_run import ENVIRONMENT, command, store_run

import assay


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_run(tmp_path_factory.mktemp("stored") / "results")


@pytest.fixture
def run(folder: Path) -> assay.Run:
    return assay.open(folder).run()


def decoded(data: bytes) -> tuple[list[int], dict[int, list[int]]]:
    """A block of samples as results/README.md describes it, by the code that stands there."""
    readme = (Path(__file__).resolve().parents[3] / "results/README.md").read_text(encoding="utf-8")
    script = readme.split("In Python:\n\n```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(script, names)  # noqa: S102
    clock, values = names["samples"](data)
    return clock, values


def test_a_run_is_what_the_command_line_shows(folder: Path, run: assay.Run) -> None:
    shown = json.loads(command(folder, "show", "--json").stdout)
    assert run.id == shown["run"]["id"]
    assert (run.state, run.planned, run.done) == ("finished", 8, 8)
    assert [kernel.variant for kernel in run.kernels] == ["before", "after"]
    assert run.host["qemu"].startswith("QEMU")
    assert [trial.counters for trial in run.trials] == [trial["counters"] for trial in shown["trials"]]
    assert [(v.claim, v.verdict) for v in run.verdicts] == [(c["id"], c["verdict"]) for c in shown["claims"]]
    assert {trial.outcome for trial in run.trials} == {"pass", "finding"}
    finding = next(trial for trial in run.trials if trial.findings)
    assert finding.findings[0].fingerprint == "00112233aabbccdd"


def test_claims_have_their_sources(run: assay.Run) -> None:
    (claim,) = run.claims
    assert (claim.id, claim.workload, claim.author, claim.message_id) == (
        "fewer-retries",
        "write",
        "A. Developer",
        "1234@example.org",
    )
    assert run.verdict("fewer-retries").sides[0].variant == "before"
    with pytest.raises(assay.UsageError, match="cannot find claim nothing: run .* has verdicts on fewer-retries"):
        run.verdict("nothing")


def test_claims_have_what_their_group_and_their_quote_say() -> None:
    text = b"""
[experiment]
thread = "1@example.org"
author = "A. Hacker"
[quotes]
slow.text = "it is slow"
[groups.all]
cites = "slow"
workload = "w"
claims = [{ id = "one", says = "So it is." }, { id = "two", says = "And so.", workload = "v" }]
"""
    one, two = (assay.Claim(**claim) for claim in assay._native.claims_in(text))
    assert one == assay.Claim("one", "So it is.", "it is slow", "A. Hacker", "1@example.org", "w")
    assert (two.id, two.workload, two.quote) == ("two", "v", "it is slow")
    assert assay._native.claims_in(b"no toml [") == []


def test_samples_are_what_is_in_the_database(folder: Path, run: assay.Run) -> None:
    trial = run.trials[0]
    series = trial.samples("vmstat.metric_1")["vmstat.metric_1"]
    with sqlite3.connect(folder / "assay.sqlite") as database:
        blocks = database.execute("SELECT data FROM sample_block WHERE trial = 1 ORDER BY id").fetchall()
    times: list[int] = []
    values: list[int] = []
    for (block,) in blocks:
        clock, columns = decoded(block)
        times += clock
        values += columns[1]
    assert series.time_ns.dtype == np.uint64 and series.values.dtype == np.int64
    assert series.time_ns.tolist() == times and series.values.tolist() == values
    assert series.unit == "pages" and len(series) == len(times) > 10
    assert series.time_s[0] == 0 and np.all(np.diff(series.time_s) > 0)


def test_arrays_own_what_was_decoded(run: assay.Run) -> None:
    samples = run.trials[0].samples("retries", "vmstat.metric_1")
    retries, other = samples["retries"], samples["vmstat.metric_1"]
    assert retries.values.base is not None and retries.values.flags.c_contiguous and retries.values.flags.writeable
    assert np.shares_memory(retries.time_ns, other.time_ns), "metrics of one clock share its times"
    assert not retries.time_ns.flags.writeable
    assert not np.shares_memory(retries.values, other.values)


def test_arrays_outlive_everything_else(folder: Path) -> None:
    results = assay.open(folder)
    run = results.run()
    values = run.trials[0].samples("retries")["retries"].values
    before = values.copy()
    results.close()
    dead: list[weakref.ref[Any]] = [weakref.ref(results), weakref.ref(run)]
    del results, run
    gc.collect()
    assert [one() for one in dead] == [None, None], "something keeps closed results alive"
    junk = [np.full(len(values), 7) for _ in range(50)]
    assert np.array_equal(values, before) and junk


def test_memory_of_dropped_arrays_is_given_back(folder: Path) -> None:
    """A capsule that nobody frees would add a megabyte each time."""
    trial = assay.open(folder).run().trials[0]

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for _ in range(20):
        trial.samples()
    before = resident()
    for _ in range(200):
        trial.samples()
    assert resident() - before < 8 << 20


def test_how_much_of_a_patch_ran(folder: Path, run: assay.Run) -> None:
    (patch,) = run.patches
    assert patch.coverage == "1 of 4 patched lines ran; 2 have no instruction of their own; 1 removed"
    counts = (patch.ran, patch.not_run, patch.no_instruction, patch.not_built, patch.removed)
    assert (patch.variant, patch.lines, counts) == ("after", 4, (1, 0, 2, 0, 1))
    for options in (["show"], ["show", "--coverage"], ["show", "--json"], ["export", "--jsonl"],
                    ["report", "--format", "markdown", "-o", "-"]):  # fmt: skip
        shown = " ".join(command(folder, *options).stdout.split())
        assert patch.coverage in shown, options


def test_limits_are_numbers_on_the_scale_of_the_figures(run: assay.Run) -> None:
    before, after = run.verdict("split").sides
    assert (before.limits, after.limits) == (((">=", 0.5),), (("<=", 0.3),))
    base, head = run.verdict("fewer-retries").sides
    assert base.limits == () and base.estimate is None  # without one, each trial of head is below all of base
    ((sign, limit),) = head.limits
    assert sign == "<" and limit == pytest.approx(0.9 * min(base.values))
    assert run.variants == ("before", "after")


def test_series_of_all_metrics_and_a_frame(folder: Path, run: assay.Run) -> None:
    trial = run.trials[0]
    samples = trial.samples()
    assert len(samples) == len(trial.metrics) == 200
    frame = samples.to_frame()
    assert frame.shape == (len(samples["retries"]), 200)
    assert frame["retries"].tolist() == samples["retries"].values.tolist()
    assert frame.index.name == "time_ns" and frame.index[0] == samples["retries"].time_ns[0]
    table = run.to_frame()
    assert table.shape[0] == 8 and {"touches", "retries"} <= set(table.columns)
    assert list(table.columns) == command(folder, "export", "--csv").stdout.splitlines()[0].split(",")


def test_histogram_and_events(run: assay.Run) -> None:
    trial = run.trials[0]
    counts, edges = trial.histogram("retries", bins=7)
    assert counts.sum() == len(trial.samples("retries")["retries"]) and edges.shape == (8,)
    first, second = trial.events()
    assert (first.name, first.detail, first.value) == ("phase", "writers begin", 2) and first.time_ns < second.time_ns


def test_errors_have_the_text_of_the_command_line(folder: Path, tmp_path: Path) -> None:
    results = assay.open(folder)
    with pytest.raises(assay.UsageError) as raised:
        results.run("smaple")
    assert f"assay: {raised.value}\n" == command(folder, "show", "smaple").stderr
    assert isinstance(raised.value, ValueError) and isinstance(raised.value, assay.Error)
    with pytest.raises(assay.UsageError, match="cannot open results database .*nowhere: there is no such file"):
        assay.open(tmp_path / "nowhere")
    (tmp_path / "text").write_text("no database\n" * 100)
    with pytest.raises(assay.UsageError, match="it is not an SQLite database"):
        assay.open(tmp_path / "text")
    with pytest.raises(assay.UsageError, match="cannot read samples of nr_fere: trial before/small/write #0 has none"):
        results.run().trials[0].samples("nr_fere")
    results.close()
    with pytest.raises(assay.UsageError, match="it was closed"):
        results.run()
    assert "closed" in repr(results)


def test_two_results_at_once(folder: Path, tmp_path: Path) -> None:
    other = store_run(tmp_path / "other", trials=2, samples=4000)
    with assay.open(folder) as one, assay.open(other) as two:
        assert (one.run().planned, two.run().planned) == (8, 4)
        assert one.latest("sample") is not None and two.latest("nothing") is None
        two.close()
        assert len(one.run().trials) == 8


def test_threads_share_results(folder: Path) -> None:
    trials = assay.open(folder).run().trials
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda trial=trial: found.append(len(trial.samples()["retries"]))) for trial in trials
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == len(trials) and len(set(found)) == 1


def test_results_that_are_being_written(tmp_path: Path) -> None:
    """A second process writes one run after the other; this one sees only what is whole."""
    folder = store_run(tmp_path / "results", trials=2, samples=2000)
    results = assay.open(folder)
    script = (
        "import sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], timeout=30)\n"
        "for number in range(40):\n"
        "    with database:\n"
        "        database.execute(\"INSERT INTO run SELECT NULL, 'r' || ?, experiment, title, experiment_toml, settings,"
        " host, started, finished, state, planned, writer_pid, writer_start, writer_boot FROM run LIMIT 1\", [number])\n"
        "        database.execute(\"INSERT INTO trial (run, variant, machine, workload, repeat, seed, ended, outcome)"
        " VALUES (last_insert_rowid(), 'v', 'm', 'w', 0, 1, 1, 'pass')\")\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(folder / "assay.sqlite")], env=ENVIRONMENT) as writer:
        seen = set()
        while writer.poll() is None:
            runs = [run for run in results.runs if run.id.startswith("r")]
            seen.add(len(runs))
            assert all(run.done == 1 for run in runs), "half of a transaction was seen"
    assert writer.returncode == 0
    assert len([run for run in results.runs if run.id.startswith("r")]) == 40
    run = results.run("r39")
    assert [trial.outcome for trial in run.trials] == ["pass"]
    assert seen
