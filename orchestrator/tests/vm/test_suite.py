# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own tests of memory management, in guests."""

from __future__ import annotations

import json

import pytest
from conftest import PROGRAM, Assay

KERNEL = "linux-6.12+selftests"
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
    assert 'no suite "nn"; there is mm' in assay.run("suite", "nn", "-k", KERNEL, code=2).stderr
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
