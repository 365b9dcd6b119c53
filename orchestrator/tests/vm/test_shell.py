# SPDX-License-Identifier: GPL-2.0-or-later
"""A shell in a real guest, in a terminal: assay shell."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from conftest import PROGRAM, Assay, Guest, programs_in


class Terminal:
    """assay shell in a terminal, as a user has it."""

    def __init__(self, assay: Assay, guest: Guest) -> None:
        self.folder = assay.folder
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.settings = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.process = subprocess.Popen(
            [str(PROGRAM), "shell", *guest.kernel],
            env={**assay.environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def expect(self, text: str, timeout: float = 60) -> str:
        """What came until `text`; the rest stays for the next call."""
        deadline = time.monotonic() + timeout
        while text not in self.seen:
            readable, _, _ = select.select([self.ours], [], [], max(0.0, deadline - time.monotonic()))
            assert readable, f"no {text!r} within {timeout} s, but {self.seen!r}"
            self.seen += os.read(self.ours, 65536).decode(errors="replace")
        before, self.seen = self.seen.split(text, 1)
        return before

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)  # not our controlling terminal, so the kernel does not

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.theirs)[3] & termios.ICANON

    def end(self, code: int) -> None:
        assert self.process.wait(timeout=60) == code
        assert termios.tcgetattr(self.theirs) == self.settings, "the terminal is not as it was"
        assert not programs_in(self.folder)


PROMPT = "# "


def test_a_shell_in_a_terminal(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, guest)
    terminal.expect(PROMPT)
    assert terminal.is_raw()
    terminal.type("uname -r; stty size; tty; echo $TERM\r")
    terminal.expect("6.12")
    terminal.expect("30 100")
    terminal.expect("/dev/pts/0")
    terminal.expect("xterm")
    terminal.resize(40, 120)
    terminal.expect(PROMPT)
    time.sleep(1)
    terminal.type("stty size\r")
    terminal.expect("40 120")
    terminal.type("sleep 1000\r")
    time.sleep(1)
    terminal.type("\x03")  # Ctrl-C is the guest's
    terminal.expect("^C")
    terminal.type("echo still $((40 + 2))\r")
    terminal.expect("still 42")
    terminal.type("exit 7\r")
    terminal.end(7)


def test_a_shell_is_left_with_its_key(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, guest)
    terminal.expect(PROMPT)
    terminal.type("sleep 1000\r")
    time.sleep(1)
    terminal.type("\x1d")
    terminal.end(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_shell_that_is_told_to_end_restores_the_terminal(assay: Assay, guest: Guest, number: signal.Signals) -> None:
    terminal = Terminal(assay, guest)
    terminal.expect(PROMPT)
    terminal.process.send_signal(number)
    terminal.end(130)


def test_a_shell_whose_guest_dies_restores_the_terminal(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, guest)
    terminal.expect(PROMPT)
    terminal.type("echo c > /proc/sysrq-trigger\r")
    terminal.expect("Kernel panic - not syncing")
    terminal.end(255)
