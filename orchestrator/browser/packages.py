#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds what the HTML report is drawn with, as package-lock.json pins it; fetches it once.

usage: packages.py        prints the folder that holds the packages

They are kept in ${XDG_CACHE_HOME:-~/.cache}/assay/npm, in a folder named by the hash of package-lock.json, so that a
build needs the network only when they change. Without a network, copy that folder from a machine that has it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "package-lock.json"


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "assay" / "npm"


def fail(why: str) -> int:
    print(f"cannot fetch what the HTML report is drawn with: {why}", file=sys.stderr)
    return 1


def fetch(folder: Path) -> int:
    """npm checks each package against the hash in the lock file; no script of a package is run."""
    npm = shutil.which("npm")
    if npm is None:
        return fail("there is no npm. ./dev setup build installs it, as does: apt-get install npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, scratch)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        end = subprocess.run(command, cwd=scratch, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if end.returncode != 0:
            return fail(
                f"npm ci says:\n{end.stderr.strip()}\n"
                f"Without a network, copy {folder} from a machine that has built this version of Assay."
            )
        try:
            (Path(scratch) / "node_modules").rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another build was faster
                raise
    return 0


def main() -> int:
    folder = cache() / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    if not folder.is_dir():
        status = fetch(folder)
        if status != 0:
            return status
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
