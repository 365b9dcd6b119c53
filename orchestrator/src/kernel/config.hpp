// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// Options of a .config or a fragment: "CONFIG_SMP" -> "y". Options that are off have the value "n".
using Options = std::map<std::string, std::string, std::less<>>;

/// Later lines win. Error: usage, "<name>:<line>: what", for a line that is neither an option nor a comment.
[[nodiscard]] Result<Options> parse_config(std::string_view name, std::string_view text);

/// All fragments as one, later ones win. Error: usage, infrastructure.
[[nodiscard]] Result<Options> merge_fragments(const std::vector<std::filesystem::path>& fragments);

/// `options` with those of `over` in place of their own.
[[nodiscard]] Options overlaid(Options options, const Options& over);

/// The text that parse_config reads back.
[[nodiscard]] std::string config_text(const Options& options);

/// An option that was asked for and is not so in the final configuration.
struct DroppedOption {
  std::string name;
  std::string wanted;
  std::string got;  ///< "n" when it is off or absent
  auto operator<=>(const DroppedOption&) const = default;
};

[[nodiscard]] std::vector<DroppedOption> dropped_options(const Options& wanted, const Options& got);

/// Says why, as far as the Kconfig files below `tree` tell: what the option depends on and which part of that
/// is off, or that there is no such option and which one was meant. One line each.
[[nodiscard]] std::string explain_dropped(const std::filesystem::path& tree, std::string_view source_arch,
                                          const Options& got, const std::vector<DroppedOption>& dropped);

}  // namespace assay::kernel
