# SPDX-License-Identifier: GPL-2.0-or-later
"""Which kernel a guest gets, with its configuration and its modules, and what it finds beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import KERNELS, ROOT, Assay, Guest

ENABLED = "/sys/kernel/mm/transparent_hugepage/enabled"
SELFTESTS = ROOT / "orchestrator/tests/vm/selftests.py"
CONFIGS = ROOT / "images/kernels/configs"
ALL = pytest.mark.skipif("ASSAY_TEST_ALL" not in os.environ, reason="builds whole kernels: ./dev test --all")


def sh(assay: Assay, guest: Guest, script: str, *options: str, kernel: tuple[str, ...] = ()) -> str:
    words = ("exec", *(kernel or guest.kernel), *options, "--", guest.busybox, "sh", "-c", script)
    return assay.run(*words).stdout


def test_a_guest_knows_its_users_and_its_configuration(assay: Assay, guest: Guest) -> None:
    said = sh(assay, guest, "id nobody; cd ~ && pwd; grep -c ^CONFIG_SHMEM=y /boot/config-$(uname -r); cat /proc/cmdline",
              "--append", "first=1", "--append", "second=2")  # fmt: skip
    who, home, options, line = said.splitlines()
    assert who.startswith("uid=65534(nobody) gid=65534(")
    assert (home, options) == ("/root", "1")
    assert line.endswith("first=1 second=2")


def test_memory_without_a_unit_and_too_little_of_it(assay: Assay) -> None:
    done = assay.run("exec", "-k", "linux-6.12", "--memory", "100", "--", "/bin/busybox", code=2)
    assert 'from 64M to 1024G; did you mean "100M"?' in done.stderr


def test_the_least_memory_is_enough_and_says_what_it_lacks(assay: Assay, guest: Guest) -> None:
    done = assay.run("exec", *guest.kernel, "--memory", "64M", "--", guest.busybox, "cat", ENABLED)
    assert "[never]" in done.stdout
    assert "with 64 MiB of memory the kernel begins without transparent huge pages" in done.stderr


@pytest.mark.parametrize("memory", ["512M", "576M"])
def test_what_is_said_of_huge_pages_is_so(assay: Assay, guest: Guest, memory: str) -> None:
    """Where a kernel switches them off depends on its own share, so that around 512 MiB only the guest knows."""
    words = ("exec", *guest.kernel, "--memory", memory, "--", guest.busybox, "cat", ENABLED)
    done = assay.run(*words)
    assert ("begins without transparent huge pages" in done.stderr) == ("[never]" in done.stdout), done


def test_who_switches_huge_pages_off_is_not_told_of_memory(assay: Assay, guest: Guest) -> None:
    options = ("--memory", "256M", "--append", "transparent_hugepage=never")
    done = assay.run("exec", *guest.kernel, *options, "--", guest.busybox, "cat", ENABLED)
    assert "[never]" in done.stdout
    assert "huge pages" not in done.stderr


def test_the_usual_memory_has_huge_pages(assay: Assay, guest: Guest) -> None:
    assert "[never]" not in sh(assay, guest, f"cat {ENABLED}")


def test_the_folder_of_a_build_is_a_kernel(assay: Assay, guest: Guest) -> None:
    """As make leaves it: made up from the files of a kernel in the cache."""
    built = Path(assay.run("kernel", "path", "linux-6.12", "--arch", guest.arch).stdout.strip()).parent
    build, image = assay.folder / "build", "arch/x86/boot/bzImage" if guest.arch == "x86_64" else "arch/sparc/boot/image"
    build.mkdir()
    shutil.copy(built / "config", build / ".config")
    done = assay.run("exec", "-k", str(build), "--", guest.busybox, code=2)
    assert f"{image} is not there" in done.stderr
    (build / image).parent.mkdir(parents=True)
    shutil.copy(built / "image", build / image)
    assert sh(assay, guest, "ls /boot", kernel=("-k", str(build))).startswith("config-6.12.")
    off = (build / ".config").read_text(encoding="utf-8").replace("CONFIG_VIRTIO_CONSOLE=y", "")
    (build / ".config").write_text(off, encoding="utf-8")
    done = assay.run("exec", "-k", str(build), "--arch", guest.arch, "--", guest.busybox, code=2)
    assert "CONFIG_VIRTIO_CONSOLE is off" in done.stderr


@pytest.mark.parametrize("arch", ["x86_64", "sparc64"])
def test_the_flavour_selftests_has_what_the_tests_look_for(assay: Assay, arch: str) -> None:
    config = assay.run("kernel", "config", "linux-6.12+selftests", "--arch", arch).stdout.splitlines()
    files = [CONFIGS / "selftests.config", CONFIGS / f"selftests-{arch}.config"]
    wanted = [
        line for file in files if file.exists() for line in file.read_text().splitlines() if line.startswith("CONFIG_")
    ]
    assert len(wanted) > 30
    assert [line for line in wanted if line not in config] == []


@pytest.mark.parametrize("option", ["CONFIG_USERFAULTFD=m", "CONFIG_KSM=n\nCONFIG_NO_SUCH=y", "CONFIG_SWAP=Y"])
def test_an_option_that_cannot_come_as_asked_for_is_named(assay: Assay, option: str) -> None:
    (assay.folder / "own.config").write_text(f"# mine\n{option}\n", encoding="utf-8")
    variant = assay.folder / "own.toml"
    variant.write_text('extends = "linux-6.12"\nfragments = ["own.config"]\n', encoding="utf-8")
    done = assay.run("kernel", "config", str(variant), code=None)
    assert done.returncode in (2, 125)
    assert f"own.config:{len(option.splitlines()) + 1}" in done.stderr
    assert option.splitlines()[-1].split("=", maxsplit=1)[0] in done.stderr


@ALL
@pytest.mark.kernels("linux-6.12+selftests")
def test_modules_are_loaded_with_what_they_need(assay: Assay, guest: Guest) -> None:
    kernel = ("-k", "linux-6.12+selftests", "--arch", guest.arch)
    script = "/sbin/modprobe test_vmalloc run_test_mask=1 2>/tmp/why; dmesg | grep -c 'Summary: fix_size_alloc_test'"
    assert sh(assay, guest, script, kernel=kernel).strip() != "0"
    if guest.arch == "x86_64":
        script = "/sbin/modprobe test_hmm && cut -d' ' -f1 /proc/modules; modprobe -r test_hmm; cat /proc/modules"
        assert sh(assay, guest, script, kernel=kernel) == "test_hmm\n"
    script = "/sbin/modprobe zram num_devices=2 && cut -d' ' -f1,4 /proc/modules; echo /dev/zram*"
    zram, *needed, devices = sh(assay, guest, script, kernel=kernel).splitlines()
    assert (zram, sorted(needed)) == ("zram -", ["lz4_compress zram,", "lz4_decompress zram,"])
    assert devices == "/dev/zram0 /dev/zram1"


@ALL
@pytest.mark.kernels("linux-6.12+selftests")
@pytest.mark.builds("selftests", str(SELFTESTS))
def test_with_the_flavour_selftests_none_is_skipped_for_want_of_an_option(assay: Assay) -> None:
    built = subprocess.run([str(SELFTESTS)], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    # Of protection keys, which TCG has whatever the host.
    done = assay.run("exec", "-k", "linux-6.12+selftests", "--accel", "tcg", "--ktap", "--",
                     f"{built}/x86_64/pkey_sighandler_tests")  # fmt: skip
    assert done.stdout.splitlines()[-1] == "5 tests: 5 pass, 0 fail, 0 skip, 0 xfail"


@ALL
@pytest.mark.kernels(str(KERNELS / "cfi.toml"))
def test_what_only_clang_has_is_built_by_clang(assay: Assay) -> None:
    kernel = str(KERNELS / "cfi.toml")
    done = assay.run("exec", "-k", kernel, "--", "/bin/busybox", "grep", "-o", "clang version [0-9]*", "/proc/version")
    assert done.stdout == "clang version 19\n"
    assert "CONFIG_CFI_CLANG=y" in assay.run("kernel", "config", kernel).stdout.splitlines()
