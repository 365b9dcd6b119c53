# SPDX-License-Identifier: GPL-2.0-or-later
"""Dynamic programs and scripts in real guests: assay exec brings what they need."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import Assay

PROGRAM = """
#include <pthread.h>
#include <stdio.h>
int one(void);
static void* leaves(void* value) { pthread_exit(value); }
int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, leaves, NULL);
  pthread_join(thread, NULL);
  printf("%d\\n", one());
}
"""


def dynamic_program(folder: Path, compiler: str) -> str:
    """One with a library of its own beside it."""
    (folder / "own").mkdir()
    (folder / "one.c").write_text("int one(void) { return 42; }\n")
    (folder / "mine.c").write_text(PROGRAM)
    library = [compiler, "-shared", "-fPIC", "-o", f"{folder}/own/libone.so", f"{folder}/one.c"]
    subprocess.run(library, check=True)
    found = [f"-L{folder}/own", "-lone", "-Wl,-rpath,$ORIGIN/own"]
    subprocess.run([compiler, "-pthread", "-o", f"{folder}/mine", f"{folder}/mine.c", *found], check=True)
    return "./mine"


def test_a_program_brings_its_libraries(assay: Assay) -> None:
    mine = dynamic_program(assay.folder, "gcc")
    assert assay.run("exec", "-k", "linux-6.12", "--", mine).stdout == "42\n"
    (assay.folder / "own/libone.so").unlink()
    done = assay.run("exec", "-k", "linux-6.12", "--", mine, code=2)
    assert "cannot run ./mine in a guest: it needs libone.so, which is not here where its loader looks" in done.stderr


def test_a_program_of_another_machine_finds_its_libraries_in_a_root(assay: Assay) -> None:
    mine = dynamic_program(assay.folder, "sparc64-linux-gnu-gcc")
    sparc64 = ("-k", "linux-6.12", "--arch", "sparc64")
    assert assay.run("exec", *sparc64, "--root", "/usr/sparc64-linux-gnu", "--", mine).stdout == "42\n"
    assert "its loader, which is not here" in assay.run("exec", *sparc64, "--", mine, code=2).stderr


def test_python_and_its_library(assay: Assay) -> None:
    (assay.folder / "mine.py").write_text("import json, sqlite3, ssl, sys\nprint(json.dumps(sys.argv[1:]))\n")
    assert assay.run("exec", "-k", "linux-6.12", "--", "python3", "mine.py", "a").stdout == '["a"]\n'


def test_scripts_bring_their_interpreters(assay: Assay) -> None:
    for name, line, text in (("a", "#!/bin/bash", "echo $((6 * 7))"), ("b", "#!/usr/bin/env python3", "print(42)")):
        (assay.folder / name).write_text(f"{line}\n{text}\n")
        (assay.folder / name).chmod(0o755)
        assert assay.run("exec", "-k", "linux-6.12", "--", f"./{name}").stdout == "42\n"


@pytest.mark.kernels("linux-6.12+selftests")
def test_programs_talk_to_themselves_over_loopback_and_to_nobody_else(assay: Assay) -> None:
    talk = (
        "import socket; mine = socket.create_server(('127.0.0.1', 0)); "
        "other = socket.create_connection(mine.getsockname()); print(mine.accept()[1][0])"
    )
    done = assay.run("exec", "-k", "linux-6.12+selftests", "--", "/usr/bin/python3", "-c", talk)
    assert done.stdout == "127.0.0.1\n"
    done = assay.run("exec", "-k", "linux-6.12+selftests", "--", "/bin/busybox", "cat", "/proc/net/dev")
    assert [line.split(":")[0].strip() for line in done.stdout.splitlines()[2:]] == ["lo"]
