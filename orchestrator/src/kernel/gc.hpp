// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "kernel/cache.hpp"
#include "kernel/kernel.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace assay::kernel {

/// What must stay in the cache.
struct Needed {
  std::set<std::string> kernels;              ///< ids of builds
  std::set<std::string> objects;              ///< ids of builds whose objects are wanted as well
  std::set<std::string> sources;              ///< keys of unpacked sources
  std::set<std::filesystem::path> snapshots;  ///< git repositories of ours
  std::set<std::filesystem::path> modules;    ///< of prebuilt kernels
};

/// Adds what `variant` needs: its kernel, and source and objects to build it or a variant of it again.
/// Errors: as kernel_id().
Task<Status> add_needs(Variant variant, BuilderOptions options, Needed& needed);

/// Something that goes as a whole.
struct Garbage {
  std::filesystem::path path;
  std::string what;  ///< "kernel 0123456789ab linux-6.12 6.12.117", "source", "objects of ..."
  std::string lock;  ///< the name of the lock that its users hold, "" for none
};

/// All in the cache that nothing in `needed` wants and nobody works on, also what killed builds left behind.
[[nodiscard]] std::vector<Garbage> find_garbage(const CacheLayout& layout, const Needed& needed);

/// The disk space that the removal of all these gives back: files with further links outside of them give
/// none.
[[nodiscard]] Bytes freed_by(const std::vector<Garbage>& garbage);

/// Removes it under its lock; what is in use by now stays. Error: infrastructure.
[[nodiscard]] Status remove_garbage(const CacheLayout& layout, const Garbage& garbage);

}  // namespace assay::kernel
