# SPDX-License-Identifier: GPL-2.0-or-later
"""The first experiment of experiments/README.md: as short as its heading says, and one that the program takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PROGRAM = TOP / "build/orchestrator/assay"
HEADING = "## Your first experiment in 15 lines\n"


@pytest.fixture
def experiment() -> str:
    """As it stands in the document."""
    document = (TOP / "experiments/README.md").read_text(encoding="utf-8")
    section = document.split(HEADING, 1)[1].split("\n## ", 1)[0]
    return section.split("```toml\n", 1)[1].split("```\n", 1)[0]


def test_it_has_at_most_15_lines(experiment: str) -> None:
    assert len([line for line in experiment.splitlines() if line.strip()]) <= 15


def test_the_program_accepts_it(experiment: str, tmp_path: Path) -> None:
    file = tmp_path / "first.toml"
    file.write_text(experiment, encoding="utf-8")
    done = subprocess.run(
        [PROGRAM, "--results", tmp_path / "results", "run", "--dry-run", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kernel shared-fault-before" in done.stdout and "kernel linux-6.12" in done.stdout
