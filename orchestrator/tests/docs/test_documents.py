# SPDX-License-Identifier: GPL-2.0-or-later
"""The documents cannot rot: their shell blocks are run, their links and tables are compared with the tree.

A block that begins with ```sh is run from the top folder by `bash -eu`, with the built `assay` on PATH. ```sh slow is run
by `./dev test --all` only. Other kinds of blocks (```text, ```console for transcripts, ```toml) are not run.
`./dev demo`, `test`, `lint` and `bench` inside a block only have their arguments checked (ASSAY_DEV_NESTED).
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
PROGRAM = TOP / "build/orchestrator/assay"
FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = [
    *(TOP / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "results/README.md")),
    *sorted(TOP.glob("experiments/**/README.md")),
    *sorted(TOP.glob("images/**/README.md")),
    *(TOP / "orchestrator" / name for name in ("README.md", "python/README.md")),
]


@dataclass(frozen=True)
class Block:
    where: str
    script: str
    slow: bool


def blocks_of(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        kind = match["kind"].split()
        if kind[:1] == ["sh"]:
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(f"{document.relative_to(TOP)}:{line}", match["body"], "slow" in kind))
    return found


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]

# What slow blocks boot.
SLOW = [
    pytest.mark.skipif(not os.environ.get("ASSAY_TEST_ALL"), reason="slow: run by ./dev test --all"),
    pytest.mark.kernels("linux-6.12", arch="x86_64"),
    pytest.mark.kernels("linux-6.12", arch="sparc64"),
    pytest.mark.kernels(experiment="shared-fault-vma-lock"),
    pytest.mark.builds("busybox sparc64", str(TOP / "images/busybox/build"), "sparc64"),
]
CASES = [pytest.param(block, id=block.where, marks=SLOW if block.slow else []) for block in BLOCKS]


@pytest.mark.parametrize("block", CASES)
def test_shell_block_runs(block: Block) -> None:
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "ASSAY_BUILD": "never", "ASSAY_DEV_NESTED": "1", "PATH": path}
    end = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", block.script],
        cwd=TOP,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800 if block.slow else 120,
        check=False,
    )
    assert end.returncode == 0, f"{block.where}: exit code {end.returncode}\n{block.script}\n{end.stdout}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(TOP)) for path in DOCUMENTS])
def test_fences_are_ones_that_we_know(document: Path) -> None:
    """A block called ```bash would be skipped in silence."""
    kinds = [match["kind"] for match in FENCE.finditer(document.read_text(encoding="utf-8"))]
    assert set(kinds) <= {"sh", "sh slow", "text", "console", "toml", "cpp", "json", "meson", "python", "sql"}, kinds


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(TOP)) for path in DOCUMENTS])
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    broken = [target for target in targets if target and not (document.parent / target).exists()]
    assert not broken


def anchors_of(document: Path) -> set[str]:
    """As GitHub makes them from headings."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(TOP)) for path in DOCUMENTS])
def test_links_lead_to_headings(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    linked = re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", text)
    broken = [
        f"{target}#{anchor}"
        for target, anchor in linked
        if anchor not in anchors_of(document.parent / target if target else document)
    ]
    assert not broken


def test_readme_has_blocks_that_are_run() -> None:
    assert [block for block in BLOCKS if block.where.startswith("README.md:")]


def test_architecture_is_short() -> None:
    assert len((TOP / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_architecture_explains_exactly_the_packages_that_dev_installs() -> None:
    listed = subprocess.run([TOP / "dev", "setup", "--list"], capture_output=True, text=True, check=True)
    table = (TOP / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Debian packages", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert explained == set(listed.stdout.split())


EXPERIMENTS = sorted(path.parent.name for path in TOP.glob("experiments/*/experiment.toml"))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_can_be_read(name: str) -> None:
    """Those that no other test runs as well."""
    words = [str(PROGRAM), "run", "--dry-run", str(TOP / "experiments" / name)]
    end = subprocess.run(words, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert end.returncode == 0, end.stderr
