# SPDX-License-Identifier: GPL-2.0-or-later
"""The program in a terminal, as a user has it."""

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

from conftest import PROGRAM, Assay, programs_in


class Terminal:
    """A command line of assay in a terminal of its own, which sends it the signals of its keys."""

    def __init__(self, assay: Assay, *arguments: str) -> None:
        self.folder = assay.folder
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.settings = termios.tcgetattr(theirs)
        self.theirs = theirs
        # setsid(1) makes it the controlling terminal of the session.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", str(PROGRAM), *arguments],
            env={**assay.environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
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

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.theirs)[3] & termios.ICANON

    def end(self, code: int) -> None:
        assert self.process.wait(timeout=60) == code, self.seen
        assert termios.tcgetattr(self.theirs) == self.settings, "the terminal is not as it was"
        assert not programs_in(self.folder)
