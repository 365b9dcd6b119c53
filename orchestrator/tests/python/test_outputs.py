# SPDX-License-Identifier: GPL-2.0-or-later
"""Where output goes: -o of report and export, stdout, and results that may only be read."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_run import PROGRAM, command, store_run

RUN = "20261121-051502-sample-0001"
WRITERS = (("report", "-f", "json"), ("report",), ("export", "--csv"), ("export", "--jsonl"), ("export", "--npz"))
READERS = (
    ("runs",),
    ("show",),
    ("report", "-f", "text"),
    ("export", "--csv", "--samples"),
    ("compare", "last:before", "last:after"),
)
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices, mounts, and becomes somebody else")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_run(tmp_path_factory.mktemp("stored") / "results", trials=2, samples=2_000)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that others may enter, with results of which they may only read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        store_run(folder / "results", trials=2, samples=2_000)
        (folder / "results/runs" / RUN).mkdir(parents=True)
        yield folder


def snapshot(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that lies in a folder: what it is, when it was changed, and how large it is."""
    paths = [folder, *folder.rglob("*")]
    return {str(p.relative_to(folder)): (s.st_ino, s.st_mode, s.st_mtime_ns, s.st_size) for p in paths for s in [p.lstat()]}


def shell(script: str, *arguments: object, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    words = [*prefix, "bash", "-c", script, "bash", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("verb", WRITERS, ids=" ".join)
def test_what_is_no_regular_file_is_written(stored: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    assert command(stored, *verb, "-o", str(tmp_path / "file")).returncode == 0
    expected = (tmp_path / "file").read_bytes()
    fifo, got = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    assert command(stored, *verb, "-o", str(fifo)).returncode == 0
    reader.join()
    assert got == [expected] and stat.S_ISFIFO(fifo.lstat().st_mode)

    script = '"$1" --results="$2" "${@:4}" -o >(cat > "$3"); status=$?; wait $!; exit $status'
    assert shell(script, PROGRAM, stored, tmp_path / "substituted", *verb).returncode == 0
    assert (tmp_path / "substituted").read_bytes() == expected
    for path in ("/dev/fd/1", "/dev/stdout", "-"):
        script = 'echo before >> "$3"; "$1" --results="$2" "${@:5}" -o "$4" >> "$3"; echo "after $?" >> "$3"'
        shell(script, PROGRAM, stored, tmp_path / "log", path, *verb)
        assert (tmp_path / "log").read_bytes() == b"before\n" + expected + b"after 0\n", path
        (tmp_path / "log").unlink()
    end = command(stored, *verb, "-o", "/dev/full")
    assert (end.returncode, end.stderr) == (70, "assay: cannot write /dev/full: No space left on device\n")
    assert stat.S_ISCHR(Path("/dev/full").lstat().st_mode)


@root_only
@pytest.mark.parametrize("verb", WRITERS, ids=" ".join)
def test_a_device_stays_one(stored: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    device = tmp_path / "null"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    end = command(stored, *verb, "-o", str(device))
    assert (end.returncode, end.stdout, end.stderr) == (0, "", "") and stat.S_ISCHR(device.lstat().st_mode)


@pytest.mark.parametrize("verb", WRITERS, ids=" ".join)
def test_links_modes_and_the_umask(stored: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o604)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("made")
    for name in ("link", "dangling"):
        assert command(stored, *verb, "-o", str(tmp_path / name)).returncode == 0
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "real").read_bytes() == (tmp_path / "made").read_bytes() != b"old"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o604
    assert shell('umask 037; "$1" --results="$2" "${@:4}" -o "$3"', PROGRAM, stored, tmp_path / "new", *verb).returncode == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "link", "made", "new", "real"]


@pytest.mark.parametrize("verb", WRITERS, ids=" ".join)
def test_mistakes_make_nothing(stored: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    end = command(stored, *verb, "-o", str(tmp_path / "no/such/file"))
    assert end.returncode == 2 and "there is no folder" in end.stderr
    end = command(stored, *verb, "-o", str(tmp_path))
    assert end.returncode == 2 and end.stderr.endswith("it is a folder; name a file in it\n")
    (tmp_path / "kept").write_text("old")
    assert command(stored, verb[0], "nosuchrun", *verb[1:], "-o", str(tmp_path / "kept")).returncode == 2
    assert (tmp_path / "kept").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@root_only
def test_a_full_disk_leaves_the_old_file(stored: Path, tmp_path: Path) -> None:
    script = """mount -t tmpfs -o size=64k none "$3" && echo old > "$3/one" && ln "$3/one" "$3/two" || exit 9
        for file in one two new; do "$1" --results="$2" report -o "$3/$file" && exit 8; done
        cat "$3"/one "$3"/two; ls -A "$3" """
    end = shell(script, PROGRAM, stored, tmp_path, prefix=("unshare", "--mount"))
    assert end.stdout.split() == ["old", "old", "one", "two"], end.stderr
    assert end.stderr.count("No space left on device") == 3


@root_only
def test_who_may_not_write_is_told(public: Path) -> None:
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    (public / "open").mkdir()
    (public / "open").chmod(0o777)
    for name, mode in (("locked", 0o644), ("shared", 0o666)):
        (public / "open" / name).write_text("old")
        (public / "open" / name).chmod(mode)
    (public / "theirs").write_text("old, and longer than what comes" * 999)
    (public / "theirs").chmod(0o666)
    script = '"$1" --results="$2" report -f text -o "$3"'
    for path in (public / "open/locked", public / "new"):
        end = shell(script, PROGRAM, public / "results", path, prefix=nobody)
        assert (end.returncode, end.stderr) == (70, f"assay: cannot write {path}: Permission denied\n")
    for path in (public / "open/shared", public / "theirs"):
        assert shell(script, PROGRAM, public / "results", path, prefix=nobody).returncode == 0
        assert path.stat().st_uid == 0 and path.read_text().endswith("\n") and "old" not in path.read_text()
    assert sorted(path.name for path in public.iterdir()) == ["open", "results", "theirs"]
    assert sorted(path.name for path in (public / "open").iterdir()) == ["locked", "shared"]


@pytest.mark.parametrize(
    "words", [*READERS, ("report", "-f", "json"), ("list", "experiments"), ("completion", "bash"), ("--help",),
              ("show", "--help"), ("--version",), ("kernel", "list")], ids=" ".join
)
def test_errors_on_stdout_count(stored: Path, words: tuple[str, ...]) -> None:
    end = shell('"$1" --results="$2" "${@:3}" > /dev/full', PROGRAM, stored, *words)
    assert (end.returncode, end.stderr) == (70, "assay: cannot write stdout: No space left on device\n")
    end = shell('"$1" --results="$2" "${@:3}" >&-', PROGRAM, stored, *words)
    assert (end.returncode, end.stderr) == (70, "assay: cannot write stdout: Bad file descriptor\n")
    for begin in ("", "trap '' PIPE; "):
        nobody_reads, out = os.pipe()
        os.close(nobody_reads)
        end = subprocess.run(
            ["bash", "-c", begin + 'exec "$0" --results="$1" "${@:2}"', PROGRAM, stored, *words],
            stdout=out, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
        os.close(out)
        assert (end.returncode, end.stderr) == (-signal.SIGPIPE, ""), begin


def check_readers(results: Path, prefix: tuple[str, ...] = (), before: str = "true") -> None:
    for words in READERS:
        end = shell(before + ' && "$1" --results="$2" "${@:3}"', PROGRAM, results, *words, prefix=prefix)
        assert (end.returncode, end.stderr) == (0, "") and end.stdout, words


@root_only
@pytest.mark.parametrize("log", [False, True], ids=["whole", "with a log that a killed run left"])
def test_results_that_may_only_be_read(public: Path, log: bool) -> None:
    results = public / "results"
    if log:
        # Copied while they are open, as an archive may be: what was written last is in the log alone.
        script = 'import sqlite3, shutil, sys; d = sqlite3.connect(sys.argv[1] + "/assay.sqlite"); '
        script += 'd.execute("UPDATE run SET title = \'from the log\'"); d.commit(); shutil.copytree(sys.argv[1], sys.argv[2])'
        subprocess.run(["python3", "-c", script, str(results), str(public / "copy")], check=True)
        shutil.rmtree(results)
        (public / "copy").rename(results)
        (results / "assay.sqlite-shm").unlink()
        assert (results / "assay.sqlite-wal").stat().st_size > 0
    before = snapshot(results)
    check_readers(results)
    assert snapshot(results) == before
    check_readers(results, prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    mounted = 'mount --bind "$2" "$2" && mount -o remount,bind,ro "$2"'
    check_readers(results, prefix=("unshare", "--mount"), before=mounted)
    for path in results.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    check_readers(results, prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))

    into = public / "into"
    end = shell(mounted + ' && "$1" --results="$3" import "$2"', PROGRAM, results, into, prefix=("unshare", "--mount"))
    assert end.returncode == 0 and "1 added" in end.stdout, end.stderr
    assert end.stderr == f"assay: made the folder {into} for results\n"
    assert RUN in command(into, "runs").stdout
    assert ("from the log" in command(into, "show", "--json").stdout) == log
    end = shell(mounted + ' && "$1" --results="$2" report', PROGRAM, results, prefix=("unshare", "--mount"))
    assert end.returncode == 70 and "Read-only file system; -o FILE puts the page elsewhere" in end.stderr


def test_a_mistyped_folder_is_not_made(tmp_path: Path) -> None:
    for words in (*READERS, ("report",), ("prune",), ("prune", "--yes"), ("import", "--dry-run", str(tmp_path))):
        end = command(tmp_path / "typo", *words)
        assert end.returncode == 2 and end.stderr.startswith("assay: cannot "), words
        assert list(tmp_path.iterdir()) == [], words
    (tmp_path / "empty").mkdir()
    assert command(tmp_path / "empty", "runs").stdout == "no runs yet\n"
    assert "there are no runs yet" in command(tmp_path / "empty", "show").stderr
    assert list((tmp_path / "empty").iterdir()) == []
