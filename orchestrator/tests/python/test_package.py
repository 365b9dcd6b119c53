# SPDX-License-Identifier: GPL-2.0-or-later
"""What is installed, and what is imported from the build folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from stored_run import BUILD, PACKAGE, ROOT, store_run

import assay


def test_package_is_the_one_that_was_built() -> None:
    assert Path(assay.__file__).parent == PACKAGE / "assay"


def test_installed_where_python_looks(tmp_path: Path) -> None:
    results = store_run(tmp_path / "results", trials=2, samples=2000)
    install = ["meson", "install", "-C", str(BUILD.parent), "--no-rebuild", "--tags", "python-runtime"]
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}"}
    target = tmp_path / "target"
    subprocess.run([*install, "--destdir", str(target)], env=environment, check=True, stdout=subprocess.DEVNULL)
    place = Path(sysconfig.get_path("platlib"))
    if not (target / place.relative_to("/")).exists():
        pytest.skip(f"this build folder has another prefix than {place}")
    assert str(place) in sys.path
    script = f"import assay\nassert assay.__file__.startswith({str(target)!r})\nprint(assay.open({str(results)!r}).run().done)"
    environment["PYTHONPATH"] = str(target / place.relative_to("/"))
    end = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (end.returncode, end.stdout) == (0, "4\n"), end.stderr


def test_nothing_else_in_the_build_needs_python() -> None:
    """The program must be built without pybind11 and NumPy being there."""
    needed = subprocess.run(["ldd", str(BUILD / "assay")], capture_output=True, text=True, check=True).stdout
    assert "python" not in needed
    sources = [*(ROOT / "orchestrator/src").glob("*/*.?pp")]
    assert [path for path in sources if "pybind11" in path.read_text(encoding="utf-8")] == []
