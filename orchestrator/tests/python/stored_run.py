# SPDX-License-Identifier: GPL-2.0-or-later
"""The package as it was built, and results without guests: what every test of these needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build/orchestrator"
PACKAGE = BUILD / "python"
PROGRAM = BUILD / "assay"
sys.path.insert(0, str(PACKAGE))

#: For children: python3 and notebooks' kernels.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}


def store_run(folder: Path, trials: int = 4, samples: int = 40_000) -> Path:
    """A results folder with one run of `trials` trials of each of two variants, all of them passed or made up."""
    subprocess.run(
        [str(BUILD / "tests/browser/sample-run"), str(folder), str(trials), str(samples)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


def command(results: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line on a results folder."""
    return subprocess.run(
        [str(PROGRAM), f"--results={results}", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
