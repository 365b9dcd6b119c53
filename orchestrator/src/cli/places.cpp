// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/places.hpp"

#include "base/files.hpp"
#include "cli/build_places.hpp"

#include <cstdlib>

namespace assay::cli {
namespace {

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? fs::path(value) : fs::path();
}

fs::path default_results(bool in_source_tree) {
  if (in_source_tree) {
    return fs::path(source_root) / "results";
  }
  const auto data = from_environment("XDG_DATA_HOME");
  return (data.empty() ? from_environment("HOME") / ".local/share" : data) / "assay/results";
}

}  // namespace

fs::path Places::agent_for(Arch arch) const {
  return arch == Arch::x86_64 ? agent : agent.parent_path() / fmt::format("assay-agent-{}", name_of(arch));
}

Result<Places> find_places(const std::string& results_option, const fs::path& program_folder) {
  std::error_code error;
  const auto program =
      program_folder.empty() ? fs::read_symlink("/proc/self/exe", error).parent_path() : program_folder;
  const auto built_agent = program / built_agent_from_program;
  const bool in_source_tree = fs::exists(built_agent, error);

  Places places;
  const auto share = program.parent_path() / "share/assay";
  places.images = in_source_tree ? fs::path(source_root) / "images" : share / "images";
  places.experiments = in_source_tree ? fs::path(source_root) / "experiments" : share / "experiments";
  places.agent = in_source_tree ? fs::canonical(built_agent, error)
                                : program.parent_path() / "libexec/assay/assay-agent";
  places.plugin = in_source_tree ? fs::weakly_canonical(program / built_plugin_from_program, error)
                                 : program.parent_path() / "lib/assay/assay-probes.so";
  places.cache = cache_directory();
  places.results = !results_option.empty() ? fs::absolute(results_option) : from_environment("ASSAY_RESULTS");
  if (places.results.empty()) {
    places.results = default_results(in_source_tree);
  }
  for (const auto& needed : {places.images, places.agent}) {
    if (!fs::exists(needed, error)) {
      return fail(Failure::infrastructure,
                  "cannot find {}: build Assay with ./dev build, or install it whole", needed.string());
    }
  }
  return places;
}

bool names_folder(const std::string& run) {
  return !run.empty() && !run.starts_with('.') && run.find('/') == std::string::npos;
}

std::string shown(const fs::path& path) {
  std::error_code error;
  const auto relative = fs::relative(path, error);
  return error || relative.empty() || relative.native().starts_with("..") ? path.string() : relative.string();
}

}  // namespace assay::cli
