# SPDX-License-Identifier: GPL-2.0-or-later
"""Results that somebody else made, to do harm: nothing but the folder that was named is written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from stored_run import PROGRAM, store_run

import assay

RUN = "20261121-051502-sample-0001"
ESCAPE = "\x1b]0;evil\x07\x1b[31m"


def sql(statement: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with contextlib.closing(sqlite3.connect(folder / "assay.sqlite")) as database:
            database.executescript(statement)

    return change


def untyped(table: str, statement: str) -> Callable[[Path], None]:
    """A change that the table's types would refuse."""
    return sql(
        f"""PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = '{table}';
        PRAGMA writable_schema = RESET; {statement}; PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = trim(sql) || ' STRICT' WHERE name = '{table}'; PRAGMA writable_schema = RESET"""
    )


def at_byte(offset: int, data: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / "assay.sqlite").open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return change


def cut(folder: Path) -> None:
    os.truncate(folder / "assay.sqlite", (folder / "assay.sqlite").stat().st_size // 2)


def linked(name: str, to: str) -> Callable[[Path], None]:
    """A link at `name`; what was there is at the place that it leads to."""

    def change(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not (path.parent / to).exists():
            path.rename(path.parent / to)
        elif path.is_dir():
            path.rename(folder.parent / "away")
        path.unlink(missing_ok=True)
        path.symlink_to(to)

    return change


def special(name: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        make(path)

    return change


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def very_deep(folder: Path) -> None:
    path = folder / "runs" / RUN
    for _ in range(100):
        path = path / "d"
        path.mkdir()


CONSOLE = f"runs/{RUN}/trials/before-1/console.log"
BLOCK = "UPDATE sample_block SET data = {} WHERE id = (SELECT min(id) FROM sample_block)"

#: What is refused by whoever meets it, with words that are in the message.
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "name with a path": (sql("UPDATE run SET name = '../../outside/x'"), "../../outside/x"),
    "absolute name": (sql("UPDATE run SET name = '/tmp/assay-evil'"), "/tmp/assay-evil"),
    "no name": (sql("UPDATE run SET name = ''"), 'run ""'),
    "name with a line": (sql("UPDATE run SET name = 'a' || char(10) || 'b'"), "names of runs"),
    "name with an escape": (sql(f"UPDATE run SET name = '{ESCAPE}'"), "names of runs"),
    "name like a word": (sql("UPDATE run SET name = 'last'"), "names of runs"),
    "long name": (sql("UPDATE run SET name = hex(zeroblob(1000))"), "names of runs"),
    "unknown state": (sql("UPDATE run SET state = 'evil'"), "unknown state"),
    "no time": (sql("UPDATE run SET started = 'yesterday'"), RUN),
    "negative count": (sql("UPDATE run SET planned = -1"), "no count"),
    "large count": (sql("UPDATE run SET planned = 1 << 40"), "no count"),
    "kernel elsewhere": (sql("UPDATE kernel SET kernel_id = '../../../../outside'"), RUN),
    "deep JSON": (sql("UPDATE run SET host = replace(hex(zeroblob(100000)), '0', '[')"), RUN),
    "number that is text": (untyped("run", "UPDATE run SET planned = 'x'"), "no number"),
    "text that is bytes": (untyped("run", "UPDATE run SET title = x'1b5b'"), "no text"),
    "trigger": (sql("CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM run; END"), '"evil"'),
    "view": (sql("ALTER TABLE run RENAME TO old; CREATE VIEW run AS SELECT * FROM old"), "not as Assay makes it"),
    "endless view": (
        sql("CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c"),
        "not as Assay makes it",
    ),
    "table": (sql("CREATE TABLE evil (a)"), '"evil"'),
    "no table": (sql("DROP TABLE probe"), '"probe"'),
    "newer schema": (sql("PRAGMA user_version = 99"), "newer Assay"),
    "negative schema": (sql("PRAGMA user_version = -1"), "schema"),
    "other program": (sql("PRAGMA application_id = 1"), "another program"),
    "no database": (at_byte(0, b"no database at all"), "not an SQLite database"),
    "linked database": (linked("assay.sqlite", "../outside/assay.sqlite"), "symbolic link"),
    "linked log": (linked("assay.sqlite-wal", "../outside/secret"), "symbolic link"),
    "FIFO for a database": (special("assay.sqlite", os.mkfifo), "no regular file"),
    "FIFO for a log": (special("assay.sqlite-wal", os.mkfifo), "no regular file"),
    "device for a database": (special("assay.sqlite", device), "no regular file"),
}
#: What only those refuse who read the trials.
BAD_TRIALS: dict[str, tuple[Callable[[Path], None], str]] = {
    "unknown outcome": (sql("UPDATE trial SET outcome = 'evil'"), RUN),
    "unknown verdict": (sql("UPDATE verdict SET verdict = 'evil'"), RUN),
    "negative repeat": (sql("UPDATE trial SET repeat = -1 - repeat"), RUN),
    "negative time": (sql("UPDATE trial SET measured_ns = -1"), RUN),
    "negative side": (sql("UPDATE side SET unusable = -1"), RUN),
    "folder above": (sql("UPDATE trial SET folder = '../../../outside'"), RUN),
    "folder elsewhere": (sql("UPDATE trial SET folder = '/etc'"), RUN),
    "folder that is a script": (sql("UPDATE trial SET folder = 'javascript:alert(1)'"), RUN),
    "seed that is text": (untyped("trial", "UPDATE trial SET seed = 'x'"), RUN),
    "text of 80 MB": (sql("UPDATE trial SET reason = hex(zeroblob(40000000)) WHERE id = (SELECT min(id) FROM trial)"), RUN),
}
#: What only those refuse who read the samples, or copy.
BAD_SAMPLES: dict[str, tuple[Callable[[Path], None], str]] = {
    "block that is none": (sql(BLOCK.format("x'ffff'")), "block of samples"),
    "block that promises": (sql(BLOCK.format("x'01ffffffffffffffff7f01'")), "block of samples"),
    "block of 100 MB": (sql(BLOCK.format("zeroblob(100000000)")), RUN),
}
#: What only those refuse who show the texts of kernels, or copy.
BAD_TEXTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "text of another": (sql("UPDATE text SET data = (SELECT data FROM text ORDER BY size LIMIT 1)"), "SHA-256"),
    "text that is not packed": (sql("UPDATE text SET data = x'00'"), "SHA-256"),
    "text that promises": (sql("UPDATE text SET size = 1 << 40"), "more text"),
    "text of 100 MB": (sql("UPDATE text SET data = zeroblob(100000000) WHERE sha256 = (SELECT min(sha256) FROM text)"), RUN),
    "no text": (sql("DELETE FROM text"), "no number"),
    "unknown kind": (sql(f"UPDATE kernel_text SET kind = '{ESCAPE}'"), "unknown kind"),
}
BAD_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "linked console": (linked(CONSOLE, "../../../../../outside/secret"), "console.log"),
    "linked trials": (linked(f"runs/{RUN}/trials", "../../../outside"), "trials"),
    "linked run": (linked(f"runs/{RUN}", "../../outside"), RUN),
    "linked runs": (linked("runs", "../outside"), "runs"),
    "FIFO for a console": (special(CONSOLE, os.mkfifo), "console.log"),
    "device for a console": (special(CONSOLE, device), "console.log"),
    "folders in folders": (very_deep, "too deep"),
}
#: Which is shown, but harmless.
HARMLESS: dict[str, Callable[[Path], None]] = {
    "escapes": sql(
        "\n".join(
            f"UPDATE {table} SET {column} = {column} || '{ESCAPE}' || char(0) || 'x';"
            for table, column in [("run", "title"), ("run", "experiment"), ("run", "experiment_toml"), ("run", "host"),
                                  ("run", "settings"), ("kernel", "variant"), ("kernel", "release"), ("kernel", "provenance"),
                                  ("trial", "variant"), ("trial", "machine"), ("trial", "workload"), ("trial", "reason"),
                                  ("trial", "kernel_id"), ("counter", "name"), ("check_result", "detail"), ("finding", "title"),
                                  ("finding", "text"), ("metric", "name"), ("metric", "unit"), ("event", "name"),
                                  ("event", "detail"), ("verdict", "claim"), ("verdict", "says"), ("verdict", "reason"),
                                  ("verdict", "figure"), ("verdict", "coverage"), ("side", "variant"), ("side", "expected")]
        )
    ),  # fmt: skip
    "wrong number of pages": at_byte(28, b"\x7f\xff\xff\xff"),
    "half a database": cut,
    "linked page": linked(f"runs/{RUN}/report.html", "../../../outside/secret"),
    "linked console": linked(CONSOLE, "../../../../../outside/secret"),
    "linked runs": linked("runs", "../outside"),
}
READERS = (
    ("runs",),
    ("show",),
    ("show", "--json"),
    ("report",),
    ("report", "-f", "markdown"),
    ("report", "-f", "kcidb"),
    ("export", "--jsonl", "--samples"),
    ("export", "--npz", "-o", "PAGE"),
    ("compare", "last:before", "last:after"),
)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A stranger's results, and what must not be touched beside them."""
    folder = store_run(tmp_path / "named", trials=2, samples=2_000)
    (folder / CONSOLE).parent.mkdir(parents=True)
    (folder / CONSOLE).write_text("[    0.000000] Linux version 6.12\n")
    (tmp_path / "outside" / RUN).mkdir(parents=True)
    (tmp_path / "outside/secret").write_text("secret\n")
    (tmp_path / "outside" / RUN / "report.html").write_text("another's\n")
    (tmp_path / "into").mkdir()
    return tmp_path


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Each file: what it is, when it or its names were changed, and its content."""

    def content(path: Path) -> object:
        return hashlib.sha256(path.read_bytes()).digest() if stat.S_ISREG(path.lstat().st_mode) else None

    paths = [folder, *folder.rglob("*")]
    return {
        # As root, SQLite gives a log that it opens the owner that it has.
        str(path): (s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns, path.suffix == ".sqlite-wal" or s.st_ctime_ns, content(path))
        for path in paths
        for s in [path.lstat()]
    }


#: Who is not root can make no place where only one folder can be written.
IS_CONFINED = os.geteuid() == 0


def confined_in(world: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A command where nothing but `world` can be written, if IS_CONFINED."""
    confined = """mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$1" "$1" || exit 99
        awk '{print $2}' /proc/self/mounts | sort -u | while read -r at; do
            case $at in /proc*|/sys*|/dev*|"$1") ;; *) mount -o remount,bind,ro "$at" || exit 99 ;; esac
        done || exit 99
        ! touch /assay-evil 2>/dev/null && touch "$1/may" && rm "$1/may" || exit 99
        shift; exec "$@" """
    prefix = ["unshare", "--mount", "sh", "-c", confined, "sh", str(world)] if IS_CONFINED else []
    return subprocess.run([*prefix, *words], capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL)


