# SPDX-License-Identifier: GPL-2.0-or-later
"""Results on their way: assay export, import and prune."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored_run import PROGRAM, command, store_run

import assay

RUN = "20261121-051502-sample-0001"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_run(tmp_path_factory.mktemp("stored") / "results")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Results that the test may change."""
    folder = store_run(tmp_path / "own", trials=2, samples=20_000)
    guest = folder / "runs" / RUN / "trials/before-1"
    guest.mkdir(parents=True)
    (guest / "console.log").write_text("[    0.000000] Linux version 6.12\n")
    return folder


def done(results: Path, *arguments: str) -> str:
    end = command(results, *arguments)
    assert end.returncode == 0, end.stderr
    return end.stdout


def sql(results: Path, statement: str, *parameters: object) -> list[Any]:
    with sqlite3.connect(results / "assay.sqlite", timeout=10) as database:
        database.execute("PRAGMA foreign_keys = ON")
        return database.execute(statement, parameters).fetchall()


def shown(results: Path, run: str = "last") -> Any:
    return json.loads(done(results, "show", "--json", run))


def copies(results: Path, count: int) -> None:
    """More runs, each a day older than the one before."""
    for number in range(1, count + 1):
        name, started = f"copy-{number:02}", f"2026-10-{28 - number:02}T00:00:00Z"
        sql(
            results,
            "INSERT INTO run SELECT NULL, ?, experiment, title, experiment_toml, settings, host, ?, finished, state,"
            " planned, writer_pid, writer_start, writer_boot FROM run WHERE name = ?",
            *(name, started, RUN),
        )
        (results / "runs" / name).mkdir(parents=True)


def test_csv_is_a_table_of_trials(stored: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(done(stored, "export", "--csv"))))
    trials = shown(stored)["trials"]
    assert [row["reason"] for row in rows] == [trial["reason"] for trial in trials], "quotes and commas survive"
    assert [int(row["retries"]) for row in rows] == [trial["counters"]["retries"] for trial in trials]
    assert rows[0]["variant"] == "before" and int(rows[0]["measured_ns"]) == trials[0]["measured_ns"]


def test_csv_of_samples_has_a_row_for_each(stored: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(done(stored, "export", "--csv", "--samples"))))
    trial = assay.open(stored).run().trials[0]
    series = trial.samples("retries")["retries"]
    mine = [row for row in rows if row["variant"] == "before" and row["repeat"] == "0" and row["metric"] == "retries"]
    assert len(rows) == 40_000
    assert [(int(row["time_ns"]), int(row["value"])) for row in mine] == list(zip(series.time_ns, series.values))


def test_json_lines_have_all(stored: Path) -> None:
    lines = [json.loads(line) for line in done(stored, "export", "--jsonl", "--samples").splitlines()]
    whole = shown(stored)
    kinds = [line.pop("type") for line in lines]
    of = {kind: [line for line, its in zip(lines, kinds) if its == kind] for kind in kinds}
    assert of["run"] == [{**whole["run"], "format": 1}]
    assert of["claim"] == whole["claims"] and of["trial"] == whole["trials"]
    assert len(of["event"]) == 2 * len(of["trial"]) and len(of["samples"]) == 200 * len(of["trial"])
    series = assay.open(stored).run().trials[0].samples("retries")["retries"]
    assert of["samples"][0]["metric"] == "retries" and of["samples"][0]["values"] == series.values.tolist()
    assert {"run", "claim", "patch", "trial"} == {json.loads(line)["type"] for line in done(stored, "export", "--jsonl").splitlines()}


