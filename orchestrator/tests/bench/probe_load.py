# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmark of the probes watches: nothing, a place that is never reached, a hot function, 200 lines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PROBES = ["none", "idle", "count", "cover"]
LINES = 200
# On the path of a write fault on a shared mapping, so that most of their lines run at each.
FAULT_PATH = [
    "handle_mm_fault",
    "__handle_mm_fault",
    "finish_fault",
    "set_pte_range",
    "__do_fault",
    "shmem_fault",
    "shmem_get_folio_gfp",
    "lock_vma_under_rcu",
    "exc_page_fault",
    "filemap_get_entry",
    "fault_dirty_shared_page",
]


def with_probes(vmlinux: Path) -> dict[str, str]:
    """The [[probes]] of each, by its name in PROBES."""
    places = ", ".join(f'"{line}"' for line in lines_of_fault_path(vmlinux))
    return {
        "none": "",
        "idle": '[[probes]]\nname = "idle"\nplace = "sysrq_handle_crash"\n',
        "count": '[[probes]]\nname = "hot"\nplace = "handle_mm_fault"\n',
        "cover": f'[[probes]]\nname = "lines"\nkind = "cover"\nplaces = [{places}]\n',
    }


def lines_of_fault_path(vmlinux: Path) -> list[str]:
    """LINES lines with code of their own, "mm/memory.c:5381", of the functions that a fault runs through."""
    found: list[str] = []
    for function in FAULT_PATH:
        command = ["objdump", "-d", "-l", "--no-show-raw-insn", f"--disassemble={function}", str(vmlinux)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for line in re.findall(r"^(?:\S*/)?((?:mm|arch/x86/mm)/\w+\.c:\d+)(?: .*)?$", text, re.MULTILINE):
            if line not in found:
                found.append(line)
        if len(found) >= LINES:
            return found[:LINES]
    raise RuntimeError(f"only {len(found)} of {LINES} lines are on the fault path of {vmlinux}")
