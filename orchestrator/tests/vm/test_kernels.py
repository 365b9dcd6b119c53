# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels as they are built from nothing: minutes each, so only under `./dev test --all`."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM

VARIANT = "linux-6.12"
takes_minutes = pytest.mark.skipif(
    "ASSAY_TEST_ALL" not in os.environ, reason="builds a kernel from nothing, which takes minutes: ./dev test --all"
)


def assay(*arguments: str, cache: Path | None = None) -> str:
    environment = dict(os.environ)
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
        del environment["ASSAY_BUILD"]
    end = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert end.returncode == 0, end.stdout + end.stderr
    return end.stdout.strip()


def image(arch: str, cache: Path | None = None) -> tuple[str, str]:
    """The kernel's identity and the SHA-256 of its image; it is built when the cache is the test's own."""
    assay("-q", "kernel", "build", VARIANT, "--arch", arch, cache=cache)
    path = Path(assay("kernel", "path", VARIANT, "--arch", arch, cache=cache))
    return path.parent.name, hashlib.sha256(path.read_bytes()).hexdigest()


@takes_minutes
def test_a_rebuild_is_bit_identical(arch: str, tmp_path: Path) -> None:
    assert image(arch) == image(arch, tmp_path)
