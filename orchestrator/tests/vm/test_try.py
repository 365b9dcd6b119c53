# SPDX-License-Identifier: GPL-2.0-or-later
"""assay try, on a tree whose Makefile makes in no time one of two kernels that exist: which one, a file says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM, Assay
from kernel_tree import AFTER, BEFORE, EXPERIMENT, Tree, git, made_tree

pytestmark = pytest.mark.kernels("shared-fault-before")


@pytest.fixture
def tree(assay: Assay) -> Tree:
    return made_tree(assay)


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
    page = assay.run("report", "-o", "-").stdout
    assert "[PATCH] no retries" in page and "diff --git" in page
    series.unlink()
    assay.environment["XDG_CACHE_HOME"] = str(assay.folder / "no-cache")
    assert assay.run("report", "-o", "-").stdout == page, "the results alone have it all"


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
