// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/load.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "experiment/experiment_reader.hpp"

#include <algorithm>
#include <system_error>

namespace assay::experiment {
namespace {

constexpr const char* file_name = "experiment.toml";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The experiments below `home`, sorted.
std::vector<std::string> experiment_names(const fs::path& home) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::directory_iterator(home, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (is_file(entry->path() / file_name)) {
      names.push_back(entry->path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<fs::path> find_experiment(const fs::path& where, const fs::path& home) {
  if (is_file(where)) {
    return where;
  }
  if (is_file(where / file_name)) {
    return where / file_name;
  }
  const bool bare = where.has_filename() && !where.has_parent_path();
  if (bare && is_file(home / where / file_name)) {
    return home / where / file_name;
  }
  std::error_code ignored;
  if (fs::is_directory(where, ignored)) {
    return fail(Failure::usage, "cannot read experiment {}: the folder has no {}", where.string(), file_name);
  }
  if (fs::exists(where, ignored)) {
    return fail(Failure::usage, "cannot read experiment {}: it is neither a regular file nor a folder",
                where.string());
  }
  const auto known = experiment_names(home);
  const auto wanted = bare ? where.string() : where.lexically_normal().filename().string();
  std::string hint;
  if (const auto near = nearest(wanted, known); !near.empty()) {
    hint = fmt::format("; did you mean \"{}\"?", bare ? near : (home / near).string());
  } else if (!known.empty()) {
    hint = fmt::format("; {} has {}", home.string(), listed(known));
  }
  return fail(Failure::usage, "cannot read experiment {}: no such file or folder{}", where.string(), hint);
}

}  // namespace

Result<Experiment> load_experiment(const fs::path& where, const fs::path& home, const Catalogue& catalogue) {
  const auto file = find_experiment(where, home);
  if (!file) {
    return file.error();
  }
  const auto text = read_file(*file);
  if (!text) {
    return text.error();
  }
  return parse_experiment(*text, *file, catalogue);
}

}  // namespace assay::experiment
