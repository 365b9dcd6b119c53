# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages of a command are what it uses: what our files import and start is held against the groups in ./dev.

A test passes on a machine where somebody installed by hand what no group names, and fails on the next fresh machine.
So this looks at the sources and not at what happens to run: each module and each program must be of a package that the
command installs, of one that such a package depends on, or of those that every Debian has.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pytest
from dev_script import dev_lines, dev_text
from package_owners import BROUGHT_BY, Machine, User, bringers, problem_of, read_machine
from package_uses import MODULE, PACKAGE, PROGRAM, Use, functions_from, uses_of_file, uses_of_script

TOP = Path(__file__).resolve().parents[3]
TESTS = "orchestrator/tests"
FOR_PYTHON = ("orchestrator/python/assay/*.py", "experiments/**/*.ipynb")
ENGINE = ("orchestrator/src/**/*.?pp", "images/busybox/build", "images/kernels/*.toml")
BUILD_NEEDS = f"{TESTS}/tools/build_needs.py"
MESON = ("meson.build", "guest-agent/**/meson.build", "orchestrator/**/meson.build", "orchestrator/browser/*.py")


@dataclass(frozen=True)
class Runs:
    """What a command runs: functions of ./dev, files, and files of which it only follows the imports."""

    functions: tuple[str, ...]
    files: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


ALL_SUITES = (".ci/run", f"{TESTS}/tools/summarise.py")
BUILDS = Runs(("build_for_tests", "build_all"), MESON)


def suite(*files: str, functions: tuple[str, ...] = ("run_pytest",), builds: bool = True) -> Runs:
    first = BUILDS if builds else Runs(())
    return Runs((*CHOOSERS, *first.functions, *functions), (*first.files, *ALL_SUITES, *files))


#: Functions that call others depending on what is wished: what they call is named for each wish.
CHOOSERS = {"main", "cmd_test", "run_suite"}
#: A new command or suite wants a line here.
RUNS = {
    "build": Runs(("cmd_build",), MESON),
    "install": Runs(("cmd_install",), MESON),
    "demo": Runs(("cmd_demo",), (*MESON, *ENGINE)),
    "python": Runs(("cmd_python",), (*MESON, *ENGINE, *FOR_PYTHON)),
    "bench": Runs(("cmd_bench",), (*MESON, *ENGINE, *FOR_PYTHON, f"{TESTS}/bench/*")),
    "lint": Runs(
        ("cmd_lint", "lint_format", "lint_budgets", "lint_shell", "lint_types", "lint_tidy", "lint_asan", "lint_tsan"),
        (*MESON, f"{TESTS}/tools/budgets.py", f"{TESTS}/tools/tidy.py", f"{TESTS}/unit/**/*.cpp"),
        imported=("orchestrator/**/*.py",),  # mypy follows them
    ),
    "test unit": suite(
        *(f"{TESTS}/unit/**/*.cpp", "guest-agent/**/*.cpp"),
        *("orchestrator/src/base/*", "orchestrator/src/mutate/*", "orchestrator/src/probe/patch_lines.cpp"),
        functions=("run_meson_suite",),
    ),
    "test functional": suite(
        *(f"{TESTS}/functional/**/*.cpp", "orchestrator/src/base/*", "orchestrator/src/kernel/*"),
        *("orchestrator/src/mutate/*", "orchestrator/src/probe/patch_lines.cpp"),
        functions=("run_meson_suite",),
    ),
    "test python": suite(
        *(f"{TESTS}/tools/{name}.py" for name in ("test_*", "package_*", "program_*", "run_fuzzers")),
        f"{TESTS}/newcomer/test_newcomer.py",
        builds=False,
    ),
    "test bindings": suite(f"{TESTS}/python/*.py", *FOR_PYTHON),
    "test docs": suite(f"{TESTS}/docs/*.py", BUILD_NEEDS, *ENGINE, "*.md", "experiments/**/README.md", "images/**/README.md"),
    "test browser": suite(f"{TESTS}/browser/*.*", "orchestrator/src/base/*"),
    "test fuzz": suite(
        *(*MESON, f"{TESTS}/fuzz/*.*", f"{TESTS}/tools/run_fuzzers.py"), functions=("run_fuzzers",), builds=False
    ),
    "test vm": suite(
        *(f"{TESTS}/vm/*.py", BUILD_NEEDS, f"{TESTS}/vm/**/*.?pp", *ENGINE, *FOR_PYTHON),
        functions=("run_pytest", "run_meson_suite", "build_test_kernel"),
    ),
    "test newcomer": suite(*(f"{TESTS}/newcomer/{name}" for name in ("enter", "machine.py", "newcomer.py")), functions=(), builds=False),
}

