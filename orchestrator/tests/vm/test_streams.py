# SPDX-License-Identifier: GPL-2.0-or-later
"""assay exec with whatever stdin, stdout and stderr may be, and what it says of programs that do not run."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import tempfile
from typing import IO, Any

import pytest

from conftest import PROGRAM, Assay, Guest, programs_in

BUSYBOX = "/bin/busybox"
KERNEL = ("--kernel", "linux-6.12")


def execute(assay: Assay, *words: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    """assay exec with these descriptors; those that are not given are pipes."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    command = [str(PROGRAM), "-q", "exec", *KERNEL, *words]
    return subprocess.run(command, env=assay.environment, cwd=assay.folder, text=True, timeout=200, check=False, **streams)


def count(assay: Assay, stdin: int | IO[Any]) -> str:
    done = execute(assay, "-i", "--", BUSYBOX, "wc", "-c", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_stdin_is_passed_on_whatever_it_is(assay: Assay) -> None:
    path = assay.folder / "in"
    path.write_bytes(b"0123456789" * 20_000)
    with path.open("rb") as file:
        file.seek(15)
        os.lseek(file.fileno(), 15, os.SEEK_SET)
        assert count(assay, file) == str(200_000 - 15)
    with tempfile.TemporaryFile() as deleted:  # a here-string of the shell
        deleted.write(b"word\n")
        deleted.seek(0)
        assert count(assay, deleted) == "5"
    assert count(assay, subprocess.DEVNULL) == "0"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"x" * 100_000)
        ours.shutdown(socket.SHUT_WR)
        assert count(assay, theirs.fileno()) == "100000"
    fifo = assay.folder / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["sh", "-c", f"printf 1234567 > {fifo}"]), fifo.open("rb") as reader:
        assert count(assay, reader) == "7"


