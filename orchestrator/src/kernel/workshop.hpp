// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/job.hpp"
#include "kernel/kernel.hpp"
#include "kernel/progress.hpp"
#include "kernel/variant.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace assay::kernel {

/// The tree of a variant, in which one file after the other is changed and changed back: a kernel that
/// differs from it in one file costs this file and the link, and no copy of the tree. Held by one process;
/// gone with the object.
class Workshop {
 public:
  /// Makes and compiles the tree. `name` tells several of one variant apart. Errors: as build().
  static Task<Result<std::unique_ptr<Workshop>>> open(Variant variant, BuilderOptions options,
                                                      std::string name, ProgressSink progress);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  Workshop(Workshop&&) = delete;
  Workshop& operator=(Workshop&&) = delete;
  ~Workshop();

  /// The kernel of `changed`, from the cache or built now: the workshop's variant with one more patch.
  /// Cancellation ends the compiler. Errors: as build().
  Task<Result<Kernel>> build(Variant changed);

  /// Removes the tree, which takes a minute where the disk is busy: a process does, and a signal is heard
  /// meanwhile. It builds no more.
  Task<> remove();

 private:
  explicit Workshop(std::unique_ptr<ProgressMeter> meter, Job job, FileLock lock)
      : meter_(std::move(meter)), job_(std::move(job)), lock_(std::move(lock)) {}
  /// The tree as the variant has it.
  Status change_back();
  /// Applies the patch, and keeps what was there before.
  Task<Status> change(series::SeriesPatch patch);

  std::unique_ptr<ProgressMeter> meter_;
  Job job_;
  FileLock lock_;
  std::map<std::string, std::string>
      changed_;  ///< files that are not the variant's now, and its texts of them
};

}  // namespace assay::kernel
