// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>

namespace assay::cli {

/// Where things are: in the source tree when the program runs from a build tree, below the prefix when
/// installed.
struct Places {
  std::filesystem::path images;       ///< images/, with kernels/ below
  std::filesystem::path experiments;  ///< experiments/
  std::filesystem::path agent;        ///< the static program that becomes an x86-64 guest's PID 1
  std::filesystem::path plugin;       ///< what QEMU loads to watch a guest's kernel
  std::filesystem::path results;      ///< database and run folders; --results and ASSAY_RESULTS change it
  std::filesystem::path cache;        ///< ${XDG_CACHE_HOME:-~/.cache}/assay
  /// The program that becomes PID 1 of guests of `arch`; it may not be there.
  [[nodiscard]] std::filesystem::path agent_for(Arch arch) const;
  [[nodiscard]] std::filesystem::path database() const { return results / "assay.sqlite"; }
  [[nodiscard]] std::filesystem::path runs() const { return results / "runs"; }
};

/// From the folder of this program, or of `program_folder`, when that is not "". Error: infrastructure when
/// the agent or images are nowhere: names where it looked.
[[nodiscard]] Result<Places> find_places(const std::string& results_option,
                                         const std::filesystem::path& program_folder = {});

/// Whether a run of this id may have a folder below Places::runs(): ids of imported runs come from elsewhere.
[[nodiscard]] bool names_folder(const std::string& run);

/// A file that a user named, as an argument for messages: relative to the current folder when it is below it.
[[nodiscard]] std::string shown(const std::filesystem::path& path);

}  // namespace assay::cli
