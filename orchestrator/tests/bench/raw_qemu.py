# SPDX-License-Identifier: GPL-2.0-or-later
"""The same guests without Assay: QEMU started by hand, with the machine that libvirt would have given it."""

from __future__ import annotations

import os
import re
import selectors
import socket
import subprocess
import time
from pathlib import Path

DEADLINE = 300.0
# What libvirt adds for itself: its monitor, its secrets, a start that waits for it.
DROPPED = {"-S": 0, "-no-shutdown": 0, "-name": 1, "-mon": 1, "-uuid": 1, "-msg": 1}

# libvirt's names, and ours where libvirt cannot describe the device.
CONSOLES = {"charserial0", "assay-console"}
CHANNELS = {"charchannel0", "assay-channel"}


class RawQemu:
    def __init__(self, words: list[str], initramfs: Path, scratch: Path) -> None:
        self.words, self.initramfs, self.scratch = words, initramfs, scratch

    def command(self, argument: str) -> list[str]:
        words: list[str] = [self.words[0]]
        rest = iter(self.words[1:])
        for word in rest:
            if word in DROPPED:
                for _ in range(DROPPED[word]):
                    next(rest)
                continue
            if not word.startswith("-"):
                raise RuntimeError(f"cannot read QEMU's command line at {word!r}")
            value = next(rest) if word not in ("-no-user-config", "-nodefaults", "-no-reboot") else ""
            if "masterKey0" in value or "charmonitor" in value:
                continue
            words += [word, self.value(word, value, argument)] if value else [word]
        return words

    def value(self, option: str, value: str, argument: str) -> str:
        if option == "-initrd":
            return str(self.initramfs)
        if option == "-append":
            return f"{value} {argument}".strip()
        if option != "-chardev":
            return value
        name = re.search("id=([^,]*)", value)
        if name and name[1] in CONSOLES:
            return f"stdio,id={name[1]},signal=off"
        if name and name[1] in CHANNELS:
            return f"socket,id={name[1]},path={self.scratch / 'raw.sock'},server=on,wait=off"
        raise RuntimeError(f"cannot read QEMU's command line at {value!r}")

    def start(self, argument: str) -> subprocess.Popen[bytes]:
        (self.scratch / "raw.sock").unlink(missing_ok=True)
        return subprocess.Popen(
            self.command(argument), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def boot(self, argument: str = "") -> float:
        """Wall time from the start of QEMU to its end: by itself, or killed as soon as the agent is ready."""
        began = time.monotonic()
        qemu = self.start(argument)
        try:
            if not argument:
                self.wait_for_ready(qemu)
                qemu.kill()
            qemu.communicate(timeout=DEADLINE)
            return time.monotonic() - began
        finally:
            qemu.kill()
            qemu.wait()

    def wait_for_ready(self, qemu: subprocess.Popen[bytes]) -> None:
        assert qemu.stdout is not None
        text = b""
        end = time.monotonic() + DEADLINE
        with selectors.DefaultSelector() as selector:
            selector.register(qemu.stdout, selectors.EVENT_READ)
            while b"assay-agent: ready" not in text:
                piece = os.read(qemu.stdout.fileno(), 65536) if selector.select(end - time.monotonic()) else b""
                if not piece:
                    raise RuntimeError(f"the guest did not get ready: {text[-2000:].decode(errors='replace')}")
                text += piece

    def raw_bytes(self, count: int) -> float:
        """Bytes a second over the port, from the first that arrives to the last."""
        qemu = self.start(f"assay.raw_bytes={count}")
        try:
            with self.connect() as port:
                block = bytearray(1 << 20)
                got = port.recv_into(block, 1)
                began = time.monotonic()
                while got < count:
                    piece = port.recv_into(block)
                    if piece == 0:
                        raise RuntimeError(f"the port closed after {got} of {count} bytes")
                    got += piece
                return count / (time.monotonic() - began)
        finally:
            qemu.kill()
            qemu.communicate()

    def connect(self) -> socket.socket:
        end = time.monotonic() + DEADLINE
        while True:
            port = socket.socket(socket.AF_UNIX)
            port.settimeout(DEADLINE)
            try:
                port.connect(str(self.scratch / "raw.sock"))
                return port
            except OSError:
                port.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
