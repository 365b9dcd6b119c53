# SPDX-License-Identifier: GPL-2.0-or-later
"""Real gdb on the kernels of real guests: assay gdb, and assay shell --debug."""

from __future__ import annotations

import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import Assay, Guest, programs_in
from terminal import Terminal

PROMPT = "(gdb) "


def children_of(process: int) -> list[Path]:
    names = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [Path("/proc") / name for name in names]


def commands(*texts: str) -> list[str]:
    """The words of a gdb that ends behind the last."""
    return ["--", "-batch", *(word for text in texts for word in ("-ex", text))]


def test_a_guest_that_has_booted(assay: Assay, guest: Guest) -> None:
    done = assay.run(
        "gdb",
        "linux-6.12",
        "--arch",
        guest.arch,
        "--run",
        "echo in the guest; sync",
        *commands("x/s (char *)&linux_banner", "info threads", "break ksys_sync", "continue", "bt", "x/i $pc"),
    )
    assert '"Linux version 6.12' in done.stdout
    assert "CPU#0" in done.stdout
    assert "Breakpoint 1, ksys_sync () at fs/sync.c:" in done.stdout
    assert "#0  ksys_sync ()" in done.stdout
    assert "=> 0x" in done.stdout
    assert not programs_in(assay.folder)


def test_a_guest_before_its_first_instruction(assay: Assay, arch: str) -> None:
    done = assay.run(
        "gdb", "linux-6.12", "--arch", arch, "--at-boot", *commands("break start_kernel", "continue", "bt", "kill")
    )
    assert "Breakpoint 1, start_kernel () at init/main.c:" in done.stdout
    assert not programs_in(assay.folder)


def test_a_guest_that_stands_still_is_not_hung(assay: Assay) -> None:
    """A silence of 20 s of an idle guest is a hang elsewhere."""
    done = assay.run("gdb", "linux-6.12", "--run", "sync", *commands("break ksys_sync", "shell sleep 30", "continue"))
    assert "Breakpoint 1, ksys_sync ()" in done.stdout
    assert "hang" not in done.stderr


def test_gdb_has_the_terminal(assay: Assay) -> None:
    terminal = Terminal(assay, "gdb", "linux-6.12")
    terminal.expect(PROMPT)
    terminal.type("continue\r")
    terminal.expect("Continuing.")
    terminal.type("\x03")
    terminal.expect("SIGINT")
    terminal.expect(PROMPT)
    terminal.type("print 40 + 2\r")
    terminal.expect("$1 = 42")
    terminal.type("quit\r")
    terminal.expect("(y or n)")
    terminal.type("y\r")
    terminal.end(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_gdb_ends_with_assay(assay: Assay, number: signal.Signals) -> None:
    terminal = Terminal(assay, "gdb", "linux-6.12")
    terminal.expect(PROMPT)
    children = children_of(terminal.process.pid)
    assert any((child / "comm").read_text(encoding="utf-8") == "gdb\n" for child in children)
    terminal.signal(number)
    terminal.end(130)
    assert not any(child.exists() for child in children)


def test_a_shell_says_how_to_attach(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, "shell", *guest.kernel, "--debug")
    terminal.expect("in another terminal: ")
    words = shlex.split(terminal.expect("\n"))
    terminal.expect("# ")
    looked = subprocess.run(
        [*words, "-batch", "-ex", "x/s (char *)&linux_banner", "-ex", "detach"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert '"Linux version 6.12' in looked.stdout, looked.stderr
    terminal.type("echo still $((40 + 2))\r")
    terminal.expect("still 42")
    terminal.type("exit 7\r")
    terminal.end(7)


def test_a_shell_under_a_debugger_survives_a_panic(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, "shell", *guest.kernel, "--debug")
    terminal.expect("# ")
    terminal.type("echo c > /proc/sysrq-trigger\r")
    terminal.expect("the guest's kernel reported: ")
    terminal.type("\x1d")
    terminal.end(0)


def test_a_kernel_without_symbols_is_refused(assay: Assay, tmp_path: Path) -> None:
    image = assay.run("kernel", "path", "linux-6.12").stdout.strip()
    alone = tmp_path / "bzImage"
    alone.write_bytes(Path(image).read_bytes())
    refused = assay.run("gdb", str(alone), code=2)
    assert "its vmlinux is not here" in refused.stderr
