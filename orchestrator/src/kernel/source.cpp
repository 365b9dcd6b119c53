// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <system_error>

namespace assay::kernel {
namespace {

/// What is left out, as tar's --exclude and fnmatch() read it: "*" matches "/" as well. Only code goes:
/// Kconfig reads the Kconfig files of all architectures and drivers, and make their Makefiles.
constexpr std::array left_out = {
    "*/arch/alpha/*.[chS]",
    "*/arch/arc/*.[chS]",
    "*/arch/arm/*.[chS]",
    "*/arch/arm64/*.[chS]",
    "*/arch/csky/*.[chS]",
    "*/arch/hexagon/*.[chS]",
    "*/arch/loongarch/*.[chS]",
    "*/arch/m68k/*.[chS]",
    "*/arch/microblaze/*.[chS]",
    "*/arch/mips/*.[chS]",
    "*/arch/nios2/*.[chS]",
    "*/arch/openrisc/*.[chS]",
    "*/arch/parisc/*.[chS]",
    "*/arch/powerpc/*.[chS]",
    "*/arch/riscv/*.[chS]",
    "*/arch/s390/*.[chS]",
    "*/arch/sh/*.[chS]",
    "*/arch/um/*.[chS]",
    "*/arch/xtensa/*.[chS]",
    "*/Documentation/*.*",
    "*/samples/*.[chS]",
    "*/sound/*.[chS]",
    "*/tools/perf/*",
    "*/tools/power/*",
    "*/tools/testing/*",
    "*/drivers/accel/*.[chS]",
    "*/drivers/clk/*/*.[chS]",
    "*/drivers/comedi/*.[chS]",
    "*/drivers/crypto/*/*.[chS]",
    "*/drivers/gpu/*.[chS]",
    "*/drivers/hwmon/*.[chS]",
    "*/drivers/i2c/*/*.[chS]",
    "*/drivers/iio/*.[chS]",
    "*/drivers/infiniband/*.[chS]",
    "*/drivers/input/joystick/*.[chS]",
    "*/drivers/input/misc/*.[chS]",
    "*/drivers/input/tablet/*.[chS]",
    "*/drivers/input/touchscreen/*.[chS]",
    "*/drivers/isdn/*.[chS]",
    "*/drivers/media/*.[chS]",
    "*/drivers/mmc/*.[chS]",
    "*/drivers/mtd/*.[chS]",
    "*/drivers/net/*/*.[chS]",
    "*/drivers/phy/*.[chS]",
    "*/drivers/pinctrl/*/*.[chS]",
    "*/drivers/platform/*/*.[chS]",
    "*/drivers/regulator/*.[chS]",
    "*/drivers/s390/*.[chS]",
    "*/drivers/scsi/*/*.[chS]",
    "*/drivers/soc/*.[chS]",
    "*/drivers/spi/*.[chS]",
    "*/drivers/staging/*.[chS]",
    "*/drivers/usb/*/*.[chS]",
    "*.dts",
    "*.dtsi",
    "*.dtso",
};

/// The source of 6.12: 145 MiB packed, 34,700 files kept.
constexpr double packed_bytes_per_file = 4370;
constexpr std::size_t files_between_reports = 250;

/// Another list gives another tree.
std::string key_of(const HashedFile& tarball) {
  Hasher hasher;
  hasher.add("source", tarball.sha256);
  for (const auto* pattern : left_out) {
    hasher.add("left out", pattern);
  }
  return hasher.finish();
}

std::vector<std::string> tar_arguments(const fs::path& tarball, const fs::path& target) {
  std::vector<std::string> argv = {"tar",
                                   "--extract",
                                   "--verbose",
                                   "--file=" + tarball.string(),
                                   "--directory=" + target.string(),
                                   "--strip-components=1",
                                   "--no-same-owner",
                                   "--wildcards",
                                   "--wildcards-match-slash"};
  for (const auto* pattern : left_out) {
    argv.push_back(std::string("--exclude=") + pattern);
  }
  return argv;
}

/// Unpacks next to `place` and renames: a folder of that name is whole.
Task<Status> unpack(fs::path tarball, fs::path place, ProgressMeter& meter) {
  const fs::path unfinished = place.string() + ".unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (auto made = make_directories(unfinished); !made) {
    co_return made;
  }
  const double expected = static_cast<double>(fs::file_size(tarball, error)) / packed_bytes_per_file;
  const auto what = "unpacking " + tarball.filename().string();
  std::size_t files = 0;
  std::string last;
  Command command;
  command.argv = tar_arguments(tarball, unfinished);
  command.environment = {{"LC_ALL", "C"}};
  command.on_line = [&](std::string_view line) {
    last = line;
    if (++files % files_between_reports == 0) {
      meter.step(what, static_cast<double>(files) / expected);
    }
  };
  meter.step(what, 0);
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    fs::remove_all(unfinished, error);
    co_return fail(Failure::infrastructure, "cannot unpack {}: {}: {}", tarball.string(), end->text(),
                   printable(last));
  }
  fs::rename(unfinished, place, error);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot move the source to {}: {}", place.string(),
                   error.message());
  }
  co_return Status();
}

}  // namespace

bool is_left_out(std::string_view file) {
  const auto path = "linux/" + std::string(file);
  return std::any_of(left_out.begin(), left_out.end(),
                     [&](const char* pattern) { return ::fnmatch(pattern, path.c_str(), 0) == 0; });
}

Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter) {
  constexpr auto between_tries = std::chrono::milliseconds(200);
  while (true) {
    auto lock = FileLock::try_acquire(layout.lock(name));
    if (!lock) {
      co_return lock.error();
    }
    if (*lock) {
      co_return std::move(**lock);
    }
    meter.step("waiting for another assay " + doing, 0);
    co_await pause_for(between_tries);
  }
}

Task<Result<fs::path>> unpacked_source(CacheLayout layout, HashedFile tarball, ProgressMeter& meter) {
  const auto key = key_of(tarball);
  const auto place = layout.source(key);
  auto lock =
      co_await lock_in_turn(layout, "source-" + key, "unpacking " + tarball.path.filename().string(), meter);
  if (!lock) {
    co_return lock.error();
  }
  std::error_code ignored;
  if (fs::is_directory(place, ignored)) {
    co_return place;
  }
  auto unpacked = co_await unpack(tarball.path, place, meter);
  if (!unpacked) {
    co_return unpacked.error();
  }
  co_return place;
}

}  // namespace assay::kernel
