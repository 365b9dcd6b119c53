# SPDX-License-Identifier: GPL-2.0-or-later
"""A minimal Debian 12 in a folder, with the package sources, proxies and certificates of this machine."""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
USER = "newcomer"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
#: What a proxy or a registry is told by; certificates come as files.
PASSED_ON = re.compile(r"((https?|ftp|all|no)_proxy|npm_config_registry)", re.IGNORECASE)
NPM = re.compile(r"(registry|proxy|https-proxy|noproxy)\s*=")
#: Of apt's settings: how the machine reaches its sources, and what it puts up with.
APT = re.compile(r"Acquire::(https?::(Proxy|CaInfo|CaPath|Verify)|Retries|Check-Valid-Until|Check-Date)\b", re.IGNORECASE)

#: Inside: a user as README.md wants one, and no service that a package would start.
SETUP = f"""
useradd --create-home --shell /bin/bash {USER}
echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io
"""


class CannotSay(Exception):
    """This machine cannot make one; says why."""


def output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout


def becoming_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo"]


def as_root(command: list[str]) -> None:
    subprocess.run([*becoming_root(), *command], check=True, stdin=subprocess.DEVNULL)


def sources() -> list[str]:
    """Debian's own among the package sources of this machine: others may have packages that Debian has not."""
    form = "deb $(SITE) $(RELEASE) $(COMPONENT)"
    lines = output(["apt-get", "indextargets", "--format", form, "Identifier: Packages", "Origin: Debian"]).splitlines()
    found = sorted({line for line in lines if " bookworm" in line})
    if not found:
        raise CannotSay("apt has no package lists of Debian 12 here: run apt-get update on a Debian 12")
    return found


def apt_settings() -> str:
    lines = [line for line in output(["apt-config", "dump", "Acquire"]).splitlines() if APT.match(line)]
    return "".join(f"{line}\n" for line in lines)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}


def npm_settings() -> str:
    files = [file for file in (Path("/etc/npmrc"), Path.home() / ".npmrc") if file.is_file()]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if NPM.match(line)]
    return "".join(f"{line}\n" for line in lines)


def packed(folder: Path) -> Path:
    """A tarball of the Debian, of this week and these sources; packages that were downloaded for others go with them."""
    lines, settings = sources(), apt_settings()
    include = "sudo,ca-certificates" if any(" https:" in line for line in lines) else "sudo"
    key = hashlib.sha256("\n".join([*lines, settings, include, SETUP]).encode()).hexdigest()[:12]
    year, week, _ = datetime.date.today().isocalendar()
    wanted = folder / f"debian-12-{year}-{week:02}-{key}.tar"
    if wanted.exists():
        return wanted
    print(f"newcomer: making a minimal Debian 12, once a week: {wanted}", flush=True)
    as_root(["rm", "-rf", str(archives_of(folder)), *map(str, folder.glob("*.tar"))])
    archives_of(folder).mkdir()
    (folder / "apt.conf").write_text(settings, encoding="utf-8")
    unfinished = folder / "unfinished.tar"
    options = ["--quiet", "--variant=minbase", f"--include={include}", f"--aptopt={folder / 'apt.conf'}"]
    options.append(f"--customize-hook=chroot \"$1\" sh -euc '{quoted(SETUP)}'")
    as_root(["mmdebstrap", *options, "bookworm", str(unfinished), *lines])
    unfinished.rename(wanted)
    return wanted


def quoted(text: str) -> str:
    """For single quotes in a shell."""
    return text.replace("'", "'\\''")


def archives_of(folder: Path) -> Path:
    return folder / "archives"


class Machine:
    """The Debian, unpacked; gone at the end of the block. One at a time in a folder: others wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.home = self.root / "home" / USER

    def __enter__(self) -> Machine:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("newcomer: waiting for another run to end", flush=True)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._remove()  # what a killed run left
        tarball = packed(self.folder)
        self.root.mkdir()
        try:
            as_root(["tar", "-x", "-f", str(tarball), "-C", str(self.root), "--numeric-owner", "--exclude=./dev/*"])
            self._furnish()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()
        self._lock.close()

    def _remove(self) -> None:
        as_root(["rm", "-rf", "--one-file-system", str(self.root)])

    def _furnish(self) -> None:
        """The network and the certificates of this machine."""
        self._write("environment", "".join(f"{name}={value}\n" for name, value in environment().items()))
        self._write(f"home/{USER}/.npmrc", npm_settings())
        for name in ("resolv.conf", "hosts"):
            as_root(["cp", "--dereference", f"/etc/{name}", str(self.root / "etc" / name)])
        if any(CERTIFICATES.glob("*.crt")):
            as_root(["cp", "-r", str(CERTIFICATES), str(self.root / "usr/local/share/")])

    def _write(self, place: str, text: str) -> None:
        written = self.folder / "written"
        written.write_text(text, encoding="utf-8")
        as_root(["mv", str(written), str(self.root / place)])

    def give(self, source: Path, place: str) -> None:
        """Copies a folder, if it is there, to a place in the user's home; nothing that happens there comes back."""
        if not source.is_dir():
            return
        target = self.home / place
        as_root(["mkdir", "-p", str(target.parent)])
        as_root(["cp", "-a", str(source), str(target)])

    def belongs_to_user(self) -> None:
        uid = str(self.home.stat().st_uid)
        as_root(["chown", "-R", "--no-dereference", f"{uid}:{uid}", str(self.home)])

    def run(self, script: str) -> tuple[int, str]:
        """The script's exit code and what it printed, which is shown while it comes."""
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        inside = [str(HERE / "enter"), str(self.root), str(archives_of(self.folder)), USER, script]
        process = subprocess.Popen(
            [*becoming_root(), *unshare, *inside], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        lines = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                sys.stdout.write(f"  | {line}")
                sys.stdout.flush()
            return process.wait(), "".join(lines)
        finally:
            if process.poll() is None:
                as_root(["sh", "-c", f"kill {process.pid}"])  # --kill-child: all that it started ends with it
                process.wait()
