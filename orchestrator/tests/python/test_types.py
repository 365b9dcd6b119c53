# SPDX-License-Identifier: GPL-2.0-or-later
"""The stubs are the text of the interface: they must fit what was built, and themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stored_run import ENVIRONMENT, PACKAGE, ROOT


def test_package_and_its_tests_have_strict_types() -> None:
    sources = [*sorted((ROOT / "orchestrator/python/assay").glob("*.py*")), *sorted(Path(__file__).parent.glob("*.py"))]
    command = ["mypy", "--strict", "--no-error-summary", "--cache-dir", str(ROOT / "build/mypy"), "--scripts-are-modules"]
    checked = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_user_of_the_package_has_types(tmp_path: Path) -> None:
    """By py.typed alone; a wrong use is told."""
    (tmp_path / "use.py").write_text(
        "import assay\n\nreveal_type(assay.open('x').run().trials[0].samples('a')['a'].values)\nassay.open(3)\n",
        encoding="utf-8",
    )
    environment = {**ENVIRONMENT, "MYPYPATH": str(PACKAGE)}
    command = ["mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "use.py")]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "ndarray[Any, numpy.dtype[numpy.signedinteger" in checked.stdout, checked.stdout
    assert 'use.py:4: error: Argument 1 to "open"' in checked.stdout


def test_stubs_fit_the_module() -> None:
    """mypy's stubtest imports the module and compares."""
    environment = {**ENVIRONMENT, "MYPYPATH": str(PACKAGE)}
    command = ["/usr/bin/python3", "-m", "mypy.stubtest", "assay._native", "--ignore-missing-stub", "--concise"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    # pybind11's classes have a metaclass of its own, and those that nobody makes an __init__ that refuses.
    accepted = ("metaclass differs", 'stub does not have *args argument "args"')
    lines = [line for line in checked.stdout.splitlines() if line and not line.endswith(accepted)]
    assert not lines, "\n".join(lines) + checked.stderr
