# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own tests of memory management, in guests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import PROGRAM, Assay

KERNEL = "linux-6.12+selftests"
BASE = "linux-6.12"
with_suite = pytest.mark.builds("selftests mm", str(PROGRAM), "-q", "suite", "mm", "-k", KERNEL, "--list")


@with_suite
def test_the_tests_are_listed_with_what_does_not_compile(assay: Assay) -> None:
    done = assay.run("suite", "mm", "-k", KERNEL, "--list")
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert ["madv_populate", "madv_populate"] in rows
    assert ["gup_test", "gup_test -ct -F 0x1 0 19 0x1000"] in rows
    # Debian's 6.12 took half of a change.
    assert any(row[0] == "khugepaged:" and "KSFT_SKIP" in row[1] for row in rows if len(row) == 2)


@with_suite
def test_what_is_wrong_is_told_before_anything_boots(assay: Assay) -> None:
    done = assay.run("suite", "mm", "-k", KERNEL, "-c", "madv_popul", code=2)
    assert 'no category "madv_popul"; did you mean "madv_populate"?' in done.stderr
    assert 'no suite "nn"' in assay.run("suite", "nn", "-k", KERNEL, code=2).stderr
    assert "--tree FOLDER, or --kernel NAME" in assay.run("suite", "mm", code=2).stderr
    assert "there are 3" in assay.run("suite", "mm", *("-k", KERNEL) * 3, code=2).stderr
    assert "are of a --tree" in assay.run("suite", "mm", "-k", KERNEL, "--head", "HEAD", code=2).stderr


@pytest.mark.kernels(KERNEL)
@with_suite
def test_categories_run_in_guests_that_are_ready_for_them(assay: Assay) -> None:
    done = assay.run("suite", "mm", "-k", KERNEL, "-c", "madv_populate", "-c", "memfd_secret", "-c", "mdwe",
                     "--json", code=None)  # fmt: skip
    tests = {(one["category"], one["test"]): one["base"][0] for one in json.loads(done.stdout)["tests"]}
    assert tests["madv_populate", "madv_populate"] == {"end": "passed"}
    assert tests["mdwe", "mdwe_test"] == {"end": "passed"}
    assert [name for _, name in tests if name.startswith("madv_populate: ")], "subtests are results, too"


@pytest.mark.kernels(KERNEL)
@with_suite
def test_nothing_is_told_of_a_kernel_and_itself(assay: Assay) -> None:
    done = assay.run("suite", "mm", "-k", KERNEL, "-k", KERNEL, "-c", "mdwe")
    assert "base and head are the same kernel" in done.stdout
    assert "worse (" not in done.stdout and "better (" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def ends(output: str) -> dict[str, str]:
    return {one["test"]: one["base"][0]["end"] for one in json.loads(output)["tests"]}


@pytest.mark.builds("selftests memfd", str(PROGRAM), "-q", "suite", "memfd", "-k", BASE, "--list")
def test_programs_of_another_folder_run_one_by_one(assay: Assay) -> None:
    done = assay.run("suite", "memfd", "-k", BASE, "-c", "memfd_test", "-c", "run_hugetlbfs_test.sh", "--json")
    assert ends(done.stdout) == {"memfd_test": "passed", "run_hugetlbfs_test.sh": "passed"}
    assert {"kernel": BASE, "option": "CONFIG_FUSE_FS=m", "flavour": "selftests"} in json.loads(done.stdout)["lacking"]
    assert "memfd" in assay.run("suite", "--list", "-k", BASE).stdout.splitlines()


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/bash\n" + text, encoding="utf-8")
    path.chmod(0o755)


def test_ltp_is_read_from_a_tree_of_the_users(assay: Assay) -> None:
    tree = assay.folder / "ltp"
    script(tree / "testcases/kernel/mem/mmap01", "echo \"mmap01.c:$1: TPASS: $LTPROOT\" >&2; exec mmap01_child\n")
    script(tree / "testcases/kernel/mem/mmap01_child", "echo 'mmap01.c:9: TCONF: no huge pages' >&2; exit 32\n")
    script(tree / "testcases/kernel/mem/mmap02", "echo 'mmap02  1  TFAIL  :  it is gone'; exit 1\n")
    (tree / "runtest").mkdir()
    (tree / "runtest/mm").write_text("one mmap01 54\ntwo X=`mktemp`; mmap02 $X\nthree mmap03\n", encoding="utf-8")
    done = assay.run("suite", "ltp", "--ltp", "ltp", "-k", BASE, "--json", code=1)
    assert ends(done.stdout) == {
        "one": "skipped",
        "one: mmap01.c:54": "passed",
        "one: mmap01.c:9": "skipped",
        "two": "failed",
        "two: mmap02 1": "failed",
        "three": "not run",
    }


def test_stress_ng_runs_each_stressor_for_a_while(assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not the real one: what is asked of it and how its end is read are the point.
    listing = """[ "$1" = --class ] && { echo "class 'vm' stressors: brk numa"; exit; }\n"""
    work = """echo "stress-ng: fail:  [$$] $*"; [ "$1" = --numa ] && exit 3; exit 2\n"""
    script(assay.folder / "bin/stress-ng", listing + work)
    monkeypatch.setitem(assay.environment, "PATH", f"{assay.folder}/bin:{assay.environment['PATH']}")
    words = ("suite", "stress-ng", "-k", BASE, "--stress-time", "2min", "--stress-ops", "7", "--json")
    done = assay.run(*words, code=1)
    assert ends(done.stdout) == {"brk": "failed", "numa": "skipped"}
    brk = json.loads(done.stdout)["tests"][0]["base"][0]
    assert brk["reason"] == "--brk 1 --verify --timeout 120s --brk-ops 7"
