#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the rules of CONTRIBUTING.md that no other tool knows.

usage: budgets.py [FILE...]       (without files: all files that git would track)

- a source file, in whatever language, has at most 500 lines (functions are limited to 80 by clang-tidy);
- each source file names its licence in one of its first three lines;
- a TODO names its owner: TODO(name);
- no `using namespace` at the level of a header;
- the subject of a commit since origin's main has at most 60 characters;
- a room of orchestrator/src includes itself and the rooms below it, as ARCHITECTURE.md lists them.
Prints "file:line: what is wrong" and exits with 1 when something is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MOST_LINES = 500
LICENCE = "SPDX-License-Identifier: "
MOST_IN_SUBJECT = 60
LIMITED = {".bash", ".build", ".c", ".cpp", ".css", ".fbs", ".h", ".hpp", ".in", ".js", ".py", ".pyi", ".sh", ".sql"}
LICENSED = LIMITED - {".bash", ".in", ".pyi"} | {".config", ".patch", ".toml"}
LICENSED_NAMES = {"dev", "meson.build", "meson_options.txt", ".clang-format", ".clang-tidy", ".gitignore"}
# Inputs of tests: their bytes are the point.
DATA = re.compile(r"(^|/)(golden|corpus|data)/")
STRING = re.compile(r'"(\\.|[^"\\])*"')
ORPHAN = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(\w)")


# A room may include those before it; four of them know only base, and experiment knows only a machine's spec.
ROOMS = [
    *("base", "series", "kernel", "machine", "link", "finding", "probe"),
    *("experiment", "trial", "program", "verdict", "store", "report", "cli"),
]
ONLY_BASE = {"series", "machine", "link", "finding"}
ROOM_FILE = re.compile(r"^orchestrator/src/([a-z]+)/")
ROOM_INCLUDE = re.compile(r'#include "([a-z]+)/')


def git(*words: str) -> subprocess.CompletedProcess[str]:
    # Root may look into a user's clone.
    return subprocess.run(["git", "-c", f"safe.directory={Path.cwd()}", *words], capture_output=True, text=True, check=False)


def tracked_files() -> list[Path]:
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed.check_returncode()
    return [Path(name) for name in listed.stdout.split("\0") if name]


def long_subjects() -> list[str]:
    """Of the commits that origin does not have yet; it is said when there is no origin to tell them."""
    listed = git("log", "--no-merges", "--format=%h %s", "origin/main..HEAD")
    if listed.returncode != 0:
        print("not looked at: the subjects of commits, as there is no origin/main to say which are new")
        return []
    commits = (line.split(" ", 1) for line in listed.stdout.splitlines())
    return [
        f"commit {commit}: its subject has {len(subject)} characters, at most {MOST_IN_SUBJECT}: {subject}"
        for commit, subject in commits
        if len(subject) > MOST_IN_SUBJECT
    ]


def problems_in(path: Path) -> list[str]:
    if not path.is_file() or DATA.search(str(path)):
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = []
    is_source = path.suffix in LIMITED or (bool(lines) and lines[0].startswith("#!"))
    if is_source and len(lines) > MOST_LINES:
        found.append(f"{path}:{len(lines)}: {len(lines)} lines, at most {MOST_LINES}: split it")
    if path.suffix not in LICENSED and path.name not in LICENSED_NAMES:
        return found
    if not any(LICENCE in line for line in lines[:3]):
        found.append(f"{path}:1: no SPDX licence line in the first three lines")
    if path.suffix != ".patch" and path.name != Path(__file__).name:
        found += [
            f"{path}:{number}: a TODO without an owner: write TODO(name)"
            for number, line in enumerate(lines, 1)
            if ORPHAN.search(STRING.sub('""', line))
        ]
    if path.suffix == ".hpp":
        found += [
            f"{path}:{number}: using namespace in a header, for all who include it"
            for number, line in enumerate(lines, 1)
            if line.startswith("using namespace")
        ]
    return found + outside_room(path, lines)


def outside_room(path: Path, lines: list[str]) -> list[str]:
    """Includes that go against the order of the rooms."""
    room = ROOM_FILE.match(path.as_posix())
    if room is None or room[1] not in ROOMS:
        return []
    allowed = {"base"} if room[1] in ONLY_BASE else set(ROOMS[: ROOMS.index(room[1])])
    found = []
    for number, line in enumerate(lines, 1):
        include = ROOM_INCLUDE.match(line)
        if include is not None and include[1] in set(ROOMS) - allowed - {room[1]}:
            found.append(f"{path}:{number}: {room[1]} may not include {include[1]}: see Rooms in ARCHITECTURE.md")
    return found


def main(arguments: list[str]) -> int:
    paths = [Path(name) for name in arguments] or tracked_files()
    found = [problem for path in paths for problem in problems_in(path)]
    found += [] if arguments else long_subjects()
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
