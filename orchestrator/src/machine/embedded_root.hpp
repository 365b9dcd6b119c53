// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/files.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace assay::machine {

/// The private folder of one process: libvirt's embedded QEMU driver keeps its state and sockets in it. A
/// lock is held in it for as long as the process lives, so that others can tell a killed run's folder from a
/// living one's.
class EmbeddedRoot {
 public:
  /// Makes a new folder below `parent` with the driver's configuration, its capability cache shared in
  /// `cache`. `parent` is made when it is not there, and is this user's alone. Error: infrastructure; also
  /// when another user made `parent`, or it is a link.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedRoot>> create(const std::filesystem::path& parent,
                                                                    const std::filesystem::path& cache);
  EmbeddedRoot(const EmbeddedRoot&) = delete;
  EmbeddedRoot& operator=(const EmbeddedRoot&) = delete;
  EmbeddedRoot(EmbeddedRoot&&) = delete;
  EmbeddedRoot& operator=(EmbeddedRoot&&) = delete;
  /// Kills what still runs out of the folder and removes it; does nothing in a forked child.
  ~EmbeddedRoot();

  /// Such as the guest of a create() that was given up. Reaps what it kills.
  void kill_leftovers() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& sockets() const { return sockets_; }
  [[nodiscard]] std::string uri() const { return "qemu:///embed?root=" + path_.string(); }

 private:
  EmbeddedRoot(std::filesystem::path path, FileLock lock);

  std::filesystem::path path_;
  std::filesystem::path sockets_;
  FileLock lock_;
  int owner_;  ///< the process that made it
};

/// $XDG_RUNTIME_DIR/assay, or assay-<uid> in $TMPDIR or /tmp: the first that is there and whose path is not
/// too long for sockets.
[[nodiscard]] std::filesystem::path default_state_directory();

/// What a killed process left below `parent`: its QEMUs are killed, its folder is removed. Folders of living
/// processes are not touched. Returns the pids that were killed.
std::vector<int> sweep_orphans(const std::filesystem::path& parent);

/// Whether process `pid` is a QEMU that was started out of `root`.
[[nodiscard]] bool is_qemu_of(int pid, const std::filesystem::path& root);

}  // namespace assay::machine
