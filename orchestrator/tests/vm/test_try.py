# SPDX-License-Identifier: GPL-2.0-or-later
"""assay try, on a tree whose Makefile makes in no time one of two kernels that exist: which one, a file says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM, Assay

pytestmark = pytest.mark.kernels("shared-fault-before")

BEFORE = "shared-fault-before"
AFTER = "linux-6.12"

MAKEFILE = """\
kernel := $(shell cat mm/choice)

allnoconfig:
	@cp $(KCONFIG_ALLCONFIG) .config
	@mkdir -p include/config
	@basename $(kernel) > include/config/kernel.release

olddefconfig:
	@mkdir -p include/config
	@echo own > include/config/kernel.release

bzImage: arch/x86/boot/bzImage
image: arch/sparc/boot/image

arch/%:
	@if test ! -e $(kernel); then echo "mm/choice:1:1: error: there is no $(kernel)"; exit 1; fi
	@mkdir -p $(@D)
	@cp $(kernel) $@
	@cp $(kernel) vmlinux
"""

EXPERIMENT = """
[experiment]
name = "retries"
title = "retries"
thread = "none@example.org"
trials = 1
timeout = "60s"

[sampling]
rate = "10Hz"
sources = ["vmstat"]

[variants.before]
kernel = "shared-fault-before"

[variants.after]
kernel = "linux-6.12"

[machines.small]
arch = "x86_64"
memory = "256M"

[workloads.faults]
workload = "fault.shared"
params = { threads = 2, pages = 64, rounds = 2 }

