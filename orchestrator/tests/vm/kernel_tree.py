# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree that stands in for a kernel's: its Makefile makes in no time one of two kernels that exist."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import PROGRAM, Assay

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

modules modules_install:
	@:

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
        for name in ("Kconfig", "arch/x86/Makefile", "arch/sparc/Makefile"):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text("", encoding="utf-8")
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


def made_tree(assay: Assay) -> Tree:
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
