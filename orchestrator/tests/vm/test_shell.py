# SPDX-License-Identifier: GPL-2.0-or-later
"""A shell in a real guest, in a terminal: assay shell."""

from __future__ import annotations

import signal
import time

import pytest

from conftest import Assay, Guest
from terminal import Terminal

PROMPT = "# "


def test_a_shell_in_a_terminal(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, "shell", *guest.kernel)
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
    terminal = Terminal(assay, "shell", *guest.kernel)
    terminal.expect(PROMPT)
    terminal.type("sleep 1000\r")
    time.sleep(1)
    terminal.type("\x1d")
    terminal.end(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_shell_that_is_told_to_end_restores_the_terminal(assay: Assay, guest: Guest, number: signal.Signals) -> None:
    terminal = Terminal(assay, "shell", *guest.kernel)
    terminal.expect(PROMPT)
    terminal.signal(number)
    terminal.end(130)


def test_a_shell_whose_guest_dies_restores_the_terminal(assay: Assay, guest: Guest) -> None:
    terminal = Terminal(assay, "shell", *guest.kernel)
    terminal.expect(PROMPT)
    terminal.type("echo c > /proc/sysrq-trigger\r")
    terminal.expect("Kernel panic - not syncing")
    terminal.end(255)
