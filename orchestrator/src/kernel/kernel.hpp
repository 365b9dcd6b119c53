// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/files.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace assay::kernel {

/// A finished build in the cache. Every path stays valid while the cache entry lives. Of a prebuilt kernel,
/// what its variant does not name is "".
struct Kernel {
  std::string id;               ///< 64 hexadecimal digits: hash of all inputs
  std::string release;          ///< "6.12.117"
  std::filesystem::path image;  ///< what QEMU boots
  std::filesystem::path vmlinux;
  std::filesystem::path config;
  std::filesystem::path log;
  std::filesystem::path provenance;  ///< JSON: source, patches, fragments, compiler, with their hashes
  std::filesystem::path system_map;  ///< of prebuilt kernels only
  std::filesystem::path gdb_script;  ///< beside vmlinux; of kernels built here with CONFIG_GDB_SCRIPTS, or ""
  std::string note;                  ///< what is to be known about its configuration, or ""
  std::filesystem::path modules;  ///< a folder with them, the user's own where the kernel is prebuilt, or ""
};

/// How far a build is. `fraction` runs from 0 to 1 and never goes back.
struct BuildProgress {
  std::string variant;
  std::string step;  ///< "unpacking linux-source-6.12", "compiling mm/memory.o"
  double fraction = 0;
  std::optional<Duration> remaining;  ///< estimate; none until there is ground for one
};
using ProgressSink = std::function<void(const BuildProgress&)>;

struct BuilderOptions {
  std::filesystem::path cache = cache_directory() / "kernels";
  unsigned jobs = 0;                           ///< 0: one per online CPU
  std::filesystem::path sources = "/usr/src";  ///< where Debian's source packages put their archives
  /// Asked when the disk is full: what could be freed, to be added to the error.
  std::function<Task<std::string>()> when_full = nullptr;
};

}  // namespace assay::kernel
