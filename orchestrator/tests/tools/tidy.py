#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs clang-tidy over what changed since it last found nothing.

usage: tidy.py BUILD [--jobs N] [FILE...]       (without files: every source of ours in BUILD's compile commands)

A source is checked again when it, a header of ours that it includes, .clang-tidy or its compile command changed. BUILD
must have been built: what a source includes comes from ninja's record of the build.
Exit code: 0 when nothing was found, else 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TIDY = "clang-tidy-19"
# The commands are gcc's: clang does not know all of its warnings.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-unused-command-line-argument"]


@dataclass
class Source:
    path: Path
    key: str


def included_headers(build: Path, root: Path) -> dict[str, list[Path]]:
    """Object file -> the files of ours (and generated ones) that it was made from."""
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True)
    headers: dict[str, list[Path]] = {}
    current: list[Path] = []
    for line in listed.stdout.splitlines():
        if line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(root):
                current.append(path)
        elif ": #deps" in line:
            current = headers.setdefault(line.split(":", 1)[0], [])
    return headers


def key_of(command: str, files: list[Path], profile: str) -> str:
    digest = hashlib.sha256(f"{profile}\0{command}\0".encode())
    for path in sorted(set(files)):
        digest.update(f"{path}\0".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def sources(build: Path, root: Path, wanted: list[Path]) -> list[Source]:
    headers = included_headers(build, root)
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    profile = (root / ".clang-tidy").read_text(encoding="utf-8") + version
    found: dict[Path, Source] = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = (Path(entry["directory"]) / entry["file"]).resolve()
        ours = path.is_relative_to(root) and not path.is_relative_to(build)
        if ours and path.suffix == ".cpp" and (not wanted or path in wanted) and path not in found:
            files = [path, *headers.get(entry.get("output", ""), [])]
            found[path] = Source(path, key_of(entry["command"], files, profile))
    return list(found.values())


def check(build: Path, root: Path, source: Source) -> str:
    """The findings as text; empty when there are none."""
    ours = f"^{re.escape(str(root))}/(orchestrator|guest-agent)/"
    command = [TIDY, "-p", str(build), "--quiet", f"--header-filter={ours}", *EXTRA, str(source.path)]
    end = subprocess.run(command, capture_output=True, text=True, check=False)
    if end.returncode == 0 and not end.stdout.strip():
        return ""
    return end.stdout.strip() or f"{shlex.join(command)}: {end.stderr.strip()}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("files", type=Path, nargs="*")
    options = parser.parse_intermixed_args()
    root, build = Path.cwd().resolve(), options.build.resolve()
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    every = sources(build, root, [path.resolve() for path in options.files])
    todo = [source for source in every if not (stamps / source.key).exists()]
    print(f"clang-tidy: {len(todo)} of {len(every)} sources changed", flush=True)
    seen: set[str] = set()
    with ThreadPoolExecutor(options.jobs) as pool:
        for source, findings in zip(todo, pool.map(lambda one: check(build, root, one), todo)):
            if not findings:
                (stamps / source.key).touch()
            elif findings not in seen:  # a finding in a header is reported by each source
                seen.add(findings)
                print(findings, flush=True)
    return 1 if seen or not every else 0


if __name__ == "__main__":
    sys.exit(main())
