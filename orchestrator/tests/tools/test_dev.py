# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions of ./dev by themselves, in a folder of their own."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest
from dev_script import dev_text

TOP = Path(__file__).resolve().parents[3]


def in_dev(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """The script with all functions of ./dev, in `folder` instead of the checkout."""
    return subprocess.run(command_of(script), cwd=folder, capture_output=True, text=True, check=False)


def command_of(script: str) -> list[str]:
    lines = dev_text(TOP).splitlines()
    functions = [line for line in lines if not line.startswith(("cd ", 'main "$@"'))]
    assert len(functions) == len(lines) - 2
    return ["bash", "-c", "\n".join([*functions, script]), "dev"]


def build_folder(folder: Path, source: Path) -> Path:
    """As Meson leaves it, set up from `source`."""
    (folder / "meson-info").mkdir(parents=True)
    info = {"directories": {"source": str(source), "build": str(folder)}}
    (folder / "meson-info/meson-info.json").write_text(json.dumps(info), encoding="utf-8")
    (folder / "build.ninja").touch()
    (folder / "found").mkdir()
    return folder


def test_a_build_folder_of_another_checkout_is_left_behind(tmp_path: Path) -> None:
    here = tmp_path.resolve()
    build = build_folder(here / "build", Path("/somewhere/else"))
    end = in_dev(here, "leave_behind build")
    assert (end.returncode, end.stdout) == (0, "build was set up in /somewhere/else: it is made anew here\n"), end.stderr
    assert [entry.name for entry in build.iterdir()] == ["found"], "what fuzzers found is kept"


def test_of_a_link_to_another_build_folder_only_the_link_goes(tmp_path: Path) -> None:
    other = build_folder(tmp_path / "other/build", tmp_path / "other")
    here = tmp_path / "here"
    here.mkdir()
    (here / "build").symlink_to(other)
    assert in_dev(here, "leave_behind build").returncode == 0
    assert not (here / "build").exists() and (other / "build.ninja").exists()


@pytest.mark.parametrize("through", ["", "link"])
def test_a_build_folder_of_this_checkout_stays(tmp_path: Path, through: str) -> None:
    here = tmp_path.resolve()
    (here / "link").symlink_to(here)
    build_folder(here / "build", here / through)
    end = in_dev(here, "leave_behind build")
    assert (end.returncode, end.stdout) == (0, ""), end.stderr
    assert (here / "build/build.ninja").exists()


def test_a_folder_that_is_no_build_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build/mine").touch()
    assert in_dev(tmp_path, "leave_behind build; leave_behind nothing").returncode == 0
    assert (tmp_path / "build/mine").exists()


@pytest.mark.parametrize(
    ("log", "text"),
    [
        ("", ""),
        ("ninja: Entering directory `build'\n[0/88] a\n", ""),
        ("[1/88] a\n[22/88] Compiling b\nwarning: [3/4]\n", ", 22 of 88, about 30 s left"),
        ("[88/88] Linking\n", ", 88 of 88, about 0 s left"),
        ("Get:1 something [12 kB]\n", ""),
    ],
)
def test_what_ninja_has_left_is_told(tmp_path: Path, log: str, text: str) -> None:
    (tmp_path / "log").write_text(log, encoding="utf-8")
    assert in_dev(tmp_path, "log=log; left_after 10; log=''").stdout == text


def test_sudo_is_told_of_proxies_and_of_nothing_else(tmp_path: Path) -> None:
    script = "export http_proxy='http://[::1]:3128' my_proxy_password=secret NO_PROXY=localhost; proxies_here"
    told = set(in_dev(tmp_path, script).stdout.split())
    assert {"http_proxy=http://[::1]:3128", "NO_PROXY=localhost"} <= told
    assert "my_proxy_password=secret" not in told


#: A command that says its process id to whoever opens the FIFO, has a child, and would run for long.
LONG = """#!/bin/sh
sleep 1000 &
echo $$ $! >told
wait
"""
#: The same, but it ends in order by itself.
ORDERLY = """#!/bin/bash
trap 'kill $! 2>/dev/null; wait $!; echo "in order: INT" >&2; exit 5' INT
trap 'kill $! 2>/dev/null; wait $!; echo "in order: TERM" >&2; exit 6' TERM
sleep 1000 &
echo $$ $! >told
wait
"""
STUBS = "need_for() { :; }; build_runtime() { :; }; program=./long; "


def ended_by(number: signal.Signals, folder: Path, script: str, program: str = LONG) -> tuple[int, str]:
    """The exit code and the words of ./dev that a signal meets while it runs `program`; nothing of it is left."""
    os.mkfifo(folder / "told")
    (folder / "long").write_text(program, encoding="utf-8")
    (folder / "long").chmod(0o755)
    with subprocess.Popen(
        command_of(script),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's "&" made us deaf to it
    ) as dev:
        ids = [int(word) for word in (folder / "told").read_text().split()]
        dev.send_signal(number)
        words = dev.communicate(timeout=60)[1]
    wait_until_gone(ids)
    return dev.returncode, words


def wait_until_gone(ids: list[int]) -> None:
    """They were killed; a busy machine takes its time until they are dead."""
    for pid in ids:
        try:
            end = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([end], [], [], 60)[0], f"{pid} lives on"
        os.close(end)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("script", ["step waiting ./long", "guarded ./long", "for one in 1 2; do step one ./long; done"])
def test_a_signal_ends_what_runs(tmp_path: Path, script: str, number: signal.Signals) -> None:
    code, words = ended_by(number, tmp_path, f"{script}; echo went on >&2")
    assert (code, words) == (130, "dev: interrupted; nothing is lost that was finished\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 5), (signal.SIGTERM, 6)])
def test_the_demo_ends_in_order(tmp_path: Path, number: signal.Signals, code: int) -> None:
    assert ended_by(number, tmp_path, STUBS + "cmd_demo", ORDERLY) == (code, f"in order: {number.name[3:]}\n")


def test_python_hears_signals_itself(tmp_path: Path) -> None:
    script = STUBS + "cmd_python -c 'import os; open(\"told\", \"w\").write(str(os.getpid())); import time; time.sleep(1000)'"
    assert ended_by(signal.SIGTERM, tmp_path, script)[0] == -signal.SIGTERM
