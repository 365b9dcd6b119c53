# SPDX-License-Identifier: GPL-2.0-or-later
"""A minimal Debian 12 in a folder, with the package sources, proxies and certificates of this machine. Wants root."""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
USER = "newcomer"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
#: What a proxy or a registry is told by; certificates come as files.
ENVIRONMENT = re.compile(r"((https?|ftp|all|no)_proxy|npm_config_registry)", re.IGNORECASE)
NPM = re.compile(r"(registry|proxy|https-proxy|noproxy)\s*=")
#: Of apt's settings: how this machine reaches its sources, and what it puts up with.
APT = re.compile(
    r"Acquire::(https?::(\S+::)?(Proxy(?!-Auto)|CaInfo|CaPath|Verify-)|Retries |Check-Valid-Until |Check-Date )", re.IGNORECASE
)

#: Inside: a user as README.md wants one, and no service that a package would start.
SETUP = f"""
useradd --create-home --shell /bin/bash {USER}
echo "{USER} ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/{USER}
printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io
"""


class CannotSay(Exception):
    """This machine cannot make one; says why."""


def output(command: list[str]) -> str:
    end = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if end.returncode != 0:
        raise CannotSay(f"{command[0]} ends with exit code {end.returncode}: {end.stderr.strip()}")
    return end.stdout


def debian_sources(listed: str) -> list[str]:
    """Those of Debian 12 among lines "deb SITE RELEASE COMPONENT"."""
    return sorted({line for line in listed.splitlines() if re.match(r"deb \S+ bookworm(-\S+)? ", line)})


def sources() -> list[str]:
    """Debian's own among the package sources of this machine: others may have packages that Debian has not."""
    form = "deb $(SITE) $(RELEASE) $(COMPONENT)"
    found = debian_sources(output(["apt-get", "indextargets", "--format", form, "Identifier: Packages", "Origin: Debian"]))
    if not found:
        raise CannotSay("apt has no package lists of Debian 12 here: run apt-get update on a Debian 12")
    return found


def apt_settings(dumped: str) -> str:
    return "".join(f"{line}\n" for line in dumped.splitlines() if APT.match(line))


def npm_settings(files: list[Path]) -> str:
    there = [file for file in files if file.is_file()]
    lines = [line for file in there for line in file.read_text(encoding="utf-8").splitlines() if NPM.match(line)]
    return "".join(f"{line}\n" for line in lines)


def environment(of: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in of.items() if ENVIRONMENT.fullmatch(name))


def files_named_in(settings: str) -> list[Path]:
    """Certificates that apt is told to use."""
    return [Path(value) for value in re.findall(r'"(/[^"]+)"', settings) if Path(value).is_file()]


def debootstrapped(options: list[str], unfinished: Path) -> None:
    """Its own temporary folder, in `unfinished`; ended in order when we are."""
    process = subprocess.Popen(["mmdebstrap", *options], stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(unfinished)})
    try:
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code != 0:
        raise CannotSay(f"mmdebstrap ends with exit code {code}; its words are above")


def packed(folder: Path) -> Path:
    """A tarball of the Debian, of this week and these sources; packages that were downloaded for others go with them."""
    lines, settings = sources(), apt_settings(output(["apt-config", "dump", "Acquire"]))
    include = "sudo,ca-certificates" if any(" https:" in line for line in lines) else "sudo"
    key = hashlib.sha256("\n".join([*lines, settings, include, SETUP]).encode()).hexdigest()[:12]
    year, week, _ = datetime.date.today().isocalendar()
    wanted = folder / f"debian-12-{year}-{week:02}-{key}.tar"
    if wanted.exists():
        return wanted
    print(f"newcomer: making a minimal Debian 12, once a week: {wanted}", flush=True)
    unfinished = folder / "unfinished"
    for old in (folder / "archives", unfinished):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir()
    for tarball in folder.glob("*.tar"):
        tarball.unlink()
    (folder / "apt.conf").write_text(settings, encoding="utf-8")
    options = ["--quiet", "--variant=minbase", f"--include={include}", f"--aptopt={folder / 'apt.conf'}"]
    options.append(f"--customize-hook=chroot \"$1\" sh -euc '{SETUP}'")
    debootstrapped([*options, "bookworm", str(unfinished / "debian.tar"), *lines], unfinished)
    (unfinished / "debian.tar").rename(wanted)
    shutil.rmtree(unfinished)
    return wanted


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
        tarball = packed(self.folder)
        self._remove()  # what a killed run left
        self.root.mkdir()
        try:
            output(["tar", "-x", "-f", str(tarball), "-C", str(self.root), "--numeric-owner", "--exclude=./dev/*"])
            self._furnish()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()
        self._lock.close()

    def _remove(self) -> None:
        if self.root.exists():
            output(["rm", "-rf", "--one-file-system", str(self.root)])

    def _furnish(self) -> None:
        """The network and the certificates of this machine."""
        (self.root / "environment").write_text(environment(dict(os.environ)), encoding="utf-8")
        for file in (Path("/etc/resolv.conf"), Path("/etc/hosts"), *files_named_in((self.folder / "apt.conf").read_text())):
            target = self.root / file.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        for file in CERTIFICATES.glob("*.crt"):
            target = self.root / CERTIFICATES.relative_to("/") / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        if (self.root / "usr/sbin/update-ca-certificates").exists():
            output(["chroot", str(self.root), "update-ca-certificates"])

    def give(self, source: Path, place: str) -> None:
        """Copies a folder, if it is there, to a place in the user's home; nothing that happens there comes back."""

        def copy(one: str, to: str) -> None:
            try:
                shutil.copy2(one, to, follow_symlinks=False)
            except FileNotFoundError:
                pass  # the compiler's cache lives on meanwhile

        if source.is_dir():
            shutil.copytree(source, self.home / place, symlinks=True, copy_function=copy)

    def keep(self, places: list[str], folder: Path) -> None:
        """Copies what a failure left (globs from the root) into a new `folder`, without devices, sockets and links."""
        shutil.rmtree(folder, ignore_errors=True)
        files = [file for place in places for top in self.root.glob(place) for file in top.rglob("*")]
        for file in files:
            if file.is_file() and not file.is_symlink():
                target = folder / file.relative_to(self.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        if folder.is_dir():
            owner = folder.parent.stat()
            output(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(folder)])

    def belongs_to_user(self) -> None:
        uid = self.home.stat().st_uid
        output(["chown", "-R", "--no-dereference", f"{uid}:{uid}", str(self.home)])

    def run(self, script: str, limit: float) -> tuple[int, str]:
        """The script's exit code and what it printed, which is shown while it comes. It is ended after `limit` seconds."""
        unshare = ["unshare", "--mount", "--pid", "--fork"]
        inside = [str(HERE / "enter"), str(self.root), str(self.folder / "archives"), USER, script]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen([*unshare, *inside], text=True, errors="replace", **pipes)  # type: ignore[call-overload]
        timer = threading.Timer(limit, process.stdin.close)
        timer.start()
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                sys.stdout.write(f"  | {line}")
                sys.stdout.flush()
            return process.wait(), "".join(lines)
        finally:
            timer.cancel()
            process.stdin.close()  # all that runs inside ends with it
            process.wait()
