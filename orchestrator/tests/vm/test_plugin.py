# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's plugin alone: across resets, against QEMU's own single stepping, and where the kernel rewrites its code."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import Assay
from raw_guest import COUNT, COVER, PluginFile, RawGuest, Watch, anchor_of, plugin_option, symbols_of

BUSYBOX = "/bin/busybox"
STEPPED = "vsnprintf"  # prints each line of the boot; no boot uses all that it can do

# Four processes make directories while two others make the kernel rewrite its code, that of mkdir() among it.
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc none /proc
$b mount -t sysfs none /sys
$b mount -t devtmpfs none /dev
$b mount -t tracefs none /sys/kernel/tracing
cd /sys/kernel/tracing
echo __x64_sys_mkdir > set_ftrace_filter
event=events/kmem/kmem_cache_alloc
(for round in 1 2 3; do echo function > current_tracer; echo nop > current_tracer; echo x >> /patched; done) &
writers=$!
(for round in 1 2 3; do echo 1 > $event/enable; echo 0 > $event/enable; echo x >> /flipped; done) &
writers="$writers $!"
workers=
for worker in 1 2 3 4; do
  (cd /made/$worker
  first=0
  while [ ! -e /done ]; do
    $b mkdir $($b seq $first $((first + 19)))
    first=$((first + 20))
  done) &
  workers="$workers $!"
done
wait $writers
: > /done
wait $workers
echo "made $($b find /made -mindepth 2 | $b wc -l) patched $($b wc -l < /patched) flipped $($b wc -l < /flipped)" > /dev/console
$b poweroff -f
"""


def kernel_of(assay: Assay, arch: str) -> tuple[Path, Path]:
    """Image and vmlinux."""
    image = Path(assay.run("kernel", "path", "linux-6.12", "--arch", arch).stdout.strip())
    return image, image.with_name("vmlinux")


def instructions_of(vmlinux: Path, arch: str, function: str) -> list[int]:
    tool = "objdump" if arch == "x86_64" else "sparc64-linux-gnu-objdump"
    command = [tool, "-d", "--no-show-raw-insn", f"--disassemble={function}", str(vmlinux)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [int(address, 16) for address in re.findall(r"^\s*([0-9a-f]+):\t", text, re.MULTILINE)]


def wait_for_hits(guest: RawGuest, file: PluginFile, probe: int, hits: int, seconds: float = 120) -> None:
    guest.wait_until(lambda: file.hits(probe) >= hits, seconds)


def test_counting_goes_on_after_a_reset(assay: Assay, tmp_path: Path) -> None:
    """Not on sparc64: QEMU's sun4u does not come back from every reset, with and without a plugin."""
    image, vmlinux = kernel_of(assay, "x86_64")
    symbols = symbols_of(vmlinux, "x86_64")
    watches = [Watch(COUNT, [symbols["start_kernel"][0]]), Watch(COUNT, [symbols["rest_init"][0]])]
    file = PluginFile(tmp_path / "probes", watches, 1)
    with RawGuest(tmp_path, "x86_64", image, plugin_option(file)) as guest:
        for boots in (1, 2, 3):
            wait_for_hits(guest, file, 1, boots)
            assert (file.hits(0), file.hits(1)) == (boots, boots)
            guest.monitor("system_reset")


def test_coverage_agrees_with_single_stepping(assay: Assay, tmp_path: Path, arch: str) -> None:
    """QEMU steps through the boot one instruction at a time and logs each one of the function that it executes."""
    image, vmlinux = kernel_of(assay, arch)
    symbols = symbols_of(vmlinux, arch)
    begin, size = symbols[STEPPED]
    instructions = instructions_of(vmlinux, arch, STEPPED)
    watches = [Watch(COVER, instructions), Watch(COUNT, [symbols["rest_init"][0]])]
    file = PluginFile(tmp_path / "probes", watches, 1, anchor=anchor_of(symbols, arch))
    log = tmp_path / "stepped.log"
    stepping = ["-singlestep", "-d", "exec,nochain", "-dfilter", f"{begin:#x}+{size:#x}", "-D", str(log)]
    with RawGuest(tmp_path, arch, image, [*plugin_option(file), *stepping]) as guest:
        wait_for_hits(guest, file, 1, 1, 400)
        guest.monitor("stop")
        covered = file.covered(0)
        traces = re.findall(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", log.read_text(), re.MULTILINE)
    assert {int(address, 16) for address in traces} == covered
    assert 0 < len(covered) < len(instructions)


def initramfs(folder: Path) -> Path:
    """Busybox and INIT."""
    root = folder / "root"
    for name in ("bin", "proc", "sys", "dev", "made/1", "made/2", "made/3", "made/4"):
        (root / name).mkdir(parents=True)
    (root / "bin/busybox").write_bytes(Path(BUSYBOX).read_bytes())
    (root / "init").write_text(INIT, encoding="utf-8")
    for program in ("bin/busybox", "init"):
        (root / program).chmod(0o755)
    packed = folder / "initramfs"
    with packed.open("wb") as file:
        subprocess.run("find . | cpio --quiet -o -H newc", shell=True, cwd=root, stdout=file, check=True)
    return packed


@pytest.mark.skipif("ASSAY_TEST_ALL" not in os.environ, reason="downloads a package of 100 MB: ./dev test --all")
@pytest.mark.kernels("debian:6.12")
def test_counts_are_exact_while_the_kernel_rewrites_its_code(assay: Assay, tmp_path: Path) -> None:
    """Function tracing is switched on and off at the very instruction that is counted, by a breakpoint that stands
    there in between, and static keys elsewhere; on four vCPUs."""
    script = f"{BUSYBOX} mount -t tracefs none /sys/kernel/tracing && "
    script += f"{BUSYBOX} grep ' __x64_sys_mkdir$' /sys/kernel/tracing/available_filter_functions_addrs"
    found = assay.run("-q", "exec", "--kernel", "debian:6.12", "--", BUSYBOX, "sh", "-c", script).stdout
    traced = int(found.split()[0], 16)
    image = Path(assay.run("kernel", "path", "debian:6.12").stdout.strip())
    watches = [Watch(COUNT, [traced]), Watch(COUNT, [traced + 5])]  # the call or what stands for it, and behind it
    file = PluginFile(tmp_path / "probes", watches, 4)
    more = [*plugin_option(file), "-initrd", str(initramfs(tmp_path))]
    with RawGuest(tmp_path, "x86_64", image, more, vcpus=4, memory="512M") as guest:
        guest.wait_for_end(300)
    console = guest.console.read_text(errors="replace")
    said = re.search(r"made (\d+) patched (\d+) flipped (\d+)", console)
    assert said, console[-2000:]
    made, patched, flipped = map(int, said.groups())
    assert [file.hits(0), file.hits(1)] == [made, made]
    assert (patched, flipped) == (3, 3) and made > 0
