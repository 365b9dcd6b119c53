# SPDX-License-Identifier: GPL-2.0-or-later
"""What a newcomer's machine takes from this one, and how its steps are counted."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import machine
import newcomer
import pytest


def test_only_debians_own_sources_of_this_release() -> None:
    listed = """\
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm-updates main
deb https://security.example bookworm-security main
deb http://mirror.example/debian bookworm main
deb http://mirror.example/debian trixie main
"""
    assert machine.debian_sources(listed) == sorted(listed.splitlines()[:3])


def test_settings_that_reach_the_sources_go_along() -> None:
    kept = """\
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Proxy::mirror.example "DIRECT";
Acquire::https::mirror.example::CaInfo "/etc/own.pem";
Acquire::https::Verify-Peer "true";
"""
    others = 'Acquire::Languages "none";\nAcquire::http::Proxy-Auto-Detect "/usr/bin/x";\nAPT::Get::Assume-Yes "1";\n'
    assert machine.apt_settings(kept + others) == kept


def test_environment_has_no_secrets() -> None:
    given = {"https_proxy": "http://p", "NO_PROXY": "localhost", "TOKEN": "secret", "my_proxy_password": "secret"}
    assert machine.environment(given) == "https_proxy=http://p\nNO_PROXY=localhost\n"


def test_npm_is_told_of_the_registry_and_of_no_token(tmp_path: Path) -> None:
    file = tmp_path / ".npmrc"
    file.write_text("registry = https://r.example/\n//r.example/:_authToken=secret\nyes=false\n", encoding="utf-8")
    assert machine.npm_settings([tmp_path / "none", file]) == "registry = https://r.example/\n"


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(machine.CannotSay, match="bash ends with exit code 3: no disk"):
        machine.output(["bash", "-c", "echo no disk >&2; exit 3"])


def test_only_the_demos_kernels_are_copied(tmp_path: Path) -> None:
    for name, made_from in (("a", {"variant": "linux-6.12", "arch": "x86_64"}), ("b", {"variant": "linux-6.12", "arch": "sparc64"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "provenance.json").write_text(json.dumps(made_from), encoding="utf-8")
    (tmp_path / "c").mkdir()
    assert [name for name in "abc" if newcomer.is_of_demo(tmp_path / name)] == ["a"]


def test_what_a_failure_left_is_kept(tmp_path: Path) -> None:
    one = machine.Machine(tmp_path / "cache")
    left = one.root / "tmp/pytest-of-x/test_guest0"
    left.mkdir(parents=True)
    (left / "console.log").write_text("Oops", encoding="utf-8")
    (left / "link").symlink_to("/etc/passwd")
    one.keep(newcomer.LEFT_BY_TESTS, tmp_path / "kept")
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == ["console.log"]


class Scripted:
    """A machine that answers each script."""

    def __init__(self, answers: dict[str, tuple[int, str]]) -> None:
        self.answers = answers

    def run(self, script: str, limit: float) -> tuple[int, str]:
        assert limit > 60
        return next(answer for word, answer in self.answers.items() if word in script)


def cases(tmp_path: Path, answers: dict[str, tuple[int, str]]) -> dict[str, list[str]]:
    outcomes = newcomer.all_steps(Scripted(answers), False)  # type: ignore[arg-type]
    newcomer.write_junit(tmp_path / "junit.xml", outcomes)
    found = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
    return {str(case.get("name")): [child.tag for child in case] for case in found}


GOOD = {
    "dev demo": (0, newcomer.VERDICTS),
    "report last": (0, "report.html"),
    "elsewhere && build": (0, newcomer.VERDICTS),
    "jupyter": (0, ""),
    "dev test": (0, "9 passed, 0 failed"),
}


def test_all_steps_are_counted(tmp_path: Path) -> None:
    assert cases(tmp_path, GOOD) == {name: [] for name in ("demo", "report", "moved", "notebook", "tests")}


@pytest.mark.parametrize("answer", [(70, "no plugin \x1b[2J\0"), (0, "12 claims: 11 hold, 1 refuted")])
def test_after_one_that_failed_none_is_run(tmp_path: Path, answer: tuple[int, str]) -> None:
    counted = cases(tmp_path, {**GOOD, "report last": answer})
    assert counted == {"demo": [], "report": ["failure"], "moved": ["skipped"], "notebook": ["skipped"], "tests": ["skipped"]}
