# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the built program as a user would: real kernels in real guests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Who starts the tests in the background makes them, and all they start, deaf to Ctrl-C, and nohup to SIGHUP; the
# program takes that as meant, and the tests send it both.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "build/orchestrator/assay"
KERNELS = ROOT / "orchestrator/tests/vm/kernels"
ARCHES = ("x86_64", "sparc64")

# A time-out of a test is for its guests: a build inside of it is a mistake, which the program then tells.
os.environ["ASSAY_BUILD"] = "never"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Every test may boot linux-6.12 on both; other kernels it declares itself."""
    for arch in ARCHES:
        item.add_marker(pytest.mark.kernels("linux-6.12", arch=arch))
    if "guest" in getattr(item, "fixturenames", ()):
        for arch in ARCHES:
            item.add_marker(busybox(arch))


def busybox(arch: str) -> pytest.MarkDecorator:
    return pytest.mark.builds(f"busybox {arch}", str(ROOT / "images/busybox/build"), arch)


def qemus_named(folders: Path) -> list[int]:
    """Pids of living QEMUs whose guest's name begins with that of a folder in `folders`."""
    names = [f"guest={one.name}".encode() for one in folders.glob("*")]
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"/qemu-system-" in words[0] and any(word.startswith(name) for word in words for name in names):
            found.append(int(entry.name))
    return found


def qemus_of(folder: Path) -> list[int]:
    """Pids of living QEMUs of runs whose results are below `folder`."""
    return qemus_named(folder / "results/runs")


def programs_in(folder: Path) -> list[int]:
    """Pids of living QEMUs of an exec or shell whose results are below `folder`."""
    return qemus_named(folder / "results/exec")


class Assay:
    """One results folder and the program that writes into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "ASSAY_RESULTS": str(folder / "results")}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(PROGRAM), *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int | None = 0, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Runs to the end; `code` None takes any exit code."""
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if code is not None:
            assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def shown(self) -> Any:
        return json.loads(self.run("show", "--json").stdout)

    def experiment(self, text: str, name: str = "under-test") -> str:
        path = self.folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture(params=ARCHES)
def arch(request: pytest.FixtureRequest) -> str:
    """A test that takes it runs once for each architecture."""
    return str(request.param)


@pytest.fixture
def assay(tmp_path: Path) -> Assay:
    assert PROGRAM.exists(), f"{PROGRAM} is not built: ./dev build"
    return Assay(tmp_path)


@dataclass(frozen=True)
class Guest:
    """Where programs run that a test brings along: once for each architecture."""

    arch: str
    busybox: str

    @property
    def kernel(self) -> tuple[str, ...]:
        return ("--kernel", "linux-6.12", "--arch", self.arch)


@pytest.fixture
def guest(arch: str) -> Guest:
    built = subprocess.run([str(ROOT / "images/busybox/build"), arch], stdout=subprocess.PIPE, text=True, check=True)
    return Guest(arch, built.stdout.strip())