#: What no scanner sees, the file and the words in it that use it, which have to stand there still.
HIDDEN = [
    (PROGRAM, "python3", f"{TESTS}/tools/summarise.py", "#!/usr/bin/python3"),
    (PROGRAM, "c++", "meson.build", "project('assay', 'cpp'"),
    (PROGRAM, "pkg-config", "meson.build", "dependency('spdlog')"),
    (PROGRAM, "gcc", "orchestrator/src/kernel/toolchain.cpp", '"{}gcc"'),
    (PROGRAM, "sparc64-linux-gnu-gcc", "orchestrator/src/kernel/toolchain.cpp", '"sparc64-linux-gnu-"'),
    (PROGRAM, "ld", "orchestrator/src/kernel/toolchain.cpp", '"{}ld"'),
    (PROGRAM, "sparc64-linux-gnu-ld", "orchestrator/src/kernel/toolchain.cpp", '"sparc64-linux-gnu-"'),
    (PROGRAM, "clang-19", "orchestrator/src/mutate/c_ast.cpp", '"clang-19"'),
    (PROGRAM, "gdb", "orchestrator/src/debugger/gdb.cpp", 'Gdb{"gdb"'),
    (PROGRAM, "gdb-multiarch", "orchestrator/src/debugger/gdb.cpp", 'Gdb{"gdb-multiarch"'),
    (PROGRAM, "objdump", "orchestrator/src/probe/disassembly.cpp", '"{}objdump"'),
    (PROGRAM, "sparc64-linux-gnu-objdump", "orchestrator/src/probe/disassembly.cpp", '"{}objdump"'),
    (PROGRAM, "qemu-system-x86_64", "orchestrator/src/machine/domain_xml.cpp", "/usr/bin/qemu-system-{}"),
    (PROGRAM, "qemu-system-sparc64", "orchestrator/src/machine/domain_xml.cpp", "/usr/bin/qemu-system-{}"),
    (PACKAGE, "qemu-system-data", "orchestrator/src/machine/domain_xml.cpp", "/usr/share/qemu/qboot.rom"),
    (PACKAGE, "libvirt-daemon-driver-qemu", "orchestrator/src/machine/embedded_root.hpp", "qemu:///embed"),
    (PACKAGE, "ca-certificates", "orchestrator/browser/packages.py", "npm checks each package"),
    (PROGRAM, "xz", f"{TESTS}/functional/kernel/fake_source.cpp", "tar -cJf"),
    (PROGRAM, "bzip2", "images/busybox/build", "bzip2:bzip2"),
    (PROGRAM, "sparc64-linux-gnu-gcc", "images/busybox/build", '"${cross}gcc"'),
]
#: The same where only one suite uses it, although ./dev is run by all.
HIDDEN_IN_DEV = {"test vm": (MODULE, "xdist", "run_pytest vm-program --numprocesses")}

#: What a command does without, and why. Nothing else may be missing.
OPTIONAL = {
    "sudo": "only where ./dev is not run by root; it says so when there is none",
    "ipywidgets": "notebook.py shows progress as text without it",
    "clang-19": "only assay mutate and kernels of the flavour clang; the error names the package",
    "ld.lld-19": "only kernels of the flavour clang; the error names the packages",
    "gdb": "only assay gdb; the error names the package",
    "gdb-multiarch": "only assay gdb, of sparc64; the error names the package",
    "/bin/dynamic": "the name that a copy has in a guest",
    "init": "a word that git is given in source_git.cpp",
    "no-such-program-of-assay": "a test looks for what cannot be there",
    "/no/such/program": "a test starts what cannot be there",
    "assay": "our own, out of the build folder",
}


@lru_cache(maxsize=None)
def listed_by_dev(top: Path, *arguments: str) -> frozenset[str]:
    listed = subprocess.run([top / "dev", "setup", "--list", *arguments], capture_output=True, text=True, check=True)
    return frozenset(listed.stdout.split())


def users_in(top: Path) -> dict[str, User]:
    """What ./dev says of each command and suite."""
    table = dev_text(top).split("declare -A needs=(", 1)[1].split("\n)", 1)[0]
    found = {}
    for name, groups in re.findall(r"^ *\[\"?([\w ]+)\"?\]=\"([^\"]*)\"$", table, re.MULTILINE):
        found[name] = User(name, groups, listed_by_dev(top, "--for", *name.split()))
    return found


def files_of(top: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in top.glob(pattern) if path.is_file()})


@lru_cache(maxsize=None)
def uses_in(top: Path, path: Path) -> tuple[Use, ...]:
    name, text = str(path.relative_to(top)), path.read_text(encoding="utf-8", errors="replace")
    hidden = [
        Use(kind, what, f"{name}:{text.count(chr(10), 0, text.index(words)) + 1}")
        for kind, what, file, words in HIDDEN
        if file == name and words in text
    ]
    return (*uses_of_file(top, path), *hidden)