[[claims]]
id = "no-retries"
says = "no retries"
quote = "none"
author = "none"
message_id = "none@example.org"
workload = "faults"
figure = "vmstat.vma_lock_retry / touches"
min_trials = 1
expect = { before = ">= 0.9", after = "<= 0.1" }
"""


def git(tree: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Assay", "-c", "user.email=assay@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Tree:
    """A git repository of kernels, one commit after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "mm").mkdir(parents=True)
        (path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
        git(path, "init", "--quiet")

    def choose(self, variant: str, arch: str = "x86_64") -> None:
        """Makes the next kernel a copy of this one; a variant that does not exist makes a tree that does not build."""
        command = [str(PROGRAM), "kernel", "path", variant, "--arch", arch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        (self.path / "mm/choice").write_text(done.stdout or f"/{variant}\n", encoding="utf-8")

    def commit(self, subject: str, variant: str, arch: str = "x86_64") -> str:
        self.choose(variant, arch)
        (self.path / "log").write_text(subject, encoding="utf-8")
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--message", subject)
        return git(self.path, "rev-parse", "HEAD").strip()


@pytest.fixture
def tree(assay: Assay) -> Tree:
    """In a cache of its own with the two kernels in it."""
    tree = Tree(assay.folder / "linux")
    builds = assay.folder / "cache/assay/kernels/builds"
    builds.mkdir(parents=True)
    for variant, arch in ((BEFORE, "x86_64"), (AFTER, "x86_64"), (AFTER, "sparc64")):
        kernel = Path(assay.run("kernel", "path", variant, "--arch", arch).stdout.strip()).parent
        (builds / kernel.name).symlink_to(kernel)
    assay.environment["XDG_CACHE_HOME"] = str(assay.folder / "cache")
    del assay.environment["ASSAY_BUILD"]  # they take no time
    return tree


def test_two_revisions_are_tried_against_each_other(assay: Assay, tree: Tree) -> None:
    old = tree.commit("old", BEFORE)
    tree.commit("new", AFTER)
    where = ["--tree", str(tree.path), "--experiment", assay.experiment(EXPERIMENT)]
    assay.run("try", *where, "--base", "HEAD~", "--head", "HEAD")
    assay.run("try", *where, "--base", "HEAD", "--head", old, code=1)


def test_a_series_is_tried_on_the_tree_as_it_lies_there(assay: Assay, tree: Tree) -> None:
    tree.commit("old", BEFORE)
    tree.choose(AFTER)
    series = assay.folder / "v1.mbox"
    series.write_text("From nobody Thu Jan  1 00:00:00 1970\nSubject: [PATCH] no retries\n\n" + git(tree.path, "diff"))
    git(tree.path, "checkout", "--quiet", ".")
    done = assay.run(
        "try", "--tree", str(tree.path), "--series", str(series), "--experiment", assay.experiment(EXPERIMENT)
    )
    assert "1 claim: 1 holds" in done.stdout


def test_git_bisect_finds_the_commit_and_skips_the_one_that_does_not_build(assay: Assay, tree: Tree) -> None:
    tree.commit("1: good", AFTER)
    tree.commit("2: good", AFTER)
    tree.commit("3: does not build", "no-such-kernel")
    tree.commit("4: good", AFTER)
    guilty = tree.commit("5: retries again", BEFORE)
    tree.commit("6: bad", BEFORE)
    git(tree.path, "bisect", "start", "HEAD", "HEAD~5")
    done = subprocess.run(
        ["git", "bisect", "run", PROGRAM, "try", "--rev", "HEAD", "-e", assay.experiment(EXPERIMENT)],
        cwd=tree.path,
        env=assay.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{guilty} is the first bad commit" in done.stdout
    assert "there is no /no-such-kernel" in done.stderr


def test_what_cannot_be_tried_ends_a_bisection(assay: Assay, tree: Tree) -> None:
    tree.commit("good", AFTER)
    where = ["--tree", str(tree.path), "--experiment", assay.experiment(EXPERIMENT)]
    done = assay.run("try", *where, "--rev", "no-such-revision", code=128)
    assert 'there is no revision "no-such-revision"' in done.stderr
    assert "what shall be tried?" in assay.run("try", *where, code=2).stderr
    assert "Add --base REV" in assay.run("try", *where, "--head", "HEAD", code=2).stderr


def test_a_config_of_ones_own(assay: Assay, tree: Tree) -> None:
    tree.commit("good", AFTER)
    output = assay.folder / "output"
    output.mkdir()
    (output / ".config").write_text("CONFIG_X86_64=y\nCONFIG_MINE=m\n", encoding="utf-8")
    assay.environment["KBUILD_OUTPUT"] = str(output)
    where = ["--tree", str(tree.path), "--experiment", assay.experiment(EXPERIMENT), "--rev", "HEAD"]
    assay.run("try", *where, "--config")
    # Nothing stands in for Kconfig here, so the kernel's .config is what Kconfig was given.
    head = next((assay.folder / "cache/assay/try").glob("*/head.toml"))
    image = Path(assay.run("kernel", "path", str(head)).stdout.strip())
    config = (image.parent / "config").read_text(encoding="utf-8")
    assert "CONFIG_MINE=m\n" in config
    assert "CONFIG_VIRTIO_CONSOLE=y\n" in config
    other = assay.folder / "arm64.config"
    other.write_text("CONFIG_ARM64=y\n", encoding="utf-8")
    assert "neither x86_64 nor sparc64" in assay.run("try", *where, "--config", str(other), code=128).stderr


def test_a_revision_for_the_other_architecture(assay: Assay, tree: Tree) -> None:
    """A sparc64 kernel has no VMA lock whose retries could be counted, so the claim is on what it does count."""
    tree.commit("good", AFTER, "sparc64")
    text = EXPERIMENT.replace("x86_64", "sparc64").replace("vmstat.vma_lock_retry", "vmstat.pgfault")
    text = text.replace('expect = { before = ">= 0.9", after = "<= 0.1" }', 'expect = { after = ">= 0.9" }')
    text = text.replace("shared-fault-before", "linux-6.12")  # which is in the cache
    where = ["--tree", str(tree.path), "--experiment", assay.experiment(text)]
    done = assay.run("try", *where, "--rev", "HEAD")
    assert "1 claim: 1 holds" in done.stdout