def test_stdin_that_is_closed_is_empty_and_a_folder_an_error(assay: Assay) -> None:
    script = f'exec "$0" -q exec --kernel linux-6.12 -i -- {BUSYBOX} wc -c <&-'
    done = subprocess.run(
        ["sh", "-c", script, str(PROGRAM)], env=assay.environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
    folder = os.open("/", os.O_RDONLY)
    done = execute(assay, "-i", "--", BUSYBOX, "cat", stdin=folder)
    os.close(folder)
    assert done.returncode == 2 and "cannot pass stdin on: it is a folder" in done.stderr


def test_a_terminal_stays_as_it_was_and_its_hang_up_is_the_end(assay: Assay) -> None:
    ours, theirs = pty.openpty()
    command = [str(PROGRAM), "-q", "exec", *KERNEL, "-i", "--", BUSYBOX, "cat"]
    with subprocess.Popen(command, env=assay.environment, stdin=theirs, stdout=subprocess.PIPE, text=True) as running:
        os.write(ours, b"one line\n")
        assert running.stdout is not None
        assert running.stdout.readline() == "one line\n"
        assert os.get_blocking(theirs)
        os.close(ours)
        assert running.wait(timeout=30) == 0
    os.close(theirs)


def test_an_output_that_takes_no_more_is_an_error(assay: Assay) -> None:
    with open("/dev/full", "w", encoding="ascii") as full:
        done = execute(assay, "--", BUSYBOX, "echo", "hi", stdout=full)
    assert done.returncode == 70 and "cannot write to stdout: No space left on device" in done.stderr
    script = f'exec "$0" -q exec --kernel linux-6.12 -- {BUSYBOX} echo hi >&-'
    closed = subprocess.run(
        ["sh", "-c", script, str(PROGRAM)], env=assay.environment, stderr=subprocess.PIPE, text=True, timeout=200, check=False
    )
    assert closed.returncode == 70 and "cannot write to stdout: Bad file descriptor" in closed.stderr
    assert not programs_in(assay.folder)


def test_stdout_and_stderr_in_one_keep_their_order(assay: Assay) -> None:
    script = "i=0; while [ $i -lt 40 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
    wanted = "".join(f"out {i}\nerr {i}\n" for i in range(40))
    (assay.folder / "results").mkdir()  # else stderr says that it was made
    path = assay.folder / "both"
    with path.open("w") as both:
        execute(assay, "--", BUSYBOX, "sh", "-c", script, stdout=both, stderr=both)
    assert path.read_text() == wanted
    done = execute(assay, "--", BUSYBOX, "sh", "-c", script, stderr=subprocess.STDOUT)
    assert done.stdout == wanted
    apart = execute(assay, "--", BUSYBOX, "sh", "-c", script)
    assert "err" not in apart.stdout and "out" not in apart.stderr


def test_what_keeps_a_program_from_running_is_named(assay: Assay) -> None:
    script = assay.folder / "script"
    script.write_text("#!/bin/nothing-here\necho hi\n")
    script.chmod(0o755)
    copied = execute(assay, "--file", f"{script}:/srv/copied", "--", "/srv/copied")
    for done in (execute(assay, "--", str(script)), copied):
        assert done.returncode == 2
        assert "it wants the interpreter /bin/nothing-here, which is not here" in done.stderr


def test_a_copy_under_another_name_brings_its_libraries(assay: Assay) -> None:
    done = execute(assay, "--file", "/bin/echo:/bin/dynamic", "--", "/bin/dynamic", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")


def test_without_results_the_exit_code_is_the_programs(assay: Assay) -> None:
    done = execute(assay, "--ktap", "--", BUSYBOX, "sh", "-c", "echo no results; exit 7")
    assert done.returncode == 7
    assert done.stdout.splitlines()[-1] == "no test results in the output"


@pytest.mark.parametrize("vcpus", ["1", "2"])
def test_what_was_written_right_before_a_panic_arrives(assay: Assay, guest: Guest, vcpus: str) -> None:
    if guest.arch == "sparc64" and vcpus != "1":
        pytest.skip("QEMU's sun4u has one vCPU")
    words = ("--vcpus", vcpus, "--", guest.busybox, "sh", "-c", "echo hello; echo c > /proc/sysrq-trigger")
    done = assay.run("-q", "exec", *guest.kernel, *words, code=255)
    assert done.stdout == "hello\n"
    assert "sysrq triggered crash" in done.stderr


def test_the_last_lines_of_a_guest_that_goes_are_shown(assay: Assay) -> None:
    done = execute(assay, "--", BUSYBOX, "sh", "-c", "echo the end > /dev/kmsg; busybox poweroff -f; sleep 100")
    assert done.returncode == 255
    assert "its last console lines were:" in done.stderr and "the end" in done.stderr


def test_a_reader_that_goes_away_is_a_signal_for_the_program(assay: Assay) -> None:
    running = assay.start("-q", "exec", *KERNEL, "--", BUSYBOX, "yes")
    assert running.stdout is not None and running.stderr is not None
    assert running.stdout.read(4) == "y\ny\n"
    running.stdout.close()
    errors = running.stderr.read()
    assert running.wait(timeout=60) == 128 + signal.SIGPIPE, errors
    assert "signal 13: Broken pipe" in errors
    assert not programs_in(assay.folder)


def test_another_user(assay: Assay) -> None:
    passwd = assay.folder / "passwd"
    passwd.write_text("root:x:0:0:root:/root:/bin/sh\nalder:x:1000:1001:Alder:/home/alder:/bin/sh\n")
    group = assay.folder / "group"
    group.write_text("root:x:0:\nalder:x:1001:\npond:x:50:alder\n")
    files = ("--file", f"{passwd}:/etc/passwd", "--file", f"{group}:/etc/group")
    script = "id -u; id -g; id -G; echo $HOME $USER; echo kept > /dev/stdout; touch /root/x || echo refused"
    done = execute(assay, *files, "--user", "alder", "--", BUSYBOX, "sh", "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1000", "1001", "1001 50", "/home/alder alder", "kept", "refused"]
    done = execute(assay, *files, "--user", "77:pond", "--", BUSYBOX, "sh", "-c", "id -u; id -G")
    assert done.stdout.splitlines() == ["77", "50"]
    done = execute(assay, *files, "--user", "birch", "--", BUSYBOX, "true")
    assert done.returncode == 127 and "cannot run as birch: the guest's /etc/passwd has no user birch" in done.stderr