def test_npz_is_what_numpy_takes(stored: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    done(stored, "export", "--npz", "--samples", "-o", str(file))
    trials = assay.open(stored).run().trials
    with np.load(file) as arrays:
        assert arrays["trials/variant"].tolist() == [trial.variant for trial in trials]
        assert arrays["trials/seed"].tolist() == [trial.seed for trial in trials]
        assert arrays["counters/retries"].tolist() == [trial.counters["retries"] for trial in trials]
        for number in (0, len(trials) - 1):
            series = trials[number].samples("retries")["retries"]
            assert np.array_equal(arrays[f"samples/{number}/retries"], series.values)
            assert np.array_equal(arrays[f"samples/{number}/time_ns"], series.time_ns)
    piped = subprocess.run(
        [str(PROGRAM), f"--results={stored}", "export", "--npz"], stdout=subprocess.PIPE, check=True
    ).stdout
    with np.load(io.BytesIO(piped)) as arrays:
        assert not [name for name in arrays if name.startswith("samples/")] and len(arrays["trials/repeat"]) == 8


def test_export_mistakes(stored: Path, tmp_path: Path) -> None:
    assert command(stored, "export").returncode == 2
    assert command(stored, "export", "--csv", "--npz").returncode == 2
    assert 'cannot find run "nothing"' in command(stored, "export", "--csv", "nothing").stderr
    with Path("/dev/full").open("w") as full:
        end = subprocess.run(
            [str(PROGRAM), f"--results={stored}", "export", "--jsonl", "--samples"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (end.returncode, end.stderr) == (70, "assay: cannot write stdout: No space left on device\n")
    (tmp_path / "file").write_text("")
    end = command(stored, "export", "--csv", "-o", str(tmp_path / "file/below.csv"))
    assert end.returncode == 2 and "Not a directory" in end.stderr


@pytest.mark.parametrize("verb", [("report", "--format=text"), ("export", "--csv")])
def test_a_folder_is_no_output(verb: tuple[str, ...], stored: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    for name, why in ((".", "it is a folder; name a file in it"), ("new/", "there is no folder"), ("none/x", "there is no folder")):
        end = command(stored, *verb, "-o", f"{tmp_path}/{name}")
        assert end.returncode == 2 and f"cannot write {tmp_path}/{name}: {why}" in end.stderr, end
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_is_no_results_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "fifo")
    for words in (("runs",), ("show",), ("run", "-n", "shared-fault-vma-lock"), ("run", "--resume"), ("import", str(tmp_path))):
        for name in ("file", "file/below", "fifo"):
            end = command(tmp_path / name, *words)
            assert end.returncode == 2, end
            assert end.stderr.startswith(f"assay: cannot use {tmp_path}/{name} for results: it is no folder"), end
    assert (tmp_path / "file").read_text() == "x"


def test_a_journal_that_is_in_the_way_is_named(own: Path) -> None:
    journal = own / "assay.sqlite-journal"
    journal.write_bytes(b"of something else\n" * 100)
    end = command(own, "runs")
    assert end.returncode == 2 and end.stderr.endswith(f"the file {journal} beside it is no journal of SQLite: remove it\n"), end
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    end = command(own, "runs")
    assert end.returncode == 70 and f"a program was ended while it wrote there, and left {journal}" in end.stderr, end


def test_compare_says_that_a_run_has_no_kernels(own: Path) -> None:
    sql(own, "DELETE FROM kernel")
    end = command(own, "compare", "last", "last:before")
    assert (end.returncode, end.stderr) == (2, f'assay: run {RUN} has no variant "before": it has no kernels\n')


def test_what_is_no_file_is_not_called_missing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in ("/dev/null", str(tmp_path / "fifo")):
        end = command(tmp_path, "run", "-n", path)
        assert (end.returncode, end.stderr) == (2, f"assay: cannot read experiment {path}: it is neither a regular file nor a folder\n")
        end = command(tmp_path, "try", "-n", "-e", "shared-fault-vma-lock", "-s", path)
        assert (end.returncode, end.stderr) == (2, f"assay: cannot read the series {path}: it is neither a regular file nor a folder\n")
        end = command(tmp_path, "exec", "-k", path, "--", "true")
        assert (end.returncode, end.stderr) == (2, f"assay: {path} is no kernel that QEMU boots, and no .toml\n")
    for shell in ("csh", "ksh"):
        assert command(tmp_path, "completion", shell).stderr.endswith("it is none of bash, zsh and fish\n")
    (tmp_path / "empty").touch()
    end = command(tmp_path, "try", "-n", "-e", "shared-fault-vma-lock", "-s", f"{tmp_path}/empty")
    assert end.returncode == 2 and end.stderr.endswith("there is no unified diff in it\n"), end


def test_import_refuses_another_run_of_the_same_name(own: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    done(new, "import", str(own))
    sql(own, "UPDATE counter SET value = value + 1 WHERE trial = 1")
    expected = shown(new)
    for more in ((), ("--dry-run",)):
        end = command(new, "import", *more, str(own))
        assert end.returncode == 2 and f"run {RUN} is here with other content: its trial " in end.stderr, end
    assert shown(new) == expected


def test_import_brings_everything_once(own: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    before = hashlib.sha256((own / "assay.sqlite").read_bytes()).hexdigest()
    assert done(new, "import", str(own)) == f"{RUN}, 4 trials: added\n1 run: 1 added, 0 replaced, 0 here already, 0 still running\n"
    assert shown(new) == shown(own)
    assert (new / "runs" / RUN / "trials/before-1/console.log").read_text().startswith("[")
    mine, theirs = (assay.open(folder).run().trials for folder in (new, own))
    for one, other in zip(mine, theirs, strict=True):
        assert one.samples().to_frame().equals(other.samples().to_frame()) and one.events() == other.events()
    tables = ("trial", "counter", "check_result", "finding", "metric", "sample_block", "event", "verdict", "test", "side", "side_value")
    counts = {table: sql(own, f"SELECT count(*) FROM {table}") for table in tables}
    assert "is here already" in done(new, "import", str(own / "assay.sqlite"))
    assert {table: sql(new, f"SELECT count(*) FROM {table}") for table in tables} == counts
    assert hashlib.sha256((own / "assay.sqlite").read_bytes()).hexdigest() == before, "the other results were changed"
    assert sorted(path.name for path in new.iterdir() if "import" in path.name) == []


def test_import_from_a_file_system_of_another_kind(own: Path, tmp_path: Path) -> None:
    """Between those the kernel copies nothing by itself."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        shutil.copytree(own, Path(memory) / "results")
        console = Path("runs") / RUN / "trials/before-1/console.log"
        with (Path(memory) / "results" / console).open("r+b") as file:
            file.truncate(1 << 20)  # with a hole
        done(tmp_path / "new", "import", f"{memory}/results")
        assert (tmp_path / "new" / console).read_bytes() == (Path(memory) / "results" / console).read_bytes()


def test_pages_have_the_texts_of_kernels(own: Path, tmp_path: Path) -> None:
    """From the results alone: here nothing else ever had them."""
    page = done(own, "report", "-o", "-")
    assert "<code>CONFIG_RETRY</code>" in page and "+++ b/mm/retry.c" in page
    assert "0002-mm-gone.patch" in page and "its text is not kept in the results" in page
    done(tmp_path / "new", "import", str(own))
    assert done(tmp_path / "new", "report", "-o", "-") == page
    for table in ("kernel_text", "text"):  # as an earlier Assay wrote it
        sql(own, f"DROP TABLE {table}")
    sql(own, "PRAGMA user_version = 3")
    old = done(own, "report", "-o", "-")
    assert "The results keep the configuration of 0 of 2 kernels" in old and "+++ b/mm/retry.c" not in old
    assert sql(own, "PRAGMA user_version") == [(3,)]


def test_prune_takes_the_texts_that_no_run_has(own: Path) -> None:
    assert sql(own, "SELECT count(*) FROM text") == [(3,)]
    done(own, "prune", "--yes", RUN)
    assert sql(own, "SELECT count(*) FROM text") == [(0,)]


def test_import_into_results_that_have_other_runs(own: Path, stored: Path, tmp_path: Path) -> None:
    """Numbers of rows meet there, and must not be mixed up."""
    sql(own, "UPDATE run SET name = 'other', started = '2026-01-01T00:00:00Z'")
    expected = [shown(stored, RUN), shown(own, "other")]
    done(own, "import", str(stored))
    done(own, "import", str(stored))
    assert [shown(own, RUN), shown(own, "other")] == expected
    assert len(assay.open(own).runs) == 2


def test_import_takes_the_run_with_more_trials(own: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    done(new, "import", str(own))
    sql(new, "DELETE FROM trial WHERE repeat = 1")
    assert "would be replaced" in done(new, "import", "--dry-run", str(own)) and len(shown(new)["trials"]) == 2
    assert "replaced: it had more trials there" in done(new, "import", str(own))
    assert shown(new) == shown(own)
    sql(own, "DELETE FROM trial WHERE repeat = 1")
    assert "is here already" in done(new, "import", str(own)) and len(shown(new)["trials"]) == 4


def test_import_leaves_runs_alone_that_go_on(own: Path, tmp_path: Path) -> None:
    pid, start = os.getpid(), Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    sql(own, "UPDATE run SET state = 'running', writer_pid = ?, writer_start = ?, writer_boot = ?", pid, int(start), boot)
    assert "still running" in done(tmp_path / "new", "import", str(own))
    assert assay.open(tmp_path / "new").runs == []
    end = command(own, "prune", "--yes", RUN)
    assert (end.returncode, end.stderr) == (2, f"assay: cannot remove run {RUN}: it is still running\n")
    assert done(own, "prune", "--yes", "--keep", "0") == "nothing to remove\n"


def test_import_of_an_older_schema_changes_nothing_there(own: Path, tmp_path: Path) -> None:
    sql(own, "DELETE FROM probe")  # what an older one has no place for
    sql(own, "UPDATE verdict SET coverage = ''")
    expected = shown(own)
    for table in ("kernel_text", "text", "probe"):
        sql(own, f"DROP TABLE {table}")
    sql(own, "ALTER TABLE verdict DROP COLUMN coverage")
    sql(own, "PRAGMA user_version = 2")
    done(tmp_path / "new", "import", str(own))
    assert shown(tmp_path / "new") == expected and sql(own, "PRAGMA user_version") == [(2,)]


def test_import_mistakes(own: Path, tmp_path: Path) -> None:
    end = command(own, "import", str(tmp_path / "nowhere"))
    assert (end.returncode, end.stderr) == (2, f"assay: cannot import {tmp_path}/nowhere: there is no such file\n")
    (tmp_path / "text").write_text("no database\n" * 100)
    end = command(own, "import", str(tmp_path / "text"))
    assert end.returncode == 2 and "it is not an SQLite database" in end.stderr
    with sqlite3.connect(tmp_path / "strange") as database:
        database.execute("CREATE TABLE run (id)")
    assert "it is a database of another program" in command(own, "import", str(tmp_path / "strange")).stderr
    assert "these are the results themselves" in command(own, "import", str(own)).stderr
    assert len(shown(own)["trials"]) == 4


def test_prune_says_what_goes_and_waits_for_yes(own: Path) -> None:
    copies(own, 11)
    listed = done(own, "prune")
    assert [line.split()[2].rstrip(",") for line in listed.splitlines()[:-1]] == ["copy-10", "copy-11"]
    assert listed.endswith("with --yes it does\n") and len(assay.open(own).runs) == 12
    assert done(own, "prune", "--yes").splitlines()[-1].startswith("removed 2 runs")
    assert len(assay.open(own).runs) == 10 and not (own / "runs/copy-11").exists() and (own / "runs/copy-09").exists()
    assert done(own, "prune") == "nothing to remove\n"


def test_prune_by_name_and_by_age(own: Path) -> None:
    copies(own, 3)
    assert "copy-02" in done(own, "prune", "copy-02", "--yes")
    assert [run.id for run in assay.open(own).runs] == [RUN, "copy-01", "copy-03"]
    assert done(own, "prune", "--older-than", "36500") == "nothing to remove\n"
    done(own, "prune", "--keep", "1", "--yes")
    assert [run.id for run in assay.open(own).runs] == [RUN] and len(shown(own)["trials"]) == 4
    end = command(own, "prune", "nothing", "--yes")
    assert end.returncode == 2 and "cannot find run" in end.stderr
    assert command(own, "prune", RUN, "--keep", "1").returncode == 2


def test_prune_gives_space_back(stored: Path, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    done(folder, "import", str(stored))
    before = (folder / "assay.sqlite").stat().st_size
    done(folder, "prune", RUN, "--yes")
    (tmp_path / "none").mkdir()
    with sqlite3.connect(tmp_path / "none/assay.sqlite") as none:
        none.execute("PRAGMA user_version = 0")
    done(tmp_path / "empty", "import", str(tmp_path / "none"))
    empty = (tmp_path / "empty/assay.sqlite").stat().st_size
    assert (folder / "assay.sqlite").stat().st_size == empty < before
    assert sql(folder, "SELECT count(*) FROM sample_block") == [(0,)] == sql(folder, "SELECT count(*) FROM trial")
