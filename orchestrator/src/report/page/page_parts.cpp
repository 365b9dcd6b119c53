// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.hpp"
#include "kernel/config.hpp"
#include "report/page/page.hpp"
#include "report/stored_json.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

namespace assay::report {
namespace {

constexpr std::size_t most_patch = std::size_t{256} * 1024;
constexpr std::size_t most_patches = std::size_t{4} << 20U;
constexpr std::size_t most_differing = 200;
constexpr std::size_t longest_value = 200;

using Texts = std::map<std::string, store::KernelTexts>;

struct Configured {
  std::string variant;
  kernel::Options options;
};

/// The configurations of the run's kernels that are kept.
std::vector<Configured> configurations(const store::RunView& view, const Texts& texts) {
  std::vector<Configured> found;
  for (const auto& one : view.run.kernels) {
    const auto kept = texts.find(one.variant);
    if (kept == texts.end() || kept->second.config.empty()) {
      continue;
    }
    if (auto options = kernel::parse_config(".config", kept->second.config)) {
      found.push_back({one.variant, std::move(*options)});
    }
  }
  return found;
}

std::string shortened(const std::string& text) {
  return text.size() <= longest_value ? text : text.substr(0, longest_value) + "...";
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
    DifferingOption option{shortened(name), {}};
    for (const auto& kernel : kernels) {
      const auto value = kernel.options.find(name);
      option.values.push_back(value == kernel.options.end() ? "n" : shortened(value->second));
    }
    const auto other = [&](const std::string& value) { return value != option.values.front(); };
    if (std::any_of(option.values.begin(), option.values.end(), other) && differing.size() < most_differing) {
      differing.push_back(std::move(option));
    }
  }
  return differing;
}

/// The patches of the run's kernels; what the page has no room for is named only.
class Patches {
 public:
  void add(const store::KernelInfo& kernel, const store::KernelTexts& texts) {
    std::map<std::string, std::string_view> known;
    for (const auto& text : texts.patches) {
      known.emplace(sha256(text), text);
    }
    const auto provenance = object_from(kernel.provenance);
    const auto list = provenance.find("patches");
    if (list == provenance.end() || !list->is_array()) {
      return;
    }
    for (const auto& patch : *list) {
      if (patch.is_object()) {
        add(kernel.variant, patch, known);
      }
    }
  }

  [[nodiscard]] std::vector<PatchText> take() { return std::move(patches_); }

 private:
  void add(const std::string& variant, const nlohmann::ordered_json& patch,
           const std::map<std::string, std::string_view>& known) {
    const auto subject = member(patch, "subject");
    auto title = std::filesystem::path(member(patch, "file")).filename().string();
    title += subject.empty() ? "" : ": " + subject;
    PatchText one{variant, std::move(title), "", member(patch, "reverse") == "true"};
    const auto text = known.find(member(patch, "sha256"));
    if (text == known.end()) {
      one.why_not = "its text is not kept in the results";
    } else if (text->second.size() > most_patch || text->second.size() > room_) {
      one.why_not = "too long for this page; its text is in the results";
    } else {
      one.text = text->second;
      room_ -= one.text.size();
    }
    patches_.push_back(std::move(one));
  }

  std::vector<PatchText> patches_;
  std::size_t room_ = most_patches;
};

}  // namespace

Result<PageParts> read_page_parts(store::Store& results, const store::RunView& view) {
  PageParts parts;
  auto lines = read_time_lines(results, view);
  if (!lines) {
    return lines.error();
  }
  parts.lines = std::move(*lines);
  auto texts = results.kernel_texts(view.run.id);
  if (!texts) {
    return texts.error();
  }
  const auto configured = configurations(view, *texts);
  for (const auto& kernel : configured) {
    parts.configured.push_back(kernel.variant);
  }
  parts.differing = differing_options(configured);
  Patches patches;
  for (const auto& kernel : view.run.kernels) {
    patches.add(kernel, (*texts)[kernel.variant]);
  }
  parts.patches = patches.take();
  return parts;
}

}  // namespace assay::report
