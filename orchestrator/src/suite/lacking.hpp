// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// An option that a suite asks for and a kernel has not.
struct LackingOption {
  std::string kernel;   ///< its name, for people
  std::string option;   ///< "CONFIG_KVM=y"
  std::string flavour;  ///< that gives it; "" when none of `images` does
  bool operator==(const LackingOption&) const = default;
};

/// Of the fragment `wanted` what the .config `got` lacks; a module is there when it is built in, too. Nothing
/// when one of the two cannot be read.
[[nodiscard]] std::vector<LackingOption> lacking_options(const std::string& kernel, std::string_view wanted,
                                                         std::string_view got,
                                                         const std::filesystem::path& images);

/// A sentence for each kernel and flavour.
[[nodiscard]] std::vector<std::string> lacking_sentences(const std::vector<LackingOption>& lacking);

}  // namespace assay::suite
