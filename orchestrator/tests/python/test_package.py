# SPDX-License-Identifier: GPL-2.0-or-later
"""What is installed, and what is imported from the build folder."""

from __future__ import annotations

import inspect
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


def runtime_target() -> set[Path]:
    """The files of the target assay-runtime, which each command of ./dev builds that runs the program."""
    command = ["ninja", "-C", str(BUILD.parent), "-t", "query", "assay-runtime"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    inputs = listed.split("input:", 1)[1].split("outputs:", 1)[0].splitlines()[1:]
    return {BUILD.parent / line.strip().removeprefix("| ") for line in inputs if line.strip()}


def opened_by(program: Path) -> list[Path]:
    parts = subprocess.run([str(program), "doctor", "--parts"], capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in parts.splitlines()]


def test_each_path_that_the_program_opens_is_built_with_it() -> None:
    opened = opened_by(BUILD / "assay")
    assert {"assay-agent", "assay-agent-sparc64", "assay-probes.so"} == {path.name for path in opened}
    module = Path(assay._native.__file__ or "")
    sources = (ROOT / "orchestrator/python/assay").glob("*.py*")
    package = [PACKAGE / "assay" / source.name for source in sources]
    page = BUILD / "browser/browser_parts.cpp"
    assert {*opened, *package, module, page, BUILD / "assay"} - runtime_target() == set()


def test_what_is_installed_works_by_itself(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}", "HOME": str(tmp_path)}
    environment.pop("ASSAY_RESULTS", None)
    install = ["meson", "install", "-C", str(BUILD.parent), "--no-rebuild", "--destdir", str(tmp_path)]
    subprocess.run(install, env=environment, check=True, stdout=subprocess.DEVNULL)
    (program,) = tmp_path.glob("**/bin/assay")
    opened = opened_by(program)
    assert opened and all(path.exists() and tmp_path in path.parents for path in opened)
    for what, known in (("experiments", "shared-fault-vma-lock"), ("workloads", "fault.shared"), ("variants", "linux-6.12")):
        listed = subprocess.run([program, "list", what], env=environment, capture_output=True, text=True, check=True)
        assert known in listed.stdout
    dry = [str(program), "run", "--dry-run", "-v", "shared-fault-vma-lock"]
    done = subprocess.run(dry, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and str(tmp_path) in done.stdout, done.stderr


def test_nothing_else_in_the_build_needs_python() -> None:
    """The program must be built without pybind11 and NumPy being there."""
    needed = subprocess.run(["ldd", str(BUILD / "assay")], capture_output=True, text=True, check=True).stdout
    assert "python" not in needed
    sources = [*(ROOT / "orchestrator/src").glob("**/*.?pp")]
    assert [path for path in sources if "pybind11" in path.read_text(encoding="utf-8")] == []


def test_run_has_each_setting_of_the_command_line() -> None:
    parameters = inspect.signature(assay.run).parameters
    missing = [name for name in assay._native.run_settings() if name not in parameters]
    assert missing == [], "assay run has options for these"
