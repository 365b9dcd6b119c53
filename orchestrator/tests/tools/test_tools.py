# SPDX-License-Identifier: GPL-2.0-or-later
"""The scripts behind ./dev: above all, a failure must never be added up as a success."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import budgets
import pytest
import summarise
from dev_script import dev_text

TOP = Path(__file__).resolve().parents[3]
GTEST = """<testsuites><testsuite name="assay.base.Bytes">
  <testcase name="parses" classname="Bytes"/>{more}</testsuite></testsuites>"""


def summary(folder: Path, *suites: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(Path(summarise.__file__)), str(folder), *suites]
    end = subprocess.run(command, capture_output=True, text=True, check=False)
    return end.returncode, end.stdout.splitlines()


def meson_result(folder: Path, result: str, cases: str | None = None, stdout: str = "") -> None:
    record = {"name": "base", "result": result, "returncode": 0, "stdout": stdout}
    (folder / "unit.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    if cases is not None:
        (folder / "unit.junit.xml").write_text(GTEST.format(more=cases), encoding="utf-8")


def test_cases_inside_a_program_are_counted(tmp_path: Path) -> None:
    meson_result(tmp_path, "OK", '<testcase name="b" classname="Bytes"/>')
    assert summary(tmp_path, "unit") == (0, ["", "2 passed, 0 failed"])


def test_a_failed_case_shows_its_message(tmp_path: Path) -> None:
    meson_result(tmp_path, "FAIL", '<testcase name="b" classname="Bytes"><failure message="1 is not 2"/></testcase>')
    code, lines = summary(tmp_path, "unit")
    assert code == 1
    assert lines[-1] == "1 passed, 1 failed"
    assert "    1 is not 2" in lines


@pytest.mark.parametrize("result", ["FAIL", "TIMEOUT", "INTERRUPT", "ERROR", "UNEXPECTEDPASS", "a new word"])
def test_a_crash_after_good_cases_is_a_failure(tmp_path: Path, result: str) -> None:
    meson_result(tmp_path, result, "", stdout="Segmentation fault")
    code, lines = summary(tmp_path, "unit")
    assert code == 1
    assert lines[-1] == "1 passed, 1 failed"
    assert "    Segmentation fault" in lines


def test_a_suite_without_results_is_a_failure(tmp_path: Path) -> None:
    meson_result(tmp_path, "OK")
    code, lines = summary(tmp_path, "unit", "vm")
    assert code == 1
    assert lines[-1] == "1 passed, 1 failed"


def test_nothing_but_skips_is_not_a_success(tmp_path: Path) -> None:
    meson_result(tmp_path, "SKIP", stdout="no kernel\n")
    code, lines = summary(tmp_path, "unit")
    assert code == 1
    assert "skipped unit: base: no kernel" in lines
    assert lines[-1] == "0 passed, 0 failed, 1 skipped"


def test_skipped_cases_give_their_reason(tmp_path: Path) -> None:
    meson_result(tmp_path, "OK", '<testcase name="b" classname="B"><skipped message="x.cpp:1&#10;no KVM"/></testcase>')
    code, lines = summary(tmp_path, "unit")
    assert code == 0
    assert "skipped unit: base: B.b: no KVM" in lines
    assert lines[-1] == "1 passed, 0 failed, 1 skipped"


def fuzz(folder: Path, script: str, with_corpus: bool = True) -> tuple[int, str]:
    program = folder / "fuzz-thing"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    if with_corpus:
        (folder / "corpus/thing").mkdir(parents=True)
    tool = str(Path(summarise.__file__).parent / "run_fuzzers.py")
    junit = folder / "fuzz.junit.xml"
    paths = ["--corpus", str(folder / "corpus"), "--work", str(folder / "found"), "--junit", str(junit)]
    end = subprocess.run([tool, "--seconds", "1", *paths, str(program)], capture_output=True, text=True, check=False)
    return end.returncode, summary(folder, "fuzz")[1][-1]


def test_a_fuzzer_that_ran_passes(tmp_path: Path) -> None:
    assert fuzz(tmp_path, "echo stat::number_of_executed_units: 7 >&2") == (0, "1 passed, 0 failed")


@pytest.mark.parametrize("script", ["exit 77", "echo stat::number_of_executed_units: 0", "true"])
def test_a_fuzzer_that_crashed_or_ran_nothing_fails(tmp_path: Path, script: str) -> None:
    assert fuzz(tmp_path, script) == (1, "0 passed, 1 failed")


def test_a_fuzzer_without_a_corpus_fails(tmp_path: Path) -> None:
    script = "echo stat::number_of_executed_units: 7"
    assert fuzz(tmp_path, script, with_corpus=False) == (1, "0 passed, 1 failed")


def test_budgets_find_what_breaks_them(tmp_path: Path) -> None:
    source = tmp_path / "long.hpp"
    source.write_text("int x;\n" * 501 + "// TO" + "DO later\nusing namespace std;\n", encoding="utf-8")
    found = budgets.problems_in(source)
    assert len(found) == 4
    source.write_text("// SPDX-License-Identifier: GPL-2.0-or-later\n// TO" + "DO(ann): later\n", encoding="utf-8")
    assert not budgets.problems_in(source)


@pytest.mark.parametrize("name", ["dev", "x.sh", "x.bash", "x.js", "x.c", "meson.build", "x.pyi", "x.hpp.in", "x.sql"])
def test_long_files_are_found_in_any_language(tmp_path: Path, name: str) -> None:
    long = tmp_path / name
    long.write_text("#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-or-later\n" + "x\n" * 499, encoding="utf-8")
    assert budgets.problems_in(long) == [f"{long}:501: 501 lines, at most 500: split it"]
    long.write_text("#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-or-later\n" + "x\n" * 498, encoding="utf-8")
    assert budgets.problems_in(long) == []


def test_long_subjects_are_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def told(code: int, text: str) -> None:
        monkeypatch.setattr(budgets, "git", lambda *_: subprocess.CompletedProcess([], code, text))

    told(0, f"abc1234 room: {'x' * 54}\n")
    assert budgets.long_subjects() == []
    told(0, f"abc1234 room: {'x' * 54}\nabc1235 room: {'y' * 55}\n")
    (found,) = budgets.long_subjects()
    assert found.startswith("commit abc1235: its subject has 61 characters, at most 60: room: y")
    assert capsys.readouterr().out == ""
    told(128, "")
    assert budgets.long_subjects() == [] and "there is no origin/main" in capsys.readouterr().out


def dev(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOP / "dev", *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [["tset"], ["test", "untit"], ["test", "--al"], ["lint", "x"], ["clean", "x"]])
def test_dev_refuses_what_it_does_not_know(arguments: list[str]) -> None:
    end = dev(*arguments, ASSAY_DEV_NESTED="1")
    assert end.returncode == 2
    assert arguments[-1] in end.stderr


@pytest.mark.parametrize(
    "arguments", [["--for"], ["--for", "clean"], ["--for", "demo", "unit"], ["--for", "test", "untit"], ["--fro"]]
)
def test_setup_refuses_what_needs_no_packages(arguments: list[str]) -> None:
    end = dev("setup", "--list", *arguments)
    assert end.returncode == 2
    assert arguments[-1] in end.stderr


def suites() -> list[str]:
    lists = re.findall(r"^\w+_suites=\((.*?)\)", dev_text(TOP), re.MULTILINE)
    return " ".join(lists).split()


def test_setup_lists_for_a_command_what_it_installs() -> None:
    def listed(*arguments: str) -> set[str]:
        return set(dev("setup", "--list", *arguments).stdout.split())

    assert listed("--for", "demo") == listed("build", "guests", "kernels")
    assert listed("--for", "test") > listed("--for", "test", "unit", "browser") > listed("browser")
    assert listed("--for", "test", "python") == {"python3-pytest"}
    assert listed() == listed("--for", "test", *suites()) | listed("--for", "lint") | listed("--for", "bench")


def test_dev_does_not_start_tests_inside_tests() -> None:
    end = dev("test", "unit", ASSAY_DEV_NESTED="1")
    assert end.returncode == 0
    assert "not run inside a test" in end.stdout


def test_dev_help_fits_a_terminal() -> None:
    lines = dev("help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)


def test_a_room_may_not_look_up() -> None:
    lines = ['#include "base/text.hpp"', '#include "cli/verb.hpp"', '#include "kernel/cache.hpp"']
    found = budgets.outside_room(Path("orchestrator/src/machine/x.cpp"), lines)
    assert [problem.split(":")[1] for problem in found] == ["2", "3"]
    assert not budgets.outside_room(Path("orchestrator/src/report/page/x.cpp"), lines[2:])


def test_workloads_do_not_know_each_other() -> None:
    lines = ['#include "workloads/all.hpp"', '#include "mm/mapping.hpp"', '#include "workloads/seal/seal_round.hpp"']
    found = budgets.outside_room(Path("guest-agent/src/workloads/swap/x.cpp"), lines)
    assert [problem.split(": ")[:2] for problem in found] == [
        ["guest-agent/src/workloads/swap/x.cpp:3", "workloads/swap may not include workloads/seal"]
    ]
    assert not budgets.outside_room(Path("guest-agent/src/workloads/seal/x.cpp"), lines)


def test_each_source_is_in_a_room() -> None:
    found = budgets.outside_room(Path("guest-agent/src/new/x.cpp"), [])
    assert found == ["guest-agent/src/new/x.cpp:1: in no room of guest-agent/src: see Rooms in ARCHITECTURE.md"]


def test_a_circle_of_units_is_found(tmp_path: Path) -> None:
    def write(name: str, *includes: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("".join(f'#include "{one}"\n' for one in includes), encoding="utf-8")

    write("a/one.hpp")
    write("a/one.cpp", "a/one.hpp", "a/two.hpp")
    write("a/two.hpp", "a/one.hpp")
    assert budgets.units_in_circles(tmp_path) == [f"{tmp_path}: these include each other, directly or not: a/one, a/two"]
    write("a/three.hpp", "a/two.hpp")
    write("a/two.cpp", "a/three.hpp")
    assert budgets.units_in_circles(tmp_path) == [
        f"{tmp_path}: these include each other, directly or not: a/one, a/three, a/two"
    ]
    write("a/one.cpp", "a/one.hpp")
    write("a/two.cpp", "a/two.hpp")
    assert budgets.units_in_circles(tmp_path) == []


def test_rooms_have_no_circle() -> None:
    for rooms in budgets.ROOMS.values():
        known: set[str] = set()
        for room, others in rooms.items():
            assert set(others.split()) <= known, f"{room} comes before what it may include"
            known.add(room)
