# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of one's own in real guests: assay exec and assay shell."""

from __future__ import annotations

import hashlib
import os
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import PROGRAM, ROOT, Assay, Guest, programs_in

BUSYBOX = "/bin/busybox"
KERNEL = ("--kernel", "linux-6.12")


def sh(
    assay: Assay, guest: Guest, script: str, *options: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    return assay.run("exec", *guest.kernel, *options, "--", guest.busybox, "sh", "-c", script, code=code)


def test_streams_and_exit_code_are_the_programs_own(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "echo to stdout; echo to stderr >&2; exit 3", code=3)
    assert done.stdout == "to stdout\n"
    assert done.stderr.splitlines()[-1] == "to stderr"
    assert not programs_in(assay.folder)


def test_a_signal_is_128_and_its_number(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "kill -SEGV $$", code=128 + signal.SIGSEGV)
    assert "signal 11" in done.stderr


def test_ten_megabytes_come_out_whole(assay: Assay, guest: Guest) -> None:
    running = subprocess.run(
        [str(PROGRAM), "exec", *guest.kernel, "--", guest.busybox, "sh", "-c", "yes 0123456789abcde | head -c 10485760"],
        env=assay.environment,
        cwd=assay.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=True,
    )
    expected = hashlib.sha256(b"0123456789abcde\n" * (10485760 // 16)).hexdigest()
    assert hashlib.sha256(running.stdout).hexdigest() == expected, f"{len(running.stdout)} bytes came"


def test_a_slow_reader_holds_the_program_up_and_loses_nothing(assay: Assay, guest: Guest) -> None:
    running = assay.start("exec", *guest.kernel, "--", guest.busybox, "sh", "-c", "yes 0123456789abcde | head -c 8388608")
    assert running.stdout is not None
    select.select([running.stdout], [], [], 60)
    time.sleep(4)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert output == "0123456789abcde\n" * (8388608 // 16)


def test_files_go_in_and_come_out(assay: Assay, guest: Guest) -> None:
    content = os.urandom(3_000_001)
    (assay.folder / "in").write_bytes(content)
    (assay.folder / "in").chmod(0o750)
    (assay.folder / "empty").touch()
    files = ("--file", f"{assay.folder}/in:/a/b/in", "--file", f"{assay.folder}/empty:/a/")
    script = "stat -c %a /a/b/in; wc -c < /a/empty; cp -p /a/b/in /out; exit 9"
    done = sh(assay, guest, script, *files, "--get", f"/out:{assay.folder}/back", code=9)
    assert done.stdout == "750\n0\n"
    assert (assay.folder / "back").read_bytes() == content
    assert (assay.folder / "back").stat().st_mode & 0o777 == 0o750


def test_a_result_that_is_not_there_is_an_error(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "true", "--get", f"/none:{assay.folder}/none", code=70)
    assert "cannot copy /none out of the guest: cannot find /none: No such file or directory" in done.stderr
    assert not (assay.folder / "none").exists()


def test_a_result_that_cannot_be_written_leaves_the_next(assay: Assay, guest: Guest) -> None:
    """The guest would go on sending for long."""
    (assay.folder / "file").write_text("here")
    script = "dd if=/dev/zero of=/t/big bs=1M count=64 2>/dev/null; cp -r /t /u; echo next > /next"
    files = ("--file", f"{assay.folder}/file:/t/a", "--get", f"/u:{assay.folder}/file", "--get", f"/next:{assay.folder}/next")
    done = sh(assay, guest, script, *files, code=70)
    assert f"cannot write the folder {assay.folder}/file: Not a directory" in done.stderr
    assert (assay.folder / "next").read_text() == "next\n"
    assert (assay.folder / "file").read_text() == "here"


def test_stdin_and_environment(assay: Assay, guest: Guest) -> None:
    words = [str(PROGRAM), "exec", *guest.kernel, "--stdin", "--env", "WORD=given", "--", guest.busybox]
    text = "".join(f"line {i}\n" for i in range(100_000))
    done = subprocess.run(
        [*words, "sh", "-c", "echo $WORD; sha256sum"],
        env=assay.environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout == f"given\n{hashlib.sha256(text.encode()).hexdigest()}  -\n"


def test_a_time_out_is_124(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "echo before; sleep 1000", "--timeout", "2s", code=124)
    assert done.stdout == "before\n"
    assert "time-out" in done.stderr


def test_a_program_that_is_not_there_is_127(assay: Assay, guest: Guest) -> None:
    done = assay.run("exec", *guest.kernel, "--", "/no/such/program", code=127)
    assert "cannot execute /no/such/program: No such file or directory" in done.stderr


def test_a_panic_is_255_with_its_report(assay: Assay, guest: Guest) -> None:
    script = "echo before; read go; echo c > /proc/sysrq-trigger; sleep 100"
    words = [str(PROGRAM), "exec", *guest.kernel, "--stdin", "--", guest.busybox, "sh", "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, env=assay.environment, cwd=assay.folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as running:
        assert running.stdout is not None and running.stdout.readline() == "before\n"
        errors = running.communicate("go\n", timeout=300)[1]
    assert running.returncode == 255
    assert "Kernel panic - not syncing: sysrq triggered crash" in errors
    assert "sysrq_handle_crash" in errors
    assert len(list((assay.folder / "results/exec").glob("*/console.log"))) == 1
    assert not programs_in(assay.folder)


def test_a_guest_that_powers_off_is_255(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, f"{guest.busybox} poweroff -f; sleep 100", code=255)
    assert "the guest died: the guest powered off" in done.stderr


def test_a_kernel_that_does_not_boot_is_125(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "true", "--append", "initcall_blacklist=populate_rootfs", code=125)
    assert "cannot boot linux-6.12" in done.stderr
    assert "Kernel panic" in done.stderr


def test_a_big_endian_guest_writes_the_same_frames(assay: Assay) -> None:
    """The program is the agent's own code for messages, and the host's: they agree on every byte."""
    program = PROGRAM.parents[1] / "guest-agent/tests/golden-frames-sparc64"
    done = assay.run("exec", *KERNEL, "--arch", "sparc64", "--", str(program))
    written = dict(line.split() for line in done.stdout.splitlines())
    golden = {path.stem: path.read_bytes().hex() for path in (ROOT / "guest-agent/tests/golden").glob("*.frame")}
    assert written == golden


def test_an_image_by_its_path(assay: Assay) -> None:
    built = Path(assay.run("kernel", "path", "linux-6.12").stdout.strip())
    image = assay.folder / "bzImage"
    shutil.copy(built, image)
    done = assay.run("exec", "--kernel", str(image), "--", BUSYBOX, "uname", "-r")
    assert done.stdout.startswith("6.12.")


@pytest.mark.skipif("ASSAY_TEST_ALL" not in os.environ, reason="downloads a package of 100 MB: ./dev test --all")
@pytest.mark.kernels("debian:6.12")
def test_a_kernel_as_debian_ships_it(assay: Assay) -> None:
    done = assay.run("exec", "--kernel", "debian:6.12", "--", BUSYBOX, "uname", "-v")
    assert "Debian" in done.stdout


def test_the_program_that_takes_all_memory_is_killed_and_told(assay: Assay, guest: Guest) -> None:
    done = sh(assay, guest, "tail /dev/zero", "--memory", "256M", code=128 + signal.SIGKILL)
    assert "OOM killer" in done.stderr


def test_a_disk_to_swap_to(assay: Assay, guest: Guest) -> None:
    script = "mkswap /dev/vda && swapon /dev/vda && sed -n '2s/ .*//p' /proc/swaps"
    done = sh(assay, guest, script, "--swap", "32M")
    assert done.stdout.splitlines()[-1] == "/dev/vda"
    assert not list(assay.folder.glob("results/exec/*/swap"))


def test_mistakes_are_found_before_anything_boots(assay: Assay) -> None:
    done = assay.run("exec", *KERNEL, "--arch", "sparc64", "--", "/bin/cat", code=2)
    assert "it was not compiled for sparc64" in done.stderr
    done = assay.run("exec", "--kernel", "linux-6.21", "--", BUSYBOX, code=2)
    assert "did you mean" in done.stderr
    done = assay.run("exec", *KERNEL, "--file", "/none:/x", "--", BUSYBOX, code=2)
    assert "/none is not there" in done.stderr
    done = assay.run("shell", *KERNEL, code=2)
    assert "not a terminal" in done.stderr
    for program in ("", ".", "..", "folder/"):
        assert "it names no program" in assay.run("exec", *KERNEL, "--", program, code=2).stderr
    for user in ("nobody:", ":nogroup", "nobody:nogroup:x", "no body", "4294967295"):
        assert f'--user "{user}": ' in assay.run("exec", *KERNEL, "--user", user, "--", BUSYBOX, code=2).stderr
    os.mkfifo(assay.folder / "fifo")
    done = assay.run("exec", *KERNEL, "--file", f"{assay.folder}/fifo:/x", "--", BUSYBOX, code=2, timeout=30)
    assert "it is a FIFO that nobody writes to" in done.stderr
    done = assay.run("exec", *KERNEL, "--file", "/dev/zero:/x", "--memory", "64M", "--", BUSYBOX, code=2)
    assert "more comes of it than the guest has memory (64 MiB)" in done.stderr
    assert not (assay.folder / "results/exec").exists()


# Those by which a process ends that does not hear them. Nobody hears SIGKILL; a full pipe or file is an error of write();
# and who goes on after a mistake of the program itself makes it again.
DEADLY = sorted(
    number
    for number in signal.valid_signals()
    - {
        signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT, signal.SIGCHLD,
        signal.SIGURG, signal.SIGWINCH, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE,
        signal.SIGILL,
    }  # fmt: skip
)


def test_every_deadly_signal_is_a_wish_to_stop(assay: Assay) -> None:
    """While a file is waited for, so that no guest has to boot for each."""
    fifo = assay.folder / "fifo"
    os.mkfifo(fifo)
    for number in DEADLY:
        with open(fifo, "r+b", buffering=0) as writer:
            running = assay.start("exec", *KERNEL, "--file", f"{fifo}:/x", "--", BUSYBOX)
            assert running.stderr is not None
            while readers_of(fifo) == {os.getpid()}:
                assert running.poll() is None, running.communicate()
            running.send_signal(number)
            _, errors = running.communicate(timeout=30)
            assert writer is not None
        assert running.returncode == 130, (number, errors)
        assert "assay: stopping: the guest is being destroyed" in errors, number


def readers_of(path: Path) -> set[int]:
    """Pids of all that have a file open."""
    return {
        int(link.parts[2]) for link in Path("/proc").glob("[0-9]*/fd/*") if link.is_symlink() and samefile(link, path)
    }


def samefile(link: Path, path: Path) -> bool:
    try:
        return link.samefile(path)
    except OSError:
        return False


def test_a_process_substitution_goes_in(assay: Assay, guest: Guest) -> None:
    words = [str(PROGRAM), "exec", *guest.kernel, "--file", "/dev/fd/0:/x", "--", guest.busybox, "cat", "/x"]
    shell = '(sleep 0.1; echo from the host) | "$@"'
    done = subprocess.run(
        ["bash", "-c", shell, "bash", *words],
        env=assay.environment, cwd=assay.folder, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout == "from the host\n"


def test_what_has_no_end_does_not_come_out_for_ever(assay: Assay, guest: Guest) -> None:
    wishes = [word for name in ("/dev/zero", "/proc/self/pagemap") for word in ("--get", f"{name}:{assay.folder}/out")]
    done = sh(assay, guest, "true", "--memory", "64M", *wishes, "--get", f"/proc/version:{assay.folder}/version", code=70)
    assert "/dev/zero has no end: more came than the guest has memory and swap" in done.stderr
    assert "/proc/self/pagemap has no end" in done.stderr
    assert not (assay.folder / "out").exists()
    assert (assay.folder / "version").read_text(encoding="ascii").startswith("Linux version")


def test_a_file_does_not_wait_for_a_fifo_in_the_guest(assay: Assay, guest: Guest) -> None:
    (assay.folder / "d").mkdir()
    os.mkfifo(assay.folder / "d/fifo")
    (assay.folder / "file").write_text("x", encoding="ascii")
    done = sh(assay, guest, "true", "--file", f"{assay.folder}/d:/d", "--file", f"{assay.folder}/file:/d/fifo", code=70)
    assert "cannot create /d/fifo: what is there is neither a file nor a disk" in done.stderr


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGALRM, signal.SIGRTMAX],
)
def test_a_signal_destroys_the_guest(assay: Assay, guest: Guest, number: signal.Signals) -> None:
    running = assay.start("exec", *guest.kernel, "--", guest.busybox, "sh", "-c", "echo running; sleep 1000")
    assert running.stdout is not None
    assert running.stdout.readline() == "running\n"
    assert len(programs_in(assay.folder)) == 1
    running.send_signal(number)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert "assay: stopping: the guest is being destroyed" in errors
    assert not programs_in(assay.folder)


SELFTESTS = ROOT / "orchestrator/tests/vm/selftests.py"
with_selftests = pytest.mark.builds("selftests", str(SELFTESTS))


@pytest.fixture
def selftests() -> Path:
    """Programs of the kernel's own tests, in a folder for each architecture."""
    return Path(subprocess.run([str(SELFTESTS)], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


@with_selftests
def test_a_kernel_selftest_passes(assay: Assay, selftests: Path, arch: str) -> None:
    program = selftests / arch / "mremap_dontunmap"
    files = ("--file", f"{program}:/copy", "--get", f"/copy:{assay.folder}/back")
    done = assay.run("exec", *KERNEL, "--arch", arch, *files, "--ktap", "--", str(program))
    assert "ok 1 mremap_dontunmap_simple" in done.stdout
    assert done.stdout.splitlines()[-1] == "5 tests: 5 pass, 0 fail, 0 skip, 0 xfail"
    assert (assay.folder / "back").read_bytes() == program.read_bytes()


@with_selftests
def test_a_kernel_selftest_fails_where_memory_is_short(assay: Assay, selftests: Path) -> None:
    words = ("--memory", "512M", "--ktap", "--", str(selftests / "x86_64/mremap_test"))
    done = assay.run("-q", "exec", *KERNEL, *words, code=1)
    lines = done.stdout.splitlines()
    # Whether a gigabyte more can be mapped is close: the kernel's guess of what is free differs from boot to boot.
    assert lines[-1] in ("19 tests: 12 pass, 4 fail, 0 skip, 3 xfail", "19 tests: 11 pass, 5 fail, 0 skip, 3 xfail")
    assert "FAIL  10 2GB mremap - Source PUD-aligned, Destination PTE-aligned" in lines
    assert "        # Failed to map source region: Cannot allocate memory" in lines
    assert "xfail 1 mremap - Source and Destination Regions Overlapping" in lines


def test_a_silent_socket_as_stdin_holds_nobody_up(assay: Assay, guest: Guest) -> None:
    """It cannot be opened a second time, and a read() of it would wait for ever."""
    ours, theirs = socket.socketpair()
    command = [str(PROGRAM), "exec", *guest.kernel, "--stdin", "--timeout", "3s", "--", guest.busybox, "cat"]
    with ours, theirs:
        done = subprocess.run(
            command, env=assay.environment, stdin=theirs.fileno(), capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 124, done.stderr


def test_a_result_goes_where_a_shell_would_put_it(assay: Assay, guest: Guest) -> None:
    """Devices stay what they are, links are followed, descriptors go on where they are."""
    fifo, link, target = assay.folder / "fifo", assay.folder / "link", assay.folder / "target"
    os.mkfifo(fifo)
    link.symlink_to(target)
    (assay.folder / "astray").symlink_to(assay.folder / "no/such/place")
    read = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE, text=True)
    wishes = [word for to in (fifo, link, "/dev/stdout", "/dev/null") for word in ("--get", f"/x:{to}")]
    done = sh(assay, guest, "echo hi; echo from the guest > /x", *wishes)
    assert done.stdout == "hi\nfrom the guest\n"
    assert read.communicate(timeout=60)[0] == target.read_text() == "from the guest\n"
    assert fifo.is_fifo() and link.is_symlink() and Path("/dev/null").is_char_device()
    assert "is not there" in sh(assay, guest, "echo > /x", "--get", f"/x:{assay.folder}/astray", code=70).stderr
    assert (assay.folder / "astray").is_symlink()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--append", "x" * 2000, "--append", "y" * 100], "a kernel reads 2047"),
        (["--module", "nope"], "has no modules"),
    ],
)
def test_what_a_kernel_does_not_take_is_told(assay: Assay, words: list[str], said: str) -> None:
    assert said in assay.run("exec", *KERNEL, *words, "--", BUSYBOX, "true", code=2).stderr