def assay_in(world: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return confined_in(world, str(PROGRAM), *(word.replace("PAGE", str(world / "page")) for word in words))


def ended_well(end: subprocess.CompletedProcess[bytes], refused: bool | None) -> str:
    text = (end.stdout + end.stderr).decode("utf-8", "replace")
    binary = end.stdout.startswith(b"PK")
    assert end.returncode in ([2, 70] if refused else [0, 2, 70] if refused is None else [0]), text
    assert binary or not any(ord(letter) < 32 and letter not in "\n\t" for letter in text), text
    assert b"mistake in Assay" not in end.stderr and b"secret" not in end.stdout
    return text


def check(world: Path, refused_by: tuple[tuple[str, ...], ...], words: str, others: bool | None = False) -> None:
    """Every verb that reads: it refuses or works, and writes no more than its page."""
    before = snapshot(world)
    for verb in READERS:
        text = ended_well(assay_in(world, f"--results={world}/named", *verb), True if verb in refused_by else others)
        if verb in refused_by:
            assert words in text and str(world / "named") in text, text
        (world / "page").unlink(missing_ok=True)
        own_page = world / "named/runs" / RUN / "report.html"
        if verb == ("report",) and own_page.is_file() and own_page.resolve() == own_page and str(own_page) not in before:
            own_page.unlink()
            for changed in (own_page.parent, world):
                before[str(changed)] = snapshot(changed)[str(changed)]
        before[str(world)] = snapshot(world)[str(world)]
        assert snapshot(world) == before, verb


def check_import(world: Path, refused: bool | None, words: str = "") -> None:
    before = snapshot(world / "named") | snapshot(world / "outside")
    text = ended_well(assay_in(world, f"--results={world}/into", "import", f"{world}/named"), refused)
    assert words in text
    assert snapshot(world / "named") | snapshot(world / "outside") == before
    copied = [path for path in (world / "into").rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]
    assert not copied and not [p for p in (world / "into").rglob("*") if p.is_file() and b"secret" in p.read_bytes()]
    if refused:
        assert not (world / "into/runs").exists()
        runs = assay_in(world, f"--results={world}/into", "runs")
        assert runs.stdout == b"no runs yet\n", runs.stderr


def test_nothing_outside_of_the_world_can_be_written(world: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the tests below rest on; without it they only compare what lies in `world`, before and after."""
    if not IS_CONFINED:
        pytest.skip("only root can forbid all writes elsewhere: the tests of hostile results compare the folders beside them")
    outside = tmp_path_factory.mktemp("outside")
    end = confined_in(world, "touch", str(outside / "file"), str(world / "file"))
    assert end.returncode == 1 and b"Read-only file system" in end.stderr
    assert (world / "file").exists() and not (outside / "file").exists()


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(world: Path, what: str) -> None:
    change, words = REFUSED[what]
    change(world / "named")
    check(world, READERS, words)
    check_import(world, True, words)
    with pytest.raises(assay.Error, match=".*"):
        assay.open(world / "named").run()


@pytest.mark.parametrize("what", BAD_TRIALS)
def test_trials_that_are_refused(world: Path, what: str) -> None:
    change, words = BAD_TRIALS[what]
    change(world / "named")
    check(world, READERS[1:], words)
    check_import(world, True, words)
    with pytest.raises(assay.Error):
        assert assay.open(world / "named").run().trials


@pytest.mark.parametrize("what", BAD_SAMPLES)
def test_samples_that_are_refused(world: Path, what: str) -> None:
    change, words = BAD_SAMPLES[what]
    change(world / "named")
    check(world, (("export", "--jsonl", "--samples"),), "", None)
    check_import(world, True, words)


@pytest.mark.parametrize("what", BAD_TEXTS)
def test_texts_that_are_refused(world: Path, what: str) -> None:
    change, words = BAD_TEXTS[what]
    change(world / "named")
    check(world, (("report",),), words)
    check_import(world, True, words)


@pytest.mark.parametrize("what", BAD_FILES)
def test_files_that_are_not_copied(world: Path, what: str) -> None:
    change, words = BAD_FILES[what]
    change(world / "named")
    check_import(world, True, words)


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_harmless(world: Path, what: str) -> None:
    HARMLESS[what](world / "named")
    check(world, (), "", None)
    check_import(world, None)


@pytest.mark.parametrize("name", [f"runs/{RUN}/report.html", f"runs/{RUN}", "runs"])
def test_a_page_is_not_written_through_a_link(world: Path, name: str) -> None:
    linked(name, "../" * name.count("/") + "../outside/" + ("secret" if name.endswith("html") else ""))(world / "named")
    before = snapshot(world)
    text = ended_well(assay_in(world, f"--results={world}/named", "report"), True)
    assert "symbolic link" in text and "-o FILE puts the page elsewhere" in text
    assert ended_well(assay_in(world, f"--results={world}/named", "prune", "--yes", "--keep=0"), None)
    assert {k: v for k, v in snapshot(world).items() if "outside" in k} == {
        k: v for k, v in before.items() if "outside" in k
    }
