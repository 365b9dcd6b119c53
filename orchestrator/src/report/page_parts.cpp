// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "kernel/cache.hpp"
#include "kernel/config.hpp"
#include "report/page.hpp"
#include "report/summary.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace assay::report {
namespace {

constexpr std::size_t most_patch = std::size_t{256} * 1024;
constexpr std::size_t most_differing = 200;

struct Configured {
  std::string variant;
  kernel::Options options;
};

/// The configurations of the run's kernels that the cache has.
std::vector<Configured> configurations(const RunView& view, const kernel::CacheLayout& cache) {
  std::vector<Configured> found;
  for (const auto& one : view.run.kernels) {
    const auto text = read_file(cache.build(one.id) / "config");
    auto options = text ? kernel::parse_config(".config", *text) : Result<kernel::Options>(text.error());
    if (options) {
      found.push_back({one.variant, std::move(*options)});
    }
  }
  return found;
}

std::vector<DifferingOption> differing_options(const std::vector<Configured>& kernels) {
  std::set<std::string> names;
  for (const auto& kernel : kernels) {
    for (const auto& [name, value] : kernel.options) {
      names.insert(name);
    }
  }
  std::vector<DifferingOption> differing;
  for (const auto& name : names) {
    DifferingOption option{name, {}};
    for (const auto& kernel : kernels) {
      const auto value = kernel.options.find(name);
      option.values.push_back(value == kernel.options.end() ? "n" : value->second);
    }
    const auto other = [&](const std::string& value) { return value != option.values.front(); };
    if (std::any_of(option.values.begin(), option.values.end(), other) && differing.size() < most_differing) {
      differing.push_back(std::move(option));
    }
  }
  return differing;
}

/// Patches that come with Assay, by their names.
using KnownPatches = std::multimap<std::string, fs::path>;

KnownPatches patches_below(const fs::path& folder) {
  KnownPatches known;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    known.emplace(entry->path().filename().string(), entry->path());
  }
  return known;
}

/// The patch's text: the kernel may have been built from another clone, so it is known by its hash.
std::string text_of_patch(const nlohmann::ordered_json& patch, const KnownPatches& known) {
  const fs::path file = member(patch, "file");
  std::vector<fs::path> places{file};
  const auto [from, to] = known.equal_range(file.filename().string());
  std::transform(from, to, std::back_inserter(places), [](const auto& entry) { return entry.second; });
  for (const auto& place : places) {
    const auto text = read_file(place);
    if (text && text->size() <= most_patch && sha256(*text) == member(patch, "sha256")) {
      return *text;
    }
  }
  return "";
}

std::vector<PatchText> patches_of(const store::KernelInfo& kernel, const KnownPatches& known) {
  std::vector<PatchText> patches;
  const auto provenance = object_from(kernel.provenance);
  const auto list = provenance.find("patches");
  if (list == provenance.end() || !list->is_array()) {
    return patches;
  }
  for (const auto& patch : *list) {
    if (!patch.is_object()) {
      continue;
    }
    const auto subject = member(patch, "subject");
    auto title = fs::path(member(patch, "file")).filename().string();
    title += subject.empty() ? "" : ": " + subject;
    patches.push_back(
        {kernel.variant, std::move(title), text_of_patch(patch, known), member(patch, "reverse") == "true"});
  }
  return patches;
}

}  // namespace

Result<PageParts> read_page_parts(store::Store& results, const RunView& view, const fs::path& kernels,
                                  const fs::path& patches) {
  PageParts parts;
  auto lines = read_time_lines(results, view);
  if (!lines) {
    return lines.error();
  }
  parts.lines = std::move(*lines);
  const auto configured = configurations(view, kernel::CacheLayout(kernels));
  for (const auto& kernel : configured) {
    parts.configured.push_back(kernel.variant);
  }
  parts.differing = differing_options(configured);
  const auto known = patches_below(patches);
  for (const auto& kernel : view.run.kernels) {
    auto own = patches_of(kernel, known);
    std::move(own.begin(), own.end(), std::back_inserter(parts.patches));
  }
  return parts;
}

}  // namespace assay::report
