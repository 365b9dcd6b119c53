# SPDX-License-Identifier: GPL-2.0-or-later
"""assay try --program: a verdict about a program, with no experiment file."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Assay
from kernel_tree import AFTER, BEFORE, Tree, made_tree

pytestmark = pytest.mark.kernels("shared-fault-before")

# Fails where write faults on shared memory are retried under mmap_lock.
SOURCE = """
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long retries(void)
{
	char name[64];
	long value;
	FILE *vmstat = fopen("/proc/vmstat", "r");

	while (fscanf(vmstat, "%63s %ld", name, &value) == 2)
		if (!strcmp(name, "vma_lock_retry")) {
			fclose(vmstat);
			return value;
		}
	exit(4);
}

int main(int count, char **arguments)
{
	const long pages = atol(arguments[count - 1]), size = sysconf(_SC_PAGESIZE);
	int file = memfd_create("shared", 0);
	char *memory;
	long before;

	if (ftruncate(file, pages * size))
		return 4;
	memory = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	before = retries();
	for (long i = 0; i < pages; ++i)
		memory[i * size] = 1;
	printf("assay: retries %ld\\n", retries() - before);
	return retries() - before > pages / 2;
}
"""


@pytest.fixture
def tree(assay: Assay) -> Tree:
    tree = made_tree(assay)
    tree.commit("old", BEFORE)
    tree.commit("new", AFTER)
    return tree


def source(assay: Assay) -> Path:
    path = assay.folder / "repro.c"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def where(tree: Tree) -> list[str]:
    return ["--tree", str(tree.path), "--base", "HEAD~", "--head", "HEAD"]


def test_a_reproducer_fails_before_and_passes_after(assay: Assay, tree: Tree) -> None:
    repro = source(assay)
    done = assay.run("try", *where(tree), "--program", str(repro), "--", "-n", "256")
    assert "1 claim: 1 holds" in done.stdout
    assert "The program fails on the kernel before the change" in done.stdout
    swapped = ["--tree", str(tree.path), "--base", "HEAD", "--head", "HEAD~"]
    done = assay.run("try", *swapped, "--program", str(repro), "--", "-n", "256", code=1)
    assert "1 claim: 1 refuted" in done.stdout


def test_who_expects_no_failure_is_told_of_one(assay: Assay, tree: Tree) -> None:
    done = assay.run(
        "try", *where(tree), "--expect", "pass:pass", "--trials", "2", "--program", str(source(assay)), "--", "64", code=1
    )
    assert "1 claim: 1 refuted" in done.stdout


def test_what_cannot_be_is_told_before_anything_is_built(assay: Assay, tree: Tree) -> None:
    def said(*words: str) -> str:
        return assay.run("try", *where(tree), *words, code=2).stderr

    assert "Give --experiment EXPERIMENT, or --program FILE" in said()
    assert "Give --experiment EXPERIMENT, or --program FILE" in said("-e", "x.toml", "--program", "x")
    assert "cannot find the program ./none" in said("--program", "./none")
    assert "there is none" in said("-e", "x.toml", "--", "x")
    assert "fail:pass" in said("--program", str(source(assay)), "--expect", "fail:fail")
    broken = assay.folder / "broken.c"
    broken.write_text("int main(void) { return nothing; }\n", encoding="utf-8")
    done = assay.run("try", *where(tree), "--program", str(broken), code=None)
    assert done.returncode != 0 and "nothing" in done.stderr and not (assay.folder / "results/runs").exists()