def followed_by_mypy(top: Path, path: Path) -> list[Use]:
    """Imports but of modules of which the file says once that mypy need not find them, which it asks once per file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    imports = [
        (use, lines[line_of(use) - 1])
        for use in uses_in(top, path)
        if use.kind == MODULE and re.match(r" *(import|from) ", lines[line_of(use) - 1])
    ]
    ignored = {use.name for use, line in imports if "# type: ignore" in line}
    return [use for use, _ in imports if use.name not in ignored]


def line_of(use: Use) -> int:
    return int(use.where.rsplit(":", 1)[1])


@lru_cache(maxsize=None)
def uses_of(name: str, runs: Runs, top: Path) -> set[Use]:
    script = dev_text(top)
    functions = functions_from(script, {*runs.functions, "need_for", ""} - CHOOSERS)
    found = {
        Use(use.kind, use.name, dev_lines(top)[line_of(use) - 1][1])
        for use in uses_of_script(script, "dev", functions=functions | (CHOOSERS & {*runs.functions}))
    }
    for path in files_of(top, runs.files):
        found.update(uses_in(top, path))
    for path in files_of(top, runs.imported):
        found.update(followed_by_mypy(top, path))
    if name in HIDDEN_IN_DEV:
        kind, what, _ = HIDDEN_IN_DEV[name]
        found.add(Use(kind, what, "dev"))
    return found


def problems(runs: dict[str, Runs], users: dict[str, User], machine: Machine, top: Path) -> list[str]:
    found = set()
    for name, one in runs.items():
        installed = machine.closure(users[name].packages)
        for use in uses_of(name, one, top):
            if use.name not in OPTIONAL:
                found.add(problem_of(use, machine, users[name], installed))
    return sorted(found - {""})


needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here, so no package has an owner")


@pytest.fixture(scope="module")
def machine() -> Machine:
    return read_machine()


@pytest.fixture(scope="module")
def users() -> dict[str, User]:
    return users_in(TOP)


@needs_dpkg
def test_every_command_installs_what_it_uses(machine: Machine, users: dict[str, User]) -> None:
    assert problems(RUNS, users, machine, TOP) == []


@needs_dpkg
def test_a_machine_with_this_suite_alone_finds_the_same(machine: Machine, users: dict[str, User]) -> None:
    alone = machine.reduced_to(machine.closure(users["test python"].packages))
    assert problems(RUNS, users, alone, TOP) == []


def test_every_command_and_suite_of_dev_is_known_here(users: dict[str, User]) -> None:
    lists = re.findall(r"^\w+_suites=\((.*?)\)", dev_text(TOP), re.MULTILINE)
    suites = {f"test {name}" for names in lists for name in names.split()}
    assert {name for name in users if name.startswith("test ")} == suites
    assert set(users) == set(RUNS), "say in RUNS what it runs"


@needs_dpkg
def test_no_command_installs_a_group_for_nothing(machine: Machine, users: dict[str, User]) -> None:
    """Something of each group must be imported or started; tests has libraries only, which what is built needs."""
    idle = []
    for name, user in users.items():
        used = uses_of(name, RUNS[name], TOP)
        wanted = {package for use in used for package in machine.owners(use) | bringers(use)}
        for group in user.groups.split():
            if group != "tests" and not wanted & listed_by_dev(TOP, group):
                idle.append(f'"{name}" installs the group {group} and uses nothing of it')
    assert idle == []


@needs_dpkg
@pytest.mark.parametrize("name", BROUGHT_BY)
def test_dpkg_says_the_same_as_our_table(name: str, machine: Machine) -> None:
    for package in BROUGHT_BY[name]:
        if package in machine.depends:
            brought = machine.closure({package})
            owners = machine.owners(Use(PROGRAM, name, "")) | machine.owners(Use(MODULE, name, ""))
            assert not owners or owners & brought, f"{name} is of {owners}"


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [(name, file, words) for _, name, file, words in HIDDEN]
    + [(name, "dev", words) for _, name, words in HIDDEN_IN_DEV.values()],
)
def test_what_is_hidden_is_still_there(name: str, file: str, words: str) -> None:
    text = dev_text(TOP) if file == "dev" else (TOP / file).read_text(encoding="utf-8")
    assert words in text, f"who uses {name} now?"


def test_nothing_is_optional_that_nobody_uses() -> None:
    used = {use.name for name, runs in RUNS.items() for use in uses_of(name, runs, TOP)}
    assert set(OPTIONAL) - used == set()


def test_functions_that_a_command_runs_are_in_dev() -> None:
    script = dev_text(TOP)
    named = {function for runs in RUNS.values() for function in runs.functions}
    assert {name for name in named if f"\n{name}() {{" not in script} == set()


def is_run(path: Path) -> bool:
    return path.suffix in (".py", ".cpp", ".hpp", ".sh", ".ipynb") or (
        path.suffix == "" and path.read_bytes().startswith(b"#!")
    )


def test_every_file_that_uses_something_is_run_by_a_command() -> None:
    """A new folder of tests must not be passed over in silence."""
    patterns = (pattern for runs in RUNS.values() for pattern in runs.files)
    known = set(files_of(TOP, (*patterns, f"{TESTS}/tools/dev/*.sh")))  # parts of ./dev
    folders = (f"{folder}/**/*" for folder in ("orchestrator", "guest-agent", "experiments", "images"))
    others = set(filter(is_run, files_of(TOP, tuple(folders)))) - known
    assert sorted(path for path in others if uses_in(TOP, path)) == [], "say in RUNS who runs them"


SMALL = ("g++ g++", "as binutils", "cat coreutils", "env coreutils", "mypy mypy", "meson meson")


def made_up(top: Path, dev: str = "", **files: str) -> list[str]:
    """The problems of a small tree, whose "test x" installs g++, meson and python3-pandas of a small Debian."""
    (top / "dev").write_text(dev, encoding="utf-8")
    for name, text in files.items():
        (top / name.replace("_", ".")).write_text(text, encoding="utf-8")
    small = Machine(
        programs={name: {package} for name, package in map(str.split, SMALL)},
        modules={name: {f"python3-{name}"} for name in ("jinja2", "numpy", "pandas", "scipy")},
        depends={"python3-pandas": {"python3-numpy"}, "g++": {"binutils"}, "mypy": set(), "meson": set()},
        base={"coreutils"},
    )
    user = User("test x", "build python", frozenset({"g++", "meson", "python3-pandas", "chromium"}))
    return problems({"test x": Runs(("cmd_x",), ("*.py", "*.cpp", "*.sh", "*.md"))}, {"test x": user}, small, top)


def test_what_is_installed_brought_along_or_always_there_is_no_problem(tmp_path: Path) -> None:
    python = 'import json\nimport subprocess\n\nimport numpy\nimport pandas\n\nsubprocess.run(["as", "x"])\n'
    assert made_up(tmp_path, "cmd_x() {\n  cat x | g++ -\n}\n", a_py=python) == []


def test_a_package_that_is_not_installed_is_known_by_its_name(tmp_path: Path) -> None:
    assert made_up(tmp_path, "cmd_x() {\n  chromium\n}\n") == []


def test_an_import_of_no_group_is_found(tmp_path: Path) -> None:
    (problem,) = made_up(tmp_path, a_py="import pandas\n\ndef f():\n    from scipy import stats\n")
    assert problem.startswith('a.py:4: the module scipy is used by "test x", which does not install it')
    assert problem.endswith("add python3-scipy to one of its groups in ./dev (build python)")


def test_an_import_that_no_machine_knows_is_found(tmp_path: Path) -> None:
    (problem,) = made_up(tmp_path, a_py="import humanize\n")
    assert problem.startswith("a.py:1: the module humanize") and "BROUGHT_BY" in problem


def test_a_program_of_no_group_is_found(tmp_path: Path) -> None:
    python = 'import subprocess\n\ncommand = ["frobnicate", "-x"]\nsubprocess.run([*command, "y"])\n'
    (problem,) = made_up(tmp_path, a_py=python)
    assert problem.startswith("a.py:3: the program frobnicate")


def test_a_program_of_another_group_is_found(tmp_path: Path) -> None:
    """It is on this machine, for other commands."""
    (problem,) = made_up(tmp_path, "cmd_x() {\n  local a=1\n  helper\n}\n\nhelper() { env mypy --strict; }\n")
    assert problem.startswith('dev:6: the program mypy is used by "test x", which does not install it: add mypy to one')


def test_functions_of_other_commands_are_left_out(tmp_path: Path) -> None:
    assert made_up(tmp_path, "cmd_x() { meson; }\ncmd_y() { mypy; }\n") == []


def test_a_style_without_jinja2_is_found(tmp_path: Path) -> None:
    table = "import pandas\n\nprint(pandas.DataFrame().style.hide())\n"
    (problem,) = made_up(tmp_path, a_py=table)
    assert problem.startswith("a.py:3: the module jinja2")


def test_programs_of_cpp_and_of_documents_are_found(tmp_path: Path) -> None:
    cpp = '#include "base/process.hpp"\n// argv = {"no"};\nvoid f() { command.argv = {"env", "A=1", "wombat", "x"}; }\n'
    document = "```sh\ncat x\nkoala --help\n```\n\n```text\nnothing\n```\n"
    found = made_up(tmp_path, a_cpp=cpp, a_md=document)
    assert [problem.split(" is ")[0] for problem in found] == [
        "a.cpp:3: the program wombat",
        "a.md:3: the program koala",
    ]
