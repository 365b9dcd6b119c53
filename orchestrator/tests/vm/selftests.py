#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Static programs of the kernel's own tests, compiled once; prints their folder, which has one for each architecture."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

SOURCE = Path("/usr/src/linux-source-6.12.tar.xz")
SOURCES = "linux-source-6.12"
INSIDE = f"{SOURCES}/tools/testing/selftests"
FOLDER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "assay/selftests-6.12"
COMPILERS = {"x86_64": "gcc", "sparc64": "sparc64-linux-gnu-gcc"}
NAMES = {
    "x86_64": ("mremap_test", "mremap_dontunmap", "pkey_sighandler_tests"),
    "sparc64": ("mremap_test", "mremap_dontunmap"),
}
HEADERS = ("kselftest.h", "mm/pkey-helpers.h", "mm/pkey-x86.h")


def extract(wanted: set[str]) -> None:
    if not SOURCE.exists():
        sys.exit(f"selftests: {SOURCE} is not here: apt install linux-source-6.12")
    with tempfile.TemporaryDirectory(dir=FOLDER) as unfinished, tarfile.open(SOURCE, "r|xz") as archive:
        for member in archive:
            if member.name in wanted:
                archive.extract(member, unfinished)
                (FOLDER / member.name).parent.mkdir(parents=True, exist_ok=True)
                (Path(unfinished) / member.name).rename(FOLDER / member.name)
                wanted.remove(member.name)
            if not wanted:
                break


def compile_missing() -> None:
    missing = [(arch, name) for arch in COMPILERS for name in NAMES[arch] if not (FOLDER / arch / name).exists()]
    if missing and os.environ.get("ASSAY_BUILD") == "never":
        sys.exit(f"selftests: they are not built, and ASSAY_BUILD=never forbids to build them; {__file__}")
    sources = {f"{INSIDE}/{name}" for name in (*HEADERS, *(f"mm/{name}.c" for _, name in missing))}
    unpacked = {source for source in sources if (FOLDER / source).exists()}
    if missing and unpacked != sources:
        extract(sources - unpacked)
    for arch, name in missing:
        (FOLDER / arch).mkdir(exist_ok=True)
        source = FOLDER / INSIDE / "mm" / f"{name}.c"
        target = FOLDER / arch / f"{name}.new"
        command = [COMPILERS[arch], "-O2", "-static", "-D_GNU_SOURCE=", "-o", str(target), str(source)]
        subprocess.run(command, check=True, timeout=120)
        target.rename(FOLDER / arch / name)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # somebody else may be at it
        compile_missing()
    print(FOLDER)


if __name__ == "__main__":
    main()
