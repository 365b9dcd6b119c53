# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the build gets uPlot from, and what it says when it cannot; no network is used."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

BROWSER = Path(__file__).resolve().parents[2] / "browser"
LOCK = BROWSER / "package-lock.json"


def packages(cache: Path, programs: Path) -> subprocess.CompletedProcess[str]:
    """Runs packages.py with nothing but `programs` on PATH."""
    return subprocess.run(
        [sys.executable, str(BROWSER / "packages.py")],
        env={"PATH": str(programs), "XDG_CACHE_HOME": str(cache), "HOME": str(cache)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def folder_in(cache: Path) -> Path:
    return cache / "assay/npm" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]


def fake_npm(folder: Path, script: str) -> Path:
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    npm.chmod(0o755)
    return folder


def test_says_what_to_install_without_npm(tmp_path: Path) -> None:
    end = packages(tmp_path / "cache", tmp_path)
    assert end.returncode == 1
    assert "there is no npm" in end.stderr
    assert "./dev setup build" in end.stderr


def test_says_what_npm_said_and_how_to_do_without_a_network(tmp_path: Path) -> None:
    end = packages(tmp_path / "cache", fake_npm(tmp_path, "echo ENOTFOUND >&2; exit 1"))
    assert end.returncode == 1
    assert "ENOTFOUND" in end.stderr
    assert str(folder_in(tmp_path / "cache")) in end.stderr
    assert not folder_in(tmp_path / "cache").exists()


def test_fetches_once(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    programs = fake_npm(tmp_path, '/bin/mkdir -p node_modules/uplot; echo "$@" >node_modules/arguments')
    first = packages(cache, programs)
    assert first.returncode == 0, first.stderr
    assert Path(first.stdout.strip()) == folder_in(cache)
    assert "--ignore-scripts" in (folder_in(cache) / "arguments").read_text(encoding="utf-8")
    (programs / "npm").unlink()
    assert packages(cache, programs).stdout == first.stdout
    assert [entry.name for entry in (cache / "assay/npm").iterdir()] == [folder_in(cache).name]


def test_the_lock_file_pins_every_package_by_hash() -> None:
    entries = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert set(entries) == {"", "node_modules/uplot"}
    assert entries["node_modules/uplot"]["integrity"].startswith("sha512-")
