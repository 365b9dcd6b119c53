# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU with the probes' plugin and without Assay: a file laid out by hand as probe/layout.hpp says, and a kernel."""

from __future__ import annotations

import json
import mmap
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from conftest import ROOT

PLUGIN = ROOT / "build/orchestrator/plugin/assay-probes.so"
MAGIC = 0x316562_6F72707961
COUNT, COVER = 0, 1
MEASURING = 2
HEADER = struct.Struct("=QQIIIIQIIQQ")
PROBE = struct.Struct("=IIQQQQQIIQQ")
SITE = struct.Struct("=QIIQ")
TALLY = 64
MACHINES = {
    "x86_64": ["-machine", "pc", "-cpu", "max,-erms", "-append", "console=ttyS0 loglevel=5 panic=0 nokaslr"],
    "sparc64": ["-machine", "sun4u", "-append", "console=ttyS0 loglevel=5 panic=0"],
}


def rounded(at: int) -> int:
    return (at + 63) // 64 * 64


@dataclass
class Watch:
    """A probe at these addresses: COUNT has one number for all of them, COVER one for each."""

    kind: int
    addresses: list[int]


class PluginFile:
    """What plugin and orchestrator share; it measures from the beginning."""

    def __init__(self, path: Path, watches: list[Watch], vcpus: int, anchor: int = 0) -> None:
        self.path, self.watches, self.vcpus = path, watches, vcpus
        sites = sorted((address, number) for number, one in enumerate(watches) for address in one.addresses)
        self.sites = sites
        self.probes_at = rounded(HEADER.size)
        self.sites_at = rounded(self.probes_at + len(watches) * PROBE.size)
        self.tallies_at = rounded(self.sites_at + len(sites) * SITE.size)
        entries_at = rounded(self.tallies_at + len(watches) * vcpus * TALLY)
        content = bytearray(entries_at)
        HEADER.pack_into(
            content, 0, MAGIC, entries_at, len(watches), len(sites), vcpus, 0, anchor, MEASURING, 0, 0, 0
        )
        for number, watch in enumerate(watches):
            at = self.probes_at + number * PROBE.size
            PROBE.pack_into(content, at, watch.kind, 0xFFFFFFFF, 0, 1, 2**64 - 1, 2**64 - 1, 0, 1, 0, 0, 0)
        for number, (address, probe) in enumerate(sites):
            SITE.pack_into(content, self.sites_at + number * SITE.size, address, probe, 0, 0)
        path.write_bytes(content)
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def hits(self, probe: int) -> int:
        first = self.tallies_at + probe * self.vcpus * TALLY
        return sum(struct.unpack_from("=Q", self.memory, first + vcpu * TALLY)[0] for vcpu in range(self.vcpus))

    def covered(self, probe: int) -> set[int]:
        found = set()
        for number, (address, owner) in enumerate(self.sites):
            (passes,) = struct.unpack_from("=Q", self.memory, self.sites_at + number * SITE.size + 16)
            if owner == probe and passes:
                found.add(address)
        return found


class RawGuest:
    """QEMU with a kernel, which needs an initramfs among `more` to boot to the end; it ends with the block."""

    def __init__(
        self, folder: Path, arch: str, kernel: Path, more: list[str], vcpus: int = 1, memory: str = "128M"
    ) -> None:
        self.socket = folder / "monitor"
        self.console = folder / "console.log"
        machine = [*MACHINES[arch], "-smp", str(vcpus), "-m", memory, "-kernel", str(kernel)]
        plain = ["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-accel", "tcg,thread=multi"]
        ports = ["-serial", f"file:{self.console}", "-qmp", f"unix:{self.socket},server=on,wait=off"]
        if arch == "sparc64":
            plain[-1] = "tcg"
        self.command = [f"/usr/bin/qemu-system-{arch}", *plain, *machine, *ports, *more]

    def __enter__(self) -> RawGuest:
        self.qemu = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.qemu.kill()
        self.qemu.communicate()

    def wait_until(self, done: Callable[[], bool], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not done():
            if self.qemu.poll() is not None:
                assert self.qemu.stderr is not None
                raise AssertionError(f"QEMU ended with {self.qemu.returncode}: {self.qemu.stderr.read()}")
            text = self.console.read_text(errors="replace")[-2000:] if self.console.exists() else ""
            assert time.monotonic() < end, f"nothing within {seconds} s; the console says: {text}"
            time.sleep(0.05)

    def wait_for_end(self, seconds: float = 120) -> None:
        self.qemu.wait(timeout=seconds)

    def monitor(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.socket))
            with connection.makefile("rw", encoding="utf-8") as stream:
                stream.readline()  # QEMU introduces itself
                for order in ("qmp_capabilities", command):
                    stream.write(json.dumps({"execute": order}) + "\n")
                    stream.flush()
                    answer = json.loads(stream.readline())
                    while "event" in answer:
                        answer = json.loads(stream.readline())
                    assert "return" in answer, answer


def plugin_option(file: PluginFile) -> list[str]:
    return ["-plugin", f"file={PLUGIN},probes={file.path}"]


def symbols_of(vmlinux: Path, arch: str) -> dict[str, tuple[int, int]]:
    """Address and size of each piece of code; 0 where the size is not known."""
    tool = "nm" if arch == "x86_64" else "sparc64-linux-gnu-nm"
    lines = subprocess.run([tool, "-S", str(vmlinux)], capture_output=True, text=True, check=True).stdout.splitlines()
    fields = [line.split() for line in lines]
    known = {f[2]: (int(f[0], 16), 0) for f in fields if len(f) == 3 and f[1] in "tT"}
    return known | {f[3]: (int(f[0], 16), int(f[1], 16)) for f in fields if len(f) == 4 and f[2] in "tT"}


def anchor_of(symbols: dict[str, tuple[int, int]], arch: str) -> int:
    """Where programs may have the kernel's addresses, the plugin learns from this instruction which code is whose."""
    return symbols["tlb_fixup_done"][0] if arch == "sparc64" else 0
