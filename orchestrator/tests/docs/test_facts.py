# SPDX-License-Identifier: GPL-2.0-or-later
"""What documents say of the program is what the program and its sources say: verbs, exit codes, formats, experiments."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PROGRAM = TOP / "build/orchestrator/assay"
README = (TOP / "README.md").read_text(encoding="utf-8")
MANUAL = (TOP / "orchestrator/README.md").read_text(encoding="utf-8")
NAMES = re.compile(r"`([^`]+)`")


def section(text: str, heading: str) -> str:
    """From the heading to the next of the same depth."""
    depth = heading.split(" ", 1)[0]
    assert f"{heading}\n" in text, f"no {heading}"
    return text.split(f"{heading}\n", 1)[1].split(f"\n{depth} ", 1)[0]


def first_cells(text: str) -> list[str]:
    """Of each row of the tables in it, but their heads."""
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [row.split("|")[1].strip() for row in rows[1:]]


def said(*arguments: str) -> str:
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def subcommands(*of: str) -> set[str]:
    listed = said(*of, "--help").split("\nCommands:\n", 1)[1].split("\n\n", 1)[0]
    return {line.split()[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)}


def options(*verb: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", said(*verb, "--help")))


def block(text: str, kind: str) -> str:
    """The first of this kind."""
    return text.split(f"```{kind}\n", 1)[1].split("```\n", 1)[0]


def test_readme_is_short() -> None:
    assert len(README.split()) <= 1200


def test_readme_shows_about_ten_lines_of_the_demo() -> None:
    lines = block(section(README, "## What the demo prints"), "text").splitlines()
    assert 8 <= len(lines) <= 12


def test_readme_names_the_experiments_that_try_takes() -> None:
    files = [path for path in TOP.glob("experiments/*/experiment.toml")]
    two = {path.parent.name for path in files if len(tomllib.loads(path.read_text(encoding="utf-8"))["variants"]) == 2}
    paragraph = README.split("**Which experiment?**", 1)[1].split("\n\n", 1)[0]
    named = {name for name in NAMES.findall(paragraph) if (TOP / "experiments" / name).is_dir()}
    assert named == two


def test_readme_names_options_that_try_has() -> None:
    table = section(README, "## Your own kernel tree")
    named = {option for cell in first_cells(table) for option in re.findall(r"--[a-z]+", cell)}
    assert named and named <= options("try")


def test_readme_tells_how_much_disk_dev_asks_for() -> None:
    (wanted,) = re.findall(r"^needed_gib=(\d+)$", (TOP / "dev").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{wanted} GiB of disk" in README


def test_manual_lists_exactly_the_verbs() -> None:
    cells = first_cells(section(MANUAL, "## Commands"))
    assert {cell.split("`assay ")[1].split()[0].rstrip("`") for cell in cells} == subcommands()
    kernel = " ".join(cell.removeprefix("`assay kernel ") for cell in cells if "assay kernel" in cell)
    assert {verb for verb in subcommands("kernel") if re.search(rf"\b{verb}\b", kernel)} == subcommands("kernel")


@pytest.mark.parametrize("row", [line for line in MANUAL.splitlines() if line.startswith("| `assay ")])
def test_manual_names_options_that_verbs_have(row: str) -> None:
    command, text = row.split("|")[1:3]
    named = set(re.findall(r"--[a-z][a-z-]*", text))
    words = [word for word in re.findall(r"[a-z]+", command.split("`")[1]) if word != "assay"]
    verb = words[:2] if words[0] == "kernel" else words[:1]
    assert named <= options(*verb)


def test_manual_lists_exactly_the_formats_of_reports() -> None:
    listed = re.search(r"--format ([a-z|]+)", said("report", "--help"))
    assert listed is not None
    assert {NAMES.findall(cell)[0] for cell in first_cells(section(MANUAL, "## Reports"))} == set(listed[1].split("|"))


def test_manual_lists_exactly_the_exit_codes() -> None:
    header = (TOP / "orchestrator/src/base/exit_code.hpp").read_text(encoding="utf-8")
    codes = re.findall(r"^  [a-z_]+ = (\d+),", header, re.MULTILINE)
    assert first_cells(section(MANUAL, "## Exit codes")) == codes


def test_readme_gives_exit_codes_their_meaning() -> None:
    paragraph = " ".join(README.split("**What comes out?**", 1)[1].split("\n\n", 1)[0].split())
    for meaning in ("0 all claims hold", "3 inconclusive", "125 a kernel does not build or boot"):
        assert meaning in paragraph and meaning in " ".join(said("--help").split())


def test_manual_lists_the_environment_that_sources_read() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (TOP / "orchestrator/src").rglob("*.cpp")]
    read = {name for text in sources for name in re.findall(r'(?:getenv|from_environment|usable)\("([A-Z_]+)"', text)}
    named = {name for row in section(MANUAL, "## Environment").splitlines() for name in NAMES.findall(row)}
    assert read <= named
    assert {name for name in first_cells(section(MANUAL, "## Environment"))} <= {f"`{name}`" for name in read}
