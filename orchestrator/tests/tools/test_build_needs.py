# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests declare is built before them, once, a base first, and each counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import build_needs
import pytest
import summarise

TOOL = build_needs.__file__
BEGIN = "import pytest\n"


def tool(*arguments: str, tests: str, folder: Path) -> tuple[int, str]:
    file = folder / "test_it.py"
    file.write_text(BEGIN + tests, encoding="utf-8")
    command = [sys.executable, TOOL, *arguments, str(file)]
    end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return end.returncode, end.stdout


def listed(folder: Path, tests: str) -> list[str]:
    code, said = tool("--list", tests=tests, folder=folder)
    assert code == 0, said
    return said.splitlines()


def assay(folder: Path, script: str) -> list[str]:
    program = folder / "assay"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return ["--assay", str(program), "--junit", str(folder / "kernels.junit.xml")]


def summary(folder: Path) -> list[str]:
    command = [sys.executable, summarise.__file__, str(folder), "kernels"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def test_a_base_comes_first_and_each_once(tmp_path: Path) -> None:
    tests = """
@pytest.mark.kernels("shared-fault-before+kvm", "linux-6.12")
@pytest.mark.builds("thing", "true")
def test_one(): pass

@pytest.mark.kernels("seal-nowait", "linux-6.12+kvm", "linux-6.12", "debian:6.12")
def test_two(): pass
"""
    assert listed(tmp_path, tests) == [
        *(f"kernel {name} x86_64" for name in ("linux-6.12", "linux-6.12+kvm", "debian:6.12")),
        *(f"kernel {name} x86_64" for name in ("shared-fault-before+kvm", "seal-nowait")),
        "program thing",
    ]


def test_a_base_beside_it_comes_first(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('extends = "linux-6.12"\n', encoding="utf-8")
    (tmp_path / "changed.toml").write_text('extends = "base"\n', encoding="utf-8")
    names = [f"{tmp_path}/{name}.toml" for name in ("changed", "base")]
    found = listed(tmp_path, f"@pytest.mark.kernels(*{names})\ndef test_one(): pass\n")
    assert found == [f"kernel {name} x86_64" for name in reversed(names)]


def test_the_architecture_is_the_marks_or_the_tests(tmp_path: Path) -> None:
    tests = """
@pytest.mark.kernels("linux-6.12")
@pytest.mark.kernels("linux-6.1", arch="x86_64")
@pytest.mark.parametrize("arch", ["sparc64"])
def test_one(arch): pass
"""
    assert listed(tmp_path, tests) == ["kernel linux-6.1 x86_64", "kernel linux-6.12 sparc64"]


def test_an_experiment_needs_what_its_workloads_run_with(tmp_path: Path) -> None:
    tests = '@pytest.mark.kernels(experiment="unmap-failure-swap")\ndef test_one(): pass\n'
    found = listed(tmp_path, tests)
    assert {"kernel unmap-fixed x86_64", "kernel unmap-fixed sparc64", "kernel unmap-order x86_64"} <= set(found)
    assert not {"kernel unmap-order sparc64", "kernel adi-stock x86_64"} & set(found)


def test_what_is_skipped_needs_nothing(tmp_path: Path) -> None:
    tests = """
@pytest.mark.kernels("linux-6.12")
@pytest.mark.skipif(True, reason="not now")
def test_one(): pass

@pytest.mark.kernels("linux-6.1")
@pytest.mark.skipif(False, reason="now")
def test_two(): pass
"""
    assert listed(tmp_path, tests) == ["kernel linux-6.1 x86_64"]


def test_tests_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    code, said = tool("--list", tests="import no_such_module\n", folder=tmp_path)
    assert code == 2
    assert "no_such_module" in said


TWO = '@pytest.mark.kernels("linux-6.12", "linux-6.1")\ndef test_one(): pass\n'


def test_each_is_counted_and_a_second_suite_builds_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_BUILD", "never")
    options = assay(tmp_path, 'echo "$@" >> "$(dirname "$0")/called"; test -z "$ASSAY_BUILD"')
    one = '@pytest.mark.kernels("linux-6.12")\ndef test_one(): pass\n'
    assert tool(*options, tests=one, folder=tmp_path) == (0, "kernel 1 of 1: linux-6.12 x86_64\n")
    assert tool(*options, tests=TWO, folder=tmp_path) == (0, "kernel 1 of 1: linux-6.1 x86_64\n")
    called = (tmp_path / "called").read_text(encoding="utf-8").splitlines()
    assert called == [f"kernel build {name} --arch x86_64" for name in ("linux-6.12", "linux-6.1")]
    assert summary(tmp_path) == ["", "2 passed, 0 failed"]


def test_a_failure_has_the_compilers_words_and_the_others_go_on(tmp_path: Path) -> None:
    script = 'test "$3" = linux-6.1 || { echo "kernel: 3 %" >&2; printf "assay: no\\n  x.c:1: error\\n" >&2; exit 125; }'
    code, said = tool(*assay(tmp_path, script), tests=TWO, folder=tmp_path)
    assert code == 3
    assert "kernel 2 of 2: linux-6.1 x86_64" in said
    lines = summary(tmp_path)
    assert lines[1] == "FAILED kernels: linux-6.12 x86_64"
    assert lines[2].startswith("    exit code 125; repeat with: ")
    assert lines[3:] == ["    assay: no", "      x.c:1: error", "", "1 passed, 1 failed"]


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    assert tool(*assay(tmp_path, "exit 130"), tests=TWO, folder=tmp_path)[0] == 130


def test_words_of_a_failure_are_those_behind_the_progress() -> None:
    said = "kernel x: 3 %\r\n\r\x1b[1A\x1b[Jassay: cannot build x: why\r\n  where\r\n"
    assert build_needs.words_of_failure(said) == "assay: cannot build x: why\n  where"
    assert build_needs.words_of_failure("make: *** no\n") == "make: *** no"
