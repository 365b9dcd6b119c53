# SPDX-License-Identifier: GPL-2.0-or-later
"""What Debian's dpkg knows: which package has a program or a module, and what a package brings along."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from package_uses import MODULE, PACKAGE, Use

BIN = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
MODULES = "/usr/lib/python3/dist-packages/"
FIELDS = ("Package", "db:Status-Status", "Essential", "Priority", "Pre-Depends", "Depends", "Provides")
#: On the most minimal Debian there is also apt: who has no apt cannot run ./dev.
ALWAYS = {"apt", "dpkg"}

#: Our packages that bring what is not called like them, for machines that lack it and so cannot tell. Where it is
#: installed, dpkg's word is held against this table.
BROUGHT_BY: dict[str, tuple[str, ...]] = {
    "busybox": ("busybox-static",),
    "IPython": ("python3-ipykernel",),
    "c++": ("g++",),
    "chromedriver": ("chromium-driver",),
    "clang++-19": ("clang-19",),
    "flatc": ("flatbuffers-compiler",),
    "ld": ("g++", "gcc"),
    "ld.lld-19": ("lld-19",),
    "llvm-symbolizer": ("llvm-19",),
    "nbformat": ("python3-nbclient",),
    "ninja": ("ninja-build",),
    "nm": ("g++", "gcc"),
    "objdump": ("g++", "gcc"),
    "python3": ("meson", "python3-pytest"),
    "qemu-system-sparc64": ("qemu-system-sparc",),
    "qemu-system-x86_64": ("qemu-system-x86",),
    "sparc64-linux-gnu-g++": ("g++-sparc64-linux-gnu",),
    "sparc64-linux-gnu-gcc": ("gcc-sparc64-linux-gnu",),
    "sparc64-linux-gnu-ld": ("gcc-sparc64-linux-gnu",),
    "sparc64-linux-gnu-nm": ("gcc-sparc64-linux-gnu",),
    "sparc64-linux-gnu-objdump": ("gcc-sparc64-linux-gnu",),
    "xdist": ("python3-pytest-xdist",),
    "xz": ("xz-utils",),
}


@dataclass
class Machine:
    """What is installed; tests make up small ones."""

    programs: dict[str, set[str]] = field(default_factory=dict)
    modules: dict[str, set[str]] = field(default_factory=dict)
    depends: dict[str, set[str]] = field(default_factory=dict)
    base: set[str] = field(default_factory=set)

    def owners(self, use: Use) -> set[str]:
        if use.kind == PACKAGE:
            return {use.name}
        if use.kind == MODULE:
            return self.modules.get(use.name, set())
        name = use.name.rsplit("/", 1)[-1]
        found = self.programs.get(name, set())
        if found:
            return found
        places = [Path(folder) / name for folder in BIN]
        behind = [place.resolve().name for place in places if place.is_symlink()]  # an alternative, as awk is
        return set().union(*(self.programs.get(one, set()) for one in behind))

    def closure(self, packages: Iterable[str]) -> set[str]:
        """The packages, what they depend on, and what every Debian has."""
        reached: set[str] = set()
        fresh = set(packages) | self.base | ALWAYS
        while fresh:
            reached |= fresh
            fresh = set().union(*(self.depends.get(one, set()) for one in fresh)) - reached
        return reached

    def reduced_to(self, packages: set[str]) -> Machine:
        """The same machine without any other package."""

        def kept(owners: dict[str, set[str]]) -> dict[str, set[str]]:
            return {name: left for name, those in owners.items() if (left := those & packages)}

        depends = {name: needed for name, needed in self.depends.items() if name in packages}
        return Machine(kept(self.programs), kept(self.modules), depends, self.base & packages)


def first_alternatives(text: str, providers: dict[str, set[str]]) -> set[str]:
    """Of each "a | b" the one that a fresh machine gets; of a virtual package its provider, if there is only one."""
    found = set()
    for wish in filter(None, re.split(r",\s*", text)):
        name = re.split(r"[\s:(|]", wish.strip(), maxsplit=1)[0]
        provided = providers.get(name, set())
        found |= provided if len(provided) == 1 else {name}
    return found


def read_packages() -> tuple[dict[str, set[str]], set[str]]:
    """What each installed package depends on, and which ones every Debian has."""
    form = "\\t".join(f"${{{name}}}" for name in FIELDS) + "\\n"
    listed = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True)
    rows = [row for line in listed.stdout.splitlines() if (row := line.split("\t"))[1] == "installed"]
    installed = {row[0] for row in rows}
    providers: dict[str, set[str]] = {}
    for name, *_, provides in rows:
        for one in filter(None, re.split(r",\s*", provides)):
            if (virtual := one.split(" ")[0]) not in installed:
                providers.setdefault(virtual, set()).add(name)
    depends = {row[0]: first_alternatives(f"{row[4]}, {row[5]}".strip(", "), providers) for row in rows}
    return depends, {row[0] for row in rows if row[2] == "yes" or row[3] == "required"}


def read_machine() -> Machine:
    """One question for all programs and modules: dpkg reads the lists of all packages for each."""
    depends, base = read_packages()
    machine = Machine(depends=depends, base=base)
    patterns = [*(f"{folder}/*" for folder in BIN), "/usr/lib/llvm-*/bin/*", f"{MODULES}*"]
    listed = subprocess.run(["dpkg-query", "-S", *patterns], capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        packages, _, path = line.partition(": ")
        if packages.startswith("diversion by"):
            continue
        owners = {name.split(":")[0] for name in packages.split(", ")}
        if path.startswith(MODULES):
            module = path.removeprefix(MODULES).split("/")[0].split(".")[0]
            machine.modules.setdefault(module, set()).update(owners)
        else:
            machine.programs.setdefault(path.rsplit("/", 1)[-1], set()).update(owners)
    return machine


@dataclass(frozen=True)
class User:
    """A command of ./dev, or a suite of its tests: the groups that it installs, and the packages of these."""

    name: str
    groups: str
    packages: frozenset[str]


def bringers(use: Use) -> set[str]:
    """The packages of ours that should bring it, by the table above or by their names."""
    name = use.name.rsplit("/", 1)[-1]
    return {*BROUGHT_BY.get(name, ()), name, f"python3-{name.lower()}"}


def problem_of(use: Use, machine: Machine, user: User, installed: set[str]) -> str:
    """Why a command lacks what it uses; empty when it does not. `installed` is all that its packages bring."""
    owners = machine.owners(use)
    if owners & installed:
        return ""
    if user.packages & bringers(use) - machine.depends.keys():  # not installed: dpkg cannot know what it brings
        return ""
    package = " or ".join(sorted(owners)) or "its package"
    reason = "which does not install it" if owners else "whose packages bring nothing of this name"
    more = "" if owners else ", and to BROUGHT_BY in package_owners.py when the package has another name"
    return (
        f"{use.where}: the {use.kind} {use.name} is used by \"{user.name}\", {reason}: "
        f"add {package} to one of its groups in ./dev ({user.groups}){more}"
    )
