// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/kernel.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::kernel {

/// Where what lies below BuilderOptions::cache.
class CacheLayout {
 public:
  explicit CacheLayout(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// An unpacked source, shared by hard links, never written to.
  [[nodiscard]] std::filesystem::path source(const std::string& key) const { return root_ / "sources" / key; }
  /// A finished build.
  [[nodiscard]] std::filesystem::path build(const std::string& id) const { return root_ / "builds" / id; }
  /// A build under way, or the objects of a base that its variants start from.
  [[nodiscard]] std::filesystem::path work(const std::string& id) const { return root_ / "work" / id; }
  /// Debian's package linux-image-<release>, unpacked.
  [[nodiscard]] std::filesystem::path debian(const std::string& release) const {
    return root_ / "debian" / release;
  }
  /// Objects by what goes into them, kept by ccache; may go at any time.
  [[nodiscard]] std::filesystem::path ccache() const { return root_ / "ccache"; }
  /// The log of the latest attempt, until it goes to the build.
  [[nodiscard]] std::filesystem::path log(const std::string& id) const {
    return root_ / "logs" / (id + ".log");
  }
  [[nodiscard]] std::filesystem::path lock(const std::string& name) const {
    return root_ / "locks" / (name + ".lock");
  }
  /// Creates the folders. Error: infrastructure.
  [[nodiscard]] Status prepare() const;

 private:
  std::filesystem::path root_;
};

/// The files of a build before they are a result.
struct Artefacts {
  std::string release;
  std::filesystem::path image;
  std::filesystem::path vmlinux;                   ///< this and the three below may be ""
  std::filesystem::path config;                    ///<
  std::filesystem::path log;                       ///<
  std::filesystem::path system_map;                ///<
  std::filesystem::path modules;                   ///< a folder, or ""
  bool own_modules = false;                        ///< it is copied; otherwise it stays where it is
  std::vector<std::filesystem::path> gdb_scripts;  ///< in the tree of `vmlinux`, and by their paths in it
  std::string note;                                ///< what is to be known about its configuration, or ""
  std::string provenance;                          ///< its text
};

/// Copies the artefacts to their place. A manifest with their hashes is written last and the folder renamed,
/// so that a build which was cut off is never taken for a result. Error: infrastructure.
[[nodiscard]] Result<Kernel> store_kernel(const CacheLayout& layout, const std::string& id,
                                          const Artefacts& artefacts);

/// The finished build, or nothing when there is none or one of its files is not what the manifest says. A
/// file is hashed again only when its size or time changed.
[[nodiscard]] std::optional<Kernel> load_kernel(const CacheLayout& layout, const std::string& id);

}  // namespace assay::kernel
