// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "image/agent_image.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::run {

/// A file that was built with the program and is opened while it runs.
struct Part {
  std::string what;  ///< "agent of x86_64 guests"
  std::filesystem::path path;
};

/// Where things are: in the source tree when the program runs from a build tree, below the prefix when
/// installed.
struct Places {
  std::filesystem::path images;       ///< images/, with kernels/ below
  std::filesystem::path experiments;  ///< experiments/
  std::filesystem::path agent;        ///< the static program that becomes an x86-64 guest's PID 1
  std::filesystem::path plugin;       ///< what QEMU loads to watch a guest's kernel
  std::filesystem::path results;      ///< database and run folders; --results and ASSAY_RESULTS change it
  std::string results_words;    ///< " --results FOLDER" where that was said: commands told to people have it
  std::filesystem::path cache;  ///< ${XDG_CACHE_HOME:-~/.cache}/assay
  std::vector<Part> parts;      ///< all that the build made for this program; some may not be there
  /// The program that becomes PID 1 of guests of `arch`; it may not be there.
  [[nodiscard]] std::filesystem::path agent_for(Arch arch) const;
  /// The same with the place of its images.
  [[nodiscard]] image::AgentFiles agent_files(Arch arch) const {
    return {arch, agent_for(arch), cache / "initramfs"};
  }
  /// Sources, objects and builds of kernels: BuilderOptions::cache.
  [[nodiscard]] std::filesystem::path kernels() const { return cache / "kernels"; }
  [[nodiscard]] std::filesystem::path database() const { return results / "assay.sqlite"; }
  [[nodiscard]] std::filesystem::path runs() const { return results / "runs"; }
};

/// From the folder of this program, or of `program_folder`, when that is not "". A build tree that was moved
/// or copied with its source tree finds the files that went with it. Error: infrastructure when images are
/// nowhere.
[[nodiscard]] Result<Places> find_places(const std::string& results_option,
                                         const std::filesystem::path& program_folder = {});

/// find_places() for what boots guests. Error: infrastructure, also when a part is not there: it names
/// the file and says how to get it, before minutes go into kernels.
[[nodiscard]] Result<Places> find_whole(const std::string& results_option,
                                        const std::filesystem::path& program_folder = {});

/// Whether the file of a part is there.
[[nodiscard]] bool is_there(const Part& part);

/// What to do about a part that is not.
constexpr auto how_to_get_parts = "build Assay whole with ./dev build, or install it with ./dev install";

/// A file that a user named, as an argument for messages: relative to the current folder when it is below it.
[[nodiscard]] std::string shown(const std::filesystem::path& path);

}  // namespace assay::run
