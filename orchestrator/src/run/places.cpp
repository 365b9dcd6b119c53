// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/places.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "run/build_places.hpp"

#include <algorithm>
#include <cstdlib>

namespace assay::run {
namespace {

fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? fs::path(value) : fs::path();
}

/// Empty when `program` is the folder of an installed program.
fs::path source_tree_of(const fs::path& program) {
  std::error_code error;
  if (!fs::exists(program / "../meson-private", error)) {
    return {};
  }
  const auto beside = fs::weakly_canonical(program / source_from_program, error);
  return fs::exists(beside / "images/kernels", error) ? beside : fs::path(source_root);
}

fs::path default_results(const fs::path& source_tree) {
  if (!source_tree.empty()) {
    return source_tree / "results";
  }
  const auto data = from_environment("XDG_DATA_HOME");
  return (data.empty() ? from_environment("HOME") / ".local/share" : data) / "assay/results";
}

std::vector<Part> parts_of(const fs::path& program, bool is_built) {
  std::vector<Part> parts;
  std::error_code error;
  for (const auto& part : built_parts) {
    const auto path = fs::weakly_canonical(program / (is_built ? part.built : part.installed), error);
    parts.push_back({part.what, path});
  }
  return parts;
}

fs::path part_called(const std::vector<Part>& parts, const std::string& file) {
  const auto found =
      std::ranges::find_if(parts, [&](const Part& part) { return part.path.filename() == file; });
  return found != parts.end() ? found->path : fs::path();
}

}  // namespace

fs::path Places::agent_for(Arch arch) const {
  return arch == Arch::x86_64 ? agent : agent.parent_path() / fmt::format("assay-agent-{}", name_of(arch));
}

Result<Places> find_places(const std::string& results_option, const fs::path& program_folder) {
  std::error_code error;
  const auto program =
      program_folder.empty() ? fs::read_symlink("/proc/self/exe", error).parent_path() : program_folder;
  const auto source_tree = source_tree_of(program);
  const auto data = source_tree.empty() ? program.parent_path() / "share/assay" : source_tree;

  Places places;
  places.images = data / "images";
  places.experiments = data / "experiments";
  places.parts = parts_of(program, !source_tree.empty());
  places.agent = part_called(places.parts, "assay-agent");
  places.plugin = part_called(places.parts, "assay-probes.so");
  places.cache = cache_directory();
  places.results = !results_option.empty() ? fs::absolute(results_option) : from_environment("ASSAY_RESULTS");
  if (!results_option.empty()) {
    places.results_words = " --results " + quoted_word(places.results.string());
  }
  if (places.results.empty()) {
    places.results = default_results(source_tree);
  }
  const auto results = fs::status(places.results, error);
  if ((fs::exists(results) && !fs::is_directory(results)) || error == std::errc::not_a_directory) {
    return fail(Failure::usage, "cannot use {} for results: it is no folder{}", places.results.string(),
                fs::is_regular_file(results) ? "; name the one that the database is in" : "");
  }
  if (!fs::exists(places.images, error)) {
    return fail(Failure::infrastructure, "cannot find {}: {}", places.images.string(), how_to_get_parts);
  }
  return places;
}

Result<Places> find_whole(const std::string& results_option, const fs::path& program_folder) {
  auto places = find_places(results_option, program_folder);
  if (!places) {
    return places;
  }
  for (const auto& part : places->parts) {
    if (!is_there(part)) {
      return fail(Failure::infrastructure, "cannot find the {}, {}: {}", part.what, part.path.string(),
                  how_to_get_parts);
    }
  }
  return places;
}

bool is_there(const Part& part) {
  std::error_code error;
  return fs::exists(part.path, error);
}

std::string shown(const fs::path& path) {
  std::error_code error;
  const auto relative = fs::relative(path, error);
  return error || relative.empty() || relative.native().starts_with("..") ? path.string() : relative.string();
}

}  // namespace assay::run
