#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the rules of CONTRIBUTING.md that no other tool knows.

usage: budgets.py [FILE...]       (without files: all files that git would track)

- a source file, in whatever language, has at most 500 lines (functions are limited to 80 by clang-tidy);
- each source file names its licence in one of its first three lines;
- a TODO names its owner: TODO(name);
- no `using namespace` at the level of a header;
- the subject of a commit since origin's main has at most 60 characters;
- units (a source with its header) do not include each other in a circle;
- a room of orchestrator/src or guest-agent/src includes itself and what ROOMS allows it, as ARCHITECTURE.md has it.
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


# Below each of these folders: the rooms, and what each may include beside itself. Nothing else.
ROOMS = {
    "orchestrator/src": {
        "base": "",
        "series": "base",
        "kernel": "base series",
        "image": "base kernel",
        "machine": "base",
        "link": "base",
        "finding": "base",
        "guest": "base machine link finding",
        "probe": "base series kernel",
        "program": "base link guest",
        "debugger": "base link program",
        "trial": "base kernel image machine link finding guest program probe",
        "experiment": "base machine program probe trial",
        "verdict": "base probe trial experiment",
        "store": "base link trial verdict",
        "report": "base probe experiment trial verdict store",
        "report/text": "base probe trial verdict store report",
        "report/page": "base kernel experiment trial verdict store report",
        "report/formats": "base probe experiment trial verdict store report report/text",
        "export": "base trial store report/formats",
        "run": "base series kernel image machine guest program probe trial experiment verdict store",
        "mutate": "base series kernel image machine probe trial experiment verdict store run",
        "report/mutants": "base mutate report report/page",
        "suite": "base series kernel image machine trial program report run",
        # Rooms that have their place, and no file yet.
        "dump": "base machine finding",
        "bundle": "base kernel image guest probe trial",
        "hunt": "base finding trial bundle verdict store",
        "campaign": "base store run hunt",
        "serve": "base report campaign store",
        "cli": "base series kernel image machine finding guest probe trial experiment program debugger verdict store report "
        "report/text report/page report/formats report/mutants export run mutate suite",
    },
    "guest-agent/src": {
        "base": "",
        "wire": "base",
        "metrics": "base",
        "contract": "base wire metrics",
        "mm": "base metrics contract",
        "workloads": "contract",
        "workloads/anon": "base contract mm workloads",
        "workloads/seal": "base contract mm workloads",
        "workloads/self": "base contract mm workloads",
        "workloads/shared_fault": "base contract mm workloads",
        "workloads/swap": "base contract mm workloads",
        "workloads/unmovable": "base contract mm workloads",
        "supervisor": "base wire metrics",
        "worker": "base wire contract mm",
        "app": "base wire metrics contract supervisor worker",
    },
}
INCLUDE = re.compile(r'#include "([^"]+)"')


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


def room_of(path: str, rooms: dict[str, str]) -> str:
    """The innermost folder of the path that is a room, or ""."""
    folders = path.split("/")[:-1]
    names = ("/".join(folders[:depth]) for depth in range(len(folders), 0, -1))
    return next((name for name in names if name in rooms), "")


def outside_room(path: Path, lines: list[str]) -> list[str]:
    """Sources in no room, and includes of a room that theirs may not use."""
    top = next((top for top in ROOMS if path.as_posix().startswith(top + "/")), None)
    if top is None or path.suffix not in {".cpp", ".hpp"}:
        return []
    rooms = ROOMS[top]
    room = room_of(path.as_posix()[len(top) + 1 :], rooms)
    if not room:
        return [f"{path}:1: in no room of {top}: see Rooms in ARCHITECTURE.md"]
    found = []
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        other = room_of(include[1], rooms) if include is not None else ""
        if other not in ("", room, *rooms[room].split()):
            found.append(f"{path}:{number}: {room} may not include {other}: see Rooms in ARCHITECTURE.md")
    return found


def circles(includes: dict[str, set[str]]) -> list[list[str]]:
    """The sets of units of which each reaches all others by includes."""

    def reached_from(unit: str) -> set[str]:
        reached: set[str] = set()
        waiting = [unit]
        while waiting:
            new = includes.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        return reached

    reach = {unit: reached_from(unit) for unit in includes}
    found = {tuple(sorted(other for other in reach[unit] if unit in reach.get(other, ()))) for unit in reach if unit in reach[unit]}
    return sorted(list(circle) for circle in found)


def units_in_circles(top: Path) -> list[str]:
    """Units below `top` that include each other."""
    includes: dict[str, set[str]] = {}
    for path in [*top.rglob("*.cpp"), *top.rglob("*.hpp")]:
        unit = path.relative_to(top).with_suffix("").as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        named = {Path(include[1]).with_suffix("").as_posix() for line in lines if (include := INCLUDE.match(line))}
        includes.setdefault(unit, set()).update(one for one in named - {unit} if (top / f"{one}.hpp").exists())
    return [f"{top}: these include each other, directly or not: {', '.join(circle)}" for circle in circles(includes)]


def main(arguments: list[str]) -> int:
    paths = [Path(name) for name in arguments] or tracked_files()
    found = [problem for path in paths for problem in problems_in(path)]
    if not arguments:
        found += long_subjects()
        found += [problem for top in ROOMS for problem in units_in_circles(Path(top))]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
