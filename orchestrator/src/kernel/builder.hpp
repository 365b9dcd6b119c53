// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/variant.hpp"

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

/// The identity of `variant` on this host, without building. Errors: usage, infrastructure.
Task<Result<std::string>> kernel_id(Variant variant, BuilderOptions options);
/// The same with the default options.
Task<Result<std::string>> kernel_id(const Variant& variant);

/// Looks only; nothing when it is not built.
Task<Result<std::optional<Kernel>>> find_built(Variant variant, BuilderOptions options);

/// The kernel from the cache, or built now, which takes minutes: check() first. Two processes that ask for
/// the same variant build it once. Cancellation ends the compiler; the next call resumes. Errors: build (a
/// patch that does not apply: its hunk; the compiler's error; options that Kconfig dropped, by name),
/// infrastructure (disk full: how much is needed), usage.
Task<Result<Kernel>> build(Variant variant, BuilderOptions options, ProgressSink progress);

}  // namespace assay::kernel
