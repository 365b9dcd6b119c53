# SPDX-License-Identifier: GPL-2.0-or-later
"""Folders into guests and out of them again: --file and --get."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from conftest import Assay, Guest

BUSYBOX = "/bin/busybox"
KERNEL = ("--kernel", "linux-6.12")


def make_folder(folder: Path) -> None:
    (folder / "deep/empty").mkdir(parents=True)
    (folder / "run").write_text("#!/bin/busybox sh\necho ran\n")
    (folder / "run").chmod(0o4751)
    (folder / "large").write_bytes(os.urandom(300_001))
    os.link(folder / "run", folder / "same")
    (folder / "deep/link").symlink_to("../run")
    (folder / "dangling").symlink_to("/no/where")
    os.mkfifo(folder / "fifo")
    (folder / "fifo").chmod(0o620)
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)
    Path(os.fsdecode(os.fsencode(folder / "odd ") + b"\n\xff")).write_text("odd")
    os.utime(folder / "large", ns=(1, 1_000_000_000_000_000_005))
    os.utime(folder / "deep", ns=(1, 1_000_000_000_000_000_007))


def listed(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Of each file mode, time, size and, of a link, its target; sockets left out."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        target = os.readlink(path) if path.is_symlink() else ""
        size = status.st_size if path.is_file() else 0
        if not stat.S_ISSOCK(status.st_mode):
            found[str(path.relative_to(folder))] = (status.st_mode & ~0o7000, status.st_mtime_ns, size, target)
    return found


def test_a_folder_goes_in_and_comes_back_as_it_was(assay: Assay, guest: Guest) -> None:
    source = assay.folder / "from"
    make_folder(source)
    script = (
        "cd /t && ./deep/link && stat -c '%a %F' run fifo socket deep/empty && [ run -ef same ] &&"
        " [ $(stat -c %Y large) = 1000000000 ] && readlink dangling && ls | wc -l"
    )
    files = ("--file", f"{source}:/t", "--file", f"{guest.busybox}:/bin/busybox", "--get", f"/t:{assay.folder}/back")
    program = ("/bin/busybox", "sh", "-c", "PATH=/b:$PATH\nbusybox mkdir /b && busybox --install -s /b && " + script)
    done = assay.run("-q", "exec", *guest.kernel, *files, "--", *program)
    assert done.stdout.splitlines() == [
        *("ran", "4751 regular file", "620 fifo", "600 socket", "755 directory", "/no/where"),
        "8",
    ]
    assert "assay: left out /t/socket: a socket" in done.stderr
    assert "/t/run was copied without its set-user-id" in done.stderr
    back = assay.folder / "back"
    assert listed(back) == listed(source)
    assert (back / "large").read_bytes() == (source / "large").read_bytes()
    assert (back / "same").stat().st_ino == (back / "run").stat().st_ino


def test_thousands_of_small_files_come_whole(assay: Assay) -> None:
    source = assay.folder / "many"
    for i in range(3000):
        path = source / f"{i % 30}" / f"{i}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{i}\n")
    words = ("--file", f"{source}:/many", "--get", f"/many:{assay.folder}/back")
    done = assay.run("exec", *KERNEL, *words, "--", BUSYBOX, "sh", "-c", "find /many -type f | wc -l")
    assert done.stdout.splitlines()[-1] == "3000"
    assert listed(assay.folder / "back") == listed(source)


def test_what_cannot_be_copied_is_named(assay: Assay) -> None:
    script = "mkdir -p /t && mknod /t/null c 1 3 && echo x > /t/x && ln -s /etc/passwd /t/link"
    places = {"/t": "t", "/sys/kernel/mm": "mm", "/none": "none"}
    words = [word for path, name in places.items() for word in ("--get", f"{path}:{assay.folder}/{name}")]
    done = assay.run("exec", *KERNEL, *words, "--", BUSYBOX, "sh", "-c", script, code=70)
    assert "left out /t/null: a device" in done.stderr
    assert "cannot copy /none out of the guest: cannot find /none: No such file or directory" in done.stderr
    assert sorted(os.listdir(assay.folder / "t")) == ["link", "x"]
    assert os.readlink(assay.folder / "t/link") == "/etc/passwd"
    assert (assay.folder / "mm").is_dir() and not (assay.folder / "none").exists()
