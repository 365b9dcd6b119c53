# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line completes itself: bash is asked as a terminal asks it. (Scripts of zsh and fish are made from the same
tables; the unit tests look for each option in each of the three.)"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PROGRAM = TOP / "build/orchestrator/assay"
EXPERIMENTS = sorted(path.parent.name for path in TOP.glob("experiments/*/experiment.toml"))
ASK = """
source <(assay completion bash)
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
COMP_LINE=$1 COMP_POINT=${#1}
_assay
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(line: str, folder: Path) -> list[str]:
    """What bash offers for the last word of the line, or for the next when the line ends with a blank."""
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "ASSAY_RESULTS": str(folder / "results")}
    done = subprocess.run(
        ["bash", "-u", "-c", ASK, "bash", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return sorted(done.stdout.split())


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("assay ru", ["run", "runs"]),
        ("assay -q ru", ["run", "runs"]),
        ("assay --results /tmp ru", ["run", "runs"]),
        ("assay kernel pa", ["path"]),
        ("assay -q kernel --results /tmp bui", ["build"]),
        ("assay run --tri", ["--trials"]),
        ("assay run x --until-d", ["--until-decided"]),
        ("assay run --resu", ["--results", "--resume"]),
        ("assay run --accel ", ["auto", "kvm", "tcg"]),
        ("assay run --accel=t", ["tcg"]),
        ("assay run --trials ", []),
        ("assay run shared-fault-v", ["shared-fault-vma-lock"]),
        ("assay run --trials 3 shared-fault-v", ["shared-fault-vma-lock"]),
        ("assay run shared-fault-vma-lock --variant ", ["after", "before"]),
        ("assay run shared-fault-vma-lock --workload pri", ["private-write"]),
        ("assay run --machine sm", ["small"]),
        ("assay mut", ["mutate"]),
        ("assay mutate shared-fault-v", ["shared-fault-vma-lock"]),
        ("assay mutate shared-fault-vma-lock --variant ", ["after", "before"]),
        ("assay mutate shared-fault-vma-lock --base be", ["before"]),
        ("assay mutate shared-fault-vma-lock --function ", []),
        ("assay mutate --mo", ["--most"]),
        ("assay run shared-fault-vma-lock --machine ", ["small"]),
        ("assay run shared-fault-vma-lock --kernel be", ["before="]),
        ("assay run shared-fault-vma-lock --kernel before=shared-fault-before-r", ["shared-fault-before-read"]),
        ("assay try -e shared-fault-c", ["shared-fault-cost"]),
        ("assay try --like linux-6.1", ["linux-6.1", "linux-6.12"]),
        ("assay try --like=linux-6.12", ["linux-6.12"]),
        ("assay exec -k linux-6.12 --arch s", ["sparc64"]),
        ("assay kernel build linux-6.12", ["linux-6.12"]),
        ("assay kernel diff linux-6.12 shared-fault-before-c", ["shared-fault-before-cow"]),
        ("assay report -f ju", ["junit"]),
        ("assay list w", ["workloads"]),
        ("assay list workloads fault.sh", ["fault.shared"]),
        ("assay list experiments shared-fault-v", ["shared-fault-vma-lock"]),
        ("assay list variants shared-fault-before-r", ["shared-fault-before-read"]),
        ("assay -q list variants fault.sh", []),
        ("assay kernel build linux-6.12+kas", ["linux-6.12+kasan"]),
        ("assay kernel build linux-6.12+kasan+kas", []),
        ("assay exec -k linux-6.12+kasan+loc", ["linux-6.12+kasan+lockdep"]),
        ("assay gdb linux-6.12+kas", ["linux-6.12+kasan"]),
        ("assay gdb linux-6.12 --at", ["--at-boot"]),
        ("assay try --like=linux-6.12+self", ["linux-6.12+selftests"]),
        ("assay run shared-fault-vma-lock --kernel before=linux-6.12+kas", ["linux-6.12+kasan"]),
        ("assay completion ", ["bash", "fish", "zsh"]),
        ("assay help kern", ["kernel"]),
        ("assay help kernel di", ["diff"]),
    ],
)
def test_bash_offers_what_there_is(line: str, offered: list[str], tmp_path: Path) -> None:
    assert completed(line, tmp_path) == offered


def test_a_name_in_a_file_is_no_command(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[workloads."$(touch ran)"]\n[workloads.fine]\n[workloads."`touch ran`"]\n')
    assert completed("assay run mine.toml --workload ", tmp_path) == ["fine"]
    assert not (tmp_path / "ran").exists()


def test_experiments_are_those_that_there_are(tmp_path: Path) -> None:
    assert completed("assay run ", tmp_path) == EXPERIMENTS


def test_files_and_folders_are_offered_where_they_are_meant(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").touch()
    (tmp_path / "mined").mkdir()
    assert completed("assay run mi", tmp_path) == ["mine.toml", "mined"]
    assert completed("assay --results mi", tmp_path) == ["mined"]
    assert completed("assay exec -k x --file mine.", tmp_path) == ["mine.toml"]
    assert completed("assay exec -k x -- mine.", tmp_path) == ["mine.toml"]
    assert completed("assay gdb linux-6.12 -- -x mine.", tmp_path) == ["mine.toml"]
    assert completed("assay report -o mine.", tmp_path) == ["mine.toml"]


def test_runs_are_those_of_the_results_that_the_line_names(tmp_path: Path) -> None:
    subprocess.run([PROGRAM.parent / "tests/browser/sample-run", tmp_path / "mine", "1", "10"], check=True, capture_output=True)
    run = "20261121-051502-sample-0001"
    for line in ("--results mine show ", "--results=mine show ", "show --results mine "):
        assert completed(f"assay {line}", tmp_path) == sorted(["last", run]), line
    # Where an experiment may stand, files are offered, too.
    assert completed("assay --results mine run --resume ", tmp_path) == sorted(["last", "mine", run])
    assert completed("assay show ", tmp_path) == []
    assert completed("assay --results mine run --res", tmp_path) == ["--results", "--resume"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_asks_with_the_whole_line(shell: str, tmp_path: Path) -> None:
    script = subprocess.run([PROGRAM, "completion", shell], check=True, capture_output=True, text=True).stdout
    (asked,) = (line for line in script.splitlines() if f"assay completion {shell} --values" in line)
    whole = {"bash": '-- "${@:3}"', "zsh": '-- "${(@Q)_assay_line}"', "fish": "-- (commandline -opc)[2..-1] (commandline -ct)"}
    assert whole[shell] in asked


def test_nothing_is_created_by_asking(tmp_path: Path) -> None:
    assert completed("assay show ", tmp_path) == []
    assert not (tmp_path / "results").exists()
