// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/lacking.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/config.hpp"
#include "kernel/variant_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace assay::suite {
namespace {

/// Whether an option that has this value is what was asked for.
bool gives(std::string_view value, std::string_view wanted) {
  return value == wanted || (wanted == "m" && value == "y");
}

/// The flavour that sets the option, `selftests` before others.
std::string flavour_with(const kernel::DroppedOption& option, const fs::path& images) {
  auto names = kernel::flavour_names(images);
  std::ranges::stable_partition(names, [](const std::string& name) { return name == "selftests"; });
  for (const auto& name : names) {
    for (const auto* ending : {".config", "-x86_64.config"}) {
      const auto text = read_file(images / "kernels/configs" / (name + ending));
      const auto options = text ? kernel::parse_config(name, *text) : Result<kernel::Options>(text.error());
      const auto found = options ? options->find(option.name) : kernel::Options::const_iterator();
      if (options && found != options->end() && gives(found->second, option.wanted)) {
        return name;
      }
    }
  }
  return "";
}

}  // namespace

std::vector<LackingOption> lacking_options(const std::string& kernel, std::string_view wanted,
                                           std::string_view got, const fs::path& images) {
  const auto asked = kernel::parse_config("config", wanted);
  const auto has = kernel::parse_config("config", got);
  std::vector<LackingOption> lacking;
  if (!asked || !has) {
    return lacking;
  }
  for (const auto& option : kernel::dropped_options(*asked, *has)) {
    if (!gives(option.got, option.wanted)) {
      lacking.push_back({kernel, option.name + "=" + option.wanted, flavour_with(option, images)});
    }
  }
  return lacking;
}

std::vector<std::string> lacking_sentences(const std::vector<LackingOption>& lacking) {
  std::vector<std::pair<std::pair<std::string, std::string>, std::vector<std::string>>> groups;
  for (const auto& one : lacking) {
    const std::pair key(one.kernel, one.flavour);
    auto found = std::ranges::find(groups, key, [](const auto& group) { return group.first; });
    if (found == groups.end()) {
      found = groups.insert(groups.end(), {key, {}});
    }
    found->second.push_back(one.option);
  }
  std::vector<std::string> sentences;
  for (const auto& [key, options] : groups) {
    const auto& [kernel, flavour] = key;
    const auto helps =
        flavour.empty()
            ? std::string(
                  "no flavour has that: name a fragment of yours, configs/NAME.config beside a variant")
            : fmt::format("the flavour {} has that: KERNEL+{}", flavour, flavour);
    sentences.push_back(
        fmt::format("{} lacks {}, for which the suite asks; {}", kernel, listed(options), helps));
  }
  return sentences;
}

}  // namespace assay::suite
