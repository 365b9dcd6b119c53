# SPDX-License-Identifier: GPL-2.0-or-later
"""What assay try tells before it builds anything, and what it does not judge. No guest is booted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from conftest import Assay
from kernel_tree import AFTER, BEFORE, EXPERIMENT, Tree, git, made_tree

pytestmark = pytest.mark.kernels("shared-fault-before")

SEPARATOR = "From mboxrd@z Thu Jan  1 00:00:00 1970\n"
CREATES = """\
diff --git a/{name} b/{name}
new file mode 100644
--- /dev/null
+++ b/{name}
@@ -0,0 +1 @@
+{text}
"""


@pytest.fixture
def tree(assay: Assay) -> Tree:
    tree = made_tree(assay)
    tree.commit("first", AFTER)
    return tree


class Try:
    """assay try on the tree, which must not build anything."""

    def __init__(self, assay: Assay, tree: Tree) -> None:
        self.assay = assay
        self.cache = assay.folder / "cache/assay"
        self.experiment = assay.experiment(EXPERIMENT)
        self.tree = tree

    def __call__(self, *words: str, code: int, tree: Path | None = None) -> str:
        builds = sorted((self.cache / "kernels/builds").iterdir())
        where = ("--tree", str(tree or self.tree.path), "-e", self.experiment)
        done = self.assay.run("try", *where, *words, code=code)
        assert sorted((self.cache / "kernels/builds").iterdir()) == builds
        assert not (self.assay.folder / "results/runs").exists(), done.stderr
        return done.stderr

    def series(self, *patches: str) -> str:
        path = self.assay.folder / "x.mbox"
        path.write_text("".join(SEPARATOR + patch + "\n" for patch in patches), encoding="utf-8")
        return str(path)

    def untouched(self) -> bool:
        """Whether the tree was not even hashed."""
        return not (self.cache / "kernels/git").exists()


@pytest.fixture
def attempt(assay: Assay, tree: Tree) -> Try:
    return Try(assay, tree)


def mail(subject: str, diff: str) -> str:
    return f"Subject: {subject}\n\nText.\n---\n{diff}"


def choice(old: str, new: str) -> str:
    return f"--- a/mm/choice\n+++ b/mm/choice\n@@ -1 +1 @@\n-{old}\n+{new}\n"


def test_one_revision_against_itself_is_not_judged(attempt: Try) -> None:
    told = attempt("--base", "HEAD", "--head", "HEAD", code=4)
    assert "before and after are the same kernel: there is nothing to compare, and no claim is judged" in told


def test_documents_are_not_judged(attempt: Try) -> None:
    diff = CREATES.format(name="Documentation/mm/pond.rst", text="Ponds")
    told = attempt("--series", attempt.series(mail("[PATCH] Documentation: ponds", diff)), code=4)
    assert "are the same kernel" in told


def test_a_series_that_does_not_fit_is_told_before_its_base_is_built(attempt: Try) -> None:
    told = attempt("--series", attempt.series(mail("[PATCH] mm: x", choice("another", "one"))), code=125)
    assert "mm/choice: hunk at line 8 of the patch does not fit: @@ -1 +1 @@" in told
    assert "compiling" not in told


def test_a_dry_run_tells_all_that_a_run_tells_before_it_builds(attempt: Try) -> None:
    series = attempt.series(mail("[PATCH] mm: x", choice("another", "one")))
    told = attempt("--dry-run", "--series", series, code=125)
    assert "mm/choice: hunk at line 8 of the patch does not fit: @@ -1 +1 @@" in told
    assert "are the same kernel" in attempt("--dry-run", "--base", "HEAD", "--head", "HEAD", code=4)
    series = attempt.series(mail("[PATCH] mm: one", CREATES.format(name="mm/one.c", text="int one;")))
    attempt("--dry-run", "--series", series, code=0)


def test_a_configuration_that_cannot_be_is_the_bases(attempt: Try, tree: Tree) -> None:
    makefile = tree.path / "Makefile"
    drops = makefile.read_text(encoding="utf-8").replace("@cp $(KCONFIG_ALLCONFIG)", "@grep -v CONFIG_SWAP= $(KCONFIG_ALLCONFIG) >")
    makefile.write_text(drops, encoding="utf-8")
    series = attempt.series(mail("[PATCH] mm: one", CREATES.format(name="mm/one.c", text="int one;")))
    also: list[list[str]] = [[], ["--dry-run"]]
    for words in also:
        told = attempt(*words, "--series", series, code=125)
        assert "cannot build base: Kconfig dropped 1 option" in told
        assert "head" not in told.split("cannot build", maxsplit=1)[1]


def test_a_patch_that_is_there_is_said_to_be(attempt: Try, tree: Tree) -> None:
    first = mail("[PATCH 1/2] mm: one", CREATES.format(name="mm/one.c", text="int one;"))
    second = mail("[PATCH 2/2] mm: two", CREATES.format(name="mm/two.c", text="int two;"))
    (tree.path / "mm/one.c").write_text("int one;\n", encoding="utf-8")
    told = attempt("--series", attempt.series(first, second), code=125)
    assert "patch 1/2 is already in the source; leave it out:" in told
    (tree.path / "mm/two.c").write_text("int two;\n", encoding="utf-8")
    told = attempt("--series", attempt.series(first, second), code=125)
    assert "all 2 patches of the series are already in the source:" in told


def test_a_revision_of_the_series_is_chosen(attempt: Try) -> None:
    def part(name: str, version: str, number: int) -> str:
        return mail(f"[PATCH {version} {number}/2] mm: {number}", choice(name, "x"))

    series = attempt.series(part("a", "v2", 1), part("b", "v2", 2), part("c", "v2.1", 1))
    told = attempt("--series", series, code=125)
    assert "patch 1/2 is of v2.1 and patch 2/2 is of v2" in told
    assert "[PATCH v2.1 1/2]" in told
    told = attempt("--series", series, "--series-version", "2", code=125)
    assert "v2 is taken; there is v2.1 as well" in told
    assert "[PATCH v2 1/2]" in told
    assert "there is no v4 in it" in attempt("--series", series, "--series-version", "4", code=2)
    assert "is no version" in attempt("--series", series, "--series-version", "new", code=2)
    assert "there is none" in attempt("--base", "HEAD", "--head", "HEAD", "--series-version", "2", code=2)


def test_what_is_not_there_is_told_before_the_tree_is_hashed(attempt: Try, assay: Assay) -> None:
    series = attempt.series(mail("[PATCH] mm: x", choice("a", "b")))
    assert "/nothere" in attempt("--config", "/nothere", "--series", series, code=2)
    assert "no such file" in attempt("--series", "/nothere.mbox", code=2)
    assert "no diff" in attempt("--series", attempt.series(mail("[PATCH 1/1] mm: x", "")), code=2)
    attempt.series(mail("[PATCH] mm: x", choice("a", "b")))
    empty = assay.folder / "empty"
    empty.mkdir()
    assert "is no kernel tree: there is no Kconfig, Makefile" in attempt("--series", series, code=2, tree=empty)
    assert attempt.untouched()


def test_a_tree_may_be_a_worktree_or_have_a_blank_in_its_name(attempt: Try, assay: Assay, tree: Tree) -> None:
    linked = assay.folder / "linked work tree"
    git(tree.path, "worktree", "add", "--quiet", str(linked), "HEAD")
    assert "are the same kernel" in attempt("--base", "HEAD", "--head", "HEAD", code=4, tree=linked)
    series = attempt.series(mail("[PATCH] mm: x", choice("another", "one")))
    assert "does not fit" in attempt("--series", series, code=125, tree=linked)
    assert "does not fit" in attempt("--series", "x.mbox", code=125, tree=Path("linked work tree"))


def test_a_bare_repository_has_revisions_only(attempt: Try, assay: Assay, tree: Tree) -> None:
    bare = assay.folder / "bare.git"
    git(assay.folder, "clone", "--quiet", "--bare", str(tree.path), str(bare))
    assert "are the same kernel" in attempt("--base", "HEAD", "--head", "HEAD", code=4, tree=bare)
    series = attempt.series(mail("[PATCH] mm: x", choice("another", "one")))
    assert "is a bare git repository, which has no files" in attempt("--series", series, code=2, tree=bare)
    assert "does not fit" in attempt("--base", "HEAD", "--series", series, code=125, tree=bare)


def test_a_shallow_clone_says_what_it_lacks(attempt: Try, assay: Assay, tree: Tree) -> None:
    old = git(tree.path, "rev-parse", "HEAD").strip()
    tree.commit("second", BEFORE)
    shallow = assay.folder / "shallow"
    git(assay.folder, "clone", "--quiet", "--depth", "1", f"file://{tree.path}", str(shallow))
    assert "git fetch --unshallow" in attempt("--base", old, "--head", "HEAD", code=2, tree=shallow)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_another_user(attempt: Try, tree: Tree) -> None:
    subprocess.run(["chown", "--recursive", "nobody", str(tree.path)], check=True)
    told = attempt("--base", "HEAD", "--head", "HEAD", code=2)
    assert f"it belongs to another user; if you trust it: git config --global --add safe.directory {tree.path}" in told
    assert "is no git repository" not in told


def test_equal_images_of_different_sources_are_not_judged(assay: Assay, tree: Tree) -> None:
    tree.commit("second", AFTER)  # another log, the same kernel
    where = ["--tree", str(tree.path), "-e", assay.experiment(EXPERIMENT)]
    done = assay.run("try", *where, "--base", "HEAD~", "--head", "HEAD", code=4)
    assert "are the same kernel" in done.stderr
    assert not (assay.folder / "results/runs").exists()


def test_kernels_of_an_experiment_count_from_its_file(assay: Assay, tree: Tree) -> None:
    mine = assay.folder / "mine"
    mine.mkdir()
    (mine / "same.toml").write_text('extends = "linux-6.12"\n', encoding="utf-8")
    text = EXPERIMENT.replace('"shared-fault-before"', '"./same.toml"')
    (mine / "experiment.toml").write_text(text, encoding="utf-8")
    assert "are the same kernel" in assay.run("run", "mine/experiment.toml", code=4).stderr
