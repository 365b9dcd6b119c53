// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "kernel/cache.hpp"
#include "kernel/config.hpp"
#include "report/page.hpp"
#include "report/summary.hpp"

#include <algorithm>
#include <iterator>
#include <set>
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

/// The patch's text, when its file is still the one that the kernel was built with.
std::string text_of_patch(const nlohmann::ordered_json& patch) {
  const auto text = read_file(member(patch, "file"));
  return text && text->size() <= most_patch && sha256(*text) == member(patch, "sha256") ? *text : "";
}

std::vector<PatchText> patches_of(const store::KernelInfo& kernel) {
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
    auto title = std::filesystem::path(member(patch, "file")).filename().string();
    title += subject.empty() ? "" : ": " + subject;
    patches.push_back(
        {kernel.variant, std::move(title), text_of_patch(patch), member(patch, "reverse") == "true"});
  }
  return patches;
}

}  // namespace

Result<PageParts> read_page_parts(store::Store& results, const RunView& view,
                                  const std::filesystem::path& kernels) {
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
  for (const auto& kernel : view.run.kernels) {
    auto patches = patches_of(kernel);
    std::move(patches.begin(), patches.end(), std::back_inserter(parts.patches));
  }
  return parts;
}

}  // namespace assay::report
